"""A stand-in of Azure Communication Services' mail over https, that answers as it is told to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
from certificates import server_context

KEY = "c2VjcmV0LWtleQ=="


class AzureStandin:
    """What it has taken in by Operation-Id, what it was sent, and how it answers."""

    def __init__(self) -> None:
        self.taken: dict[str, dict[str, Any]] = {}
        self.sent: list[tuple[str, dict[str, Any]]] = []
        self.answer: Callable[[], web.Response | None] = lambda: None
        self.fared: dict[str, Any] = {"status": "Succeeded"}
        self.endpoint = ""

    @property
    def connection(self) -> str:
        """Return the connection string."""
        return f"endpoint={self.endpoint};accesskey={KEY}"

    async def send(self, request: web.Request) -> web.Response:
        """Take a letter in, once."""
        assert request.headers["Authorization"].startswith("HMAC-SHA256 ")
        body = await request.json()
        if not body:
            return web.json_response({"error": {"code": "BadRequest", "message": "no"}}, status=400)
        operation = request.headers["Operation-Id"]
        self.sent.append((operation, body))
        told = self.answer()
        if told is not None:
            return told
        self.taken.setdefault(operation, body)
        where = f"{self.endpoint}/emails/operations/{operation}"
        return web.json_response(
            {"id": operation, "status": "Running"},
            status=202,
            headers={"Operation-Location": where},
        )

    async def look(self, request: web.Request) -> web.Response:
        """Tell how a letter fares."""
        return web.json_response({"id": request.match_info["id"], **self.fared})


@asynccontextmanager
async def azure_standin(certificate: Path) -> AsyncIterator[AzureStandin]:
    """Run the stand-in for as long as the block."""
    standin = AzureStandin()
    app = web.Application()
    app.router.add_post("/emails:send", standin.send)
    app.router.add_get("/emails/operations/{id}", standin.look)
    server = TestServer(app, host="127.0.0.1", scheme="https")
    await server.start_server(ssl=server_context(certificate))
    standin.endpoint = f"https://127.0.0.1:{server.port}"
    try:
        yield standin
    finally:
        await server.close()
