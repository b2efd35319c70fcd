"""Which points does one item's series have? Raw, or in buckets made in SQL; it names no item."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Connection, Select, and_, bindparam, func, select, tuple_

from headwater.analysis.instants import span_us
from headwater.model.metric import MetricKind, SeriesQuery
from headwater.stores.sql.dialect import Quotient
from headwater.stores.sql.plain_rows import all_rows
from headwater.stores.sql.tables import item, metric, sample, series

_SERIES = (
    select(series.c.id)
    .where(
        series.c.tenant_id == bindparam("tenant"),
        series.c.metric_id == bindparam("metric"),
        series.c.ci_id == bindparam("ci"),
    )
    .scalar_subquery()
)
_MINE = and_(
    sample.c.tenant_id == bindparam("tenant"),
    sample.c.series_id == _SERIES,
    sample.c.at >= bindparam("start"),
    sample.c.at < bindparam("end"),
)
BATCH = (
    select(sample.c.series_id, metric.c.name, item.c.code, sample.c.at, sample.c.value)
    .join_from(sample, series, series.c.id == sample.c.series_id)
    .join(metric, metric.c.id == series.c.metric_id)
    .join(item, and_(item.c.id == series.c.ci_id, item.c.deleted_at.is_(None)))
    .where(
        sample.c.tenant_id == bindparam("tenant"),
        tuple_(sample.c.series_id, sample.c.at) > tuple_(bindparam("series"), bindparam("at")),
    )
    .order_by(sample.c.series_id, sample.c.at)
    .limit(bindparam("limit"))
)
"""A page of all samples of living items: series id, metric, code, instant, value."""


def read_points(
    connection: Connection,
    query: SeriesQuery,
    *,
    kind: MetricKind,
    width_us: int | None,
    given: dict[str, Any],
) -> tuple[list[tuple[int, float]], int]:
    """Return the earliest points as instant in epoch us and value, and how many there are."""
    start_us, end_us = span_us(query.window)
    limit = max(query.limit, 0)
    given = given | {"start": start_us, "end": end_us, "width": width_us or 1}
    way = "raw" if width_us is None else kind
    rows = all_rows(connection, _points(way), {**given, "limit": limit})
    total = len(rows)
    if total == limit:
        total = connection.execute(_total(way), given).scalar_one()
    if width_us is None:
        return [(row[0], row[1]) for row in rows], total
    return [(start_us + row[0] * width_us, row[1]) for row in rows], total


@cache
def _points(way: str) -> Select[Any]:
    if way == "raw":
        statement = select(sample.c.at, sample.c.value).where(_MINE).order_by(sample.c.at)
        return statement.limit(bindparam("limit"))
    bucket = _bucket()
    if way == "gauge":
        means = select(bucket, func.avg(sample.c.value)).where(_MINE)
        return means.group_by(bucket).order_by(bucket).limit(bindparam("limit"))
    last = select(bucket.label("bucket"), func.max(sample.c.at).label("at")).where(_MINE)
    lasts = last.group_by(bucket).order_by(bucket).limit(bindparam("limit")).subquery()
    own = sample.alias("own_sample")
    is_it = (
        own.c.tenant_id == bindparam("tenant"),
        own.c.series_id == _SERIES,
        own.c.at == lasts.c.at,
    )
    value = select(own.c.value).where(*is_it).scalar_subquery()
    return select(lasts.c.bucket, value).order_by(lasts.c.bucket)


@cache
def _total(way: str) -> Select[int]:
    counted = func.count() if way == "raw" else func.count(_bucket().distinct())
    return select(counted).select_from(sample).where(_MINE)


def _bucket() -> Any:
    return Quotient(sample.c.at - bindparam("start"), bindparam("width", type_=BigInteger()))
