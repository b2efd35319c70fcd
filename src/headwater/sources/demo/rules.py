"""Which event rules the made-up company keeps: some fire in its incidents, one never does."""

from __future__ import annotations

from typing import Any

from headwater.model.rule import RuleRecord


def _over(
    metric: str, threshold: float, *, for_s: int, aggregate: str = "avg", **scope: Any
) -> dict[str, Any]:
    """Return a trigger that fires where a metric stays above a threshold."""
    return {
        "type": "metric",
        "metric": metric,
        "aggregate": aggregate,
        "window_s": for_s,
        "comparison": "gt",
        "threshold": threshold,
        "for_s": for_s,
        **scope,
    }


def _of(type_: str) -> list[dict[str, Any]]:
    return [{"field": "type", "op": "eq", "value": type_}]


RULES = (
    RuleRecord(
        code="slow-checkout",
        name="Slow checkout",
        description="Customers wait: checkout-api is over 300 ms for ten minutes.",
        severity="high",
        trigger=_over("latency_ms", 300, for_s=600, ci="checkout-api"),
    ),
    RuleRecord(
        code="queue-backlog",
        name="Queue backlog",
        description="A queue holds over 10,000 messages for half an hour.",
        severity="medium",
        trigger=_over("queue_depth", 10_000, for_s=1800, aggregate="min"),
    ),
    RuleRecord(
        code="payment-errors",
        name="Payment errors",
        description="More than a tenth of the calls to payments-api fail for half an hour.",
        severity="critical",
        trigger=_over("error_rate", 10, for_s=1800, ci="payments-api"),
    ),
    RuleRecord(
        code="host-overload",
        name="Host overload",
        description="A host is over 95 % processor time for a quarter of an hour.",
        severity="high",
        trigger=_over("cpu_utilization", 95, for_s=900, filters=_of("host")),
    ),
    RuleRecord(
        code="database-deployment",
        name="Deployment on a database",
        description="Somebody deployed to a database: look twice.",
        severity="low",
        trigger={"type": "event", "kinds": ["deployment"], "filters": _of("database")},
    ),
)
"""All but `host-overload` fire within the two weeks."""
