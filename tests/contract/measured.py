"""How the contract tests load and ask for metrics, in seconds after the start."""

from __future__ import annotations

from typing import Any

from contract.estates import (
    MINE,
    Ports,
    at_us,
    rows,
    window,
)
from headwater.model.load import LoadCount
from headwater.model.metric import AggregateQuery, MetricRecord
from headwater.model.principal import Principal

ALL_TIME = window(-(10**7), 10**7)
FIRST_PAGE = (0, -(2**63))


async def declare(ports: Ports, *metrics: MetricRecord, **of: Any) -> LoadCount:
    """Load metrics."""
    principal, replace = of.pop("principal", MINE), of.pop("replace", False)
    return await ports.metrics.load(rows(metrics, **of), replace=replace, principal=principal)


async def load(ports: Ports, *samples: tuple[str, str, float, float], **of: Any) -> LoadCount:
    """Load samples whose instants are seconds after the start."""
    principal, replace = of.pop("principal", MINE), of.pop("replace", False)
    made = [(metric, code, at_us(second), value) for metric, code, second, value in samples]
    return await ports.metrics.load_samples(rows(made, **of), replace=replace, principal=principal)


async def aggregate(ports: Ports, kind: str, span: Any = ALL_TIME, **query: Any) -> Any:
    """Aggregate `cpu`, unless another metric is named."""
    principal = query.pop("principal", MINE)
    asked = {"metric": "cpu", "window": span, "aggregate": kind} | query
    return await ports.metrics.aggregate(AggregateQuery(**asked), principal=principal)


async def every_sample(ports: Ports, principal: Principal = MINE) -> list[Any]:
    """Return all samples that a tenant has."""
    page, _ = await ports.metrics.batch(FIRST_PAGE, limit=10**6, principal=principal)
    return page
