"""How are tallies and gauges written for Prometheus? By its library, when somebody asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from operator import attrgetter

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)

from headwater.model.gauge import Gauge
from headwater.services.tally import Tally


class Exposition:
    """Everything noted so far, as the library's objects.

    Args:
        calls: By tool, status and way.
        retries: Further tries, by tool.
        runs: By kind and status.
        jobs: By kind and status.
        efficiency: Of runs.
        gauges: Numbers read off at the moment.
    """

    def __init__(
        self,
        *,
        calls: Mapping[tuple[str, str, str], Tally],
        retries: Mapping[str, int],
        runs: Mapping[tuple[str, str], Tally],
        jobs: Mapping[tuple[str, str], Tally],
        efficiency: Tally,
        gauges: Sequence[Gauge],
    ) -> None:
        self._calls = calls
        self._retries = retries
        self._runs = runs
        self._jobs = jobs
        self._efficiency = efficiency
        self._gauges = gauges

    def text(self) -> str:
        """Return it as Prometheus' text."""
        registry = CollectorRegistry()
        registry.register(self)
        return generate_latest(registry).decode()

    def collect(self) -> Iterator[Metric]:
        """Give the library's objects, as its registry wants them."""
        yield from self._of_calls()
        yield _by_kind("run", "How long runs took, by kind and status.", self._runs)
        yield _by_kind("job", "How long background jobs took, by kind and status.", self._jobs)
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
        hits = CounterMetricFamily(
            "headwater_cache_hits", "Calls answered from the cache, by tool.", labels=["tool"]
        )
        for (tool, _, via), tally in sorted(self._calls.items()):
            if via == "cache":
                hits.add_metric([tool], sum(tally.counts))
        yield hits
        retries = CounterMetricFamily(
            "headwater_retries", "Tries of a call after its first.", labels=["tool"]
        )
        for tool, number in sorted(self._retries.items()):
            retries.add_metric([tool], number)
        yield retries


def _by_kind(what: str, words: str, tallies: Mapping[tuple[str, str], Tally]) -> Metric:
    family = HistogramMetricFamily(f"headwater_{what}_seconds", words, labels=["kind", "status"])
    for key, tally in sorted(tallies.items()):
        family.add_metric(list(key), tally.buckets, tally.total)
    return family


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
