"""Who asks in a request or an open line, and whether their key still holds; it lets nobody in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headwater.app.service import AsyncHeadwater
from headwater.model.principal import Principal

KEY = "headwater.visit"
"""Where in an ASGI scope the visit stands."""


class Visit:
    """One request, or one line that stays open: who asks, and how the logs call it.

    Args:
        hw: The app that knows who has which key.
        who: Who asks.
        credential: The key or token they showed.
        request_id: How logs call the request.
    """

    def __init__(
        self, hw: AsyncHeadwater, who: Principal, *, credential: str | None, request_id: str
    ) -> None:
        self.hw = hw
        self.who = who
        self.request_id = request_id
        self._credential = credential

    async def keep_checking(self) -> None:
        """Wait for as long as the key holds.

        Raises:
            UsageError: `access.unauthenticated`, within a second of its end.
        """
        await self.hw.access.until_ended(self._credential)

    async def recheck(self) -> None:
        """Look whether the key still holds; the app keeps what it found for a second at most.

        Raises:
            UsageError: `access.unauthenticated`.
        """
        self.who = await self.hw.access.identify(self._credential)


def bearer_of(headers: Mapping[bytes, bytes]) -> str | None:
    """Return the key or token after `Authorization: Bearer`, or None."""
    kind, _, credential = headers.get(b"authorization", b"").partition(b" ")
    if kind.lower() != b"bearer":
        return None
    return credential.strip().decode("latin-1") or None


def address_of(scope: Mapping[str, Any]) -> str:
    """Return where a request comes from, empty where that is nowhere in particular."""
    client = scope.get("client")
    return str(client[0]) if client else ""


def visit_of(scope: Mapping[str, Any]) -> Visit:
    """Return the visit that an ASGI scope belongs to."""
    visit: Visit = scope[KEY]
    return visit
