"""Which runs there were and what happened in them, in SQL; it explains nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from operator import attrgetter
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from headwater.analysis.event_data import pack
from headwater.analysis.instants import from_us, to_us
from headwater.analysis.records import text_problem
from headwater.model.event import Event, RunRecord
from headwater.model.principal import Principal
from headwater.model.run_state import RunQuery
from headwater.policy.permissions import sees_all
from headwater.stores.sql.bulk_rows import insert_rows
from headwater.stores.sql.database import Database
from headwater.stores.sql.id_lists import among, listed
from headwater.stores.sql.run_tables import run, run_event, run_owner

_TENANT = run.c.tenant_id == bindparam("tenant")
_SEEN = or_(
    run.c.private.is_(False), run.c.principal == bindparam("who"), literal(1) == bindparam("all")
)
"""Which runs the one who reads may see: all that are not private, and their own."""
_IS_OWN = (run.c.tenant_id == bindparam("own_tenant"), run.c.run_id == bindparam("own_run"))
_RUN_FIELDS = tuple(each.name for each in fields(RunRecord) if each.name != "tenant")
_EVENT_FIELDS = tuple(each.name for each in fields(Event))
_PLAIN_FIELDS = tuple(name for name in _EVENT_FIELDS if name != "data")
_EVENT_COLUMNS = ("tenant_id", *_PLAIN_FIELDS, "data")
_event_fields = attrgetter(*_PLAIN_FIELDS)
_RUNS = select(run.c.tenant_id.label("tenant"), *(run.c[name] for name in _RUN_FIELDS))
_GET = _RUNS.where(_TENANT, _SEEN, run.c.run_id == bindparam("own_run"))
_NEWEST = (run.c.asked_at.desc(), run.c.run_id.desc())
_RECENT = _RUNS.where(_TENANT, _SEEN).order_by(*_NEWEST).limit(bindparam("page_rows"))
_EVENTS = (
    select(*(run_event.c[name] for name in _EVENT_FIELDS))
    .where(run_event.c.tenant_id == bindparam("tenant"))
    .where(run_event.c.run_id == bindparam("own_run"))
    .where(run_event.c.seq > bindparam("after"))
    .where(exists().where(_TENANT, run.c.run_id == bindparam("own_run"), _SEEN))
    .order_by(run_event.c.seq)
)
_KNOWN = select(run_owner.c.run_id, run_owner.c.tenant).where(among(run_owner.c.run_id, "run_ids"))
_OWNERS = select(run_owner.c.tenant).distinct().order_by(run_owner.c.tenant)
_SAVED = select(run.c.run_id).where(_TENANT, among(run.c.run_id, "run_ids"))
_LOGGED = select(run_event.c.seq).where(
    run_event.c.tenant_id == bindparam("tenant"),
    run_event.c.run_id == bindparam("own_run"),
    run_event.c.seq >= bindparam("first"),
)
_UPDATE = update(run).where(*_IS_OWN).values({name: bindparam(name) for name in _RUN_FIELDS})
_OLD = select(run.c.run_id).where(_TENANT, run.c.asked_at < bindparam("before"))
_SURPLUS = select(run.c.run_id).where(_TENANT).order_by(*_NEWEST).offset(bindparam("keep"))
_DROP = delete(run).where(*_IS_OWN)
_DROP_EVENTS = delete(run_event).where(
    run_event.c.tenant_id == bindparam("own_tenant"), run_event.c.run_id == bindparam("own_run")
)
_DROP_OWNERS = delete(run_owner).where(
    run_owner.c.run_id == bindparam("own_run"), run_owner.c.tenant == bindparam("own_tenant")
)
RUNS_KNOWN = 10_000
"""Runs whose tenant is remembered, the latest."""


class SqlRunLog:
    """Runs and their events, each tenant's own; the database is one of the schema `runs`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[str, str] = {}

    async def write(self, runs: Sequence[RunRecord], events: Sequence[Event]) -> None:
        """Save runs (a later row of a run replaces the earlier) and append events, in one go.

        An event already there (same run and number) is left as it was; one of a run that was
        never saved is dropped.
        """
        owners = await self._owners(runs, events)
        for tenant in dict.fromkeys(owners.values()):
            own_runs = [each for each in runs if each.tenant == tenant]
            own_events = [each for each in events if owners.get(each.run_id) == tenant]
            await self._write(own_runs, own_events, tenant=tenant)

    async def get(self, run_id: str, *, principal: Principal) -> RunRecord | None:
        """Return the tenant's run, or None."""
        if text_problem(run_id):
            return None
        values = {**_reader(principal), "own_run": run_id}

        def work(connection: Connection) -> RunRecord | None:
            row = connection.execute(_GET, values).mappings().first()
            return None if row is None else _run_of(row)

        return await self._database.read(work, tenant=principal.tenant)

    async def recent(self, *, limit: int, principal: Principal) -> list[RunRecord]:
        """Return the tenant's newest runs, newest first, those of one instant by id."""
        values = {**_reader(principal), "page_rows": max(limit, 0)}

        def work(connection: Connection) -> list[RunRecord]:
            return [_run_of(row) for row in connection.execute(_RECENT, values).mappings()]

        return await self._database.read(work, tenant=principal.tenant)

    async def page(self, query: RunQuery, *, principal: Principal) -> tuple[list[RunRecord], int]:
        """Return the tenant's runs that fit, newest first, and how many fit, `before` left out."""
        if text_problem(f"{query.kind}{query.text}"):
            return [], 0
        fits, values = (_TENANT, _SEEN, *_conditions(query)), _reader(principal)
        wanted = _RUNS.where(*fits, *_after(query)).order_by(*_NEWEST).limit(max(query.limit, 0))
        counted = select(func.count()).select_from(run).where(*fits)

        def work(connection: Connection) -> tuple[list[RunRecord], int]:
            rows = connection.execute(wanted, values).mappings()
            total = connection.execute(counted, values).scalar_one()
            return [_run_of(row) for row in rows], total

        return await self._database.read(work, tenant=principal.tenant)

    async def events(self, run_id: str, *, after: int = -1, principal: Principal) -> list[Event]:
        """Return the run's events with higher numbers than `after`, in order.

        There are none where it is not the tenant's.
        """
        if text_problem(run_id):
            return []
        values = {**_reader(principal), "own_run": run_id, "after": after}

        def work(connection: Connection) -> list[Event]:
            return [_event_of(row) for row in connection.execute(_EVENTS, values).mappings()]

        return await self._database.read(work, tenant=principal.tenant)

    async def prune(self, *, before: datetime, keep: int) -> int:
        """Drop runs asked before an instant, and all but the newest `keep` of each tenant."""
        values = {"before": to_us(before), "keep": max(keep, 0)}

        def tenants(connection: Connection) -> Sequence[str]:
            return connection.execute(_OWNERS).scalars().all()

        dropped = 0
        for tenant in await self._database.read(tenants, tenant=None):
            own = {"tenant": tenant, **values}
            dropped += await self._database.write(lambda c: _prune(c, own), tenant=tenant)  # noqa: B023  awaited here
        return dropped

    async def _owners(self, runs: Sequence[RunRecord], events: Sequence[Event]) -> dict[str, str]:
        """Return whose each run is, of those that were ever saved."""
        owners = {each.run_id: each.tenant for each in runs}
        unknown = []
        for run_id in {each.run_id for each in events}:
            if run_id in self._known:
                owners.setdefault(run_id, self._known[run_id])
            elif run_id not in owners:
                unknown.append(run_id)
        if unknown:
            given = {"run_ids": listed(unknown)}

            def work(connection: Connection) -> dict[str, str]:
                return {row[0]: row[1] for row in connection.execute(_KNOWN, given)}

            owners |= await self._database.read(work, tenant=None)
        return owners

    async def _write(
        self, runs: Sequence[RunRecord], events: Sequence[Event], *, tenant: str
    ) -> None:
        def work(connection: Connection) -> None:
            _save_runs(connection, runs, tenant)
            _append_events(connection, events, tenant)

        await self._database.write(work, tenant=tenant)
        for each in runs:
            self._known.pop(each.run_id, None)
            self._known[each.run_id] = tenant
        while len(self._known) > RUNS_KNOWN:
            del self._known[next(iter(self._known))]


def _reader(principal: Principal) -> dict[str, Any]:
    """Return what tells which runs someone may see."""
    seen = int(sees_all(principal.roles))
    return {"tenant": principal.tenant, "who": principal.name, "all": seen}


def _conditions(query: RunQuery) -> Iterator[ColumnElement[bool]]:
    if query.status is not None:
        running = query.status == "running"
        yield run.c.status.is_(None) if running else run.c.status == query.status
    if query.kind is not None:
        yield run.c.kind == query.kind
    if query.text is not None:
        yield run.c.text.icontains(query.text, autoescape=True)


def _after(query: RunQuery) -> Iterator[ColumnElement[bool]]:
    if query.before is not None:
        at_us, run_id = to_us(query.before[0]), query.before[1]
        same = and_(run.c.asked_at == at_us, run.c.run_id < run_id)
        yield or_(run.c.asked_at < at_us, same)


def _save_runs(connection: Connection, runs: Sequence[RunRecord], tenant: str) -> None:
    latest = {each.run_id: _run_values(each) for each in runs}
    known = _saved(connection, list(latest), tenant)
    new = [{"tenant_id": tenant, **row} for run_id, row in latest.items() if run_id not in known]
    again = [
        {"own_tenant": tenant, "own_run": run_id, **row}
        for run_id, row in latest.items()
        if run_id in known
    ]
    owned = [{"run_id": row["run_id"], "tenant": tenant} for row in new]
    for statement, values in ((insert(run), new), (insert(run_owner), owned), (_UPDATE, again)):
        if values:
            connection.execute(statement, values)


def _append_events(connection: Connection, events: Sequence[Event], tenant: str) -> None:
    run_ids = sorted({each.run_id for each in events})
    known = _saved(connection, run_ids, tenant)
    given = {"tenant": tenant, "first": min((each.seq for each in events), default=0)}
    logged = {
        (run_id, seq)
        for run_id in known
        for seq in connection.execute(_LOGGED, given | {"own_run": run_id}).scalars()
    }
    new: dict[tuple[str, int], tuple[Any, ...]] = {}
    for each in events:
        key = (each.run_id, each.seq)
        if each.run_id in known and key not in logged and key not in new:
            new[key] = _event_values(each, tenant)
    insert_rows(connection, run_event, _EVENT_COLUMNS, rows=list(new.values()))


def _saved(connection: Connection, run_ids: Sequence[str], tenant: str) -> set[str]:
    if not run_ids:
        return set()
    given = {"tenant": tenant, "run_ids": listed(run_ids)}
    return set(connection.execute(_SAVED, given).scalars())


def _prune(connection: Connection, own: Mapping[str, Any]) -> int:
    gone = {*connection.execute(_OLD, own).scalars(), *connection.execute(_SURPLUS, own).scalars()}
    rows = [{"own_tenant": own["tenant"], "own_run": run_id} for run_id in gone]
    if rows:
        for statement in (_DROP_EVENTS, _DROP, _DROP_OWNERS):
            connection.execute(statement, rows)
    return len(rows)


def _run_values(record: RunRecord) -> dict[str, Any]:
    values = {name: getattr(record, name) for name in _RUN_FIELDS}
    return values | {"asked_at": to_us(record.asked_at)}


def _run_of(row: RowMapping) -> RunRecord:
    values: dict[str, Any] = {str(name): row[name] for name in row}
    return RunRecord(**values | {"asked_at": from_us(values["asked_at"])})


def _event_of(row: RowMapping) -> Event:
    values: dict[str, Any] = {str(name): row[name] for name in row}
    return Event(**values)


def _event_values(event: Event, tenant: str) -> tuple[Any, ...]:
    return (tenant, *_event_fields(event), pack(event.data))
