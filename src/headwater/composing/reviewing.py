"""What a review's outcomes show: what stands out, since when and why; it writes no prose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from headwater.analysis.baseline import Deviation, Floats, find_deviation, judged_from, rises
from headwater.analysis.findings import Anomaly, Cause, Happened, rank_causes
from headwater.composing.telling import instant
from headwater.composing.view import View

WEIGHTS = (
    (("latency", "duration", "response"), 1.0),
    (("error", "errors", "fault", "failure", "5xx"), 1.0),
    (("queue", "lag", "backlog"), 0.9),
    (("cpu", "memory", "mem", "disk", "connection", "connections", "saturation"), 0.8),
    (("request", "requests", "throughput", "traffic"), 0.7),
)
"""How telling a metric is of trouble, by the words in its name."""
UTC = ("Z", "+00:00")
OTHERS = 0.6
HARMLESS = 0.2
"""What a fall counts where a rise is the trouble."""
WORTH_FOCUS = 0.2
"""The least weight with which a metric that was asked about comes first."""
_SOUGHT = ("dependencies", "changes", "near_", "suspect_")
"""How the ids of steps begin in which causes are looked for."""
FALLS_HURT = ("availability", "uptime", "request", "throughput", "free", "available", "success")


Series = tuple[str, Mapping[str, Any], Floats]
"""A step, what it gave, and the instants of its points in epoch seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlier:
    """A metric of an item that stands out from its own past, with its weight from 0 to 1."""

    step: str
    ci: Mapping[str, Any]
    metric: str
    unit: str | None
    deviation: Deviation
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """What a review shows.

    Args:
        own: What stands out on the item itself, the weightiest first.
        near: What stands out on what it depends on, one an item.
        causes: What may have caused it, the likeliest first.
        entries: What happened, by the number that causes refer to, with the step that told it.
        held: How many of the item's metrics have samples with a past, and `days` of it at most.
        unread: The steps for the item's metrics without success; nothing is known of those.
        unsought: Steps without success in which a cause might have been found.
    """

    own: tuple[Outlier, ...]
    near: tuple[Outlier, ...]
    causes: tuple[Cause, ...]
    entries: tuple[tuple[str, Mapping[str, Any]], ...]
    held: int
    days: float
    last_s: float | None
    unread: tuple[str, ...]
    unsought: tuple[str, ...]


def review(view: View) -> Reviewed:
    """Return what the outcomes of a review's steps show."""
    steps = own_steps(view)
    series = _series(view, steps)
    own = _outliers(view, series)
    near = _outliers(view, _series(view, [str(one["step"]) for one in view.fact("suspects") or ()]))
    first = {one.ci["id"]: one for one in reversed(near)}
    near = [one for one in near if first[one.ci["id"]] is one]
    entries = _entries(view)
    firsts = [float(at[0]) for _, _, at in series]
    start = view.reading.window.start.timestamp() if view.reading.window else 0.0
    return Reviewed(
        own=tuple(own),
        near=tuple(near),
        causes=tuple(_causes(view, own, near, entries=entries)),
        entries=tuple(entries),
        held=sum(judged_from(at, start) is not None for _, _, at in series),
        days=max((start - min(firsts)) / 86_400, 0.0) if firsts else 0.0,
        last_s=max((float(at[-1]) for _, _, at in series), default=None),
        unread=_unread(view, steps),
        unsought=tuple(
            one.id
            for one in view.ledger.steps
            if one.id.startswith(_SOUGHT) and not view.ledger.succeeded(one.id)
        ),
    )


def _series(view: View, steps: list[str]) -> list[Series]:
    values = [(step, view.value(step)) for step in steps]
    return [(step, one, instants_of(one)) for step, one in values if one and one["points"]]


def own_steps(view: View) -> list[str]:
    """Return the steps for the item's own metrics."""
    return [f"own_{place}" for place in range(1, len(view.reading.metrics) + 1)]


def _unread(view: View, steps: list[str]) -> tuple[str, ...]:
    """Return the steps without success, first that which says which metrics there are."""
    return tuple(one for one in ("resolve_metrics", *steps) if not view.ledger.succeeded(one))


def _outliers(view: View, series: list[Series]) -> list[Outlier]:
    window = view.reading.window
    found: list[Outlier] = []
    if window is None:
        return found
    for step, value, at in series:
        deviation = _deviation(value, at, window.start.timestamp())
        if deviation is not None:
            weight = round(deviation.strength * _weight(view, value["metric"], deviation), 4)
            found.append(
                Outlier(
                    step=step,
                    ci=value["ci"],
                    metric=value["metric"],
                    unit=value.get("unit"),
                    deviation=deviation,
                    weight=weight,
                )
            )
    focus = view.fact("focus") or ()
    return sorted(
        found,
        key=lambda one: (
            one.metric not in focus or one.weight < WORTH_FOCUS,
            -one.weight,
            one.metric,
            one.ci["id"],
        ),
    )


def _deviation(value: Mapping[str, Any], at: Floats, start_s: float) -> Deviation | None:
    """Return where a series from `metric.series_table` stands out from `start_s` on."""
    values = np.array([one["value"] for one in value["points"]], dtype=np.float64)
    if value.get("kind") == "counter" and at.size > 1:
        at, values = rises(at, values)
    judged_s = judged_from(at, start_s)
    return find_deviation(at, values, judged_s) if judged_s is not None else None


def instants_of(value: Mapping[str, Any]) -> Floats:
    """Return a series' instants in epoch seconds."""
    texts = [str(one["at"]) for one in value["points"]]
    joined = ",".join(texts)
    for mark in UTC:  # as tools give them: ten times as fast
        if texts and joined.endswith(mark) and joined.count(f"{mark},") == len(texts) - 1:
            plain = np.array(joined.replace(mark, "").split(","), dtype="datetime64[us]")
            return plain.astype(np.int64) / 1e6
    return np.array([instant(text).timestamp() for text in texts], dtype=np.float64)


def _weight(view: View, metric: str, deviation: Deviation) -> float:
    name = metric.lower()
    weight = next((one for words, one in WEIGHTS if any(word in name for word in words)), OTHERS)
    if metric in (view.fact("focus") or ()):
        weight = 1.0
    hurts = deviation.score > 0 or any(word in name for word in FALLS_HURT)
    return weight if hurts else weight * HARMLESS


def _entries(view: View) -> list[tuple[str, Mapping[str, Any]]]:
    found: dict[int, tuple[str, Mapping[str, Any]]] = {}
    for step in ("changes", "changes_near"):
        for entry in (view.value(step) or {}).get("entries", ()):
            found.setdefault(int(entry["id"]), (step, entry))
    return sorted(found.values(), key=lambda pair: (pair[1]["at"], pair[1]["id"]), reverse=True)


def _causes(
    view: View,
    own: list[Outlier],
    near: list[Outlier],
    *,
    entries: list[tuple[str, Mapping[str, Any]]],
) -> list[Cause]:
    if not own:
        return []
    graph = view.value("dependencies") or {"nodes": [], "edges": []}
    subject = view.reading.items["subject"].id or 0
    depths = {subject: 0, **{int(node["id"]): int(node["depth"]) for node in graph["nodes"]}}
    happened = [
        Happened(
            ref=place,
            ci=int(entry["ci"]["id"]),
            kind=str(entry["kind"]),
            at_s=instant(entry["at"]).timestamp(),
        )
        for place, (_, entry) in enumerate(entries)
    ]
    anomalies = [
        Anomaly(ref=place, ci=int(one.ci["id"]), strength=one.weight, since_s=one.deviation.since_s)
        for place, one in enumerate(near)
    ]
    edges = [(int(edge["source"]["id"]), int(edge["target"]["id"])) for edge in graph["edges"]]
    return rank_causes(own[0].deviation.since_s, happened, anomalies, depths=depths, leans_on=edges)
