"""Which stored samples and entries a trigger is tried on; the trying itself is `analysis.cep`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast, get_args

import anyio.lowlevel

from headwater.analysis.cep import MetricWatch, firings_of_entries, samples_window
from headwater.analysis.entry_condition import bad_trigger
from headwater.analysis.trigger import EventTrigger, MetricTrigger, Scope
from headwater.errors import LimitError
from headwater.model.history import HistoryQuery
from headwater.model.principal import Principal
from headwater.model.query import Filter, Operator
from headwater.model.rule import Firing
from headwater.model.window import Window
from headwater.packs.naming import Named, find_filtered, find_named
from headwater.ports.history import History
from headwater.ports.inventory import Inventory
from headwater.ports.metrics import Metrics

MAX_SAMPLES = 500_000
MAX_EVENTS = 50_000
WORK_PER_TURN = 5_000
"""Samples read before other tasks get their turn: a few milliseconds."""
ENTRIES_PER_TURN = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was read, and the firings found in it; `note` names items that are not there."""

    firings: list[Firing]
    cis_checked: int
    samples_read: int = 0
    events_read: int = 0
    note: str = ""


async def read_samples(
    trigger: MetricTrigger,
    period: Window,
    *,
    metrics: Metrics,
    inventory: Inventory,
    principal: Principal,
    limit: int = MAX_SAMPLES,
) -> Reading:
    """Try a metric trigger on the samples of each item in its scope.

    Raises:
        UsageError: `metric.unknown`; `rule.bad_trigger` for a rate of a gauge or a bad filter.
        LimitError: `limit.samples` or `limit.items`, saying what to narrow.
    """
    await _check_rate(trigger, metrics=metrics, principal=principal)
    named = await _scope(trigger.scope, inventory=inventory, principal=principal)
    series = await metrics.samples(
        trigger.metric,
        ci_ids=None if named is None else named.ids,
        window=samples_window(trigger, period),
        limit=limit,
        principal=principal,
    )
    firings: list[Firing] = []
    for samples in series:
        watch = MetricWatch(trigger, samples, period=period)
        while watch.advance(WORK_PER_TURN):
            await anyio.lowlevel.checkpoint()
        firings += watch.firings
    return Reading(
        firings=firings,
        cis_checked=len(series) if named is None else len(named.items),
        samples_read=sum(len(one.values) for one in series),
        note="" if named is None else named.note,
    )


async def read_events(
    trigger: EventTrigger,
    period: Window,
    *,
    history: History,
    inventory: Inventory,
    principal: Principal,
    limit: int = MAX_EVENTS,
) -> Reading:
    """Try an event trigger on the entries of the items in its scope.

    Raises:
        LimitError: `limit.events` or `limit.items`, saying what to narrow.
    """
    named = await _scope(trigger.scope, inventory=inventory, principal=principal)
    query = HistoryQuery(
        window=period,
        ci_ids=None if named is None else named.ids,
        kinds=trigger.kinds,
        limit=limit,
        oldest_first=True,
    )
    page = await history.recent(query, principal=principal)
    if page.truncated:
        message = (
            f"the period holds {page.total} entries, at most {limit} are tried; "
            "shorten the period, or name kinds or items in the trigger"
        )
        raise LimitError(message, code="limit.events")
    firings: list[Firing] = []
    for start in range(0, len(page.entries), ENTRIES_PER_TURN):
        firings += firings_of_entries(trigger, page.entries[start : start + ENTRIES_PER_TURN])
        await anyio.lowlevel.checkpoint()
    checked = {entry.ci.id for entry in page.entries} if named is None else set(named.ids)
    return Reading(
        firings=firings,
        cis_checked=len(checked),
        events_read=len(page.entries),
        note="" if named is None else named.note,
    )


async def _scope(scope: Scope, *, inventory: Inventory, principal: Principal) -> Named | None:
    """Return the items that the trigger watches, or None where it watches all."""
    filters = [_filter(one, index) for index, one in enumerate(scope.filters)]
    if scope.ci_ids is None:
        if not filters:
            return None
        return await find_filtered(filters, inventory=inventory, principal=principal)
    named = await find_named(scope.ci_ids, inventory=inventory, principal=principal)
    if not filters:
        return named
    matching = await find_filtered(filters, inventory=inventory, principal=principal)
    kept = set(matching.ids)
    return Named([item for item in named.items if item.id in kept], named.unknown)


def _filter(plain: Mapping[str, Any], index: int) -> Filter:
    field, op = plain.get("field"), plain.get("op", "eq")
    known = isinstance(field, str) and op in get_args(Operator)
    if not known or set(plain) - {"field", "op", "value"}:
        operators = ", ".join(get_args(Operator))
        raise bad_trigger(f"filters[{index}]", f"is no {{field, op, value}} with op of {operators}")
    return Filter(cast("str", field), cast("Operator", op), plain.get("value"))


async def _check_rate(trigger: MetricTrigger, *, metrics: Metrics, principal: Principal) -> None:
    if trigger.aggregate != "rate":
        return
    for known in await metrics.catalogue(ci=None, principal=principal):
        if known.name == trigger.metric and known.kind != "counter":
            raise bad_trigger("aggregate", f"is rate, but {known.name} is a {known.kind}: use avg")
