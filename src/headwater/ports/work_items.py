"""What the inside needs of items of work and their dependencies; it stores none itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from headwater.model.activity import Written
from headwater.model.principal import Principal
from headwater.model.project import Project
from headwater.model.work_item import (
    Dependency,
    DependencyType,
    WorkItem,
    WorkItemChanges,
    WorkItemDraft,
    WorkItemPage,
    WorkItemQuery,
)


class WorkItems(Protocol):
    """The items of a tenant's projects; those of a project that the asker does not see are none.

    Status and progress of what an item is part of, and the project's, are brought up to date in
    the transaction of every write. Every member of the project's team may write.
    """

    async def create(
        self, project: int, draft: WorkItemDraft, *, principal: Principal
    ) -> Written[WorkItem]:
        """Make an item.

        Raises:
            UsageError: `work.unknown` (project, parent, configuration item), `work.bad`,
                `work.too_deep`.
        """
        ...

    async def bring(
        self, project: int, drafts: Sequence[WorkItemDraft], *, principal: Principal
    ) -> Written[list[WorkItem]]:
        """Make or change items by their `issue`, all or nothing; return them in the order given.

        An item that has the issue keeps its id, its children and whatever the draft leaves as
        drafts begin. Its status changes only where that differs in being open, finished or dropped,
        and not where it has children. One that is as it should be is not written. At most 500.

        Raises:
            UsageError: as `create`, and `work.bad` for a draft without an issue.
        """
        ...

    async def page(self, query: WorkItemQuery, *, principal: Principal) -> WorkItemPage:
        """Return a page of the items that match and that the asker sees.

        Raises:
            UsageError: `query.bad_cursor`.
        """
        ...

    async def find(self, item: int, *, principal: Principal) -> WorkItem:
        """Return an item.

        Raises:
            UsageError: `work.unknown`.
        """
        ...

    async def update(
        self, item: int, *, version: int, changes: WorkItemChanges, principal: Principal
    ) -> Written[WorkItem]:
        """Change an item that is still as it was at that version.

        A status other than blocked clears the blocker, unless that is given too.

        Raises:
            UsageError: `work.unknown`, `work.conflict`, `work.bad`, `work.rolled_up`.
        """
        ...

    async def move(
        self, item: int, *, version: int, parent: int | None, principal: Principal
    ) -> Written[WorkItem]:
        """Make an item part of another of its project, or of none.

        Raises:
            UsageError: `work.unknown`, `work.conflict`, `work.cycle`, `work.too_deep`.
        """
        ...

    async def delete(self, item: int, *, version: int, principal: Principal) -> Written[WorkItem]:
        """Delete an item with all that is part of it, softly, and what hangs on these.

        Raises:
            UsageError: `work.unknown`, `work.conflict`.
        """
        ...

    async def promote(self, item: int, *, version: int, principal: Principal) -> Written[Project]:
        """Make a project of an idea, once; the idea is done then, if it has no children.

        Raises:
            UsageError: `work.unknown`, `work.conflict`, `work.not_an_idea`, `work.promoted`.
        """
        ...

    async def depend(
        self, item: int, on: int, *, kind: DependencyType, principal: Principal
    ) -> Written[Dependency]:
        """Say that an item blocks, requires or is related to another; again changes nothing.

        Raises:
            UsageError: `work.unknown`, `work.cycle`, `work.bad`.
        """
        ...

    async def undepend(
        self, item: int, on: int, *, kind: DependencyType, principal: Principal
    ) -> Written[Dependency]:
        """Take back what `depend` said; what was never said changes nothing.

        Raises:
            UsageError: `work.unknown`.
        """
        ...

    async def dependencies(self, item: int, *, principal: Principal) -> list[Dependency]:
        """Return what an item is source or target of, by type, source and target.

        Raises:
            UsageError: `work.unknown`.
        """
        ...

    async def tied(self, project: int, *, principal: Principal) -> list[Dependency]:
        """Return all dependencies within a project, by type, source and target.

        Raises:
            UsageError: `work.unknown`.
        """
        ...
