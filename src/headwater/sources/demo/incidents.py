"""What went wrong in the made-up company, why, and what could be seen of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from headwater.model.history import HistoryRecord

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Effect:
    """How one metric of one item departs from its normal: `value * factor + add`, ramped up."""

    ci: str
    metric: str
    start: timedelta
    end: timedelta
    factor: float = 1.0
    add: float = 0.0
    ramp: timedelta = 10 * MINUTE


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """An incident with its cause; times are before the end of the estate, so positive.

    `end` None is one that goes on. `trigger` is what happened to the cause: kind, when, title.
    """

    code: str
    title: str
    symptom: str
    cause: str
    why: str
    start: timedelta
    end: timedelta | None
    severity: str
    trigger: tuple[str, timedelta, str]
    effects: tuple[Effect, ...]


def _on(
    window: tuple[timedelta, timedelta], *seen: tuple[str, str, float, float]
) -> tuple[Effect, ...]:
    start, end = window
    return tuple(Effect(ci, metric, start, end, factor, add) for ci, metric, factor, add in seen)


_EXPIRED = (11 * DAY + 3 * HOUR, 11 * DAY + 1 * HOUR)
_FULL = (8 * DAY + 6 * HOUR, 8 * DAY + 3 * HOUR)
_LEAK = (4 * DAY + 9 * HOUR, 4 * DAY + 4 * HOUR)
_INDEX = (41 * MINUTE, timedelta(0))

INCIDENTS = (
    Incident(
        code="INC-1018",
        title="Card payments are refused",
        symptom="payments-api",
        cause="card-gateway",
        why="The client certificate of card-gateway expired; the acquirer refused every call.",
        start=_EXPIRED[0],
        end=_EXPIRED[1],
        severity="critical",
        trigger=("event", _EXPIRED[0], "TLS client certificate of card-gateway expired"),
        effects=_on(
            _EXPIRED,
            ("card-gateway", "error_rate", 1, 92),
            ("card-gateway", "latency_ms", 0.3, 0),
            ("payments-api", "error_rate", 1, 71),
            ("checkout-api", "error_rate", 1, 38),
            ("orders-api", "request_rate", 0.45, 0),
        ),
    ),
    Incident(
        code="INC-1023",
        title="Product pages are slow",
        symptom="catalog-api",
        cause="data-host-04",
        why="Log rotation was switched off on data-host-04; its disk filled up and catalog-db "
        "waited for every write.",
        start=_FULL[0],
        end=_FULL[1],
        severity="high",
        trigger=("change", _FULL[0] + 20 * HOUR, "Log rotation switched off for debugging"),
        effects=(
            Effect("data-host-04", "disk_usage", _FULL[0] + 20 * HOUR, _FULL[1], 1, 46, 18 * HOUR),
            *_on(
                _FULL,
                ("catalog-db", "latency_ms", 14, 0),
                ("catalog-db", "connections", 3.2, 0),
                ("catalog-api", "latency_ms", 7, 0),
                ("search-api", "latency_ms", 2.6, 0),
                ("catalog-api", "error_rate", 1, 4),
                ("api-gateway", "latency_ms", 2.1, 0),
            ),
        ),
    ),
    Incident(
        code="INC-1031",
        title="Order confirmations arrive hours late",
        symptom="notifications-queue",
        cause="email-worker",
        why="email-worker 5.12.0 leaked memory and was restarted every few minutes; it was rolled "
        "back to 5.11.3.",
        start=_LEAK[0],
        end=_LEAK[1],
        severity="medium",
        trigger=("deployment", _LEAK[0] + 25 * MINUTE, "Deploy email-worker 5.12.0"),
        effects=(
            Effect("notifications-queue", "queue_depth", *_LEAK, 1, 42_000, 4 * HOUR),
            Effect("email-worker", "memory_utilization", *_LEAK, 1, 46, HOUR),
            *_on(
                _LEAK,
                ("email-worker", "cpu_utilization", 1.7, 10),
                ("email-worker", "error_rate", 1, 22),
                ("email-worker", "latency_ms", 3.5, 0),
            ),
        ),
    ),
    Incident(
        code="INC-1042",
        title="Checkout is slow",
        symptom="checkout-api",
        cause="orders-db",
        why="Migration 0187, deployed to orders-db, dropped the index orders_customer_idx; every "
        "look-up of a customer's orders reads the whole table.",
        start=32 * MINUTE,
        end=None,
        severity="high",
        trigger=("deployment", 47 * MINUTE, "Deploy orders-db schema migration 0187"),
        effects=_on(
            _INDEX,
            ("orders-db", "latency_ms", 38, 0),
            ("orders-db", "cpu_utilization", 2.6, 18),
            ("orders-db", "connections", 4.5, 0),
            ("orders-api", "latency_ms", 9, 0),
            ("orders-api", "error_rate", 1, 6),
            ("checkout-api", "latency_ms", 6.5, 0),
            ("checkout-api", "error_rate", 1, 9),
            ("api-gateway", "latency_ms", 1.8, 0),
            ("order-tracker", "latency_ms", 4, 0),
        ),
    ),
)


def history(now: datetime) -> Iterator[HistoryRecord]:
    """Give what is written of the incidents: what set each off, and the incident itself.

    The cause of the one that goes on is not told: to find it is what the estate is for.
    """
    for one in INCIDENTS:
        kind, before, title = one.trigger
        yield HistoryRecord(
            ci=one.cause,
            kind=kind,
            at=now - before,
            severity="info" if kind == "deployment" else "medium",
            title=title,
            actor="ines" if kind == "deployment" else "kofi",
            attributes={"change": f"CHG-{one.code[4:]}"},
        )
        known = one.end is not None
        yield HistoryRecord(
            ci=one.symptom,
            kind="incident",
            at=now - one.start,
            ended_at=None if one.end is None else now - one.end,
            severity=one.severity,
            title=f"{one.code} {one.title}",
            summary=one.why if known else "Under investigation.",
            actor="on-call",
            attributes={"incident": one.code} | ({"cause": one.cause} if known else {}),
        )
