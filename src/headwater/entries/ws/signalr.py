"""Who comes in as a SignalR client: negotiated with a key in a header, never in the URL.

Source: the transport and hub protocol specifications of ASP.NET Core SignalR.

Next: `headwater.entries.ws.signalr_line`
"""

from __future__ import annotations

import secrets
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs

import anyio
from pydantic_core import to_json
from starlette.responses import Response
from starlette.websockets import WebSocket, WebSocketDisconnect

from headwater.app.service import AsyncHeadwater
from headwater.entries.wire.addressing import Names, values_of
from headwater.entries.wire.asgi import Receive, Scope, Send
from headwater.entries.wire.faults import known
from headwater.entries.wire.opening import Opening
from headwater.entries.wire.refusing import problem, refused
from headwater.entries.wire.visit import Visit, address_of, bearer_of
from headwater.entries.ws.sender import CLOSE_S, VIOLATION
from headwater.entries.ws.signalr_line import SignalRLine
from headwater.entries.ws.signalr_messages import END, check_handshake, records, written
from headwater.entries.ws.tickets import Tickets
from headwater.errors import HeadwaterError, UsageError

PATH = "/hub"
NEGOTIATE = f"{PATH}/negotiate"
SHAKE_S = 15.0
"""Seconds in which the handshake must come."""
VERSION = 1
TRANSPORTS = [{"transport": "WebSockets", "transferFormats": ["Text"]}]
MOST_NAME = 300


class SignalR:
    """The hub for SignalR clients, as an ASGI app for requests and WebSockets.

    Args:
        hw: The app.
        opening: Whether the server goes on.
        names: How this server may be called, and by which pages.
    """

    def __init__(self, hw: AsyncHeadwater, opening: Opening, names: Names) -> None:
        self._hw = hw
        self._opening = opening
        self._names = names
        self._tickets = Tickets()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Carry one request or connection."""
        try:
            self._check_names(scope)
        except UsageError as error:
            if scope["type"] == "websocket":
                await WebSocket(scope, receive, send).close()  # before it is accepted: a 403
            else:
                await problem(HTTPStatus.FORBIDDEN, error)(scope, receive, send)
            return
        if scope["type"] == "websocket":
            await self._connect(WebSocket(scope, receive, send))
        else:
            await (await self._negotiated(scope))(scope, receive, send)

    def _check_names(self, scope: Scope) -> None:
        hosts = values_of(scope, b"host")
        if len(hosts) != 1 or not self._names.host_allowed(hosts[0]):
            told = ", ".join(hosts)[:MOST_NAME]
            message = f"the host {told!a} is none of mine; set HEADWATER_MCP_HOSTS to allow it"
            raise UsageError(message, code="hub.bad_host")
        for origin in values_of(scope, b"origin"):
            if not self._names.origin_allowed(origin):
                told = origin[:MOST_NAME]
                message = f"the origin {told!a} may not ask; set HEADWATER_MCP_ORIGINS to allow it"
                raise UsageError(message, code="hub.bad_origin")

    async def _negotiated(self, scope: Scope) -> Response:
        """Return what a client is to connect by, as far as their key lets them in."""
        if scope["path"] != NEGOTIATE or scope["method"] != "POST":
            message = f"there is POST {NEGOTIATE} and the WebSocket {PATH} here"
            return problem(HTTPStatus.NOT_FOUND, UsageError(message, code="http.no_such_path"))
        try:
            credential = await self._let_in(bearer_of(dict(scope["headers"])), address_of(scope))
        except Exception as error:  # noqa: BLE001  every error becomes a status
            return refused(error)
        word, ticket = self._tickets.issue(credential)
        offer: dict[str, Any] = {
            "negotiateVersion": VERSION,
            "connectionId": ticket.connection_id,
            "connectionToken": word,
            "availableTransports": TRANSPORTS,
        }
        headers = {"Cache-Control": "no-store"}
        return Response(to_json(offer), HTTPStatus.OK, headers, media_type="application/json")

    async def _let_in(self, credential: str | None, address: str) -> str:
        who = await self._hw.access.identify(credential, address=address)
        await self._hw.admission.count(who)
        assert credential is not None  # noqa: S101  (nobody is identified without one)
        return credential

    async def _connect(self, socket: WebSocket) -> None:
        """Carry one connection: it is let in by its ticket, and begins with the handshake."""
        await socket.accept()
        try:
            self._opening.check()
            credential = self._credential_of(socket)
            who = await self._hw.access.identify(credential, address=address_of(socket.scope))
            rest = await _shaken(socket)
        except WebSocketDisconnect:
            return
        except Exception as error:  # noqa: BLE001  told in place of the handshake
            await _turn_away(socket, known(error))
            return
        number = secrets.token_hex(8)
        visit = Visit(self._hw, who, credential=credential, request_id=number)
        line = SignalRLine(self._hw, socket, visit)
        await line.hold(self._opening, heard=rest)

    def _credential_of(self, socket: WebSocket) -> str | None:
        """Return the key by which a connection was negotiated, or that it brings in a header.

        Raises:
            UsageError: `hub.key_in_url`, `hub.bad_token`.
        """
        asked = parse_qs(socket.scope["query_string"].decode("latin-1"))
        if "access_token" in asked:
            message = (
                "a key does not belong in a URL, where it is logged: give it in the option "
                "`headers`, as Authorization, instead of accessTokenFactory"
            )
            raise UsageError(message, code="hub.key_in_url")
        words = asked.get("id", [])
        if not words:
            return bearer_of(dict(socket.scope["headers"]))
        ticket = self._tickets.take(words[0])
        if ticket is None:
            message = "this connection token was used, is too old, or of another server: negotiate"
            raise UsageError(message, code="hub.bad_token")
        return ticket.credential


async def _shaken(socket: WebSocket) -> str:
    """Take the handshake, and return what came with it.

    Raises:
        UsageError: `hub.bad_handshake`, `hub.bad_message`, `http.bad_json`.
    """
    with anyio.move_on_after(SHAKE_S):
        try:
            text = await socket.receive_text()
        except KeyError:
            raise UsageError("the transfer format is Text", code="hub.bad_handshake") from None
        first, _, rest = text.partition(END)
        check_handshake(next(records(first + END)))
        return rest
    message = f"no handshake came within {SHAKE_S:g} s"
    raise UsageError(message, code="hub.bad_handshake")


async def _turn_away(socket: WebSocket, error: HeadwaterError) -> None:
    with anyio.move_on_after(CLOSE_S):
        await socket.send_text(written({"error": f"{error.code}: {error.message}"}))
        await socket.close(VIOLATION, error.code)
