"""One project's room in this process, and one reader's seat in it; it hears of nothing by itself.

A room keeps its last events once for all. A seat is a place among them: who falls behind reads
from the store what is no longer kept, and who falls too far behind has lost the seat.
"""

from __future__ import annotations

from collections import Counter, deque
from datetime import UTC, datetime

import anyio

from headwater.errors import LimitError
from headwater.model.activity import Activity
from headwater.model.principal import Principal
from headwater.model.room import RoomEvent
from headwater.policy.presence import Presence
from headwater.policy.room_log import RoomLog, event_of
from headwater.ports.activities import Activities

PAGE = 200
"""Activities that are read at once."""
MOST_BEHIND = 10_000
"""Activities that a reader may be behind those who read in time."""


class Room:
    """A room that somebody in this process is in. Make it inside the event loop.

    Args:
        project: Whose room it is, by id.
        activities: Where everything is kept, and who may see it is known.
        presence: Who is in the tenant's rooms.
    """

    def __init__(self, project: int, activities: Activities, presence: Presence) -> None:
        self.project = project
        self.log = RoomLog()
        self.team: int | None = None
        self.holders = 0
        """How many are in it, or about to be."""
        self.changes = 0
        """How often who may be here may have changed."""
        self.heard_s = anyio.current_time()
        self.missing_since_s: float | None = None
        self.unread = False
        """Whether the store may have more than was told."""
        self.people = Counter[str]()
        """How many seats of this process each has who is in it."""
        self._activities = activities
        self._presence = presence
        self._allowed: dict[Principal, int] = {}
        self._news = anyio.Event()

    @property
    def present(self) -> tuple[str, ...]:
        """Return who is in it, in whichever process, by name and in order."""
        return self._presence.present(self.project)

    def begin(self, last: Activity | None) -> None:
        """Take note of what was done last before anybody came in."""
        self.team = self.team if last is None else last.team
        self.log.begin(0 if last is None else last.seq)

    def wake(self) -> None:
        """Wake everyone who waits for something to happen."""
        self._news.set()
        self._news = anyio.Event()

    def doubt(self) -> None:
        """Have everyone's right to be here looked up again before they are told anything."""
        self.changes += 1
        self.wake()

    async def news(self) -> None:
        """Wait until something happens."""
        await self._news.wait()

    async def check(self, who: Principal) -> int:
        """Return as of which change someone may be here.

        Raises:
            UsageError: `work.unknown`.
        """
        changes = self.changes
        if self._allowed.get(who) != changes:
            if not await self._activities.may_see(self.project, principal=who):
                self._allowed.pop(who, None)
                await self._activities.newest(self.project, limit=1, principal=who)  # says why
            self._allowed[who] = changes
        return changes

    async def read(self, *, after: int, who: Principal) -> list[Activity]:
        """Return a page of what was done after a number.

        Raises:
            UsageError: `work.unknown`.
        """
        return await self._activities.since(self.project, after=after, limit=PAGE, principal=who)


class Seat:
    """What one reader in a room is told, in order, none left out and none twice.

    Iterate over it. It ends by an error alone: `work.unknown` where the reader may no longer be
    here, `room.slow` where they fell too far behind.

    Args:
        room: The room.
        who: The reader.
        after: The number of the last activity that they have seen; None for all until now.
        changes: As of which change in the room they may be there.
    """

    def __init__(self, room: Room, who: Principal, *, after: int | None, changes: int) -> None:
        self.project = room.project
        self.seq = self._target = room.log.seq or 0
        """The number of the last activity when the reader came in."""
        self.present = room.present
        """Who was in the room then, the reader included, by name and in order."""
        self._room = room
        self._who = who
        self._seen = self.seq if after is None else max(0, min(after, self.seq))
        self._place = room.log.end
        self._changes = changes
        self._page = deque[RoomEvent]()
        self._in_time = False
        self._lost_sight = False

    def __aiter__(self) -> Seat:
        """Give itself."""
        return self

    async def __anext__(self) -> RoomEvent:
        """Wait for the next event.

        Raises:
            UsageError: `work.unknown`.
            LimitError: `room.slow`.
        """
        while True:
            if self._changes != self._room.changes:
                self._changes = await self._room.check(self._who)
            elif self._page:
                return self._page.popleft()
            elif self._seen < self._target:
                await self._read()
            elif self._lost_sight:
                self._lost_sight = False
                return self._people_now()
            elif (event := self._next()) is not None:
                return event
            elif self._seen >= self._target and not self._lost_sight:
                self._in_time = True
                await self._room.news()

    def _next(self) -> RoomEvent | None:
        """Take the next event that is kept, or begin to read those that no longer are."""
        log = self._room.log
        if not log.has(self._place):
            self._fall_back()
            return None
        while (event := log.at(self._place)) is not None:
            self._place += 1
            if event.seq is None:
                return event
            if event.seq > self._seen:
                self._seen = self._target = event.seq
                return event
        return None

    def _fall_back(self) -> None:
        """Go on from the store up to where the room is now.

        Raises:
            LimitError: `room.slow`.
        """
        log = self._room.log
        self._place, self._target, self._lost_sight = log.end, log.seq or 0, True
        if self._in_time and self._target - self._seen > MOST_BEHIND:
            message = (
                f"more than {MOST_BEHIND:,} events of project {self.project} were not read; "
                f"join again after event {self._seen}"
            )
            raise LimitError(message, code="room.slow", retry_after_s=1.0)

    async def _read(self) -> None:
        page = await self._room.read(after=self._seen, who=self._who)
        self._page.extend(map(event_of, page))
        self._seen = page[-1].seq if page else self._target

    def _people_now(self) -> RoomEvent:
        return RoomEvent(
            project=self.project,
            kind="presence.list",
            at=datetime.now(UTC),
            people=self._room.present,
        )
