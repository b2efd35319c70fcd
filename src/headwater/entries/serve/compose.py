"""What one server answers with, at one address: HTTP behind its gate, WebSockets, MCP, SignalR."""

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
from headwater.entries.mcp.server import make_mcp
from headwater.entries.wire.addressing import names_of
from headwater.entries.wire.asgi import App, Message, Receive, Scope, Send
from headwater.entries.wire.opening import Opening
from headwater.entries.wire.refusing import refused
from headwater.entries.ws.live import Live
from headwater.entries.ws.signalr import PATH as HUB
from headwater.entries.ws.signalr import SignalR
from headwater.errors import LimitError

MCP = "/mcp"


class Composed:
    """Everything that is served over an app, as one ASGI app.

    Args:
        http: What answers requests.
        live: What answers WebSockets.
        mcp: What answers agents.
        hub: What answers SignalR clients.
        opening: Whether requests may come in.
    """

    def __init__(self, http: App, *, live: App, mcp: App, hub: App, opening: Opening) -> None:
        self._http = http
        self._live = live
        self._mcp = mcp
        self._hub = hub
        self._opening = opening

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request or a connection to what answers it."""
        of_hub = _is_under(scope["path"], HUB)
        if scope["type"] == "websocket":
            await (self._hub if of_hub else self._live)(scope, receive, send)
        elif of_hub:
            await self._enter(self._hub, scope, receive=receive, send=send)
        elif _is_under(scope["path"], MCP):
            await self._enter(self._mcp, scope, receive=receive, send=send)
        else:
            await self._http(scope, receive, send)

    async def _enter(self, app: App, scope: Scope, *, receive: Receive, send: Send) -> None:
        """Carry a request in, under an id, while the doors are open."""
        request_id = request_id_of(dict(scope["headers"]))
        send = marked(send, request_id)
        with bound(request_id=request_id.decode()), self._opening.entered():
            try:
                self._opening.check()
            except LimitError as error:
                await refused(error)(scope, receive, send)
                return
            await app(scope, receive, send)


def _is_under(path: str, root: str) -> bool:
    return path == root or path.startswith(f"{root}/")


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
        names = names_of(host, settings.mcp_hosts, settings.mcp_origins)
        hub, live = SignalR(hw, opening, names), Live(hw, opening)
        async with running:
            yield Served(hw, Composed(gate, live=live, mcp=mcp, hub=hub, opening=opening))
