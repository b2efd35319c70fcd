"""In which order a room's events are told, and which of them still wait; it reads none.

Activities come as they like, also twice; they are told by their `seq`. The last ones are kept,
once for all readers: a reader is a place among them, and one who falls behind them has lost it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from headwater.model.activity import Activity
from headwater.model.room import RoomEvent, Told

MOST_KEPT = 128
"""Events that the slowest reader may be behind."""


class RoomLog:
    """The events of one room, in order.

    Args:
        most: How many of the last are kept, and how many that came too early.
    """

    def __init__(self, most: int = MOST_KEPT) -> None:
        self.seq: int | None = None
        """The number of the last activity that was put in order; None before `begin`."""
        self.end = 0
        """The place of the next event."""
        self._most = most
        self._kept: deque[RoomEvent] = deque(maxlen=most)
        self._early: dict[int, Activity | None] = {}

    @property
    def behind(self) -> bool:
        """Tell whether an activity was heard of that cannot be told before others are read."""
        return self.seq is not None and bool(self._early)

    def begin(self, seq: int) -> None:
        """Take the number of the last activity so far; only the first such call counts."""
        if self.seq is None:
            self.seq = seq
            self._settle()

    def hear(self, told: Told) -> None:
        """Take what was told of this room, in whatever order."""
        if self.seq is not None and told.seq <= self.seq:
            return
        if len(self._early) >= self._most:
            self._early = {max(self._early): None}  # all of them are to be read
        self._early[told.seq] = self._early.get(told.seq) or told.activity
        self._settle()

    def fill(self, activities: Iterable[Activity]) -> None:
        """Take what the store has after `seq`, in its order: what it lacks does not exist."""
        for one in activities:
            if self.seq is None or one.seq > self.seq:
                self._append(one)
        self._settle()

    def skip(self) -> None:
        """Give up what is missing before the next activity that is known, or all of it."""
        if not self._early:
            return
        known = [seq for seq, activity in self._early.items() if activity is not None]
        self.seq = min(known) - 1 if known else max(self._early)
        self._settle()

    def put(self, event: RoomEvent) -> None:
        """Add an event that has no number."""
        self._kept.append(event)
        self.end += 1

    def has(self, place: int) -> bool:
        """Tell whether the event of a place is still kept, or yet to come."""
        return place >= self.end - len(self._kept)

    def at(self, place: int) -> RoomEvent | None:
        """Return the event of a place; None where it is yet to come.

        Raises:
            IndexError: It is no longer kept.
        """
        if place >= self.end:
            return None
        if not self.has(place):
            raise IndexError(place)
        return self._kept[place - self.end]

    def _settle(self) -> None:
        """Put in order what is next in turn."""
        if self.seq is None:
            return
        while (one := self._early.get(self.seq + 1)) is not None:
            self._append(one)
        for seq in [seq for seq in self._early if seq <= self.seq]:
            del self._early[seq]

    def _append(self, activity: Activity) -> None:
        self.seq = activity.seq
        self.put(event_of(activity))


def event_of(activity: Activity) -> RoomEvent:
    """Return an activity as what a room is told."""
    return RoomEvent(
        project=activity.project or 0,
        seq=activity.seq,
        kind=activity.kind,
        at=activity.at,
        activity=activity,
    )
