"""Which event rules the made-up company keeps: some fire in its incidents, some never do."""

from __future__ import annotations

from headwater.model.rule import RuleRecord


def rules() -> tuple[RuleRecord, ...]:
    """Return the rules. `slow-checkout` and `queue-backlog` fire, `host-overload` does not."""
    return (
        RuleRecord(
            code="slow-checkout",
            name="Slow checkout",
            description="Customers wait: checkout-api is over 300 ms for ten minutes.",
            severity="high",
            trigger={
                "type": "metric",
                "metric": "latency_ms",
                "aggregate": "avg",
                "window_s": 600,
                "comparison": "gt",
                "threshold": 300,
                "for_s": 600,
                "ci": "checkout-api",
            },
        ),
        RuleRecord(
            code="queue-backlog",
            name="Queue backlog",
            description="A queue holds over 10,000 messages for half an hour.",
            severity="medium",
            trigger={
                "type": "metric",
                "metric": "queue_depth",
                "aggregate": "min",
                "window_s": 1800,
                "comparison": "gt",
                "threshold": 10_000,
                "for_s": 1800,
            },
        ),
        RuleRecord(
            code="payment-errors",
            name="Payment errors",
            description="More than a tenth of the calls to payments-api fail.",
            severity="critical",
            trigger={
                "type": "metric",
                "metric": "error_rate",
                "aggregate": "avg",
                "window_s": 900,
                "comparison": "gt",
                "threshold": 10,
                "for_s": 900,
                "ci": "payments-api",
            },
        ),
        RuleRecord(
            code="host-overload",
            name="Host overload",
            description="A host is over 95 % processor time for a quarter of an hour.",
            severity="high",
            trigger={
                "type": "metric",
                "metric": "cpu_utilization",
                "aggregate": "avg",
                "window_s": 900,
                "comparison": "gt",
                "threshold": 95,
                "for_s": 900,
                "filters": [{"field": "type", "op": "eq", "value": "host"}],
            },
        ),
        RuleRecord(
            code="database-deployment",
            name="Deployment on a database",
            description="Somebody deployed to a database: look twice.",
            severity="low",
            trigger={
                "type": "event",
                "kinds": ["deployment"],
                "filters": [{"field": "type", "op": "eq", "value": "database"}],
            },
        ),
    )
