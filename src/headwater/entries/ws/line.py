"""One open line to a client: what they send is asked, what happens is told, until either leaves.

Next: `headwater.entries.ws.answering`
"""

from __future__ import annotations

import functools
from typing import Any

import anyio
from anyio.abc import TaskGroup
from starlette.websockets import WebSocket, WebSocketDisconnect

from headwater.app.service import AsyncHeadwater
from headwater.entries.wire.decode import read_object
from headwater.entries.wire.encode import compact
from headwater.entries.wire.faults import facts, known
from headwater.entries.wire.opening import Opening
from headwater.entries.wire.rooms import Place, Rooms
from headwater.entries.wire.visit import Visit
from headwater.entries.ws.answering import Answering
from headwater.entries.ws.messages import Follow, Request, Subscribe, request_of
from headwater.entries.ws.sender import GOING_AWAY, NO_TEXT, VIOLATION, Sender
from headwater.errors import LimitError
from headwater.model.room import RoomEvent

MOST_WRITTEN = 1024
"""Events of rooms that are kept as they were written."""
MOST_AT_ONCE = 16
"""Requests of one line under way at once."""


class Line:
    """A client who is known by now.

    Args:
        hw: The app.
        socket: The connection, accepted.
        visit: Who is at its other end.
    """

    def __init__(self, hw: AsyncHeadwater, socket: WebSocket, visit: Visit) -> None:
        self._hw = hw
        self._socket = socket
        self._visit = visit
        self._subscribed = True
        self._under_way = 0
        self._asking = 0
        self._idle = anyio.Event()

    async def hold(self, opening: Opening) -> None:
        """Answer and tell until the client goes away, is too slow, or the server stops."""
        async with anyio.create_task_group() as group:
            self._sender = Sender(self._socket, group.cancel_scope)
            rooms = Rooms(self._hw, self._visit, client=self, group=group)
            self._answering = Answering(self._hw, self._visit, say=self.say, rooms=rooms)
            group.start_soon(self._sender.send)
            group.start_soon(self._tell_runs)
            group.start_soon(self._keep_checking)
            group.start_soon(self._leave_when_closing, opening)
            who = self._visit.who
            await self.say({"type": "welcome", "tenant": who.tenant, "principal": who.name})
            await self._read(group)
            group.cancel_scope.cancel()
        await self._sender.close()

    async def say(self, message: dict[str, Any]) -> None:
        """Queue a message; a client who leaves too many unread for too long is dropped."""
        await self._sender.say(dumped(message))

    async def came_in(self, number: object, place: Place) -> None:
        """Tell that the client is in a room."""
        told = {"project": place.project, "seq": place.seq, "present": place.present}
        await self.say({"id": number, "type": "joined", **told})

    async def happened(self, event: RoomEvent) -> None:
        """Tell what happened in a room."""
        await self._sender.say(dumped_event(event))

    async def put_out(self, project: int, error: Exception) -> None:
        """Tell why the client is in a room no longer."""
        await self._refuse(None, error, type="left", project=project)

    async def _read(self, group: TaskGroup) -> None:
        try:
            while True:
                text = await self._socket.receive_text()
                await self._take(text, group)
        except WebSocketDisconnect:
            return
        except KeyError:  # bytes came instead of text
            self._sender.end(NO_TEXT, "send JSON as text")

    async def _take(self, text: str, group: TaskGroup) -> None:
        """Begin what one message asks for."""
        number = None
        try:
            data = read_object(text.encode())
            number = data.get("id")
            await self._visit.recheck()
            await self._hw.admission.count(self._visit.who)
            request = request_of(data)
            if isinstance(request, Subscribe):
                self._subscribed = request.do == "subscribe"
                await self.say({"id": number, "type": request.do + "d"})
                return
            self._check_room()
        except Exception as error:  # noqa: BLE001  told as data
            await self._refuse(number, error)
            return
        self._under_way += 1
        group.start_soon(self._answer, request)

    def _check_room(self) -> None:
        if self._under_way >= MOST_AT_ONCE:
            message = f"{MOST_AT_ONCE} requests are under way on this line; wait for one"
            raise LimitError(message, code="limit.runs", retry_after_s=1.0)

    async def _answer(self, request: Request) -> None:
        asks = not isinstance(request, Follow)
        self._asking += asks
        try:
            await self._answering.answer(request)
        except Exception as error:  # noqa: BLE001  told as data
            await self._refuse(request.id, error)
        finally:
            self._under_way -= 1
            self._asking -= asks
            if not self._asking:
                self._idle.set()

    async def _refuse(self, number: object, error: BaseException, **more: Any) -> None:
        told = facts(known(error))
        await self.say({"id": number, "type": "error", "error": told, **more})
        if told["code"] == "access.unauthenticated":
            self._sender.end(VIOLATION, "the key no longer holds")

    async def _keep_checking(self) -> None:
        try:
            await self._visit.keep_checking()
        except Exception as error:  # noqa: BLE001  told as data
            await self._refuse(None, error)

    async def _tell_runs(self) -> None:
        """Tell the events of the tenant's runs, as long as the key holds."""
        try:
            async with self._hw.live.subscribe(principal=self._visit.who) as events:
                async for event in events:
                    await self._visit.recheck()
                    if self._subscribed:
                        await self.say({"type": "event", "event": event})
        except Exception as error:  # noqa: BLE001  told as data
            await self._refuse(None, error)

    async def _leave_when_closing(self, opening: Opening) -> None:
        await opening.closing()
        while self._asking:
            self._idle = anyio.Event()
            await self._idle.wait()
        await self._sender.empty()
        self._sender.end(GOING_AWAY, "the server stops; ask again elsewhere")


def dumped(message: dict[str, Any]) -> str:
    """Return a message as JSON."""
    return compact(message).decode()


@functools.lru_cache(maxsize=MOST_WRITTEN)
def dumped_event(event: RoomEvent) -> str:
    """Return what happened in a room as JSON: written once for all who are there."""
    return dumped({"type": "room", "event": event})
