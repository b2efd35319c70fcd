"""What is told in a project's room: what was done, and who is there; it tells nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from headwater.model.activity import Activity


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Something was done, as it is told on the way: perhaps by its place alone.

    `activity` is None where it was too large to be told, and has to be read.
    """

    team: int
    project: int | None
    seq: int
    kind: str
    activity: Activity | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RoomEvent:
    """One thing that whoever is in a room is told.

    Args:
        project: Whose room it is.
        seq: Its number, from which a reader goes on; None for what is true now and is not kept.
        kind: The activity's kind, or `presence.joined`, `presence.left`, `presence.list`.
        at: When, with zone.
        activity: What was done.
        people: Who came or went; all who are there, for `presence.list`.
    """

    project: int
    seq: int | None = None
    kind: str
    at: datetime
    activity: Activity | None = None
    people: tuple[str, ...] = ()
