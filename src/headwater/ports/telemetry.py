"""What the inside needs to be seen from outside: counts and spans; it shows nothing itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from headwater.model.event import Event, RunRecord
from headwater.model.gauge import Gauge
from headwater.model.outcome import Outcome


class Telemetry(Protocol):
    """Told of what happened, after it happened; it never waits and never fails."""

    def called(self, tool: str, outcome: Outcome) -> None:
        """Take note of how a call ended; on the path of every call, so it takes microseconds."""
        ...

    def ran(self, run: RunRecord, events: Sequence[Event]) -> None:
        """Take note of a run that has ended, with all its events; off the run's path."""
        ...

    def worked(self, kind: str, status: str, elapsed_s: float) -> None:
        """Take note of a background job that has ended here, and of the seconds it took."""
        ...

    def render(self, gauges: Sequence[Gauge]) -> str:
        """Return everything noted, and these gauges, as Prometheus' text."""
        ...

    def close(self) -> None:
        """Send what is still to be sent; it takes at most some seconds, so call it in a thread."""
        ...
