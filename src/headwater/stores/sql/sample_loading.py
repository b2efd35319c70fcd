"""How do metrics and samples come into the database? In one transaction each; it reads none back.

`added` is how many rows there are more; `changed` is what was written beyond that: a sample equal
to the one held is not written again.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, select

from headwater.analysis.records import metric_problem, sample_problem
from headwater.model.load import LoadCount, Rows
from headwater.model.metric import MetricRecord, SampleRecord
from headwater.model.principal import Principal
from headwater.stores.sql.id_lists import among, listed
from headwater.stores.sql.leftovers import Leftovers, of_sources
from headwater.stores.sql.series_book import SeriesBook
from headwater.stores.sql.statistics import tell_planner
from headwater.stores.sql.tables import metric, sample, series
from headwater.stores.sql.upserts import BATCH_ROWS, Upsert, count_rows, watched
from headwater.stores.sql.versions import raise_version

KEYS = ("series_id", "at")


def load_metrics(
    connection: Connection, rows: Rows[MetricRecord], *, replace: bool, principal: Principal
) -> LoadCount:
    """Add and update metrics by name; one that `replace` removes takes its samples along."""
    raise_version(connection, "metrics", principal=principal)
    tenant = principal.tenant
    before = count_rows(connection, metric, tenant)
    columns = ("tenant_id", "name", "unit", "kind")
    upsert = Upsert(connection, metric, columns=columns, keys=columns[:2], values=columns[2:])
    new: list[tuple[str | None, ...]] = []
    for line, record in watched(connection, rows):
        if problem := metric_problem(record):
            rows.bad(line, problem)
            continue
        new.append((tenant, record.name, record.unit, record.kind))
    upsert.write(new)
    added = count_rows(connection, metric, tenant) - before
    removed = (
        _remove_metrics(connection, tenant, {row[1] for row in new}, scope=rows.scope)
        if replace
        else 0
    )
    return LoadCount(read=rows.read, added=added, changed=upsert.changed(added), removed=removed)


def load_samples(
    connection: Connection, rows: Rows[SampleRecord], *, replace: bool, principal: Principal
) -> LoadCount:
    """Add and update samples; `replace` removes those not in `rows`, and series left empty."""
    raise_version(connection, "metrics", principal=principal)
    tenant = principal.tenant
    before = count_rows(connection, sample, tenant)
    columns = ("tenant_id", *KEYS, "value")
    upsert = Upsert(connection, sample, columns=columns, keys=columns[:3], values=columns[3:])
    with Leftovers(connection, sample, keys=KEYS) as leftovers:
        for batch in _batches(connection, rows, SeriesBook(connection, tenant)):
            upsert.write(batch)
            if replace:
                leftovers.keep([row[1:3] for row in batch])
        added = count_rows(connection, sample, tenant) - before
        removed = leftovers.remove(tenant, *_within(tenant, rows.scope)) if replace else 0
    if removed:
        _remove_empty(connection, tenant)
    tell_planner(connection, sample, series, changed=added + removed)
    return LoadCount(read=rows.read, added=added, changed=upsert.changed(added), removed=removed)


def _batches(
    connection: Connection, rows: Rows[SampleRecord], book: SeriesBook
) -> Iterator[list[tuple[Any, ...]]]:
    batch: list[tuple[Any, ...]] = []
    ids, tenant = book.ids, book.tenant
    for line, record in watched(connection, rows):
        name, code, at_us, value = record
        number = ids.get((name, code))
        if number is None and code not in book.codes:
            rows.bad(line, f"no item has the code {code!r}")
            continue
        if problem := sample_problem(record):
            rows.bad(line, problem)
            continue
        batch.append((tenant, number or book.make(name, code), at_us, float(value)))
        if len(batch) >= BATCH_ROWS:
            yield batch
            batch = []
    yield batch


def _within(tenant: str, scope: set[str] | None) -> list[ColumnElement[bool]]:
    owned = of_sources(series.c.ci_id, tenant, scope)
    own = select(series.c.id).where(series.c.tenant_id == tenant, *owned)
    return [sample.c.series_id.in_(own)] if owned else []


def _remove_empty(connection: Connection, tenant: str) -> None:
    held = select(sample.c.at).where(
        sample.c.tenant_id == tenant, sample.c.series_id == series.c.id
    )
    connection.execute(delete(series).where(series.c.tenant_id == tenant, ~held.exists()))


def _remove_metrics(
    connection: Connection,
    tenant: str,
    kept: set[str | None],
    *,
    scope: set[str] | None,
) -> int:
    known = select(metric.c.name, metric.c.id).where(metric.c.tenant_id == tenant)
    for owned in of_sources(series.c.ci_id, tenant, scope):
        measured = select(series.c.id).where(series.c.metric_id == metric.c.id)
        known = known.where(measured.exists(), ~measured.where(~owned).exists())
    gone = [row[1] for row in connection.execute(known).all() if row[0] not in kept]
    given = {"gone": listed(gone)}
    theirs = select(series.c.id).where(
        series.c.tenant_id == tenant, among(series.c.metric_id, "gone")
    )
    of_series = (sample.c.tenant_id == tenant, sample.c.series_id.in_(theirs))
    connection.execute(delete(sample).where(*of_series), given)
    connection.execute(delete(series).where(series.c.id.in_(theirs)), given)
    connection.execute(
        delete(metric).where(metric.c.tenant_id == tenant, among(metric.c.id, "gone")), given
    )
    return len(gone)
