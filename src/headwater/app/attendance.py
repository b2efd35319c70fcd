"""Who is in the rooms of a tenant, through this process and the others; it lets nobody in.

Each process says of its rooms who is in them, at each change and again every few seconds: what a
process that died does not say again ends by itself.
"""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import anyio

from headwater.app.room import Room
from headwater.errors import HeadwaterError
from headwater.model.room import RoomEvent
from headwater.policy.presence import Change, Presence
from headwater.ports.hub import Hub

LOG = logging.getLogger(__name__)
BEAT_S = 2.0
"""Seconds between two times that a process says who is in its rooms."""
EXPIRES_S = 6.0
"""Seconds after which another process' word no longer holds."""
GATHER_S = 0.05
"""How long changes gather before they are said."""
PUBLISH_S = 2.0
MESSAGE_CHARS = 48_000


class Attendance:
    """Who is in the rooms of one tenant. Make it inside the event loop.

    Args:
        tenant: Whose rooms.
        rooms: Those of this process, by project.
        hub: Reaches the other processes.
    """

    def __init__(self, tenant: str, rooms: Mapping[int, Room], hub: Hub) -> None:
        self.listening = anyio.Event()
        """Set once others are heard, or cannot be."""
        self._own = secrets.token_hex(8)
        self.presence = Presence(self._own, expires_s=EXPIRES_S)
        self._rooms = rooms
        self._hub = hub
        self._channel = f"presence:{tenant}"
        self._unsaid: dict[int, None] = {}
        self._news = anyio.Event()

    def enter(self, room: Room, person: str) -> None:
        """Count one more seat of somebody."""
        room.people[person] += 1
        if room.people[person] == 1:
            self._changed(room)

    def leave(self, room: Room, person: str) -> None:
        """Count one seat less."""
        room.people[person] -= 1
        if not room.people[person]:
            del room.people[person]
            self._changed(room)

    def expire(self) -> None:
        """Let go of those whose process is not heard of any more."""
        self._show(self.presence.expire(anyio.current_time()))

    async def hear(self) -> None:
        """Take what the other processes say, until cancelled.

        Raises:
            StoreFault: `hub.unreachable`.
        """
        try:
            async with self._hub.listen(self._channel) as messages:
                await self._publish({"ask": True})
                self.listening.set()
                async for message in messages:
                    await self._take(message)
        finally:
            self.listening.set()

    async def speak(self) -> None:
        """Say who is in the rooms of this process, until cancelled."""
        try:
            while True:
                with anyio.move_on_after(BEAT_S) as quiet:
                    await self._news.wait()
                await anyio.sleep(GATHER_S)
                if quiet.cancelled_caught:
                    self._unsaid |= dict.fromkeys(self._rooms)
                await self._say()
        finally:
            with anyio.move_on_after(GATHER_S, shield=True):
                for room in self._rooms.values():
                    room.people.clear()
                    self._changed(room)
                await self._say()

    def _changed(self, room: Room) -> None:
        now_s = anyio.current_time()
        self._show(self.presence.say(self._own, room.project, room.people, now_s=now_s))
        self._unsaid[room.project] = None
        self._news.set()

    async def _say(self) -> None:
        self._news = anyio.Event()
        unsaid, self._unsaid = self._unsaid, {}
        said = {str(project): self.presence.held(project) for project in unsaid}
        for part in parts(said):
            await self._publish({"rooms": part})

    async def _publish(self, message: Mapping[str, Any]) -> None:
        try:
            with anyio.fail_after(PUBLISH_S):
                await self._hub.publish(self._channel, {"by": self._own, **message})
        except (HeadwaterError, TimeoutError) as error:
            LOG.info("not every replica is told who is in the rooms: %s", error)

    async def _take(self, message: Mapping[str, Any]) -> None:
        if "hub" in message:
            await self._publish({"ask": True})
        elif message.get("by") != self._own:
            if message.get("ask"):
                self._unsaid |= dict.fromkeys(self._rooms)
                self._news.set()
            for project, people in message.get("rooms", {}).items():
                by, now_s = str(message["by"]), anyio.current_time()
                self._show(self.presence.say(by, int(project), people, now_s=now_s))

    def _show(self, changes: Iterable[Change]) -> None:
        """Tell those in the rooms concerned who came and who left."""
        for one in changes:
            room = self._rooms.get(one.room)
            if room is not None:
                room.log.put(told(one))
                room.wake()


def told(change: Change) -> RoomEvent:
    """Return a change as what a room is told."""
    return RoomEvent(
        project=change.room,
        kind="presence.joined" if change.came else "presence.left",
        at=datetime.now(UTC),
        people=(change.person,),
    )


def parts(said: Mapping[str, tuple[str, ...]]) -> Iterator[dict[str, list[str]]]:
    """Give what is said in parts that each fit into a message; too many in one room are cut."""
    part: dict[str, list[str]] = {}
    left = MESSAGE_CHARS
    for project, people in said.items():
        kept = list(fitting(people))
        size = len(json.dumps(kept)) + 24
        if part and size > left:
            yield part
            part, left = {}, MESSAGE_CHARS
        part[project] = kept
        left -= size
    if part:
        yield part


def fitting(people: Iterable[str]) -> Iterator[str]:
    """Give as many names as fit into a message."""
    left = MESSAGE_CHARS
    for person in people:
        left -= len(json.dumps(person)) + 2
        if left < 0:
            return
        yield person
