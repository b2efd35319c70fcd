"""What the inside needs of signed tokens (JWT); it checks none itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class Tokens(Protocol):
    """Tokens that an identity provider has signed, for this installation."""

    async def claims(self, token: str) -> Mapping[str, Any]:
        """Return what a token says that is genuine, in force, and meant for us.

        Raises:
            UsageError: `access.unauthenticated`, with the reason, which is for our logs alone.
            StoreFault: `access.unavailable`, nobody can tell now; `retry_safe` is true.
        """
        ...
