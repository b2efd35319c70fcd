"""The rooms of one tenant in this process: what they hear, and how holes in it are filled.

It is there as long as somebody is in one of them. The hub makes it quick; what the hub does not
bring is found by the holes it leaves, and by a look each second at whether there was any work.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import anyio

from headwater.app.attendance import Attendance
from headwater.app.room import PAGE, Room, Seat
from headwater.errors import HeadwaterError, UsageError
from headwater.model.principal import Principal
from headwater.model.room import Told
from headwater.ports.activities import Activities
from headwater.ports.hub import Hub
from headwater.ports.rooms import Rooms
from headwater.ports.versions import Versions

LOG = logging.getLogger(__name__)
AGAIN_S = 1.0
"""Seconds before something is tried again that failed."""
HOLE_S = 0.1
"""Seconds for a missing activity to come before it is read."""
GIVEN_UP_S = 5.0
"""Seconds after which an activity that was heard of and is not to be read is given up."""
LOOK_S = 1.0
"""Seconds between two looks at whether there was work that nobody told of."""
MOST_LOOKS = 50
"""Rooms that are read, and readers whose right is looked up, at one look."""
MEMBERSHIP = ("member.", "team.", "project.")
"""How the kinds begin of what may change who may be in a room."""


class Hall:
    """The rooms of one tenant. Make it inside the event loop.

    Args:
        tenant: Whose.
        activities: Where what was done is kept.
        rooms: Tells of it at once.
        hub: Reaches the other processes.
        versions: Tells whether there was any work.
    """

    def __init__(
        self, tenant: str, activities: Activities, *, rooms: Rooms, hub: Hub, versions: Versions
    ) -> None:
        self.holders = 0
        """How many are in it, or about to be."""
        self.scope = anyio.CancelScope()
        self._who = Principal(tenant=tenant, name="rooms", roles=("admin",))
        self._activities = activities
        self._told = rooms
        self._versions = versions
        self._rooms: dict[int, Room] = {}
        self._attendance = Attendance(tenant, self._rooms, hub)
        self._listening = anyio.Event()
        self._missing = anyio.Event()
        self._due: dict[int, None] = {}
        """Rooms to be looked at, though nothing was told of them."""
        self._seen: int | None = None
        """The version of the tenant's work at the last look."""

    async def serve(self) -> None:
        """Hear, fill, look and tell who is there, until `scope` is cancelled."""
        with self.scope:
            async with anyio.create_task_group() as group:
                for work in (
                    self._hear,
                    self._attendance.hear,
                    self._attendance.speak,
                    self._fill_holes,
                    self._look,
                ):
                    group.start_soon(_for_ever, work)

    @asynccontextmanager
    async def seat(self, project: int, who: Principal, after: int | None) -> AsyncIterator[Seat]:
        """Give somebody a seat in a room for as long as the block.

        Raises:
            UsageError: `work.unknown`.
        """
        await self._listening.wait()
        await self._attendance.listening.wait()
        room = self._rooms.get(project)
        if room is None:
            room = Room(project, self._activities, self._attendance.presence)
            self._rooms[project] = room
        room.holders += 1
        changes = room.changes
        try:
            last = await self._activities.newest(project, limit=1, principal=who)
            room.begin(last[0] if last else None)
            self._attendance.enter(room, who.name)
            try:
                yield Seat(room, who, after=after, changes=changes)
            finally:
                self._attendance.leave(room, who.name)
        finally:
            room.holders -= 1
            if not room.holders:
                del self._rooms[project]

    async def _hear(self) -> None:
        try:
            async with self._told.listen(principal=self._who) as batches:
                self._listening.set()
                async for batch in batches:
                    self._take(batch)
        finally:
            self._listening.set()

    def _take(self, batch: Sequence[Told] | None) -> None:
        if batch is None:
            for room in self._rooms.values():
                room.unread = True
                room.doubt()
            self._missing.set()
        for told in batch or ():
            self._take_one(told)

    def _take_one(self, told: Told) -> None:
        if told.kind.startswith(MEMBERSHIP):
            for room in self._rooms.values():
                if room.team in {None, told.team}:
                    room.doubt()
        room_told = self._rooms.get(told.project or 0)
        if room_told is not None:
            room_told.heard_s = anyio.current_time()
            room_told.log.hear(told)
            room_told.wake()
            if room_told.log.behind:
                self._missing.set()

    async def _fill_holes(self) -> None:
        """Read what was heard of and did not come, and what may be there unheard of."""
        while True:
            await self._missing.wait()
            await anyio.sleep(HOLE_S)
            self._missing = anyio.Event()
            for room in list(self._rooms.values()):
                if room.log.behind or room.unread:
                    await self._read(room)
                if room.log.behind:
                    self._missing.set()

    async def _read(self, room: Room) -> None:
        """Put into a room's log what the store has more."""
        room.unread, now_s = False, anyio.current_time()
        try:
            while room.log.seq is not None:
                page = await room.read(after=room.log.seq, who=self._who)
                room.log.fill(page)
                room.wake()
                if len(page) < PAGE:
                    break
        except UsageError:  # the project is gone, and who is in its room finds that out
            room.log.skip()
            room.doubt()
        room.missing_since_s = (room.missing_since_s or now_s) if room.log.behind else None
        if room.missing_since_s is not None and now_s - room.missing_since_s > GIVEN_UP_S:
            LOG.warning("activities of project %d were told and are not kept", room.project)
            room.log.skip()
            room.wake()

    async def _look(self) -> None:
        """Look at each second whether there was work, and at a few rooms where there was."""
        while True:
            numbers = await self._versions.current(principal=self._who)
            if self._seen not in {None, numbers.get("work", 0)}:
                self._due |= dict.fromkeys(self._rooms)
            self._seen = numbers.get("work", 0)
            self._look_at_some()
            self._attendance.expire()
            await anyio.sleep(LOOK_S)

    def _look_at_some(self) -> None:
        """Look at those rooms whose turn it is."""
        left = MOST_LOOKS
        for project in list(self._due):
            del self._due[project]
            if project in self._rooms:
                self._look_at(self._rooms[project])
                left -= 1 + len(self._rooms[project].people)
            if left <= 0:
                return

    def _look_at(self, room: Room) -> None:
        """Have a room read, and the right of those in it looked up.

        One that hears of its project just now shows its holes itself: it is read when it is quiet.
        """
        room.doubt()
        if room.heard_s < anyio.current_time() - LOOK_S:
            room.unread = True
            self._missing.set()
        else:
            self._due[room.project] = None


async def _for_ever(work: Callable[[], Awaitable[None]]) -> None:
    """Do something again where it fails, until cancelled."""
    while True:
        try:
            await work()
        except HeadwaterError as error:
            LOG.warning("rooms: %s", error)
        except Exception:
            LOG.exception("rooms: a defect of Headwater")
        await anyio.sleep(AGAIN_S)
