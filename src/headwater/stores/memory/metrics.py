"""What was measured of items, in memory; it keeps no items."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from anyio.lowlevel import checkpoint

from headwater.analysis.instants import from_us, span_us
from headwater.analysis.measuring import (
    check_aggregate,
    finite,
    ranked_rows,
    step_us,
    summarise,
    too_many_samples,
    unknown_metric,
)
from headwater.model.item import ConfigurationItem
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
from headwater.stores.memory.estate import MemoryEstate, Tenant, name_of
from headwater.stores.memory.measured import load_metrics, load_samples
from headwater.stores.memory.selection import select

Span = tuple[list[int], list[float]]
"""Instants in epoch us, in order, and the values there."""


class MemoryMetrics:
    """A tenant's metrics; samples of deleted items never appear."""

    def __init__(self, estate: MemoryEstate) -> None:
        self._estate = estate

    async def catalogue(self, *, ci: int | None, principal: Principal) -> list[MetricInfo]:
        """Return the metrics known, by name; with `ci` those that it has samples of."""
        await checkpoint()
        tenant = self._estate.of(principal)
        held = tenant.samples.series
        if ci is None:
            live = [name for name, owner in held if tenant.items.live(owner)]
            return [
                MetricInfo(name=name, unit=each.unit, kind=each.kind, series=live.count(name))
                for name, each in sorted(tenant.samples.metrics.items())
            ]
        names = sorted(name for name, owner in held if owner == ci and tenant.items.live(ci))
        return [_info(tenant.samples.metrics[name], held[name, ci]) for name in names]

    async def aggregate(self, query: AggregateQuery, *, principal: Principal) -> MetricValue:
        """Aggregate samples over a window.

        `samples` counts all in the window; `cis_used` the items that have a value.

        Raises:
            UsageError: `metric.unknown` with close names; `rate` of a gauge; a bad filter.
        """
        await checkpoint()
        tenant = self._estate.of(principal)
        metric = _find_metric(tenant, query.metric)
        check_aggregate(query, metric)
        chosen = _chosen(tenant, query)
        spans = {item.id: _span(tenant, (metric.name, item.id), query.window) for item in chosen}
        rows = ranked_rows(
            AggregateRow(
                ci=name_of(item),
                value=finite(summarise(query.aggregate, *spans[item.id]), metric.name),
                samples=len(spans[item.id][0]),
            )
            for item in chosen
        )
        return MetricValue(
            metric=metric.name,
            unit=metric.unit,
            kind=metric.kind,
            aggregate=query.aggregate,
            window=query.window,
            value=finite(_pooled(query, spans, rows), metric.name),
            samples=sum(row.samples for row in rows),
            cis_requested=_requested(query, chosen),
            cis_used=sum(row.value is not None for row in rows),
            rows=rows[: max(query.limit, 0)] if query.by_ci else [],
            truncated=query.by_ci and len(rows) > query.limit,
        )

    async def series(self, query: SeriesQuery, *, principal: Principal) -> Series | None:
        """Return one item's points, or None where there is no such item.

        Raises:
            UsageError: `metric.unknown` with close names; `metric.bad_step`.
        """
        await checkpoint()
        tenant = self._estate.of(principal)
        metric = _find_metric(tenant, query.metric)
        width_us = step_us(query)
        item = tenant.items.live(query.ci)
        if item is None:
            return None
        at_us, values = _span(tenant, (metric.name, item.id), query.window)
        if width_us is not None:
            at_us, values = _buckets(metric, (at_us, values), (query.window, width_us))
        points = [Point(from_us(at), value) for at, value in zip(at_us, values, strict=True)]
        return Series(
            metric=metric.name,
            unit=metric.unit,
            kind=metric.kind,
            ci=name_of(item),
            window=query.window,
            step_s=query.step_s,
            points=points[: max(query.limit, 0)],
            total=len(points),
            truncated=len(points) > query.limit,
        )

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
        await checkpoint()
        tenant = self._estate.of(principal)
        name = _find_metric(tenant, metric).name
        found = [
            ItemSamples(ci=name_of(item), at_us=at_us, values=values)
            for item in select(tenant.items, ci_ids, ())
            for at_us, values in [_span(tenant, (name, item.id), window)]
            if at_us
        ]
        total = sum(len(each.at_us) for each in found)
        if total > limit:
            raise too_many_samples(name, limit)
        return found

    async def batch(
        self, after: tuple[int, int], *, limit: int, principal: Principal
    ) -> tuple[list[SampleRecord], tuple[int, int]]:
        """Return a page of all samples for an export, and where the next page starts."""
        await checkpoint()
        tenant = self._estate.of(principal)
        page: list[SampleRecord] = []
        for place, row in _every(tenant):
            if place <= after:
                continue
            if len(page) == limit:
                break
            page.append(row)
            last = place
        return page, (last if page else after)

    async def load(
        self, rows: Rows[MetricRecord], *, replace: bool, principal: Principal
    ) -> LoadCount:
        """Add and update metrics by name, all or nothing; one removed takes its samples along.

        Where the rows have a scope, `replace` removes only metrics measured of its items alone.
        """

        def work(tenant: Tenant) -> LoadCount:
            return load_metrics(tenant, rows, replace=replace)

        return await self._estate.write("metrics", work, principal=principal)

    async def load_samples(
        self, rows: Rows[SampleRecord], *, replace: bool, principal: Principal
    ) -> LoadCount:
        """Add and update samples by metric, item and instant, all or nothing."""

        def work(tenant: Tenant) -> LoadCount:
            return load_samples(self._estate, tenant, rows, replace=replace)

        return await self._estate.write("metrics", work, principal=principal)


def _find_metric(tenant: Tenant, name: str) -> MetricRecord:
    metric = tenant.samples.metrics.get(name)
    if metric is None:
        raise unknown_metric(name, tenant.samples.metrics)
    return metric


def _info(metric: MetricRecord, held: dict[int, float]) -> MetricInfo:
    return MetricInfo(
        name=metric.name,
        unit=metric.unit,
        kind=metric.kind,
        series=1,
        first_at=from_us(min(held)),
        last_at=from_us(max(held)),
    )


def _span(tenant: Tenant, key: tuple[str, int], window: Window) -> Span:
    start_us, end_us = span_us(window)
    held = tenant.samples.series.get(key, {})
    at_us = sorted(at for at in held if start_us <= at < end_us)
    return at_us, [held[at] for at in at_us]


def _chosen(tenant: Tenant, query: AggregateQuery) -> list[ConfigurationItem]:
    chosen = select(tenant.items, query.ci_ids, query.filters)
    if query.ci_ids is None and not query.filters:
        return [item for item in chosen if (query.metric, item.id) in tenant.samples.series]
    return chosen


def _requested(query: AggregateQuery, chosen: list[ConfigurationItem]) -> int | None:
    if query.ci_ids is not None:
        return len(set(query.ci_ids))
    return len(chosen) if query.filters else None


def _pooled(
    query: AggregateQuery, spans: dict[int, Span], rows: list[AggregateRow]
) -> float | None:
    if query.aggregate == "rate":
        rates = [row.value for row in rows if row.value is not None]
        return sum(rates) if rates else None
    pool = sorted(
        (at, ci, value) for ci, span in spans.items() for at, value in zip(*span, strict=True)
    )
    return summarise(query.aggregate, [at for at, *_ in pool], [value for *_, value in pool])


def _buckets(metric: MetricRecord, span: Span, cut: tuple[Window, int]) -> Span:
    window, width_us = cut
    start_us, _ = span_us(window)
    buckets: dict[int, list[float]] = {}
    for at, value in zip(*span, strict=True):
        buckets.setdefault(start_us + (at - start_us) // width_us * width_us, []).append(value)
    values = [
        each[-1] if metric.kind == "counter" else sum(each) / len(each) for each in buckets.values()
    ]
    return list(buckets), values


def _every(tenant: Tenant) -> Iterator[tuple[tuple[int, int], SampleRecord]]:
    for (metric, ci), number in sorted(tenant.samples.series_ids.items(), key=lambda each: each[1]):
        item = tenant.items.live(ci)
        held = tenant.samples.series[metric, ci] if item else {}
        for at in sorted(held):
            yield (number, at), (metric, item.code if item else "", at, held[at])
