"""What the inside needs of projects; it stores none itself."""

from __future__ import annotations

from typing import Protocol

from headwater.model.activity import Written
from headwater.model.principal import Principal
from headwater.model.project import (
    Project,
    ProjectChanges,
    ProjectDraft,
    ProjectPage,
    ProjectQuery,
)


class Projects(Protocol):
    """A tenant's projects; those of a team that the asker is not in do not exist for them."""

    async def create(self, draft: ProjectDraft, *, principal: Principal) -> Written[Project]:
        """Make a project of a team. A member may.

        Raises:
            UsageError: `work.unknown` (the team, a configuration item), `work.bad`.
        """
        ...

    async def page(self, query: ProjectQuery, *, principal: Principal) -> ProjectPage:
        """Return a page of the projects that match and that the asker sees.

        Raises:
            UsageError: `query.bad_cursor`.
        """
        ...

    async def find(self, project: int, *, principal: Principal) -> Project:
        """Return a project.

        Raises:
            UsageError: `work.unknown`.
        """
        ...

    async def update(
        self, project: int, *, version: int, changes: ProjectChanges, principal: Principal
    ) -> Written[Project]:
        """Change a project that is still as it was at that version. A member may.

        Raises:
            UsageError: `work.unknown`, `work.conflict`, `work.bad`.
        """
        ...

    async def delete(self, project: int, *, version: int, principal: Principal) -> Written[Project]:
        """Delete a project with all that is in it, softly. A leader may.

        Raises:
            UsageError: `work.unknown`, `work.not_allowed`, `work.conflict`.
        """
        ...
