"""One open line to a client: what they send is asked, what happens is told, until either leaves.

Next: `headwater.entries.ws.answering`
"""

from __future__ import annotations

from typing import Any

import anyio
from anyio.abc import TaskGroup
from pydantic_core import to_json
from starlette.websockets import WebSocket, WebSocketDisconnect

from headwater.app.service import AsyncHeadwater
from headwater.entries.wire.decode import read_object
from headwater.entries.wire.encode import plain
from headwater.entries.wire.faults import facts, known
from headwater.entries.wire.opening import Opening
from headwater.entries.wire.visit import Visit
from headwater.entries.ws.answering import Answering
from headwater.entries.ws.messages import Follow, Request, Subscribe, request_of
from headwater.entries.ws.outgoing import Outgoing
from headwater.errors import LimitError

GOING_AWAY, NO_TEXT, VIOLATION, SLOW = 1001, 1003, 1008, 1013
UNREAD_S = 5.0
"""Seconds for which a client may leave as many messages unread as are kept."""
CLOSE_S = 1.0
"""Seconds for a client to take the closing words."""
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
        self._outgoing = Outgoing()
        self._subscribed = True
        self._under_way = 0
        self._asking = 0
        self._idle = anyio.Event()
        self._closing: tuple[int, str] | None = None

    async def hold(self, opening: Opening) -> None:
        """Answer and tell until the client goes away, is too slow, or the server stops."""
        async with anyio.create_task_group() as group:
            self._group = group
            group.start_soon(self._send)
            group.start_soon(self._tell_runs)
            group.start_soon(self._leave_when_closing, opening)
            who = self._visit.who
            await self.say({"type": "welcome", "tenant": who.tenant, "principal": who.name})
            await self._read(group)
            group.cancel_scope.cancel()
        if self._closing is not None:
            await self._close(*self._closing)

    async def say(self, message: dict[str, Any]) -> None:
        """Queue a message; a client who leaves too many unread for too long is dropped."""
        if self._closing is None and not await self._outgoing.put_within(
            dumped(message), within_s=UNREAD_S
        ):
            self._end(SLOW, "too slow: messages were not read")

    def _end(self, code: int, reason: str) -> None:
        if self._closing is None:
            self._closing = code, reason
            self._group.cancel_scope.cancel()

    async def _read(self, group: TaskGroup) -> None:
        try:
            while True:
                text = await self._socket.receive_text()
                await self._take(text, group)
        except WebSocketDisconnect:
            return
        except KeyError:  # bytes came instead of text
            self._end(NO_TEXT, "send JSON as text")

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
            await Answering(self._hw, self._visit, self.say).answer(request)
        except Exception as error:  # noqa: BLE001  told as data
            await self._refuse(request.id, error)
        finally:
            self._under_way -= 1
            self._asking -= asks
            if not self._asking:
                self._idle.set()

    async def _refuse(self, number: object, error: BaseException) -> None:
        told = facts(known(error))
        await self.say({"id": number, "type": "error", "error": told})
        if told["code"] == "access.unauthenticated":
            self._end(VIOLATION, "the key no longer holds")

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

    async def _send(self) -> None:
        try:
            while True:
                await self._socket.send_text(await self._outgoing.next())
                self._outgoing.sent()
        except (WebSocketDisconnect, RuntimeError, OSError):
            self._group.cancel_scope.cancel()

    async def _leave_when_closing(self, opening: Opening) -> None:
        await opening.closing()
        while self._asking:
            self._idle = anyio.Event()
            await self._idle.wait()
        with anyio.move_on_after(UNREAD_S):
            await self._outgoing.empty()
        self._end(GOING_AWAY, "the server stops; ask again elsewhere")

    async def _close(self, code: int, reason: str) -> None:
        """Close the line; who does not read is cut off, where the server can do that."""
        if code != SLOW:
            with anyio.move_on_after(CLOSE_S, shield=True):
                await self._socket.close(code, reason)
                return
        drop = self._socket.scope.get("extensions", {}).get("headwater.drop")
        if drop is not None:
            drop["call"](code, reason)
            return
        with anyio.move_on_after(CLOSE_S, shield=True):
            await self._socket.close(code, reason)


def dumped(message: dict[str, Any]) -> str:
    """Return a message as JSON."""
    return to_json(plain(message)).decode()
