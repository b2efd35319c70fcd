"""What was measured of a tenant's items? Aggregated and read in SQL; it keeps no items."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, func, select
from sqlalchemy.exc import DBAPIError

from headwater.analysis.filtering import check_filters
from headwater.analysis.instants import each_from_us, from_us, span_us
from headwater.analysis.measuring import (
    check_aggregate,
    finite,
    step_us,
    too_many_samples,
    unknown_metric,
)
from headwater.analysis.records import text_problem
from headwater.model.item import ItemName
from headwater.model.load import LoadCount, Rows
from headwater.model.metric import (
    AggregateQuery,
    AggregateRow,
    ItemSamples,
    MetricInfo,
    MetricRecord,
    MetricValue,
    Point,
    SampleRecord,
    Series,
    SeriesQuery,
)
from headwater.model.principal import Principal
from headwater.model.window import Window
from headwater.stores.sql.aggregating import Figures, figures
from headwater.stores.sql.database import Database
from headwater.stores.sql.dialect import is_out_of_range
from headwater.stores.sql.filters import shaped
from headwater.stores.sql.id_lists import among, listed
from headwater.stores.sql.plain_rows import all_rows, packed_rows
from headwater.stores.sql.sample_loading import load_metrics, load_samples
from headwater.stores.sql.sample_queries import Which, points, requested, without
from headwater.stores.sql.series_points import BATCH, read_points
from headwater.stores.sql.tables import item, metric, sample, series

METRICS = (
    select(metric.c.name, metric.c.unit, metric.c.kind, func.count(item.c.id))
    .outerjoin_from(metric, series, series.c.metric_id == metric.c.id)
    .outerjoin(item, (item.c.id == series.c.ci_id) & item.c.deleted_at.is_(None))
    .where(metric.c.tenant_id == bindparam("tenant"))
    .group_by(metric.c.id)
    .order_by(metric.c.name)
)
_MINE = (sample.c.tenant_id == bindparam("tenant"), sample.c.series_id == series.c.id)
METRICS_OF_ITEM = (
    select(
        metric.c.name,
        metric.c.unit,
        metric.c.kind,
        select(func.min(sample.c.at)).where(*_MINE).scalar_subquery(),
        select(func.max(sample.c.at)).where(*_MINE).scalar_subquery(),
    )
    .join_from(series, metric, metric.c.id == series.c.metric_id)
    .join(item, item.c.id == series.c.ci_id)
    .where(
        series.c.tenant_id == bindparam("tenant"),
        series.c.ci_id == bindparam("ci"),
        item.c.deleted_at.is_(None),
    )
    .order_by(metric.c.name)
)
METRIC = select(metric.c.id, metric.c.name, metric.c.unit, metric.c.kind).where(
    metric.c.tenant_id == bindparam("tenant"), metric.c.name == bindparam("name")
)
METRIC_NAMES = select(metric.c.name).where(metric.c.tenant_id == bindparam("tenant"))
NAMES = select(item.c.id, item.c.code, item.c.name).where(
    item.c.tenant_id == bindparam("tenant"), item.c.deleted_at.is_(None), among(item.c.id, "ids")
)


class Known(NamedTuple):
    """A metric with its id."""

    id: int
    record: MetricRecord


class SqlMetrics:
    """A tenant's metrics; samples of deleted items never appear."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def catalogue(self, *, ci: int | None, principal: Principal) -> list[MetricInfo]:
        """Return the metrics known, by name; with `ci` those that it has samples of."""
        given = {"tenant": principal.tenant, "ci": ci}

        def work(connection: Connection) -> list[MetricInfo]:
            if ci is None:
                rows = connection.execute(METRICS, given).all()
                return [MetricInfo(name=a, unit=b, kind=c, series=d) for a, b, c, d in rows]
            return [
                MetricInfo(
                    name=row[0],
                    unit=row[1],
                    kind=row[2],
                    series=1,
                    first_at=from_us(row[3]),
                    last_at=from_us(row[4]),
                )
                for row in connection.execute(METRICS_OF_ITEM, given).all()
                if row[3] is not None
            ]

        return await self._database.read(work, tenant=principal.tenant)

    async def aggregate(self, query: AggregateQuery, *, principal: Principal) -> MetricValue:
        """Aggregate samples over a window.

        `samples` counts all in the window; `cis_used` the items that have a value.

        Raises:
            UsageError: `metric.unknown` with close names; `rate` of a gauge; a bad filter.
        """
        shapes, values = shaped(check_filters(query.filters))
        which = Which(query.ci_ids is not None, shapes)
        given = {**_given(query.window, query.ci_ids, principal), **values}

        def work(connection: Connection) -> MetricValue:
            known = _find_metric(connection, query.metric, principal)
            check_aggregate(query, known.record)
            own = {**given, "metric": known.id}
            found = _figures(connection, query, of=(which, own), metric=known.record.name)
            return _value(connection, query, found=found, known=known.record, of=(which, own))

        return await self._database.read(work, tenant=principal.tenant)

    async def series(self, query: SeriesQuery, *, principal: Principal) -> Series | None:
        """Return one item's points, or None where there is no such item.

        Raises:
            UsageError: `metric.unknown` with close names; `metric.bad_step`.
        """

        def work(connection: Connection) -> Series | None:
            known = _find_metric(connection, query.metric, principal)
            width_us = step_us(query)
            names = _names(connection, [query.ci], principal)
            if not names:
                return None
            given = {"tenant": principal.tenant, "metric": known.id, "ci": query.ci}
            found, total = read_points(
                connection, query, kind=known.record.kind, width_us=width_us, given=given
            )
            times = each_from_us([each[0] for each in found])
            return Series(
                metric=known.record.name,
                unit=known.record.unit,
                kind=known.record.kind,
                ci=names[query.ci],
                window=query.window,
                step_s=query.step_s,
                points=[Point(at, each[1]) for at, each in zip(times, found, strict=True)],
                total=total,
                truncated=total > query.limit,
            )

        return await self._database.read(work, tenant=principal.tenant)

    async def samples(
        self,
        metric: str,
        *,
        ci_ids: Sequence[int] | None,
        window: Window,
        limit: int,
        principal: Principal,
    ) -> list[ItemSamples]:
        """Return raw samples by item id, of the items that have any in the window.

        Raises:
            UsageError: `metric.unknown` with close names.
            LimitError: `limit.samples` where there are more than `limit`.
        """
        given = {**_given(window, ci_ids, principal), "limit": limit + 1}
        statement = points(Which(ci_ids is not None))

        def work(connection: Connection) -> list[ItemSamples]:
            known = _find_metric(connection, metric, principal)
            rows = all_rows(connection, statement, {**given, "metric": known.id})
            if len(rows) > limit:
                raise too_many_samples(metric, limit)
            names = _names(connection, {row[0] for row in rows}, principal)
            return [
                ItemSamples(
                    ci=names[ci],
                    at_us=[row[1] for row in held],
                    values=[row[2] for row in held],
                )
                for ci, group in groupby(rows, key=itemgetter(0))
                for held in [list(group)]
            ]

        return await self._database.read(work, tenant=principal.tenant)

    async def batch(
        self, after: tuple[int, int], *, limit: int, principal: Principal
    ) -> tuple[list[SampleRecord], tuple[int, int]]:
        """Return a page of all samples for an export, and where the next page starts."""
        given = {"tenant": principal.tenant, "series": after[0], "at": after[1], "limit": limit}

        def work(connection: Connection) -> tuple[list[SampleRecord], tuple[int, int]]:
            rows = all_rows(connection, BATCH, given)
            page = [(row[1], row[2], row[3], row[4]) for row in rows]
            return page, ((rows[-1][0], rows[-1][3]) if rows else after)

        return await self._database.read(work, tenant=principal.tenant)

    async def load(
        self, rows: Rows[MetricRecord], *, replace: bool, principal: Principal
    ) -> LoadCount:
        """Add and update metrics by name, all or nothing; one removed takes its samples along.

        Where the rows have a scope, `replace` removes only metrics measured of its items alone.
        """

        def work(connection: Connection) -> LoadCount:
            return load_metrics(connection, rows, replace=replace, principal=principal)

        return await self._database.load(work, tenant=principal.tenant)

    async def load_samples(
        self, rows: Rows[SampleRecord], *, replace: bool, principal: Principal
    ) -> LoadCount:
        """Add and update samples by metric, item and instant, all or nothing."""

        def work(connection: Connection) -> LoadCount:
            return load_samples(connection, rows, replace=replace, principal=principal)

        return await self._database.load(work, tenant=principal.tenant)


def _given(window: Window, ci_ids: Sequence[int] | None, principal: Principal) -> dict[str, Any]:
    start_us, end_us = span_us(window)
    given: dict[str, Any] = {"tenant": principal.tenant, "start": start_us, "end": end_us}
    return given if ci_ids is None else {**given, "ids": listed(ci_ids)}


def _find_metric(connection: Connection, name: str, principal: Principal) -> Known:
    given = {"tenant": principal.tenant, "name": name}
    rows = [] if text_problem(name) else all_rows(connection, METRIC, given)
    if not rows:
        names = connection.execute(METRIC_NAMES, {"tenant": principal.tenant}).scalars().all()
        raise unknown_metric(name, names)
    [(own_id, own_name, unit, kind)] = rows
    return Known(own_id, MetricRecord(name=own_name, unit=unit, kind=kind))


def _figures(
    connection: Connection,
    query: AggregateQuery,
    *,
    of: tuple[Which, dict[str, Any]],
    metric: str,
) -> Figures:
    try:
        return figures(connection, query, which=of[0], given=of[1])
    except DBAPIError as error:
        if is_out_of_range(error):  # the servers say so themselves; SQLite gives infinity
            finite(math.inf, metric)
        raise


def _names(connection: Connection, ids: Iterable[int], principal: Principal) -> dict[int, ItemName]:
    rows = packed_rows(connection, NAMES, {"tenant": principal.tenant, "ids": listed(ids)})
    return {row[0]: ItemName(row[0], row[1], row[2]) for row in rows}


def _value(
    connection: Connection,
    query: AggregateQuery,
    *,
    found: Figures,
    known: MetricRecord,
    of: tuple[Which, dict[str, Any]],
) -> MetricValue:
    which, given = of
    wanted: int | None = None
    rows: list[AggregateRow] = []
    if query.by_ci and which.ids and not which.shapes and len(given["ids"]) <= query.limit:
        rows = _row_each(connection, query, found=found, given=given)
        wanted = len(rows)
    else:
        if query.by_ci or which.shapes:
            wanted = connection.execute(requested(which), given).scalar_one()
        if query.by_ci:
            rows = _rows(connection, query, found=found, of=of)
    asked = wanted if which.shapes else None
    return MetricValue(
        metric=known.name,
        unit=known.unit,
        kind=known.kind,
        aggregate=query.aggregate,
        window=query.window,
        value=finite(found.pooled, known.name),
        samples=sum(found.samples.values()),
        cis_requested=asked if query.ci_ids is None else len(set(query.ci_ids)),
        cis_used=sum(value is not None for value in found.values.values()),
        rows=rows,
        truncated=wanted is not None and query.by_ci and wanted > query.limit,
    )


def _row_each(
    connection: Connection, query: AggregateQuery, *, found: Figures, given: dict[str, Any]
) -> list[AggregateRow]:
    """Return a row for each living item of those given, of whom none is cut: names tell all."""
    names = _names(connection, given["ids"], Principal(given["tenant"]))
    return [_row(names[ci], query, found=found) for ci in _ranked(found, names)]


def _ranked(found: Figures, also: Iterable[int] = ()) -> list[int]:
    """Return the items that have a value, the greatest first, then the others, by id."""
    with_value = {ci: value for ci, value in found.values.items() if value is not None}
    ids = sorted(with_value, key=lambda ci: (-with_value[ci], ci))
    return ids + sorted(ci for ci in also if ci not in with_value)


def _row(ci: ItemName, query: AggregateQuery, *, found: Figures) -> AggregateRow:
    value = finite(found.values.get(ci.id), query.metric)
    return AggregateRow(ci=ci, value=value, samples=found.samples.get(ci.id, 0))


def _rows(
    connection: Connection,
    query: AggregateQuery,
    *,
    found: Figures,
    of: tuple[Which, dict[str, Any]],
) -> list[AggregateRow]:
    which, given = of
    limit = max(query.limit, 0)
    used = _ranked(found)
    ids = used[:limit]
    if len(ids) < limit:
        own = {**given, "used": listed(used), "limit": limit - len(ids)}
        ids += connection.execute(without(which), own).scalars().all()
    names = _names(connection, ids, Principal(given["tenant"]))
    return [_row(names[ci], query, found=found) for ci in ids]
