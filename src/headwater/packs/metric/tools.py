"""What was measured: figures over a window, and series of points; it judges none of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from headwater.analysis.windows import parse_window
from headwater.model.evidence import Evidence
from headwater.model.item import ItemRef
from headwater.model.metric import Aggregate, AggregateQuery, MetricValue, Series, SeriesQuery
from headwater.model.moment import Asked
from headwater.model.principal import Principal
from headwater.packs.arguments import Filters, Ref, Refs, Text, WindowText
from headwater.packs.citing import ci_records, seen_by, told
from headwater.packs.naming import Named, find_named
from headwater.ports.inventory import Inventory
from headwater.ports.metrics import Metrics
from headwater.toolkit.cited import Cited
from headwater.toolkit.tool import tool

Seconds = Annotated[float, Field(gt=0, le=3_660 * 86_400, allow_inf_nan=False)]


@tool(
    name="metric.aggregate",
    description="Aggregate a metric's samples over a window; no data is null, never 0.",
    role="reader",
    idempotent=True,
)
async def aggregate(  # noqa: PLR0913 - a tool's parameters are its arguments
    metric: Text,
    *,
    ci_ids: Refs | None = None,
    filters: Filters = (),
    window: WindowText = "last_1h",
    aggregate: Aggregate = "avg",
    group_by: Literal["ci"] | None = None,
    limit: Annotated[int, Field(ge=1, le=5_000, description="The most rows.")] = 500,
    metrics: Metrics,
    inventory: Inventory,
    asked: Asked,
    principal: Principal,
) -> Cited[MetricValue]:
    """Pool the samples of several items (rates are summed), or give a row for each item."""
    alone = ci_ids is not None and not filters and group_by is not None
    ids = _ids_alone(ci_ids or (), most=limit) if alone else None
    named = Named()
    if ci_ids is not None and ids is None:
        named = await find_named(ci_ids, inventory=inventory, principal=principal)
    query = AggregateQuery(
        metric=metric,
        window=parse_window(window, asked.at),
        aggregate=aggregate,
        ci_ids=ids if ids is not None or ci_ids is None else named.ids,
        filters=tuple(filters),
        by_ci=group_by == "ci",
        limit=limit,
    )
    value = await metrics.aggregate(query, principal=principal)
    if ids is not None:  # each item that is there has a row
        there = {row.ci.id for row in value.rows}
        named = Named(unknown=[one for one in ids if one not in there])
    elif ci_ids is not None:
        value = dataclasses.replace(value, cis_requested=named.requested)
    question = told(f"{aggregate} of {metric}", of=ci_ids, where=filters, by=group_by)
    return _cited(value, named, question=question, asked=asked)


def _cited(value: MetricValue, named: Named, *, question: str, asked: Asked) -> Cited[MetricValue]:
    """Return a value with where it came from: the items that have rows, else those named."""
    items = [row.ci for row in value.rows] or named.items
    evidence = Evidence(
        count=value.samples,
        unit="samples",
        records=ci_records(items),
        query=question + named.note,
        window=value.window,
        observed_at=seen_by(value.window, asked.at),
        truncated=value.truncated,
    )
    return Cited(value, (evidence,))


def _ids_alone(refs: Sequence[ItemRef], *, most: int) -> tuple[int, ...] | None:
    """Return the ids of items named by nothing else, each once; None where there are too many."""
    ids = tuple(dict.fromkeys(one for one in refs if isinstance(one, int)))
    named_else = any(isinstance(one, str) for one in refs)
    return ids if len(ids) <= most and not named_else else None


@tool(
    name="metric.series_table",
    description="Give one item's samples of a metric in order of time, raw or in buckets.",
    role="reader",
    idempotent=True,
)
async def series_table(  # noqa: PLR0913 - a tool's parameters are its arguments
    metric: Text,
    ci: Ref,
    *,
    window: WindowText = "last_1h",
    step_s: Annotated[Seconds | None, Field(description="Seconds a bucket; null is raw.")] = None,
    limit: Annotated[int, Field(ge=1, le=10_000)] = 1_000,
    metrics: Metrics,
    inventory: Inventory,
    asked: Asked,
    principal: Principal,
) -> Cited[Series | None]:
    """Give points with their unit, or null where there is no such item."""
    span = parse_window(window, asked.at)
    question = told(f"series of {metric}", of=str(ci), step_s=step_s)
    own_id = ci if isinstance(ci, int) else None
    if own_id is None and (item := await inventory.get(ci, principal=principal)) is not None:
        own_id = item.id
    series: Series | None = None
    if own_id is not None:
        query = SeriesQuery(metric=metric, ci=own_id, window=span, step_s=step_s, limit=limit)
        series = await metrics.series(query, principal=principal)
    if series is None:
        absent = f"{question}; not in the estate: {ci}"
        return Cited(None, (Evidence(count=0, unit="samples", query=absent, window=span),))
    evidence = Evidence(
        count=series.total,
        unit="samples" if step_s is None else "buckets",
        records=ci_records([series.ci]),
        query=question,
        window=span,
        observed_at=series.points[-1].at if series.points else None,
        truncated=series.truncated,
    )
    return Cited(series, (evidence,))
