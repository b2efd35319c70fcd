"""What a project is: what a team works on; it holds no items of work itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypedDict

from headwater.model.item import ItemName

ProjectStatus = Literal["active", "paused", "blocked", "completed", "archived"]
PROJECT_STATUSES: tuple[ProjectStatus, ...] = (
    "active",
    "paused",
    "blocked",
    "completed",
    "archived",
)
GOING_ON: tuple[ProjectStatus, ...] = ("active", "paused", "blocked")


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """What a team works on.

    Args:
        items: The living configuration items that it is about.
        repository: As `owner/name`, where it has one.
        constraints: What has to be kept to, in plain words.
        progress: The share of finished leaves among all of its work that was not dropped, 0 to 1.
        version: Raised by every change, of its progress too.
    """

    id: int
    team: int
    name: str
    description: str | None = None
    status: ProjectStatus = "active"
    tags: Mapping[str, str] = field(default_factory=dict)
    items: tuple[ItemName, ...] = ()
    repository: str | None = None
    constraints: tuple[str, ...] = ()
    progress: float = 0.0
    created_at: datetime
    updated_at: datetime
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectDraft:
    """A project to be made; `items` are ids of configuration items."""

    team: int
    name: str
    description: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    items: tuple[int, ...] = ()
    repository: str | None = None
    constraints: tuple[str, ...] = ()


class ProjectChanges(TypedDict, total=False):
    """What to change of a project: what is absent stays, null clears."""

    name: str
    description: str | None
    status: ProjectStatus
    tags: Mapping[str, str] | None
    items: Sequence[int] | None
    repository: str | None
    constraints: Sequence[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectQuery:
    """Which projects: all that is given must hold.

    `ci` is the id of a configuration item that the project, or an item of it, is about; `text` is
    part of its name, without regard to case.
    """

    team: int | None = None
    statuses: tuple[ProjectStatus, ...] = ()
    ci: int | None = None
    text: str | None = None
    limit: int = 50
    cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectPage:
    """Projects, the newest first; `total` is the true count of those that the asker sees."""

    projects: list[Project]
    total: int
    next_cursor: str | None = None
