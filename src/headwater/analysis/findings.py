"""What most likely caused a symptom, by time and by who depends on whom; it reads no estate."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

CAUSING = {"deployment": 1.0, "change": 0.9, "maintenance": 0.8, "config": 0.9}
"""How often such an entry is a cause; alerts and incidents tell of symptoms."""
TELLING = {"incident": 0.2, "alert": 0.15, "alarm": 0.15, "outage": 0.3}
OTHER = 0.5
FADE_S = 3600.0
EARLIEST_S = 6 * 3600.0
SLACK_S = 600.0
"""An onset is known to within a few buckets: a change may seem to follow it by so much."""
LATE_SLACK_S = 900.0
PER_HOP = 0.75
CALM = 0.6
TROUBLED = 1.15
NOT_DEEPEST = 0.6
WORTH_SAYING = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """A history entry as far as ranking needs it; `ref` is the caller's own."""

    ref: int
    ci: int
    kind: str
    at_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Anomaly:
    """An item whose metric stands out: how strongly (0 to 1) and since when."""

    ref: int
    ci: int
    strength: float
    since_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """A plausible cause with a score from 0 to 1.

    `entry` and `anomaly` are the `ref` of what speaks for it; at least one is given.
    """

    score: float
    ci: int
    entry: int | None = None
    anomaly: int | None = None


def rank_causes(
    onset_s: float,
    happened: Iterable[Happened],
    anomalies: Sequence[Anomaly],
    *,
    depths: Mapping[int, int],
    leans_on: Iterable[tuple[int, int]],
) -> list[Cause]:
    """Return what may have caused a symptom that began at `onset_s`, the likeliest first.

    Args:
        onset_s: When the symptom began, epoch seconds.
        happened: Entries of the item and of what it depends on.
        anomalies: What stands out among its dependencies, at most one an item.
        depths: How many relations away each item is; the item itself at 0.
        leans_on: Pairs of items of which the first depends on the second.
    """
    troubled = {one.ci: one for one in anomalies}
    upstream: dict[int, set[int]] = {}
    for source, target in leans_on:
        if source != target:
            upstream.setdefault(source, set()).add(target)
    causes = [
        Cause(score=score, ci=one.ci, entry=one.ref, anomaly=_ref(troubled.get(one.ci)))
        for one in happened
        if (score := _entry_score(one, onset_s, depths=depths, troubled=troubled)) > 0
    ]
    with_entry = {cause.ci for cause in causes if cause.score >= WORTH_SAYING}
    causes += [
        Cause(
            score=_anomaly_score(one, onset_s, depths=depths, upstream=upstream, troubled=troubled),
            ci=one.ci,
            anomaly=one.ref,
        )
        for one in anomalies
        if one.ci not in with_entry and depths.get(one.ci, 0) > 0
    ]
    return sorted(causes, key=lambda one: (-one.score, one.ci, one.entry or 0))


def _ref(anomaly: Anomaly | None) -> int | None:
    return anomaly.ref if anomaly is not None else None


def _entry_score(
    one: Happened, onset_s: float, *, depths: Mapping[int, int], troubled: Mapping[int, Anomaly]
) -> float:
    before_s = onset_s - one.at_s
    if one.ci not in depths or not -SLACK_S <= before_s <= EARLIEST_S:
        return 0.0
    weight = CAUSING.get(one.kind) or TELLING.get(one.kind, OTHER)
    depth = depths[one.ci]
    company = 1.0 if depth == 0 else TROUBLED if one.ci in troubled else CALM
    score = weight * math.exp(-max(before_s, 0.0) / FADE_S) * PER_HOP**depth * company
    return min(score, 1.0)


def _anomaly_score(
    one: Anomaly,
    onset_s: float,
    *,
    depths: Mapping[int, int],
    upstream: Mapping[int, set[int]],
    troubled: Mapping[int, Anomaly],
) -> float:
    timely = 1.0 if one.since_s <= onset_s + LATE_SLACK_S else 0.4
    deepest = NOT_DEEPEST if upstream.get(one.ci, set()) & troubled.keys() - {one.ci} else 1.0
    return min(one.strength * timely * deepest * 0.9 ** depths.get(one.ci, 1), 1.0)
