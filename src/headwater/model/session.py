"""What a session is: an investigation that can be resumed; it asks nothing itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What somebody wrote down in a session; `done` says that it tells of something done."""

    at: datetime
    by: str
    text: str
    done: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """An investigation within a project.

    Args:
        participants: Who is in it now, in the order in which they came.
        runs: Ids of the runs asked in it, in order.
        summary: What happened in it, written when it ended.
    """

    id: int
    project: int
    goal: str
    started_by: str
    participants: tuple[str, ...] = ()
    started_at: datetime
    ended_at: datetime | None = None
    runs: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()
    summary: str | None = None
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionQuery:
    """Which sessions: all that is given must hold; `participant` has been in it at some time."""

    project: int | None = None
    open_only: bool = False
    participant: str | None = None
    limit: int = 50
    cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionPage:
    """Sessions, the newest first; `total` is the true count of those that the asker sees."""

    sessions: list[Session]
    total: int
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDigest:
    """What a summary tells of a run: its question, how it ended and what it said."""

    text: str
    status: str | None = None
    summary: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionEnd:
    """What is known of a session that its store does not know: its runs, by id."""

    runs: Mapping[str, RunDigest] = field(default_factory=dict)
