"""How is the service seen from outside? As Prometheus' text and OpenTelemetry's spans.

It tallies in plain dicts, as every call passes here, and makes the library's objects only when
somebody asks for the text.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import accumulate, groupby
from operator import attrgetter

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)

from headwater.analysis.critical_path import critical_path_s
from headwater.model.event import Event, RunRecord
from headwater.model.gauge import Gauge
from headwater.model.outcome import Outcome
from headwater.services.spans import Spans, step_times

BOUNDS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)
"""Upper ends of a histogram's buckets, in seconds; the last one has none."""
EFFICIENCY = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


class Tally:
    """How many values fell into each bucket, and their sum."""

    __slots__ = ("_bounds", "counts", "total")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self._bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def add(self, value: float) -> None:
        """Count one value."""
        self.counts[bisect_left(self._bounds, value)] += 1
        self.total += value

    @property
    def buckets(self) -> list[tuple[str, float]]:
        """Return each bucket's upper end and how many values are at most that, as text wants."""
        names = [*(f"{bound:g}" for bound in self._bounds), "+Inf"]
        return list(zip(names, accumulate(self.counts), strict=True))


class ServiceTelemetry:
    """Tallies of calls and runs, and spans of runs where an exporter is set.

    Args:
        spans: Where spans go, or None.
    """

    def __init__(self, spans: Spans | None = None) -> None:
        self._spans = spans
        self._calls: dict[tuple[str, str, str], Tally] = {}
        self._tries: dict[str, int] = {}
        self._runs: dict[tuple[str, str], Tally] = {}
        self._efficiency = Tally(EFFICIENCY)
        self._registry = CollectorRegistry(auto_describe=False)
        self._gauges: Sequence[Gauge] = ()
        self._registry.register(self)

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

    def render(self, gauges: Sequence[Gauge]) -> str:
        """Return everything noted, and these gauges, as Prometheus' text."""
        self._gauges = gauges
        return generate_latest(self._registry).decode()

    def close(self) -> None:
        """Send the spans that are still to be sent."""
        if self._spans is not None:
            self._spans.close()

    def collect(self) -> Iterator[Metric]:
        """Give the library's objects, as its registry wants them."""
        yield from self._of_calls()
        runs = HistogramMetricFamily(
            "headwater_run_seconds",
            "How long runs took, by kind and status.",
            labels=["kind", "status"],
        )
        for (kind, status), tally in sorted(self._runs.items()):
            runs.add_metric([kind, status], tally.buckets, tally.total)
        yield runs
        efficiency = HistogramMetricFamily(
            "headwater_run_parallel_efficiency", "A run's critical path over its wall time."
        )
        efficiency.add_metric([], self._efficiency.buckets, self._efficiency.total)
        yield efficiency
        yield from _families(self._gauges)

    def _of_calls(self) -> Iterator[Metric]:
        calls = HistogramMetricFamily(
            "headwater_call_seconds",
            "How long calls took, by tool, status and the way the value was got.",
            labels=["tool", "status", "via"],
        )
        for key, tally in sorted(self._calls.items()):
            calls.add_metric(list(key), tally.buckets, tally.total)
        yield calls
        retries = CounterMetricFamily(
            "headwater_retries", "Tries of a call after its first.", labels=["tool"]
        )
        for tool, number in sorted(self._tries.items()):
            retries.add_metric([tool], number)
        yield retries


def _families(gauges: Sequence[Gauge]) -> Iterator[Metric]:
    by_name = attrgetter("name")
    for name, group in groupby(sorted(gauges, key=by_name), key=by_name):
        ones = list(group)
        labels = sorted({label for one in ones for label in one.labels})
        kind = CounterMetricFamily if ones[0].kind == "counter" else GaugeMetricFamily
        family = kind(name.removesuffix("_total"), ones[0].help, labels=labels)
        for one in ones:
            family.add_metric([one.labels.get(label, "") for label in labels], one.value)
        yield family
