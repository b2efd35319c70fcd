"""Who comes in over a WebSocket: a key in a header or in the first message, never in the URL."""

from __future__ import annotations

import secrets

import anyio
from starlette.websockets import WebSocket, WebSocketDisconnect

from headwater.app.service import AsyncHeadwater
from headwater.entries.wire.asgi import Receive, Scope, Send
from headwater.entries.wire.decode import read_object
from headwater.entries.wire.faults import known
from headwater.entries.wire.opening import Opening
from headwater.entries.wire.visit import Visit, address_of, bearer_of
from headwater.entries.ws.line import Line
from headwater.entries.ws.messages import key_of
from headwater.entries.ws.sender import GOING_AWAY, VIOLATION
from headwater.errors import HeadwaterError

PATH = "/v1/live"
KEY_S = 10.0
"""Seconds in which the first message must show a key."""
AGAIN = 1013
INTERNAL = 1011


class Live:
    """The WebSocket of live runs, as an ASGI app.

    Args:
        hw: The app.
        opening: Whether the server goes on.
    """

    def __init__(self, hw: AsyncHeadwater, opening: Opening) -> None:
        self._hw = hw
        self._opening = opening

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Carry one connection."""
        socket = WebSocket(scope, receive, send)
        if scope["path"] != PATH:
            await socket.close()  # before it is accepted: a 403
            return
        await socket.accept()
        if self._opening.stopping:
            await socket.close(GOING_AWAY, "the server stops; ask again elsewhere")
            return
        try:
            visit = await self._visit(socket)
        except WebSocketDisconnect:
            return
        except Exception as error:  # noqa: BLE001  told as a close code
            await self._refuse(socket, known(error))
            return
        await Line(self._hw, socket, visit).hold(self._opening)

    async def _visit(self, socket: WebSocket) -> Visit:
        credential = bearer_of(dict(socket.scope["headers"]))
        if credential is None:
            credential = await first_key(socket)
        who = await self._hw.access.identify(credential, address=address_of(socket.scope))
        await self._hw.admission.count(who)
        number = secrets.token_hex(8)
        return Visit(self._hw, who, credential=credential, request_id=number)

    async def _refuse(self, socket: WebSocket, error: HeadwaterError) -> None:
        codes = {"asker": VIOLATION, "limit": AGAIN}
        with anyio.move_on_after(1.0):
            await socket.close(codes.get(error.fault, INTERNAL), error.code)


async def first_key(socket: WebSocket) -> str | None:
    """Return the key in the first message, or None where none comes in time."""
    with anyio.move_on_after(KEY_S):
        try:
            return key_of(read_object((await socket.receive_text()).encode()))
        except KeyError:
            return None
    return None
