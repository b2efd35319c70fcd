"""What is kept of a tenant's work, in memory? Rows that are replaced and never changed."""

from __future__ import annotations

from dataclasses import dataclass, field

from headwater.model.activity import Activity
from headwater.model.project import Project
from headwater.model.session import Session
from headwater.model.team import Invitation, Member, Team
from headwater.model.work_item import Dependency, WorkItem, WorkStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredTeam:
    """A team with its members by name."""

    team: Team
    members: dict[str, Member]
    is_deleted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredProject:
    """A project without what is read from elsewhere: its items' names, its progress."""

    project: Project
    cis: tuple[int, ...] = ()
    leaves: int = 0
    finished: int = 0
    last_seq: int = 0
    is_deleted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredItem:
    """An item without what is read from elsewhere; `own` is its status without children."""

    item: WorkItem
    own: WorkStatus
    cis: tuple[int, ...] = ()
    leaves: int = 0
    finished: int = 0
    is_deleted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSession:
    """A session, and everyone who took part at some time, in the order in which they came."""

    session: Session
    everyone: tuple[str, ...]


@dataclass(slots=True)
class Work:
    """All of a tenant's work; a write works on a copy and puts it in this one's place."""

    teams: dict[int, StoredTeam] = field(default_factory=dict)
    invitations: dict[int, Invitation] = field(default_factory=dict)
    projects: dict[int, StoredProject] = field(default_factory=dict)
    items: dict[int, StoredItem] = field(default_factory=dict)
    dependencies: dict[Dependency, int] = field(default_factory=dict)
    """Each with its project."""
    sessions: dict[int, StoredSession] = field(default_factory=dict)
    activities: dict[int, Activity] = field(default_factory=dict)
    due: dict[int, Activity] = field(default_factory=dict)

    def copy(self) -> Work:
        """Return a copy that can be written without changing this one."""
        return Work(
            dict(self.teams),
            dict(self.invitations),
            dict(self.projects),
            dict(self.items),
            dict(self.dependencies),
            dict(self.sessions),
            dict(self.activities),
            dict(self.due),
        )
