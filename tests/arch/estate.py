"""A small estate that the tests of the house and of the docs ask real questions of."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

ITEMS: list[dict[str, Any]] = [
    {"code": "storefront", "name": "Storefront", "type": "application", "owner": "web"},
    {"code": "checkout-api", "name": "checkout-api", "type": "service", "owner": "payments",
     "criticality": "critical", "status": "active", "tags": {"tier": "1"}},
    {"code": "orders-api", "name": "orders-api", "type": "service", "owner": "orders",
     "criticality": "high", "status": "active", "tags": {"tier": "1"}},
    {"code": "orders-db", "name": "orders-db", "type": "database", "owner": "orders",
     "criticality": "critical", "status": "active", "tags": {"tier": "1"}},
    {"code": "host-1", "name": "host-1", "type": "host", "location": "Bergen",
     "status": "active", "attributes": {"cores": 8}},
    {"code": "host-2", "name": "host-2", "type": "host", "location": "Oslo",
     "status": "active", "attributes": {"cores": 16}},
]  # fmt: skip
RELATIONS = [
    {"source": "storefront", "target": "checkout-api", "type": "depends_on"},
    {"source": "checkout-api", "target": "orders-api", "type": "depends_on"},
    {"source": "orders-api", "target": "orders-db", "type": "depends_on"},
    {"source": "orders-db", "target": "host-1", "type": "runs_on"},
    {"source": "orders-api", "target": "host-2", "type": "runs_on"},
]
METRICS = [
    {"name": "latency_ms", "unit": "ms", "kind": "gauge"},
    {"name": "requests_total", "unit": "requests", "kind": "counter"},
]
RULES = [
    {"code": "slow-checkout", "name": "Checkout is slow",
     "trigger": {"type": "metric", "metric": "latency_ms", "aggregate": "avg", "window_s": 300,
                 "comparison": "gt", "threshold": 500}},
]  # fmt: skip


def write_bundle(folder: Path, *, now: datetime | None = None) -> Path:
    """Write the estate as a bundle whose last sample is a minute before `now`."""
    end = (now or datetime.now(UTC)).replace(second=0, microsecond=0)
    history = [
        {"ci": "orders-db", "kind": "deployment", "at": (end - timedelta(hours=3)).isoformat(),
         "title": "release 2026.11", "actor": "deployer"},
        {"ci": "orders-db", "kind": "incident", "at": (end - timedelta(hours=2)).isoformat(),
         "severity": "high", "title": "slow queries"},
    ]  # fmt: skip
    samples = [
        f"{metric},{ci},{(end - timedelta(minutes=back)).isoformat()},{value(metric, back)}\n"
        for metric in ("latency_ms", "requests_total")
        for ci in ("checkout-api", "orders-api")
        for back in range(180, 0, -1)
    ]
    folder.mkdir(parents=True, exist_ok=True)
    parts: dict[str, list[dict[str, Any]]] = {
        "items": ITEMS, "relations": RELATIONS, "metrics": METRICS, "history": history,
        "rules": RULES,
    }  # fmt: skip
    for name, rows in parts.items():
        lines = "".join(f"{json.dumps(row)}\n" for row in rows)
        (folder / f"{name}.jsonl").write_text(lines, "utf-8")
    (folder / "samples.csv").write_text("metric,ci,at,value\n" + "".join(samples), "utf-8")
    return folder


def value(metric: str, back: int) -> float:
    """Return a sample's value so many minutes back: slow for a while, or ever more requests."""
    if metric == "requests_total":
        return 60.0 * (180 - back)
    return 900.0 if 20 <= back < 40 else 100.0 + back % 7
