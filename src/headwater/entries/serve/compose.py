"""What one server answers with: HTTP behind its gate, WebSockets, and MCP, at one address."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from anyio import to_thread

from headwater.app.logs import bound
from headwater.app.service import AsyncHeadwater
from headwater.app.settings import Settings
from headwater.entries.http.gate import Gate, Sizes, request_id_of
from headwater.entries.http.service import make_http
from headwater.entries.mcp.guard import refused
from headwater.entries.mcp.server import make_mcp
from headwater.entries.wire.asgi import App, Message, Receive, Scope, Send
from headwater.entries.wire.opening import Opening
from headwater.entries.ws.live import Live
from headwater.errors import LimitError

MCP = "/mcp"


class Composed:
    """Everything that is served over an app, as one ASGI app.

    Args:
        http: What answers requests.
        live: What answers WebSockets.
        mcp: What answers agents.
        opening: Whether requests may come in.
    """

    def __init__(self, http: App, *, live: App, mcp: App, opening: Opening) -> None:
        self._http = http
        self._live = live
        self._mcp = mcp
        self._opening = opening

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request or a connection to what answers it."""
        if scope["type"] == "websocket":
            await self._live(scope, receive, send)
        elif scope["path"] == MCP or scope["path"].startswith(f"{MCP}/"):
            await self._agent(scope, receive, send)
        else:
            await self._http(scope, receive, send)

    async def _agent(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Carry an agent's request in, under an id, while the doors are open."""
        request_id = request_id_of(dict(scope["headers"]))
        send = marked(send, request_id)
        with bound(request_id=request_id.decode()), self._opening.entered():
            try:
                self._opening.check()
            except LimitError as error:
                await refused(error)(scope, receive, send)
                return
            await self._mcp(scope, receive, send)


def marked(send: Send, request_id: bytes) -> Send:
    """Return what sends a response with its request's id."""

    async def mark(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), (b"x-request-id", request_id)]
        await send(message)

    return mark


@dataclass(frozen=True, slots=True)
class Served:
    """An app, and what answers over it."""

    hw: AsyncHeadwater
    app: App


@asynccontextmanager
async def served(
    url: str | None, opening: Opening, *, host: str, settings: Settings
) -> AsyncIterator[Served]:
    """Open an app, and give everything that is served over it, for as long as the block.

    Args:
        url: Which estate; that of the settings where it is None.
        opening: Whether requests may come in.
        host: The address that is listened at.
        settings: How much may come in, and under which names agents may ask.
    """
    sizes = Sizes(settings.body_bytes, settings.upload_bytes)
    async with AsyncHeadwater.open(url, settings=settings) as hw:
        http = await to_thread.run_sync(make_http, hw, opening)
        gate = Gate(http, hw, opening=opening, sizes=sizes)
        mcp, running = make_mcp(hw, host=host, settings=settings)
        async with running:
            yield Served(hw, Composed(gate, live=Live(hw, opening), mcp=mcp, opening=opening))
