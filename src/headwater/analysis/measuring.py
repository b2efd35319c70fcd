"""What an aggregate of samples is, and which may be asked of a metric; it reads no samples.

Percentiles are interpolated linearly between order statistics (type 7 of Hyndman and Fan, 1996,
numpy's default), the deviation is that of the population, and a counter's rate is the sum of its
rises over the seconds between its first and last sample, where a fall is a reset to zero.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches
from itertools import pairwise
from typing import get_args

from headwater.errors import LimitError, ToolFault, UsageError
from headwater.model.metric import (
    PERCENTILES,
    Aggregate,
    AggregateQuery,
    AggregateRow,
    MetricRecord,
    SeriesQuery,
)

AGGREGATES: tuple[str, ...] = get_args(Aggregate)
US_PER_S = 1_000_000
MAX_SORTED = 10_000
"""Values up to which sorting them is quicker than loading numpy."""
_SIMPLE: dict[str, Callable[[Sequence[float]], float]] = {
    "count": len,
    "sum": sum,
    "avg": lambda values: sum(values) / len(values),
    "min": min,
    "max": max,
    "last": lambda values: values[-1],
}


def unknown_metric(name: str, known: Iterable[str]) -> UsageError:
    """Make the error that names the metrics closest to one that is not known."""
    near = get_close_matches(str(name), list(known), n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else "see the catalogue of metrics"
    return UsageError(f"there is no metric {name!r}; {hint}", code="metric.unknown")


def check_aggregate(query: AggregateQuery, metric: MetricRecord) -> None:
    """Refuse an aggregate that does not exist or that the metric's kind does not allow.

    Raises:
        UsageError: `metric.unknown_aggregate` or `metric.not_a_counter`.
    """
    if query.aggregate not in AGGREGATES:
        message = f"no aggregate {query.aggregate!r}; aggregates are {', '.join(AGGREGATES)}"
        raise UsageError(message, code="metric.unknown_aggregate")
    if query.aggregate == "rate" and metric.kind != "counter":
        message = f"{metric.name} is a gauge and has no rate; ask for avg, or for a counter"
        raise UsageError(message, code="metric.not_a_counter")


def step_us(query: SeriesQuery) -> int | None:
    """Return the width of a bucket in microseconds, or None for raw points.

    Raises:
        UsageError: `metric.bad_step` where it is under a microsecond or not a number.
    """
    if query.step_s is None:
        return None
    if not math.isfinite(query.step_s) or query.step_s * US_PER_S < 1:
        message = f"step_s must be positive seconds, not {query.step_s!r}"
        raise UsageError(message, code="metric.bad_step")
    return min(round(query.step_s * US_PER_S), 2**62)


def summarise(aggregate: Aggregate, at_us: Sequence[int], values: Sequence[float]) -> float | None:
    """Aggregate one series' samples, given in order of time; None where it has no value."""
    if not values:
        return None
    if aggregate in PERCENTILES:
        return percentile(values, PERCENTILES[aggregate])
    if aggregate == "rate":
        return rate(sum_of_rises(values), (at_us[0], at_us[-1]))
    if aggregate == "stddev":
        mean = sum(values) / len(values)
        return math.sqrt(sum((value - mean) ** 2 for value in values) / len(values))
    return float(_SIMPLE[aggregate](values))


def percentile(values: Sequence[float], fraction: float) -> float:
    """Return a percentile of at least one value, in any order."""
    low, high, share = rank(len(values), fraction)
    if len(values) <= MAX_SORTED:
        ordered = sorted(values)
        return between(ordered[low], ordered[high], share)
    import numpy as np

    parted = np.partition(np.asarray(values, dtype=np.float64), (low, high))
    return between(float(parted[low]), float(parted[high]), share)


def rank(count: int, fraction: float) -> tuple[int, int, float]:
    """Return the two order statistics (from 0) around a percentile, and how far between."""
    place = (count - 1) * fraction
    low = math.floor(place)
    return low, min(low + 1, count - 1), place - low


def between(low: float, high: float, share: float) -> float:
    """Return the value that lies a share of the way from one value to the next."""
    return low if share == 0 else low * (1 - share) + high * share


def sum_of_rises(values: Iterable[float]) -> float:
    """Add up a counter's rises; a fall counts the new value, as after a reset to zero."""
    return sum(new - old if new >= old else new for old, new in pairwise(values))


def rate(rises: float, span: tuple[int, int]) -> float | None:
    """Return rises a second between two instants in us; None where they are the same."""
    first_us, last_us = span
    return rises / ((last_us - first_us) / US_PER_S) if last_us > first_us else None


def too_many_samples(metric: str, limit: int) -> LimitError:
    """Make the error that says how many samples may be read at once."""
    message = f"{metric} has more than {limit:,} samples there; narrow the window or the items"
    return LimitError(message, code="limit.samples")


def finite(value: float | None, metric: str) -> float | None:
    """Return the value if JSON can hold it.

    Raises:
        ToolFault: `metric.overflow` where a sum went beyond what a float holds.
    """
    if value is not None and not math.isfinite(value):
        message = f"the values of {metric} are too large to be added up; narrow the window"
        raise ToolFault(message, code="metric.overflow", retry_safe=False)
    return value


def ranked_rows(rows: Iterable[AggregateRow]) -> list[AggregateRow]:
    """Order rows by value, the largest first, those without one last, then by item."""
    return sorted(rows, key=lambda row: (row.value is None, -(row.value or 0.0), row.ci.id))
