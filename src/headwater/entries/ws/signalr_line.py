"""One open line to a SignalR client: what they call is answered, what happens is told.

Next: `headwater.entries.ws.answering`
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import anyio
from anyio.abc import TaskGroup
from starlette.websockets import WebSocket, WebSocketDisconnect

from headwater.app.service import AsyncHeadwater
from headwater.entries.wire.decode import read_object
from headwater.entries.wire.faults import facts, known
from headwater.entries.wire.opening import Opening
from headwater.entries.wire.rooms import Place, Rooms
from headwater.entries.wire.visit import Visit
from headwater.entries.ws.answering import Answering
from headwater.entries.ws.messages import Request
from headwater.entries.ws.sender import GOING_AWAY, NO_TEXT, NORMAL, VIOLATION, Sender
from headwater.entries.ws.signalr_messages import (
    PING,
    SHAKEN,
    Kind,
    bad,
    closing,
    completion,
    records,
    request_in,
    written,
    written_event,
)
from headwater.errors import HeadwaterError, LimitError
from headwater.model.room import RoomEvent

PING_S = 15.0
"""Seconds of silence after which a ping is sent."""
SILENCE_S = 30.0
"""Seconds after which a client of whom nothing is heard is given up."""
LOOK_S = 1.0
"""Seconds between two looks at who was silent."""
MOST_AT_ONCE = 16
"""Calls of one line under way at once."""


class SignalRLine:
    """A SignalR client who is known by now, after the handshake.

    Args:
        hw: The app.
        socket: The connection, accepted.
        visit: Who is at its other end.
    """

    def __init__(self, hw: AsyncHeadwater, socket: WebSocket, visit: Visit) -> None:
        self._hw = hw
        self._socket = socket
        self._visit = visit
        self._heard_at = anyio.current_time()
        self._under_way = 0
        self._idle = anyio.Event()

    async def hold(self, opening: Opening, *, heard: str) -> None:
        """Answer and tell until the client goes away, is too slow, or the server stops.

        Args:
            opening: Whether the server goes on.
            heard: What came with the handshake, after it.
        """
        async with anyio.create_task_group() as group:
            self._sender = Sender(self._socket, group.cancel_scope)
            rooms = Rooms(self._hw, self._visit, client=self, group=group)
            self._answering = Answering(self._hw, self._visit, say=self._complete, rooms=rooms)
            await self._sender.say(SHAKEN)
            group.start_soon(self._sender.send)
            group.start_soon(self._keep_alive)
            group.start_soon(self._keep_checking)
            group.start_soon(self._leave_when_closing, opening)
            await self._read(group, heard)
            group.cancel_scope.cancel()
        await self._sender.close()

    async def came_in(self, number: object, place: Place) -> None:
        """Answer that the client is in a room."""
        told = {"project": place.project, "seq": place.seq, "present": place.present}
        if isinstance(number, str):
            await self._sender.say(completion(number, result=told))

    async def happened(self, event: RoomEvent) -> None:
        """Tell what happened in a room."""
        await self._sender.say(written_event(event))

    async def put_out(self, project: int, error: Exception) -> None:
        """Tell why the client is in a room no longer."""
        told = known(error)
        arguments = [{"project": project, "error": facts(told)}]
        await self._sender.say(
            written({"type": Kind.INVOCATION, "target": "RoomClosed", "arguments": arguments})
        )
        await self._end_where_refused(told)

    async def _read(self, group: TaskGroup, text: str) -> None:
        try:
            while True:
                for raw in records(text):
                    await self._take(read_object(raw), group)
                text = await self._socket.receive_text()
                self._heard_at = anyio.current_time()
        except WebSocketDisconnect:
            return
        except KeyError:  # bytes came instead of text
            self._sender.end(NO_TEXT, "the transfer format is Text")
        except HeadwaterError as error:
            await self._say_goodbye(VIOLATION, error.message)

    async def _take(self, said: Mapping[str, Any], group: TaskGroup) -> None:
        """Begin what one message asks for."""
        match said.get("type"):
            case Kind.INVOCATION:
                await self._begin(said, group)
            case Kind.STREAM_INVOCATION:
                await self._refuse(said.get("invocationId"), bad("nothing is streamed here"))
            case Kind.PING | Kind.CANCEL_INVOCATION | Kind.COMPLETION | Kind.STREAM_ITEM:
                pass
            case Kind.CLOSE:
                self._sender.end(NORMAL, "")
            case kind:
                raise bad(f"its type is {ascii(kind)[:40]}, which there is not")

    async def _begin(self, said: Mapping[str, Any], group: TaskGroup) -> None:
        number = said.get("invocationId")
        try:
            await self._visit.recheck()
            await self._hw.admission.count(self._visit.who)
            request = request_in(said)
            if self._under_way >= MOST_AT_ONCE:
                message = f"{MOST_AT_ONCE} calls are under way on this line; wait for one"
                raise LimitError(message, code="limit.runs", retry_after_s=1.0)  # noqa: TRY301
        except Exception as error:  # noqa: BLE001  told as data
            await self._refuse(number, error)
            return
        self._under_way += 1
        group.start_soon(self._answer, request)

    async def _answer(self, request: Request) -> None:
        try:
            await self._answering.answer(request)
        except Exception as error:  # noqa: BLE001  told as data
            await self._refuse(request.id, error)
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._idle.set()

    async def _complete(self, message: dict[str, Any]) -> None:
        """Answer a call with what the same message of `/v1/live` is answered with."""
        kind, number = message["type"], message["id"]
        if isinstance(number, str):
            await self._sender.say(completion(number, result=message.get(kind)))

    async def _refuse(self, number: object, error: BaseException) -> None:
        told = known(error)
        if isinstance(number, str):
            text = f"{told.code}: {told.message}"
            await self._sender.say(completion(number, error=text))
        await self._end_where_refused(told)

    async def _end_where_refused(self, error: HeadwaterError) -> None:
        if error.code == "access.unauthenticated":
            await self._say_goodbye(VIOLATION, "the key no longer holds")

    async def _keep_alive(self) -> None:
        """Ping a client to whom nothing is said, and give up one of whom nothing is heard."""
        while True:
            await anyio.sleep(LOOK_S)
            now = anyio.current_time()
            if now - self._heard_at > SILENCE_S:
                await self._say_goodbye(GOING_AWAY, "nothing was heard for too long", again=True)
            elif now - self._sender.said_at > PING_S - LOOK_S:
                self._sender.said_at = now
                await self._sender.say(PING)

    async def _keep_checking(self) -> None:
        try:
            await self._visit.keep_checking()
        except Exception as error:  # noqa: BLE001  told as data
            await self._refuse(None, error)

    async def _leave_when_closing(self, opening: Opening) -> None:
        await opening.closing()
        while self._under_way:
            self._idle = anyio.Event()
            await self._idle.wait()
        await self._say_goodbye(GOING_AWAY, None, again=True)

    async def _say_goodbye(self, code: int, words: str | None, *, again: bool = False) -> None:
        """Say why the line ends, as far as the client reads, and end it."""
        await self._sender.say(closing(words, again=again))
        await self._sender.empty()
        self._sender.end(code, (words or "the server stops")[:100])
