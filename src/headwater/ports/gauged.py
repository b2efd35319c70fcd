"""What the inside needs to read numbers off a running part; it shows none itself."""

from __future__ import annotations

from typing import Protocol

from headwater.model.gauge import Gauge


class Gauged(Protocol):
    """A part whose state can be read off at any moment, at no cost to it."""

    def gauges(self) -> list[Gauge]:
        """Return its numbers as they are now."""
        ...
