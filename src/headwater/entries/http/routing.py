"""How a route calls its endpoint: with the request alone, and every error becomes a problem.

FastAPI makes the OpenAPI and finds the route; it reads no body and checks no answer, which
would take as long as what is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from headwater.entries.http.problems import refusal

Endpoint = Callable[[Request], Coroutine[Any, Any, Response]]


class ThinRoute(APIRoute):
    """A route whose endpoint takes a request and gives a response."""

    def get_route_handler(self) -> Endpoint:
        """Return what carries a request to the endpoint."""
        endpoint: Endpoint = self.endpoint

        async def handle(request: Request) -> Response:
            return await answered(endpoint, request)

        return handle


async def answered(endpoint: Endpoint, request: Request) -> Response:
    """Return what an endpoint answers, or the problem that its error becomes."""
    try:
        return await endpoint(request)
    except Exception as error:  # noqa: BLE001  every error becomes a status
        return refusal(error)
