"""Metric triggers over samples against a definition read aloud, instant by instant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.analysis.cep import MAX_EVIDENCE, MetricWatch, samples_window
from headwater.analysis.instants import to_us
from headwater.analysis.trigger import MetricTrigger, parse_trigger
from headwater.model.item import ItemName
from headwater.model.metric import ItemSamples
from headwater.model.rule import Firing
from headwater.model.window import Window

START = datetime(2026, 1, 1, tzinfo=UTC)
PERIOD = Window(START, START + timedelta(seconds=30))
Samples = list[tuple[int, float]]


def trigger_of(**changes: Any) -> MetricTrigger:
    plain = {"type": "metric", "metric": "m", "aggregate": "last", "window_s": 5}
    trigger = parse_trigger({**plain, "comparison": "gte", "threshold": 2, **changes})
    assert isinstance(trigger, MetricTrigger)
    return trigger


def watch(trigger: MetricTrigger, samples: Samples, *, work: int = 10**9) -> list[Firing]:
    """Run a watch over samples at whole seconds from the period's start."""
    at_us = [to_us(START) + second * 1_000_000 for second, _ in samples]
    series = ItemSamples(ci=ItemName(1, "a", "A"), at_us=at_us, values=[one for _, one in samples])
    watching = MetricWatch(trigger, series, period=PERIOD)
    while watching.advance(work):
        pass
    return watching.firings


def spans(firings: list[Firing]) -> list[tuple[float, float]]:
    return [
        ((one.start - START).total_seconds(), (one.end - START).total_seconds()) for one in firings
    ]


def figure(trigger: MetricTrigger, samples: Samples, at: int) -> float | None:
    inside = [value for second, value in samples if at - trigger.window_s < second <= at]
    seconds = [second for second, _ in samples if at - trigger.window_s < second <= at]
    if trigger.aggregate == "rate":
        rises = sum(new - old if new >= old else new for old, new in pairwise(inside))
        return rises / (seconds[-1] - seconds[0]) if len(inside) > 1 else None
    plain: dict[str, Any] = {
        "last": lambda: inside[-1], "max": lambda: max(inside), "count": lambda: len(inside),
        "avg": lambda: sum(inside) / len(inside), "p90": lambda: np.quantile(inside, 0.9),
    }  # fmt: skip
    return float(plain[trigger.aggregate]())


def is_true(trigger: MetricTrigger, samples: Samples, at: int) -> bool:
    found = figure(trigger, samples, at)
    if found is None:
        return False
    compared = {"gte": found >= trigger.threshold, "lt": found < trigger.threshold}
    return compared[trigger.comparison]


def reference(trigger: MetricTrigger, samples: Samples) -> list[tuple[float, float]]:
    """Cut the true instants into streaks, then each streak where it has held for long enough."""
    instants = [second for second, _ in samples if -trigger.for_s <= second < 30]
    streaks: list[list[int]] = [[]]
    ends: list[float] = []
    for place, at in enumerate(instants):
        later = instants[place + 1] if place + 1 < len(instants) else None
        if not is_true(trigger, samples, at):
            continue
        streaks[-1].append(at)
        gone = at + trigger.window_s
        if later is None:
            ends.append(min(30, gone))
        elif later > gone:
            ends.append(gone)
        elif not is_true(trigger, samples, later):
            ends.append(later)
        else:
            continue
        streaks.append([])
    found = []
    for streak, end in zip(streaks, ends, strict=False):
        fired = [at for at in streak if at - streak[0] >= trigger.for_s]
        if fired:
            found.append((float(fired[0]), float(end)))
    return found


@given(
    st.dictionaries(st.integers(-12, 34), st.integers(0, 4), max_size=30),
    st.sampled_from(["last", "avg", "max", "count", "p90", "rate"]),
    st.integers(1, 8),
    st.integers(0, 6),
    st.sampled_from(["gte", "lt"]),
    st.sampled_from([1, 7, 10**9]),
)
def test_firings_are_those_of_the_definition(
    values: dict[int, int], aggregate: str, window_s: int, for_s: int, comparison: str, work: int
) -> None:
    trigger = trigger_of(aggregate=aggregate, window_s=window_s, for_s=for_s, comparison=comparison)
    back = samples_window(trigger, PERIOD)
    first = round((back.start - START).total_seconds())
    samples = [
        (second, float(value)) for second, value in sorted(values.items()) if first <= second < 30
    ]
    firings = watch(trigger, samples, work=work)
    assert spans(firings) == reference(trigger, samples)
    assert all(PERIOD.start <= one.start < PERIOD.end for one in firings)


def test_it_fires_when_the_comparison_has_held_for_long_enough() -> None:
    samples = [(second, 3.0) for second in range(10)] + [(10, 0.0)]
    assert spans(watch(trigger_of(for_s=4), samples)) == [(4.0, 10.0)]
    assert watch(trigger_of(for_s=10), samples) == []


def test_a_gap_as_long_as_the_window_is_no_break_and_a_longer_one_is() -> None:
    assert spans(watch(trigger_of(for_s=5), [(0, 3.0), (5, 3.0)])) == [(5.0, 10.0)]
    assert spans(watch(trigger_of(for_s=0), [(0, 3.0), (6, 3.0)])) == [(0.0, 5.0), (6.0, 11.0)]
    assert watch(trigger_of(for_s=5), [(0, 3.0), (6, 3.0)]) == []


def test_a_window_leaves_out_its_own_start() -> None:
    samples = [(0, 9.0), (5, 0.0)]
    assert spans(watch(trigger_of(aggregate="max"), samples)) == [(0.0, 5.0)]


def test_a_firing_that_outlasts_the_period_ends_with_it() -> None:
    assert spans(watch(trigger_of(), [(29, 3.0)])) == [(29.0, 30.0)]


def test_what_held_before_the_period_counts_and_firings_start_within_it() -> None:
    samples = [(second, 3.0) for second in range(-5, 3)]
    assert spans(watch(trigger_of(for_s=5), samples)) == [(0.0, 7.0)]


def test_evidence_is_the_samples_from_the_first_window_to_the_firing() -> None:
    samples = [(second, 3.0) for second in range(30)]
    (firing,) = watch(trigger_of(for_s=20, window_s=3), samples)
    assert firing.evidence_total == 21
    assert len(firing.evidence) == MAX_EVIDENCE
    assert firing.evidence[0] == {"at": START, "value": 3.0}


def test_no_samples_never_fire() -> None:
    assert watch(trigger_of(comparison="lt"), []) == []


@pytest.mark.parametrize("year", [1, 9999])
def test_the_first_and_last_years_have_a_look_back(year: int) -> None:
    start = datetime(year, 1, 1, tzinfo=UTC)
    window = samples_window(trigger_of(window_s=86_400), Window(start, start + timedelta(days=1)))
    assert window.start <= start
