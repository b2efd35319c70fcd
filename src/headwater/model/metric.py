"""Metrics, their samples, and what reading them gives; it does not compute."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from headwater.model.item import ItemName
from headwater.model.query import Filter
from headwater.model.window import Window

MetricKind = Literal["gauge", "counter"]
Aggregate = Literal[
    "count", "sum", "avg", "min", "max", "last", "stddev", "p50", "p90", "p95", "p99", "rate"
]
PERCENTILES: dict[str, float] = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99}


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricRecord:
    """A metric's name, unit and kind."""

    name: str
    unit: str | None = None
    kind: MetricKind = "gauge"


SampleRecord = tuple[str, str, int, float]
"""A sample as a source gives it: metric name, item code, instant in epoch us, finite value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AggregateQuery:
    """Which samples to aggregate: of given items, of items by filters, or of all with the metric.

    A percentile is interpolated linearly between the two nearest order statistics; stddev is
    of the population; rate is a counter's increase (a fall counts as a reset to zero) divided
    by the seconds between the first and the last sample of each series.
    """

    metric: str
    window: Window
    aggregate: Aggregate
    ci_ids: tuple[int, ...] | None = None
    filters: tuple[Filter, ...] = ()
    by_ci: bool = False
    limit: int = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class AggregateRow:
    """One item's value; null where it has no data in the window."""

    ci: ItemName
    value: float | None
    samples: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricValue:
    """An aggregate over a window; `value` is null where there is no data, never 0.

    With `group_by: ci` each item has a row (largest value first, nulls last, then id). A count
    of no samples is null as well: no data is not a measurement of zero.
    """

    metric: str
    unit: str | None
    kind: MetricKind
    aggregate: Aggregate
    window: Window
    value: float | None
    samples: int
    cis_requested: int | None
    cis_used: int
    rows: list[AggregateRow]
    truncated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesQuery:
    """One item's samples of a metric; `step_s` None is raw, else buckets of that many seconds.

    Buckets start at the window's start; a bucket's point is at its start. A gauge's bucket is
    the mean of its samples, a counter's is the last value. Empty buckets are left out.
    """

    metric: str
    ci: int
    window: Window
    step_s: float | None = None
    limit: int = 1000


@dataclass(slots=True, unsafe_hash=True)
class Point:
    """One value at one instant.

    Never changed once made; `frozen` would treble what each of a thousand pays to be made.
    """

    at: datetime
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Points in order of time; `total` counts them before the cut, which keeps the earliest."""

    metric: str
    unit: str | None
    kind: MetricKind
    ci: ItemName
    window: Window
    step_s: float | None
    points: list[Point]
    total: int
    truncated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricInfo:
    """A metric known to the estate and, where asked for one item, its sample span there."""

    name: str
    unit: str | None
    kind: MetricKind
    series: int
    first_at: datetime | None = None
    last_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemSamples:
    """All samples of one item in a window, in order of time: instants in epoch us, and values."""

    ci: ItemName
    at_us: list[int]
    values: list[float]
