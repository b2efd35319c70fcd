"""The routes that say whether the service lives, how it does and what it is; they need no key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from anyio import to_thread
from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response

from headwater.app.service import AsyncHeadwater
from headwater.entries.http.encode import given
from headwater.entries.wire.paths import ALIVE

NUMBERS = "text/plain; version=0.0.4; charset=utf-8"


class Health:
    """What probes and scrapers ask.

    Args:
        hw: The app.
        described: Writes the OpenAPI document.
    """

    def __init__(self, hw: AsyncHeadwater, described: Callable[[], dict[str, Any]]) -> None:
        self._hw = hw
        self._described = described
        self._document = b""

    async def live(self, request: Request) -> Response:
        """Say that the process answers."""
        del request
        return Response(ALIVE, media_type="application/json")

    async def ready(self, request: Request) -> Response:
        """Say whether requests may come, check by check."""
        del request
        readiness = await self._hw.health.ready()
        return given(readiness, 200 if readiness.ready else 503)

    async def metrics(self, request: Request) -> Response:
        """Tell every number as Prometheus reads them."""
        del request
        return Response(self._hw.health.metrics(), media_type=NUMBERS)

    async def openapi(self, request: Request) -> Response:
        """Describe every route, for generators of clients."""
        del request
        if not self._document:
            self._document = await to_thread.run_sync(lambda: to_json(self._described()))
        return Response(self._document, media_type="application/json")
