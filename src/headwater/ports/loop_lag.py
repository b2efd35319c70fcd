"""What the inside needs to know of a loop that is held up; it measures nothing itself."""

from __future__ import annotations

from typing import Protocol

from headwater.model.gauge import Gauge


class LoopLag(Protocol):
    """A watch on the loop in which `watch` runs."""

    async def watch(self) -> None:
        """Look until cancelled, and log what holds the loop up."""
        ...

    def gauges(self) -> list[Gauge]:
        """Return the lag, in seconds, and how often the loop was held up."""
        ...
