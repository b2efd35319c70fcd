"""What answers while the app is still being opened: it lives; everything else waits for it."""

from __future__ import annotations

import anyio

from headwater.entries.wire.asgi import App, Receive, Scope, Send
from headwater.entries.wire.paths import ALIVE, LIVEZ, READYZ

JSON = (b"content-type", b"application/json")
STARTING = b'{"ready":false,"checks":[{"name":"service","status":"failed","message":"it starts"}]}'


class Early:
    """An app that is there before what it stands for. Make it inside the event loop."""

    def __init__(self) -> None:
        self._app: App | None = None
        self._opened = anyio.Event()

    def open(self, app: App) -> None:
        """Let an app answer from now on, those who wait included."""
        self._app = app
        self._opened.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Carry one request in, at once or as soon as there is somebody to answer it."""
        if self._app is None:  # else nothing is awaited, so that nobody is caught in between
            if scope["type"] == "http" and scope["path"] in {LIVEZ, READYZ}:
                alive = scope["path"] == LIVEZ
                await answer(send, 200 if alive else 503, ALIVE if alive else STARTING)
                return
            await self._opened.wait()
            assert self._app is not None  # noqa: S101  (set before the event is)
        await self._app(scope, receive, send)


async def answer(send: Send, status: int, body: bytes) -> None:
    """Send a response of one piece."""
    headers = [JSON, (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
