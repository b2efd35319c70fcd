"""What comes out when a metric's samples are aggregated? Figures by item, and of all pooled.

Sums, means and rises are made in SQL; only percentiles need the values themselves. It names no
items and cuts nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from headwater.analysis.measuring import percentile, rate
from headwater.model.metric import PERCENTILES, Aggregate, AggregateQuery
from headwater.stores.sql.plain_rows import plain_rows
from headwater.stores.sql.sample_queries import (
    Which,
    counts,
    deviations,
    lasts,
    rises,
    totals,
    values,
)

Given = Mapping[str, Any]


@dataclass(slots=True)
class Figures:
    """Samples and values by item (of those with samples), and the value of all pooled.

    A percentile's value by item is only right where it was asked for.
    """

    samples: dict[int, int] = field(default_factory=dict)
    values: dict[int, float | None] = field(default_factory=dict)
    pooled: float | None = None


def figures(
    connection: Connection, query: AggregateQuery, *, which: Which, given: Given
) -> Figures:
    """Aggregate the samples meant; `given` holds the statements' parameters."""
    aggregate = query.aggregate
    if aggregate in PERCENTILES:
        return _percentiles(connection, query, which=which, given=given)
    statement, figure = _WAYS.get(aggregate, (totals, _totals(aggregate)))
    rows = connection.execute(statement(which), given).all()
    found: Figures = figure(rows)
    found.samples = {row[0]: row[1] for row in rows}
    return found


def _percentiles(
    connection: Connection, query: AggregateQuery, *, which: Which, given: Given
) -> Figures:
    found = Figures({row[0]: row[1] for row in connection.execute(counts(which), given)})
    if not found.samples:
        return found
    fraction = PERCENTILES[query.aggregate]
    pool = [value for (value,) in plain_rows(connection, values(which), given)]
    found.pooled = percentile(pool, fraction)
    start = 0
    for ci, count in found.samples.items():
        own = pool[start : start + count] if query.by_ci else pool[start : start + 1]
        found.values[ci] = percentile(own, fraction)
        start += count
    return found


def _totals(aggregate: Aggregate) -> Callable[[Sequence[Any]], Figures]:
    def figure(rows: Sequence[Any]) -> Figures:
        if not rows:
            return Figures()
        count, total = sum(row[1] for row in rows), sum(map(_sum, rows))
        pooled = {
            "count": float(count),
            "sum": total,
            "avg": total / count,
            "min": min(row[3] for row in rows),
            "max": max(row[4] for row in rows),
        }
        place = {"count": 1, "sum": 2, "avg": 2, "min": 3, "max": 4}[aggregate]
        share = aggregate == "avg"
        by_item = {row[0]: row[place] / (row[1] if share else 1) for row in map(_summed, rows)}
        return Figures(values=by_item, pooled=pooled[aggregate])

    return figure


def _sum(row: Sequence[Any]) -> float:
    """Return the sum in a row of `totals`: MariaDB gives 0 where it went beyond a float."""
    count, total, least, greatest = row[1:5]
    at_most = count * max(abs(least), abs(greatest))
    return math.inf if total == 0.0 and math.isinf(at_most) else float(total)


def _summed(row: Sequence[Any]) -> tuple[Any, ...]:
    return (*row[:2], _sum(row), *row[3:])


def _lasts(rows: Sequence[Any]) -> Figures:
    found = Figures(values={row[0]: row[3] for row in rows})
    if rows:
        found.pooled = max(rows, key=lambda row: (row[2], row[0]))[3]
    return found


def _deviations(rows: Sequence[Any]) -> Figures:
    """Pool as Chan, Golub and LeVeque (1979): squares within items, and of the items' means."""
    found = Figures(values={row[0]: math.sqrt(row[3] / row[1]) for row in rows})
    count = sum(row[1] for row in rows)
    if count:
        mean = sum(row[1] * row[2] for row in rows) / count
        squares = sum(row[3] + row[1] * (row[2] - mean) ** 2 for row in rows)
        found.pooled = math.sqrt(squares / count)
    return found


def _rates(rows: Sequence[Any]) -> Figures:
    found = Figures(values={row[0]: rate(row[4], (row[2], row[3])) for row in rows})
    rates = [value for value in found.values.values() if value is not None]
    found.pooled = sum(rates) if rates else None
    return found


_WAYS: dict[str, tuple[Callable[[Which], Any], Callable[[Sequence[Any]], Figures]]] = {
    "last": (lasts, _lasts),
    "stddev": (deviations, _deviations),
    "rate": (rises, _rates),
}
