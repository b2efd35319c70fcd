"""Which runs there were and what happened in them, in memory; it explains nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from anyio.lowlevel import checkpoint

from headwater.analysis.event_data import pack, unpack
from headwater.model.event import Event, RunRecord
from headwater.model.principal import Principal
from headwater.model.run_state import RunQuery
from headwater.policy.permissions import sees_all


class MemoryRunLog:
    """Runs and their events, each tenant's own."""

    def __init__(self) -> None:
        self._runs: dict[str, RunRecord] = {}
        self._events: dict[str, dict[int, tuple[Event, str]]] = {}
        """Each with its data packed, so that nobody's changes reach what is kept."""

    async def write(self, runs: Sequence[RunRecord], events: Sequence[Event]) -> None:
        """Save runs (a later row of a run replaces the earlier) and append events, in one go."""
        await checkpoint()
        for run in runs:
            self._runs[run.run_id] = run
        for event in events:
            mine = self._events.setdefault(event.run_id, {})
            if event.seq not in mine:
                mine[event.seq] = replace(event, data={}), pack(event.data)

    async def get(self, run_id: str, *, principal: Principal) -> RunRecord | None:
        """Return the tenant's run, or None."""
        await checkpoint()
        run = self._runs.get(run_id)
        return run if run and _sees(principal, run) else None

    async def recent(self, *, limit: int, principal: Principal) -> list[RunRecord]:
        """Return the tenant's newest runs, newest first, those of one instant by id."""
        await checkpoint()
        return self._seen(principal)[: max(limit, 0)]

    async def page(self, query: RunQuery, *, principal: Principal) -> tuple[list[RunRecord], int]:
        """Return the tenant's runs that fit, newest first, and how many fit, `before` left out."""
        await checkpoint()
        fit = [run for run in self._seen(principal) if _fits(run, query)]
        after = [run for run in fit if query.before is None or _place(run) < query.before]
        return after[: max(query.limit, 0)], len(fit)

    async def events(self, run_id: str, *, after: int = -1, principal: Principal) -> list[Event]:
        """Return the run's events with higher numbers than `after`, in order.

        There are none where it is not the tenant's.
        """
        if await self.get(run_id, principal=principal) is None:
            return []
        events = self._events.get(run_id, {})
        told = (events[seq] for seq in sorted(events) if seq > after)
        return [replace(event, data=unpack(packed)) for event, packed in told]

    async def prune(self, *, before: datetime, keep: int) -> int:
        """Drop runs asked before an instant, and all but the newest `keep` of each tenant."""
        await checkpoint()
        kept: set[str] = set()
        for tenant in {run.tenant for run in self._runs.values()}:
            newest = self._newest_first(tenant)[: max(keep, 0)]
            kept.update(run.run_id for run in newest if run.asked_at >= before)
        dropped = self._runs.keys() - kept
        for run_id in dropped:
            del self._runs[run_id]
            self._events.pop(run_id, None)
        return len(dropped)

    def _seen(self, principal: Principal) -> list[RunRecord]:
        return [run for run in self._newest_first(principal.tenant) if _sees(principal, run)]

    def _newest_first(self, tenant: str) -> list[RunRecord]:
        mine = [run for run in self._runs.values() if run.tenant == tenant]
        return sorted(mine, key=_place, reverse=True)


def _sees(principal: Principal, run: RunRecord) -> bool:
    """Tell whether someone may see a run: a private one is its asker's, and admins'."""
    mine = run.principal == principal.name or sees_all(principal.roles)
    return run.tenant == principal.tenant and (mine or not run.private)


def _place(run: RunRecord) -> tuple[datetime, str]:
    return run.asked_at, run.run_id


def _fits(run: RunRecord, query: RunQuery) -> bool:
    return (
        query.status in {None, run.status or "running"}
        and query.kind in {None, run.kind}
        and (query.text is None or query.text.lower() in run.text.lower())
    )
