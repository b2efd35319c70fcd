"""What tests of MCP stand on: an estate, packs with every kind of tool, the official client."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import anyio
import httpx2
import uvicorn
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from patience import GUARD_S

from headwater import AsyncHeadwater, tool
from headwater.entries.mcp.server import Context, make_server, over_http
from headwater.entries.wire.addressing import names_of
from headwater.errors import UsageError
from headwater.model.principal import Principal
from headwater.toolkit.tool import Tool

KEYS = {
    "key-acme": Principal(tenant="acme", name="ann", roles=("reader",)),
    "key-bolt": Principal(tenant="bolt", name="bob", roles=("reader",)),
    "key-op": Principal(tenant="acme", name="olga", roles=("operator",)),
}


@dataclass(slots=True)
class Slow:
    """A tool that never ends by itself, and tells when it began and when it was cancelled."""

    began: anyio.Event
    cancelled: anyio.Event

    @property
    def tool(self) -> Tool:
        @tool(name="slow.wait", description="Wait for ever.", role="reader")
        async def wait() -> str:
            self.began.set()
            try:
                await anyio.sleep_forever()
            finally:
                self.cancelled.set()

        return wait


def slow() -> Slow:
    """Return a tool that never ends, inside the loop that it runs in."""
    return Slow(anyio.Event(), anyio.Event())


def packs() -> list[list[Tool]]:
    """Return tools as third parties write them: every kind of result."""

    @tool(name="theirs.rows", description="Give rows.", role="reader")
    async def rows(count: int, note: str = "") -> list[dict[str, Any]]:
        return [{"n": n, "note": note} for n in range(count)]

    @tool(name="theirs.number", description="Give a number.", role="reader")
    async def number() -> int:
        return 7

    @tool(name="theirs.nothing", description="Give nothing.", role="reader")
    async def nothing() -> None:
        return None

    @tool(name="theirs.anything", description="Give anything.", role="reader")
    async def anything() -> Any:
        return {"deep": [[1], {"a": "\x1b]0;\u202e<script>"}]}

    @tool(name="theirs.broken", description="Raise.", role="reader")
    async def broken() -> str:
        raise RuntimeError("it broke")

    @tool(name="theirs.writes", description="Change something.")
    async def writes() -> str:
        return "done"

    @tool(name="theirs.own_words", description="Has rows and fields of its own.", role="reader")
    async def own_words(rows: int, fields: str = "") -> list[dict[str, Any]]:
        return [{"rows": rows, "fields": fields}]

    return [[rows, number, nothing, anything, broken, writes, own_words]]


async def local(ctx: Context) -> None:
    """Say that the client's own principal asks."""
    del ctx


@asynccontextmanager
async def in_memory(
    hw: AsyncHeadwater, mode: str = "auto", who: Any = local, **more: Any
) -> AsyncIterator[Client]:
    """Connect the official client to a server in the same process."""
    async with Client(make_server(hw, who), mode=mode, **more) as client:
        yield client


async def identify(credential: str | None, address: str) -> Principal:
    """Tell whose key it is."""
    del address
    if credential not in KEYS:
        raise UsageError("who are you?", code="access.unauthenticated")
    return KEYS[credential]


@asynccontextmanager
async def served(hw: AsyncHeadwater, hosts: str = "", origins: str = "") -> AsyncIterator[str]:
    """Serve MCP over HTTP on loopback, and give its address."""
    app, lifespan = over_http(hw, names_of("127.0.0.1", hosts, origins), identify)
    config = uvicorn.Config(app, lifespan="off", log_config=None, access_log=False)  # type: ignore[arg-type]
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        async with lifespan, anyio.create_task_group() as group:
            await server.startup(sockets=[bound])
            group.start_soon(server.main_loop)
            yield f"http://127.0.0.1:{bound.getsockname()[1]}/mcp"
            server.should_exit = True
            await server.shutdown(sockets=[bound])


@asynccontextmanager
async def connected(
    url: str, key: str = "key-acme", mode: str = "auto", headers: Sequence[tuple[str, str]] = ()
) -> AsyncIterator[Client]:
    """Connect the official client over HTTP with a key."""
    given = [("Authorization", f"Bearer {key}"), *headers]
    async with (
        httpx2.AsyncClient(headers=given, timeout=GUARD_S) as http,
        Client(streamable_http_client(url, http_client=http), mode=mode) as client,
    ):
        yield client
