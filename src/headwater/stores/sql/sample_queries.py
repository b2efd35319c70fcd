"""Which samples are meant, as statements over series, living items and samples; it runs none.

Series come first and samples are sought for each, in order of the item: SQLite plans without
statistics, and left alone it would read every sample of a tenant and sort them. Parameters are
`tenant`, `metric`, `start` and `end` in epoch us, `ids` where asked for, and those of filters.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, bindparam, case, func, select

from headwater.stores.sql.filters import Shape, item_ids
from headwater.stores.sql.id_lists import Unindexed, among
from headwater.stores.sql.tables import item, sample, series

CI = series.c.ci_id
IN_WINDOW = and_(sample.c.at >= bindparam("start"), sample.c.at < bindparam("end"))


class Which(NamedTuple):
    """Of which items: those with given ids (`ids`), those that meet filters, else all."""

    ids: bool = False
    shapes: tuple[Shape, ...] = ()


@lru_cache(maxsize=128)
def totals(which: Which) -> Select[Any]:
    """Select item, count, sum, least and greatest value for each item with samples."""
    value = sample.c.value
    columns = (CI, func.count(), func.sum(value), func.min(value), func.max(value))
    return _samples(columns, which).group_by(CI)


@lru_cache(maxsize=128)
def counts(which: Which) -> Select[Any]:
    """Select item and count for each item with samples, by item."""
    return _samples((CI, func.count()), which).group_by(CI).order_by(CI)


@lru_cache(maxsize=128)
def values(which: Which) -> Select[Any]:
    """Select the values of each item after the other, in the order of `counts`."""
    return _samples((sample.c.value,), which).order_by(CI)


@lru_cache(maxsize=128)
def points(which: Which) -> Select[Any]:
    """Select item, instant and value in that order, at most `limit`."""
    columns = (CI, sample.c.at, sample.c.value)
    return _samples(columns, which).order_by(CI, sample.c.at).limit(bindparam("limit"))


@lru_cache(maxsize=128)
def lasts(which: Which) -> Select[Any]:
    """Select item, count, the last instant and the value there for each item with samples."""
    group = _groups(which, func.max(sample.c.at).label("last_at"))
    own = sample.alias("last_sample")
    value = select(own.c.value).where(
        own.c.tenant_id == bindparam("tenant"),
        own.c.series_id == group.c.series_id,
        own.c.at == group.c.last_at,
    )
    return select(group.c.ci_id, group.c.count, group.c.last_at, value.scalar_subquery())


@lru_cache(maxsize=128)
def deviations(which: Which) -> Select[Any]:
    """Select item, count, mean and the sum of squared deviations from it, in a second pass."""
    group = _groups(which, func.avg(sample.c.value).label("mean"))
    own = sample.alias("own_sample")
    apart = own.c.value - group.c.mean
    squares = select(func.sum(apart * apart)).where(
        own.c.tenant_id == bindparam("tenant"),
        own.c.series_id == group.c.series_id,
        own.c.at >= bindparam("start"),
        own.c.at < bindparam("end"),
    )
    return select(group.c.ci_id, group.c.count, group.c.mean, squares.scalar_subquery())


@lru_cache(maxsize=128)
def rises(which: Which) -> Select[Any]:
    """Select item, count, first and last instant and the sum of rises, resets counted as new."""
    before = func.lag(sample.c.value).over(partition_by=CI, order_by=sample.c.at)
    columns = (CI, sample.c.at, sample.c.value, before.label("before"))
    steps = _samples(columns, which).subquery()
    rise = case(
        (steps.c.before.is_(None), 0.0),
        (steps.c.value >= steps.c.before, steps.c.value - steps.c.before),
        else_=steps.c.value,
    )
    first_at, last_at = func.min(steps.c.at), func.max(steps.c.at)
    return select(steps.c.ci_id, func.count(), first_at, last_at, func.sum(rise)).group_by(
        steps.c.ci_id
    )


@lru_cache(maxsize=128)
def requested(which: Which) -> Select[int]:
    """Count the items meant, with samples or without."""
    return select(func.count()).select_from(_items(which).subquery())


@lru_cache(maxsize=128)
def without(which: Which) -> Select[Any]:
    """Select the items meant but not among `used`, at most `limit`, by id."""
    meant = item.c.id.in_(_items(which))
    statement = select(item.c.id).where(meant, ~among(item.c.id, "used"))
    return statement.order_by(item.c.id).limit(bindparam("limit"))


def _groups(which: Which, column: ColumnElement[Any]) -> Any:
    columns = (CI, series.c.id.label("series_id"), func.count().label("count"), column)
    return _samples(columns, which).group_by(CI, series.c.id).subquery()


def _samples(columns: tuple[ColumnElement[Any], ...], which: Which) -> Select[Any]:
    own = and_(
        sample.c.tenant_id == bindparam("tenant"), sample.c.series_id == Unindexed(series.c.id)
    )
    return (
        select(*columns)
        .select_from(series)
        .join(item, and_(item.c.id == CI, item.c.tenant_id == bindparam("tenant")))
        .join(sample, own)
        .where(*_of_metric(), item.c.deleted_at.is_(None), IN_WINDOW, *_meant(CI, which))
    )


def _items(which: Which) -> Select[Any]:
    statement = item_ids(which.shapes)
    if which.ids:
        return statement.where(among(item.c.id, "ids"))
    if which.shapes:
        return statement
    return statement.join(series, item.c.id == CI).where(*_of_metric())


def _of_metric() -> tuple[ColumnElement[bool], ...]:
    return series.c.tenant_id == bindparam("tenant"), series.c.metric_id == bindparam("metric")


def _meant(ci: ColumnElement[int], which: Which) -> list[ColumnElement[bool]]:
    conditions = [among(ci, "ids")] if which.ids else []
    if which.shapes:
        conditions.append(ci.in_(item_ids(which.shapes)))
    return conditions
