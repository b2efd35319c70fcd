"""How events are told as they happen: server-sent events, with a beat where nothing happens."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import anyio
from starlette.requests import Request
from starlette.responses import Response

from headwater.entries.http.encode import encoded
from headwater.entries.http.problems import refusal
from headwater.entries.wire.asgi import Message, Receive, Scope, Send
from headwater.entries.wire.faults import facts, known
from headwater.model.event import Event

BEAT_S = 10.0
"""Seconds after which a comment is sent where nothing else was, so that nobody hangs up."""
MEDIA_TYPE = "text/event-stream"
Tell = Callable[[bytes], Awaitable[None]]


def told(kind: str, data: object, *, number: int | None = None) -> bytes:
    """Return one server-sent event; `number` is what `Last-Event-ID` resumes after."""
    head = b"" if number is None else b"id: %d\n" % number
    return b"%sevent: %s\ndata: %s\n\n" % (head, kind.encode(), encoded(data))


def told_event(event: Event) -> bytes:
    """Return one event of a run as a server-sent one; those that stand for a gap have no number."""
    return told(event.kind, event, number=event.seq if event.seq >= 0 else None)


class EventStream(Response):
    """A response that goes on for as long as its work has something to tell.

    Nothing is sent before the first event, so that what goes wrong until then has a status; what
    goes wrong later is told as the event `error`.

    Args:
        work: What tells; given what it tells with.
    """

    def __init__(self, work: Callable[[Tell], Awaitable[None]]) -> None:
        super().__init__(None, 200, None, MEDIA_TYPE)
        self._work = work
        self._begun = False
        self._quiet = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send what the work tells, until it has ended."""

        async def tell(piece: bytes) -> None:
            if not self._begun:
                self._begun = True
                await send(self._start())
            self._quiet = False
            await send({"type": "http.response.body", "body": piece, "more_body": True})

        async def beat() -> None:
            while True:
                self._quiet = True
                await anyio.sleep(BEAT_S)
                if self._quiet and self._begun:
                    await tell(b": beat\n\n")

        try:
            async with anyio.create_task_group() as group:
                group.start_soon(beat)
                await self._work(tell)
                group.cancel_scope.cancel()
        except Exception as error:  # noqa: BLE001  told as an event, or as a status
            if not self._begun:
                await refusal(error)(scope, receive, send)
                return
            await tell(told("error", facts(known(error))))
        await tell(b"")  # where there was nothing to tell, it begins now
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    def _start(self) -> Message:
        headers = [(b"content-type", MEDIA_TYPE.encode()), (b"x-accel-buffering", b"no")]
        return {"type": "http.response.start", "status": 200, "headers": headers}


def wants_events(request: Request) -> bool:
    """Tell whether the client asks for events instead of one document."""
    return MEDIA_TYPE in request.headers.get("accept", "")
