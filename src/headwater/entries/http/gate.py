"""Who may come in, and what ends when they go; it knows no route.

Every request has an id and, but for those on health, somebody who asks: nobody else comes in.
A client that goes away ends its request. Written as plain ASGI, outside of everything else.

Next: `headwater.entries.http.asking`
"""

from __future__ import annotations

import itertools
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from headwater.app.logs import bound
from headwater.app.service import AsyncHeadwater
from headwater.entries.http.listening import too_large, while_listening
from headwater.entries.http.problems import refusal
from headwater.entries.wire.asgi import App, Message, Receive, Scope, Send
from headwater.entries.wire.opening import Opening
from headwater.entries.wire.paths import OPEN, SIGNED, UPLOADS
from headwater.entries.wire.visit import KEY, Visit, address_of, bearer_of
from headwater.errors import HeadwaterError

REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,128}")
PROCESS = secrets.token_hex(6).encode()
NUMBERS = itertools.count(1)
"""Ids are this process's name and a number: to ask the system for each takes it 10 us."""
STAMP = [(b"x-content-type-options", b"nosniff"), (b"cache-control", b"no-store")]


@dataclass(frozen=True, slots=True)
class Sizes:
    """The most bytes of a body, and of an upload."""

    body_bytes: int
    upload_bytes: int


class Gate:
    """Let requests in to an app, each under an id, with who asks, for as long as they listen.

    Args:
        app: What answers.
        hw: The app that knows who has which key.
        opening: Whether anybody may come in.
        sizes: How much a request may bring.
    """

    def __init__(self, app: App, hw: AsyncHeadwater, *, opening: Opening, sizes: Sizes) -> None:
        self._app = app
        self._hw = hw
        self._opening = opening
        self._sizes = sizes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Carry one request in."""
        path = scope["path"]
        if path in OPEN:
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        request_id = request_id_of(headers)
        send = stamped(send, request_id)
        most_bytes = self._sizes.upload_bytes if path in UPLOADS else self._sizes.body_bytes
        try:
            self._opening.check()
            check_length(headers, most_bytes)
        except HeadwaterError as error:
            await refusal(error)(scope, receive, send)
            return
        # Who is let in is waited for from here on, also while it is found out who it is.
        with bound(request_id=request_id.decode()), self._opening.entered():
            try:
                if path not in SIGNED:
                    scope[KEY] = await self._visit(headers, request_id, address=address_of(scope))
            except Exception as error:  # noqa: BLE001  every error becomes a status
                await refusal(error)(scope, receive, send)
                return
            await while_listening(
                self._app, scope, receive=receive, send=send, most_bytes=most_bytes
            )

    async def _visit(
        self, headers: Mapping[bytes, bytes], request_id: bytes, *, address: str
    ) -> Visit:
        credential = bearer_of(headers)
        who = await self._hw.access.identify(credential, address=address)
        await self._hw.admission.count(who)
        return Visit(self._hw, who, credential=credential, request_id=request_id.decode())


def check_length(headers: Mapping[bytes, bytes], most_bytes: int) -> None:
    """Refuse a body that says how long it is, and is too long, before it comes.

    Raises:
        UsageError: `http.too_large`.
    """
    length = headers.get(b"content-length", b"0")
    if length.isdigit() and int(length) > most_bytes:
        raise too_large(most_bytes)


def request_id_of(headers: Mapping[bytes, bytes]) -> bytes:
    """Return the id that the request brings, or a new one."""
    brought = headers.get(b"x-request-id", b"")
    if brought and REQUEST_ID.fullmatch(brought):
        return brought
    return b"%s-%x" % (PROCESS, next(NUMBERS))


def stamped(send: Send, request_id: bytes) -> Send:
    """Return what sends a response with its request's id, to be neither stored nor guessed at."""

    async def stamp(message: Message) -> None:
        if message["type"] == "http.response.start":
            mine = [(b"x-request-id", request_id), *STAMP]
            message["headers"] = [*message.get("headers", ()), *mine]
        await send(message)

    return stamp
