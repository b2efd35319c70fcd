"""A WebSocket client that talks to an ASGI app in this process."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import anyio
from patience import GUARD_S

SocketT = TypeVar("SocketT", bound="Socket")


class Socket:
    """One end of a WebSocket."""

    def __init__(self) -> None:
        self.accepted = False
        self.closed: tuple[int, str] | None = None
        self.got: list[dict[str, Any]] = []
        self.reads = anyio.Event()
        self.reads.set()
        self._to_app: list[dict[str, Any]] = [{"type": "websocket.connect"}]
        self._news = anyio.Event()
        self._app_news = anyio.Event()

    def say(self, message: object) -> None:
        """Send a message: JSON of anything but text, which is sent as it is."""
        text = message if isinstance(message, str) else json.dumps(message)
        self._push({"type": "websocket.receive", "text": text})

    def say_bytes(self, raw: bytes) -> None:
        self._push({"type": "websocket.receive", "bytes": raw})

    def leave(self) -> None:
        self._push({"type": "websocket.disconnect", "code": 1000})

    async def next(self, kind: str, number: int | None = None) -> dict[str, Any]:
        """Wait for a message of a kind, perhaps the answer to one message; take it out."""
        with anyio.fail_after(GUARD_S):
            while True:
                for one in self.got:
                    if one["type"] == kind and (number is None or one.get("id") == number):
                        self.got.remove(one)
                        return one
                self._news = anyio.Event()
                await self._news.wait()

    async def closing(self) -> tuple[int, str]:
        """Wait until the app has closed."""
        with anyio.fail_after(GUARD_S):
            while self.closed is None:
                self._news = anyio.Event()
                await self._news.wait()
        return self.closed

    def _push(self, message: dict[str, Any]) -> None:
        self._to_app.append(message)
        self._app_news.set()

    def take(self, text: str) -> None:
        """Take what the app says at once."""
        self.got.append(json.loads(text))

    async def receive(self) -> dict[str, Any]:
        while not self._to_app:
            self._app_news = anyio.Event()
            await self._app_news.wait()
        return self._to_app.pop(0)

    async def send(self, message: dict[str, Any]) -> None:
        if message["type"] == "websocket.accept":
            self.accepted = True
        elif message["type"] == "websocket.close":
            self.closed = message.get("code", 1000), message.get("reason") or ""
        else:
            await self.reads.wait()
            self.take(message["text"])
        self._news.set()


@asynccontextmanager
async def connected(
    app: Any, *, key: str | None = None, path: str = "/v1/live"
) -> AsyncIterator[Socket]:
    """Connect, and leave at the end of the block."""
    headers = [] if key is None else [(b"authorization", f"Bearer {key}".encode())]
    async with connecting(app, Socket(), headers=headers, path=path) as socket:
        yield socket


@asynccontextmanager
async def connecting(
    app: Any,
    socket: SocketT,
    *,
    headers: list[tuple[bytes, bytes]],
    path: str,
    query: bytes = b"",
) -> AsyncIterator[SocketT]:
    """Connect a socket of any kind, and leave at the end of the block."""
    scope = {
        "type": "websocket",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query,
        "root_path": "",
        "headers": headers,
        "subprotocols": [],
        "extensions": {},
        "state": {},
    }
    async with anyio.create_task_group() as group:
        group.start_soon(app, scope, socket.receive, socket.send)
        yield socket
        socket.leave()
