"""The routes that say whether the service lives and is ready; they need no key."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response


class Health:
    """What says how the service is."""

    async def live(self, request: Request) -> Response:
        """Say that the process answers."""
        del request
        return Response(b'{"status":"alive"}', media_type="application/json")
