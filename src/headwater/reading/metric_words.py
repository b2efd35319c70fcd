"""The words people use for metrics and for summing them up, as data; it reads no question."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Family:
    """What people call a kind of metric, and what such metrics are called.

    Args:
        name: The family's own name.
        words: What people say, longest first where one begins another.
        terms: Parts of metric names that belong to it, the most telling first.
        aggregate: How it is summed up where nobody says.
    """

    name: str
    words: tuple[str, ...]
    terms: tuple[str, ...]
    aggregate: str = "avg"


FAMILIES = (
    Family(
        "latency",
        ("response times", "response time", "latencies", "latency", "durations", "duration",
         "delays", "delay", "slowness", "slowest", "speed", "slow", "fast"),
        ("latency", "duration", "response", "delay", "time"),
        "p95",
    ),
    Family(
        "errors",
        ("error ratio", "error rates", "error rate", "errors", "error", "failure rate",
         "failures", "5xx", "exceptions", "exception", "faults", "fault rate"),
        ("error", "errors", "failure", "fault", "5xx", "exception"),
    ),
    Family("cpu", ("processor", "cpu load", "cpus", "cpu"), ("cpu", "processor")),
    Family(
        "memory",
        ("memory", "ram", "mem", "heap", "swap"),
        ("memory", "mem", "ram", "heap", "rss", "swap"),
    ),
    Family(
        "disk",
        ("disk space", "disk", "storage", "file system", "filesystem", "iops", "full"),
        ("disk", "filesystem", "storage", "fs", "iops"),
    ),
    Family(
        "queue",
        ("queue depth", "queue length", "queue size", "consumer lag", "backlog", "lag",
         "messages", "queue"),
        ("queue", "depth", "lag", "backlog", "messages", "pending"),
    ),
    Family(
        "connections",
        ("connection count", "connection pool", "connections", "sessions"),
        ("connection", "connections", "pool", "sessions"),
    ),
    Family(
        "requests",
        ("request rate", "requests per second", "requests", "request", "throughput", "traffic",
         "rps", "qps", "hits", "calls"),
        ("request", "requests", "throughput", "traffic", "rps", "qps", "calls"),
    ),
    Family(
        "network",
        ("network", "bandwidth", "network traffic"),
        ("network", "net", "bandwidth", "bytes", "rx", "tx"),
    ),
    Family("load", ("load average", "load", "busiest", "busy", "loaded"), ("load", "cpu")),
    Family("availability", ("availability", "uptime"), ("availability", "uptime", "up")),
    Family("temperature", ("temperature", "hot"), ("temperature", "temp")),
    Family("saturation", ("saturation",), ("saturation", "utilization")),
    Family("restarts", ("restarts", "restart count"), ("restart", "restarts")),
)  # fmt: skip

AGGREGATES = {
    "median": "p50", "p50": "p50", "p90": "p90", "p95": "p95", "p99": "p99",
    "50th percentile": "p50", "90th percentile": "p90", "95th percentile": "p95",
    "99th percentile": "p99", "tail": "p99",
    "average": "avg", "avg": "avg", "mean": "avg", "typical": "p50",
    "maximum": "max", "max": "max", "peak": "max", "highest": "max", "worst": "max",
    "minimum": "min", "min": "min", "lowest": "min",
    "sum": "sum", "total": "sum", "sum of": "sum",
    "current": "last", "latest": "last", "last": "last", "newest": "last",
    "standard deviation": "stddev", "stddev": "stddev", "std": "stddev", "deviation": "stddev",
    "rate": "rate", "sample count": "count", "number of samples": "count",
}  # fmt: skip
"""Words for sums, by the aggregate that tools call them."""

SAID_OF_ONE = frozenset({"highest", "worst", "lowest", "tail", "last", "latest", "newest"})
"""Aggregates that are also ordinary words: alone they do not make a metric of their neighbours."""

QUALIFIERS = frozenset(
    [
        "usage",
        "utilisation",
        "utilization",
        "use",
        "used",
        "rate",
        "time",
        "times",
        "percent",
        "percentage",
        "level",
        "levels",
        "consumption",
        "of",
        "the",
        "in",
        "free",
        "total",
        "per",
        "second",
        "seconds",
        "ms",
        "metric",
        "metrics",
        "value",
        "values",
        "count",
        "and",
        "its",
        "overall",
        "http",
        "average",
        "response",
        "number",
        "numbers",
        "load",
        "samples",
        "sample",
        "a",
    ]
)
"""Words that may stand beside a metric's word without changing it."""

ALARMING = (
    "latency", "duration", "response", "error", "errors", "fault", "cpu", "memory", "disk",
    "queue", "lag", "backlog", "connection", "connections", "request", "requests", "throughput",
    "availability", "saturation", "utilization",
)  # fmt: skip
"""What a review asks the estate's metric names for; at most 20, the limit of one resolve."""
