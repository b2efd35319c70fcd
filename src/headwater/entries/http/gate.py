"""Who may come in, and what ends when they go; it knows no route.

Every request has an id and, but for those on health, somebody who asks: nobody else comes in.
A client that goes away ends its request. Written as plain ASGI, outside of everything else.
"""

from __future__ import annotations

import re
import secrets

from headwater.app.service import AsyncHeadwater
from headwater.entries.http.listening import while_listening
from headwater.entries.http.problems import refusal
from headwater.entries.wire.asgi import App, Message, Receive, Scope, Send
from headwater.entries.wire.visit import KEY, Visit, bearer_of

OPEN = frozenset(("/livez", "/readyz", "/metrics", "/openapi.json"))
"""Paths that need no key."""
REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,128}")


class Gate:
    """Let requests in to an app, each under an id, with who asks, for as long as they listen.

    Args:
        app: What answers.
        hw: The app that knows who has which key.
    """

    def __init__(self, app: App, hw: AsyncHeadwater) -> None:
        self._app = app
        self._hw = hw

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Carry one request in."""
        if scope["type"] != "http" or scope["path"] in OPEN:
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        request_id = request_id_of(headers)
        send = stamped(send, request_id)
        try:
            credential = bearer_of(headers)
            who = await self._hw.access.identify(credential)
        except Exception as error:  # noqa: BLE001  every error becomes a status
            await refusal(error)(scope, receive, send)
            return
        scope[KEY] = Visit(self._hw, who, credential=credential, request_id=request_id.decode())
        await while_listening(self._app, scope, receive=receive, send=send)


def request_id_of(headers: dict[bytes, bytes]) -> bytes:
    """Return the id that the request brings, or a new one."""
    brought = headers.get(b"x-request-id", b"")
    return brought if REQUEST_ID.fullmatch(brought) else secrets.token_hex(8).encode()


def stamped(send: Send, request_id: bytes) -> Send:
    """Return what sends a response with its request's id, to be neither stored nor guessed at."""
    mine = [
        (b"x-request-id", request_id),
        (b"x-content-type-options", b"nosniff"),
        (b"cache-control", b"no-store"),
    ]

    async def stamp(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), *mine]
        await send(message)

    return stamp
