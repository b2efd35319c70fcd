"""A client that talks to an ASGI app in this process: requests, streams, and going away."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import anyio
from anyio import to_thread
from patience import GUARD_S

from headwater import AsyncHeadwater
from headwater.entries.http.gate import Gate, Sizes
from headwater.entries.http.service import make_http
from headwater.entries.wire.opening import Opening
from headwater.model.access import Role
from headwater.model.principal import Principal

ADMIN = Principal(tenant="default", name="setup", roles=("admin",))


@dataclass
class Reply:
    """A response that came whole."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        assert self.headers["content-type"] == "application/problem+json", self.body
        return str(self.json["code"])


@dataclass
class Exchange:
    """A request under way: what came back so far, and whether the client is still there."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    pieces: list[bytes] = field(default_factory=list)
    news: anyio.Event = field(default_factory=anyio.Event)
    gone: anyio.Event = field(default_factory=anyio.Event)
    ended: anyio.Event = field(default_factory=anyio.Event)

    async def until(self, text: bytes) -> None:
        """Wait until something has come."""
        while text not in b"".join(self.pieces):
            self.news = anyio.Event()
            await self.news.wait()

    @property
    def reply(self) -> Reply:
        return Reply(self.status, self.headers, b"".join(self.pieces))


class Client:
    """Someone with a key, or without."""

    def __init__(self, app: Any, key: str | None) -> None:
        self.app = app
        self.key = key

    async def send(
        self,
        method: str,
        target: str,
        body: Any = None,
        *,
        headers: dict[str, str] | None = None,
        raw: bytes | list[bytes] | None = None,
    ) -> Reply:
        """Send a request, and return what came back."""
        with anyio.fail_after(GUARD_S):
            async with self.open(method, target, body, headers=headers, raw=raw) as exchange:
                await exchange.ended.wait()
        return exchange.reply

    @asynccontextmanager
    async def open(
        self,
        method: str,
        target: str,
        body: Any = None,
        *,
        headers: dict[str, str] | None = None,
        raw: bytes | list[bytes] | None = None,
    ) -> AsyncIterator[Exchange]:
        """Send a request, and go away at the end of the block if not before."""
        path, _, query = target.partition("?")
        content = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        parts = list(content) if isinstance(content, list) else [content]
        given = {"content-type": "application/json", **(headers or {})}
        if self.key is not None:
            given["authorization"] = f"Bearer {self.key}"
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": method,
            "path": unquote(path),
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "scheme": "http",
            "headers": [(name.lower().encode(), one.encode()) for name, one in given.items()],
            "server": ("127.0.0.1", 8420),
            "client": ("127.0.0.1", 1),
            "state": {},
        }
        exchange = Exchange()

        async def receive() -> dict[str, Any]:
            if parts:
                return {"type": "http.request", "body": parts.pop(0), "more_body": bool(parts)}
            await exchange.gone.wait()
            return {"type": "http.disconnect"}

        async def take(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                exchange.status = message["status"]
                exchange.headers = {k.decode().lower(): v.decode() for k, v in message["headers"]}
            else:
                exchange.pieces.append(message.get("body", b""))
            exchange.news.set()

        async def serve() -> None:
            await self.app(scope, receive, take)
            exchange.ended.set()

        async with anyio.create_task_group() as group:
            group.start_soon(serve)
            yield exchange
            exchange.gone.set()
            with anyio.fail_after(GUARD_S):
                await exchange.ended.wait()


@dataclass
class House:
    """A service in this process."""

    hw: AsyncHeadwater
    app: Any
    opening: Opening

    def client(self, key: str | None) -> Client:
        """Return someone with this key."""
        return Client(self.app, key)

    async def someone(self, role: Role = "reader", tenant: str = "default") -> Client:
        """Return someone with a new key of this role."""
        made = await self.hw.access.create_key(role=role, tenant=tenant, principal=ADMIN)
        return Client(self.app, made.key)


async def house_of(hw: AsyncHeadwater, *, body_bytes: int = 100_000) -> House:
    """Return a service over an app."""
    opening = Opening()
    sizes = Sizes(body_bytes, 1_000_000)
    http = await to_thread.run_sync(make_http, hw, opening)
    return House(hw, Gate(http, hw, opening=opening, sizes=sizes), opening)
