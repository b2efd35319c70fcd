"""What happened to a tenant's items? Read and loaded in SQL; it keeps no items."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, select

from headwater.analysis.filtering import check_filters
from headwater.analysis.instants import from_us, span_us, to_us
from headwater.analysis.records import canonical_json, history_problem
from headwater.analysis.severities import canonical_severity, find_severity
from headwater.model.history import HistoryEntry, HistoryPage, HistoryQuery, HistoryRecord
from headwater.model.item import ItemName
from headwater.model.load import LoadCount, Rows
from headwater.model.principal import Principal
from headwater.stores.sql.alerting import tell_projects
from headwater.stores.sql.code_book import read_codes
from headwater.stores.sql.database import Database
from headwater.stores.sql.filters import Shape, item_ids, shaped
from headwater.stores.sql.id_lists import among, listed
from headwater.stores.sql.item_rows import document_of
from headwater.stores.sql.leftovers import Leftovers, of_sources
from headwater.stores.sql.plain_rows import packed_rows
from headwater.stores.sql.statistics import tell_planner
from headwater.stores.sql.tables import history_entry as entry
from headwater.stores.sql.tables import item
from headwater.stores.sql.upserts import Upsert, batches, count_rows
from headwater.stores.sql.versions import raise_version

KEYS = ("ci_id", "kind", "at", "title_digest")
COLUMNS = (
    "tenant_id", "ci_id", "kind", "at", "ended_at", "severity", "severity_rank", "title",
    "title_digest", "summary", "actor", "attributes",
)  # fmt: skip
VALUES = tuple(name for name in COLUMNS if name not in {"tenant_id", "title", *KEYS})
_key_of = itemgetter(*(COLUMNS.index(name) for name in KEYS))
SHOWN = (
    *(item.c[name] for name in ("id", "code", "name")),
    *(entry.c[name] for name in ("id", "kind", "at", "ended_at", "severity", "title")),
    *(entry.c[name] for name in ("summary", "actor", "attributes")),
)
OF_TENANT = (
    entry.c.tenant_id == bindparam("tenant"),
    item.c.tenant_id == bindparam("tenant"),
    item.c.deleted_at.is_(None),
)
BATCH = (
    select(*SHOWN)
    .join_from(entry, item, item.c.id == entry.c.ci_id)
    .where(*OF_TENANT, entry.c.id > bindparam("after_id"))
    .order_by(entry.c.id)
    .limit(bindparam("limit"))
)


class SqlHistory:
    """What happened to a tenant's items; entries of deleted items never appear."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def recent(self, query: HistoryQuery, *, principal: Principal) -> HistoryPage:
        """Return the newest entries that match, with the true total.

        Raises:
            UsageError: a severity, field or operator that is not known, by name.
        """
        shapes, values = shaped(check_filters(query.filters))
        given = {"tenant": principal.tenant, **values, **_given(query)}
        parts = tuple(part for part in ("ids", "kinds", "least") if part in given)
        total = _total(parts, shapes)
        page = _page(parts, shapes, query.oldest_first)
        limit = max(query.limit, 0)

        def work(connection: Connection) -> HistoryPage:
            rows = packed_rows(connection, page, {**given, "limit": limit})
            found = len(rows)
            if found == limit:
                found = connection.execute(total, given).scalar_one()
            return HistoryPage(
                entries=[_entry(row) for row in rows],
                total=found,
                window=query.window,
                truncated=found > query.limit,
            )

        return await self._database.read(work, tenant=principal.tenant)

    async def batch(self, after_id: int, *, limit: int, principal: Principal) -> list[HistoryEntry]:
        """Return up to `limit` entries with an id above `after_id`, by id: a page of an export."""
        given = {"tenant": principal.tenant, "after_id": after_id, "limit": limit}

        def work(connection: Connection) -> list[HistoryEntry]:
            return [_entry(row) for row in connection.execute(BATCH, given).all()]

        return await self._database.read(work, tenant=principal.tenant)

    async def load(
        self, rows: Rows[HistoryRecord], *, replace: bool, principal: Principal
    ) -> LoadCount:
        """Add and update entries, all or nothing; unknown codes are bad lines."""

        def work(connection: Connection) -> LoadCount:
            return _load(connection, rows, replace=replace, principal=principal)

        return await self._database.load(work, tenant=principal.tenant)


def _given(query: HistoryQuery) -> dict[str, Any]:
    start_us, end_us = span_us(query.window)
    given: dict[str, Any] = {"start": start_us, "end": end_us}
    if query.ci_ids is not None:
        given["ids"] = listed(query.ci_ids)
    if query.kinds:
        given["kinds"] = listed(query.kinds)
    if query.severity is not None:
        given["least"] = find_severity(query.severity)
    return given


@lru_cache(maxsize=256)
def _page(parts: tuple[str, ...], shapes: tuple[Shape, ...], oldest_first: bool) -> Select[Any]:  # noqa: FBT001
    keys = (entry.c.at, entry.c.id)
    order = keys if oldest_first else tuple(key.desc() for key in keys)
    statement = _narrowed(select(*SHOWN), parts, shapes)
    return statement.order_by(*order).limit(bindparam("limit"))


@lru_cache(maxsize=256)
def _total(parts: tuple[str, ...], shapes: tuple[Shape, ...]) -> Select[int]:
    return _narrowed(select(func.count()), parts, shapes)


def _narrowed(
    statement: Select[Any], parts: tuple[str, ...], shapes: tuple[Shape, ...]
) -> Select[Any]:
    statement = statement.join_from(entry, item, item.c.id == entry.c.ci_id).where(
        *OF_TENANT, entry.c.at >= bindparam("start"), entry.c.at < bindparam("end")
    )
    if shapes:
        statement = statement.where(entry.c.ci_id.in_(item_ids(shapes)))
    conditions = {
        "ids": among(entry.c.ci_id, "ids"),
        "kinds": among(entry.c.kind, "kinds"),
        "least": entry.c.severity_rank >= bindparam("least"),
    }
    return statement.where(*(conditions[part] for part in parts))


def _entry(row: Sequence[Any]) -> HistoryEntry:
    return HistoryEntry(
        ci=ItemName(row[0], row[1], row[2]),
        id=row[3],
        kind=row[4],
        at=from_us(row[5]),
        ended_at=None if row[6] is None else from_us(row[6]),
        severity=row[7],
        title=row[8],
        summary=row[9],
        actor=row[10],
        attributes=document_of(row[11]),
    )


def _load(
    connection: Connection, rows: Rows[HistoryRecord], *, replace: bool, principal: Principal
) -> LoadCount:
    raise_version(connection, "history", principal=principal)
    tenant = principal.tenant
    codes = read_codes(connection, tenant)
    before = count_rows(connection, entry, tenant)
    keys = ("tenant_id", *KEYS)
    upsert = Upsert(connection, entry, columns=COLUMNS, keys=keys, values=VALUES)
    with Leftovers(connection, entry, keys=KEYS) as leftovers:
        for batch in batches(connection, rows, lambda record: _row(codes, record), tenant=tenant):
            _write(upsert, leftovers if replace else None, batch)
        added = count_rows(connection, entry, tenant) - before
        within = of_sources(entry.c.ci_id, tenant, rows.scope)
        removed = leftovers.remove(tenant, *within) if replace else 0
    tell_planner(connection, entry, changed=added + removed)
    tell_projects(connection, principal=principal)
    return LoadCount(read=rows.read, added=added, changed=upsert.changed(added), removed=removed)


def _write(upsert: Upsert, leftovers: Leftovers | None, batch: list[tuple[Any, ...]]) -> None:
    upsert.write(batch)
    if leftovers is not None:
        leftovers.keep([_key_of(row) for row in batch])


def _row(codes: dict[str, int], record: HistoryRecord) -> tuple[Any, ...] | str:
    ci = codes.get(record.ci)
    if ci is None:
        return f"no item has the code {record.ci!r}"
    severity = record.severity
    return history_problem(record) or (
        ci,
        record.kind,
        to_us(record.at),
        None if record.ended_at is None else to_us(record.ended_at),
        canonical_severity(severity),
        None if severity is None else find_severity(severity),
        record.title,
        blake2b(record.title.encode(), digest_size=16).hexdigest(),
        record.summary,
        record.actor,
        canonical_json(record.attributes),
    )
