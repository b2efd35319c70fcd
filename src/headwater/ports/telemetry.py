"""What the inside needs to be seen from outside: counts and spans; it shows nothing itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from headwater.model.event import Event, RunRecord


class Telemetry(Protocol):
    """Told of what happened, after it happened; it neither waits nor fails."""

    def called(self, tool: str, *, status: str, via: str, elapsed_s: float) -> None:
        """Take note of a call that has ended."""
        ...

    def ran(self, run: RunRecord, events: Sequence[Event]) -> None:
        """Take note of a run that has ended, with all its events."""
        ...

    def count(self, name: str, amount: int = 1, **labels: str) -> None:
        """Add to a counter, such as `fallbacks` of `redis`."""
        ...
