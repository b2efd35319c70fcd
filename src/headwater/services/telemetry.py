"""How is the service seen from outside? As Prometheus' text and OpenTelemetry's spans.

It tallies in plain dicts, as every call passes here, and makes the library's objects only when
somebody asks for the text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from headwater.analysis.critical_path import critical_path_s, step_times
from headwater.model.event import Event, RunRecord
from headwater.model.gauge import Gauge
from headwater.model.outcome import Outcome
from headwater.services.tally import Tally

BOUNDS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)
"""Upper ends of a histogram's buckets, in seconds; the last one has none."""
JOB_BOUNDS_S = (0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0)
EFFICIENCY = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


class Traces(Protocol):
    """What makes spans of runs; its library is heavy, so it is imported only where it is set."""

    def tell(self, run: RunRecord, events: Sequence[Event]) -> None:
        """Make the spans of a run that has ended."""
        ...

    def close(self) -> None:
        """Send what is still to be sent."""
        ...


class ServiceTelemetry:
    """Tallies of calls and runs, and spans of runs where an exporter is set.

    Args:
        spans: Where spans go, or None.
    """

    def __init__(self, spans: Traces | None = None) -> None:
        self._spans = spans
        self._calls: dict[tuple[str, str, str], Tally] = {}
        self._tries: dict[str, int] = {}
        self._runs: dict[tuple[str, str], Tally] = {}
        self._jobs: dict[tuple[str, str], Tally] = {}
        self._efficiency = Tally(EFFICIENCY)

    def called(self, tool: str, outcome: Outcome) -> None:
        """Take note of how a call ended."""
        key = (tool, outcome.status, getattr(outcome, "via", "none"))
        tally = self._calls.get(key)
        if tally is None:
            tally = self._calls[key] = Tally(BOUNDS_S)
        tally.add(getattr(outcome, "elapsed_s", 0.0))
        further = getattr(outcome, "attempts", 0) - 1
        if further > 0:
            self._tries[tool] = self._tries.get(tool, 0) + further

    def ran(self, run: RunRecord, events: Sequence[Event]) -> None:
        """Take note of a run that has ended, with all its events."""
        key = (run.kind, run.status or "failed")
        elapsed_s = run.elapsed_s or 0.0
        self._runs.setdefault(key, Tally(BOUNDS_S)).add(elapsed_s)
        took_s, waits = step_times(events)
        if took_s and elapsed_s > 0.0:
            self._efficiency.add(min(1.0, critical_path_s(took_s, waits) / elapsed_s))
        if self._spans is not None:
            self._spans.tell(run, events)

    def worked(self, kind: str, status: str, elapsed_s: float) -> None:
        """Take note of a background job that has ended here, and of the seconds it took."""
        self._jobs.setdefault((kind, status), Tally(JOB_BOUNDS_S)).add(elapsed_s)

    def render(self, gauges: Sequence[Gauge]) -> str:
        """Return everything noted, and these gauges, as Prometheus' text."""
        from headwater.services.exposition import Exposition

        shown = Exposition(
            calls=self._calls,
            retries=self._tries,
            runs=self._runs,
            jobs=self._jobs,
            efficiency=self._efficiency,
            gauges=gauges,
        )
        return shown.text()

    def close(self) -> None:
        """Send the spans that are still to be sent."""
        if self._spans is not None:
            self._spans.close()
