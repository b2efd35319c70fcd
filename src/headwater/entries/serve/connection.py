"""What one connection may do, and for how long: uvicorn has no deadline for receiving a request.

It answers nothing itself but refusals that need no app. `sweep` closes what took too long.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from headwater.app.settings import Settings
from headwater.entries.http.listening import LEAVING
from headwater.entries.serve.starts import Starts
from headwater.entries.wire.asgi import Receive, Scope, Send
from headwater.entries.wire.paths import OPEN, UPLOADS
from headwater.errors import LimitError, UsageError

MOST_FIELDS = 100
"""Header fields of one request."""
SPARE = 64
"""Connections beyond the most, on which only health answers."""
UNREAD_S = 30.0
"""Seconds for which a client may leave a response unread before it is cut off."""
FREE = frozenset(path.encode() for path in OPEN)
LATE = (
    b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"  # no words:
    # whoever sends half a request reads none
)


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a connection may take."""

    header_bytes: int
    header_s: float
    body_s: float
    connections: int

    @classmethod
    def of(cls, settings: Settings) -> Bounds:
        """Return the bounds that the settings name."""
        return cls(
            header_bytes=settings.header_bytes,
            header_s=settings.header_s,
            body_s=settings.body_s,
            connections=settings.connections,
        )


class Connection(HttpToolsProtocol):
    """A connection over which requests come, within bounds; see `bounded`."""

    bounds: ClassVar[Bounds]
    starts: ClassVar[Starts]
    _head_since: float | None = None
    _head_bytes = 0
    _body_since: float | None = None
    _unread_since: float | None = None
    _spare = False
    _leaving: Callable[[], object] | None = None
    _waiting: bytes | None = None
    """What came, and is read when it is its turn."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a connection, or close it where there are too many."""
        super().connection_made(transport)
        self._head_since = self.loop.time()
        more = len(self.connections) - self.bounds.connections
        self._spare = more > 0
        if more > SPARE:
            transport.abort()

    def when_leaving(self, tell: Callable[[], object] | None) -> None:
        """Call back when the client goes away during this request; None to call no more."""
        self._leaving = tell

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever works for this client that it went away."""
        self._waiting = None
        super().connection_lost(exc)
        if self._leaving is not None:
            self._leaving()

    def data_received(self, data: bytes) -> None:
        """Take what the client sends; a request that begins is read when it is its turn."""
        if self._head_since is None and self._body_since is None:
            self._head_since, self._head_bytes = self.loop.time(), 0
        if self._waiting is None and self._body_since is None:
            self._waiting = data
            self.starts.add(self._read_waiting, self.loop)
            return
        self._read_waiting()
        self._read(data)

    def shutdown(self) -> None:
        """End in order: what has come is answered, if only by a refusal."""
        self._read_waiting()
        super().shutdown()

    def _read_waiting(self) -> None:
        data, self._waiting = self._waiting, None
        if data is not None:
            self._read(data)

    def _read(self, data: bytes) -> None:
        """Read what came, and refuse headers without an end."""
        self._head_bytes += len(data)
        super().data_received(data)
        if self._head_since is not None and self._head_bytes > self.bounds.header_bytes:
            self.transport.close()

    def on_message_begin(self) -> None:
        """Begin a request: its headers must come in time."""
        super().on_message_begin()
        self.scope["extensions"] = {LEAVING: {"call": self.when_leaving}}
        if self._head_since is None:
            self._head_since, self._head_bytes = self.loop.time(), 0

    def on_headers_complete(self) -> None:
        """Hand a request on, or refuse it: its body must come in time."""
        self._head_since, self._body_since = None, self.loop.time()
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if size > self.bounds.header_bytes or len(self.headers) > MOST_FIELDS:
            self.app = header_too_large
        elif self._spare and self.url.partition(b"?")[0] not in FREE:
            self.app = too_many_connections
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a part of a body; an upload has its time anew with each."""
        super().on_body(body)
        if self.scope.get("path") in UPLOADS:
            self._body_since = self.loop.time()

    def on_message_complete(self) -> None:
        """Take note that the request has come whole."""
        super().on_message_complete()
        self._body_since = None

    def pause_writing(self) -> None:
        """Take note that the client does not read."""
        super().pause_writing()
        self._unread_since = self.loop.time()

    def resume_writing(self) -> None:
        """Take note that the client reads again."""
        super().resume_writing()
        self._unread_since = None

    def sweep(self, now: float) -> None:
        """Close the connection where the client took too long."""
        if self.transport.is_closing():
            return
        if self._body_since is not None and self.flow.read_paused:
            self._body_since = now  # it is the app that does not read
        if _older(self._unread_since, now - UNREAD_S):
            self.transport.abort()
        elif _older(self._head_since, now - self.bounds.header_s):
            self.transport.write(LATE)
            self.transport.close()
        elif _older(self._body_since, now - self.bounds.body_s):
            if not self.cycle.response_started:
                self.transport.write(LATE)
            self.transport.close()


def _older(since: float | None, limit: float) -> bool:
    return since is not None and since < limit


def bounded(bounds: Bounds) -> type[Connection]:
    """Return what uvicorn makes a connection of, within bounds."""
    return type("BoundedConnection", (Connection,), {"bounds": bounds, "starts": Starts()})


async def header_too_large(scope: Scope, receive: Receive, send: Send) -> None:
    """Refuse a request whose headers are too large."""
    from headwater.entries.http.problems import refusal

    message = "the headers of the request are too large; send fewer or shorter ones"
    await refusal(UsageError(message, code="http.header_too_large"))(scope, receive, send)


async def too_many_connections(scope: Scope, receive: Receive, send: Send) -> None:
    """Refuse a request on a connection beyond the most."""
    from headwater.entries.http.problems import refusal

    message = "there are too many connections; close some, or ask again later"
    error = LimitError(message, code="limit.connections", retry_after_s=1.0)
    await refusal(error)(scope, receive, send)
