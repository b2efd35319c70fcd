"""What an item of work is, and what hangs on what; it does not do it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, TypedDict

from headwater.model.item import ItemName

WorkKind = Literal["feature", "todo", "incident", "idea"]
WorkStatus = Literal["new", "in_progress", "blocked", "done", "tested", "merged", "dropped"]
WORK_STATUSES: tuple[WorkStatus, ...] = (
    "new",
    "in_progress",
    "blocked",
    "done",
    "tested",
    "merged",
    "dropped",
)
FINISHED: tuple[WorkStatus, ...] = ("done", "tested", "merged")
"""From the least finished to the most."""
OPEN: tuple[WorkStatus, ...] = ("new", "in_progress", "blocked")
DependencyType = Literal["blocks", "requires", "related"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkItem:
    """An item of work.

    Args:
        parent: The id of the item that it is part of.
        status: Its own; that of an item with children follows from theirs.
        priority: 0 comes first, 4 last.
        assignee: By the name that they ask with.
        blocker: Why it is blocked.
        items: The living configuration items that it is about.
        runs: Ids of runs; `documents` are ids too.
        issue: Such as `owner/name#12`; `pull_request` likewise.
        became: The project that this idea became.
        progress: The share of finished leaves below it that were not dropped, 0 to 1.
        children: How many it has.
        version: Raised by every change, of its progress too.
    """

    id: int
    project: int
    kind: WorkKind
    parent: int | None = None
    title: str
    description: str | None = None
    status: WorkStatus = "new"
    priority: int = 2
    assignee: str | None = None
    due: date | None = None
    blocker: str | None = None
    items: tuple[ItemName, ...] = ()
    runs: tuple[str, ...] = ()
    documents: tuple[int, ...] = ()
    issue: str | None = None
    pull_request: str | None = None
    became: int | None = None
    progress: float = 0.0
    children: int = 0
    created_at: datetime
    updated_at: datetime
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkItemDraft:
    """An item of work to be made; `items` are ids of configuration items."""

    kind: WorkKind
    title: str
    parent: int | None = None
    description: str | None = None
    status: WorkStatus = "new"
    priority: int = 2
    assignee: str | None = None
    due: date | None = None
    blocker: str | None = None
    items: tuple[int, ...] = ()
    runs: tuple[str, ...] = ()
    documents: tuple[int, ...] = ()
    issue: str | None = None
    pull_request: str | None = None


class WorkItemChanges(TypedDict, total=False):
    """What to change of an item of work: what is absent stays, null clears."""

    kind: WorkKind
    title: str
    description: str | None
    status: WorkStatus
    priority: int
    assignee: str | None
    due: date | None
    blocker: str | None
    items: Sequence[int] | None
    runs: Sequence[str] | None
    documents: Sequence[int] | None
    issue: str | None
    pull_request: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkItemQuery:
    """Which items of work: all that is given must hold.

    `ci` is the id of a configuration item that the item, or its project, is about; `text` is part
    of its title, without regard to case.
    """

    project: int | None = None
    statuses: tuple[WorkStatus, ...] = ()
    kinds: tuple[WorkKind, ...] = ()
    assignee: str | None = None
    parent: int | None = None
    ci: int | None = None
    text: str | None = None
    limit: int = 50
    cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkItemPage:
    """Items of work by priority, then by id; `total` is the true count of what the asker sees."""

    items: list[WorkItem]
    total: int
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependency:
    """What hangs on what within a project: `source` blocks, requires or is related to `target`.

    What is blocked waits, and so does what requires; what is related waits for nothing.
    """

    source: int
    target: int
    type: DependencyType
