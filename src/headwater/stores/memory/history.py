"""What happened to items, in memory; it keeps no items."""

from __future__ import annotations

from copy import deepcopy

from anyio.lowlevel import checkpoint

from headwater.analysis.instants import from_us, span_us, to_us
from headwater.analysis.records import history_problem
from headwater.analysis.severities import SEVERITY_RANKS, canonical_severity, find_severity
from headwater.model.history import HistoryEntry, HistoryPage, HistoryQuery, HistoryRecord
from headwater.model.load import LoadCount, Rows
from headwater.model.principal import Principal
from headwater.stores.memory.alerting import tell_projects
from headwater.stores.memory.estate import (
    Items,
    MemoryEstate,
    StoredEntry,
    Tenant,
    name_of,
    watched,
)
from headwater.stores.memory.selection import select


class MemoryHistory:
    """What happened to a tenant's items; entries of deleted items never appear."""

    def __init__(self, estate: MemoryEstate) -> None:
        self._estate = estate

    async def recent(self, query: HistoryQuery, *, principal: Principal) -> HistoryPage:
        """Return the newest entries that match, with the true total.

        Raises:
            UsageError: a severity, field or operator that is not known, by name.
        """
        await checkpoint()
        tenant = self._estate.of(principal)
        wanted = {item.id for item in select(tenant.items, query.ci_ids, query.filters)}
        found = [row for row in _matching(tenant, query) if row.ci in wanted]
        found.sort(key=lambda row: (row.at_us, row.id), reverse=not query.oldest_first)
        return HistoryPage(
            entries=[_entry(tenant.items, row) for row in found[: max(query.limit, 0)]],
            total=len(found),
            window=query.window,
            truncated=len(found) > query.limit,
        )

    async def batch(self, after_id: int, *, limit: int, principal: Principal) -> list[HistoryEntry]:
        """Return up to `limit` entries with an id above `after_id`, by id: a page of an export."""
        await checkpoint()
        tenant = self._estate.of(principal)
        rows = sorted(tenant.entries.values(), key=lambda row: row.id)
        found = [row for row in rows if row.id > after_id and tenant.items.live(row.ci)]
        return [_entry(tenant.items, row) for row in found[:limit]]

    async def load(
        self, rows: Rows[HistoryRecord], *, replace: bool, principal: Principal
    ) -> LoadCount:
        """Add and update entries, all or nothing; unknown codes are bad lines."""

        def work(tenant: Tenant) -> LoadCount:
            count = self._load(tenant, rows, replace=replace)
            tell_projects(self._estate, tenant, principal=principal)
            return count

        return await self._estate.write("history", work, principal=principal)

    def _load(self, tenant: Tenant, rows: Rows[HistoryRecord], *, replace: bool) -> LoadCount:
        held = dict(tenant.entries)
        seen: set[tuple[int, str, int, str]] = set()
        added = changed = 0
        for line, record in watched(rows):
            ci = tenant.items.live_id(record.ci)
            problem = f"no item has the code {record.ci!r}" if ci is None else None
            problem = problem or history_problem(record)
            if ci is None or problem:
                rows.bad(line, str(problem))
                continue
            key = (ci, record.kind, to_us(record.at), record.title)
            old = held.get(key)
            row = _stored(record, ci, old.id if old else self._estate.next_id("history"))
            added += old is None
            changed += old is not None and old != row
            held[key] = row
            seen.add(key)
        if not replace:
            seen |= held.keys()
        kept = {
            key: row
            for key, row in held.items()
            if key in seen or not tenant.items.owned(key[0], rows.scope)
        }
        tenant.entries = kept
        removed = len(held) - len(kept)
        return LoadCount(read=rows.read, added=added, changed=changed, removed=removed)


def _matching(tenant: Tenant, query: HistoryQuery) -> list[StoredEntry]:
    least = None if query.severity is None else find_severity(query.severity)
    start_us, end_us = span_us(query.window)
    return [
        row
        for row in tenant.entries.values()
        if start_us <= row.at_us < end_us
        and (not query.kinds or row.kind in query.kinds)
        and (least is None or (row.severity and SEVERITY_RANKS[row.severity] >= least))
    ]


def _stored(record: HistoryRecord, ci: int, number: int) -> StoredEntry:
    return StoredEntry(
        id=number,
        ci=ci,
        kind=record.kind,
        at_us=to_us(record.at),
        ended_us=None if record.ended_at is None else to_us(record.ended_at),
        severity=canonical_severity(record.severity),
        title=record.title,
        summary=record.summary,
        actor=record.actor,
        attributes=deepcopy(record.attributes),
    )


def _entry(items: Items, row: StoredEntry) -> HistoryEntry:
    return HistoryEntry(
        id=row.id,
        ci=name_of(items.by_id[row.ci]),
        kind=row.kind,
        at=from_us(row.at_us),
        ended_at=None if row.ended_us is None else from_us(row.ended_us),
        severity=row.severity,
        title=row.title,
        summary=row.summary,
        actor=row.actor,
        attributes=deepcopy(row.attributes),
    )
