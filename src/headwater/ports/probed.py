"""What the inside needs to know whether a service it can do without is there; it asks none."""

from __future__ import annotations

from typing import Protocol


class Probed(Protocol):
    """Something outside that Headwater uses while it is there."""

    async def check(self) -> None:
        """Reach it once.

        Raises:
            StoreFault: it is not there, or refuses.
        """
        ...
