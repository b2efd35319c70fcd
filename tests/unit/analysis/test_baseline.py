"""A series stands out from its own past at the same hours, or it does not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.analysis.baseline import DAY_S, find_deviation, judged_from, rises

STEP_S = 300.0
DAYS = 8
START_S = 7 * DAY_S


def daily(seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    at = np.arange(0, DAYS * DAY_S, STEP_S)
    noise = np.random.default_rng(seed).normal(0, 2, at.size)
    return at, 100 + 50 * np.sin(2 * np.pi * at / DAY_S) + noise


@pytest.mark.parametrize("seed", range(5))
def test_a_daily_rhythm_with_noise_does_not_stand_out(seed: int) -> None:
    at, values = daily(seed)

    assert find_deviation(at, values, START_S) is None


def test_a_rise_is_found_with_its_onset_level_and_ratio() -> None:
    at, values = daily()
    began = START_S + 10 * 3600
    values[(at >= began) & (at < began + 3600)] *= 3
    found = find_deviation(at, values, START_S)

    assert found is not None
    assert abs(found.since_s - began) <= STEP_S
    assert abs(found.until_s - (began + 3600 - STEP_S)) <= STEP_S
    assert found.ratio == pytest.approx(3, rel=0.1)
    assert found.score > 4
    assert found.peak >= found.level
    assert found.days == pytest.approx(7)


def test_a_value_usual_at_noon_stands_out_at_midnight() -> None:
    at = np.arange(0, DAYS * DAY_S, STEP_S)
    values = np.where((at % DAY_S) // 3600 == 12, 500.0, 100.0)
    assert find_deviation(at, values, START_S) is None
    night = (at >= START_S) & (at < START_S + 1800)
    values[night] = 500.0

    found = find_deviation(at, values, START_S)
    assert found is not None
    assert found.since_s == START_S


def test_one_spike_of_a_single_point_is_not_a_deviation() -> None:
    at, values = daily()
    values[at == START_S + 36_000] *= 10

    assert find_deviation(at, values, START_S) is None


def test_too_little_past_judges_nothing() -> None:
    at, values = daily()

    assert find_deviation(at[-20:], values[-20:], float(at[-10])) is None


def test_a_young_series_is_judged_by_its_own_first_half_and_a_stub_not_at_all() -> None:
    at = np.arange(0, 4 * 3600, STEP_S)

    assert judged_from(at, -1.0) == at[at.size // 2]
    assert judged_from(at, 3600.0) == 3600.0
    assert judged_from(at[:20], -1.0) is None
    assert judged_from(at, 5 * 3600.0) is None
    assert judged_from(at[:0], 0.0) is None


def test_a_counter_reset_counts_the_new_value() -> None:
    at, per_second = rises(np.array([0.0, 10, 20, 30]), np.array([0.0, 100, 20, 40]))

    assert at.tolist() == [10, 20, 30]
    assert per_second.tolist() == [10, 2, 2]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(-1e9, 1e9), min_size=0, max_size=80), st.integers(0, 80))
def test_any_series_is_judged_without_raising(values: list[float], cut: int) -> None:
    at = np.arange(len(values)) * STEP_S
    found = find_deviation(at, np.array(values), cut * STEP_S)

    assert found is None or (0 <= found.strength <= 1 and found.since_s >= cut * STEP_S)


def plainly(at: np.ndarray, values: np.ndarray, start_s: float) -> np.ndarray:
    """Return the scores of the points from `start_s` on, as the definition has it."""
    past, hours = values[at < start_s], (at // 3600 % 24).astype(int)
    low, high = np.percentile(past, [5, 95])
    scores = []
    for hour, value in zip(hours[at >= start_s], values[at >= start_s], strict=True):
        for within in ((hour,), ((hour - 1) % 24, hour, (hour + 1) % 24), range(24)):
            near = past[np.isin(hours[at < start_s], list(within))]
            if near.size >= 12:
                break
        middle = np.median(near)
        spread = 1.4826 * np.median(np.abs(near - middle))
        width = max(spread, 0.05 * abs(middle), 0.1 * (high - low), 1e-12)
        scores.append(np.clip((value - middle) / width, -20, 20))
    return np.array(scores)


@pytest.mark.parametrize("step_s", [37.0, 300.0, 401.0, 1801.0, 5000.0])
def test_few_or_many_points_an_hour_are_scored_as_the_definition_has_it(step_s: float) -> None:
    at = np.arange(0, 3 * DAY_S, step_s)
    values = np.random.default_rng(int(step_s)).normal(100, 10, at.size)
    start_s = 2 * DAY_S
    values[at >= start_s] += 300 * np.sin(at[at >= start_s] / 9_000)
    found = find_deviation(at, values, start_s)
    expected = plainly(at, values, start_s)

    assert found is not None
    judged = at[at >= start_s]
    within = (judged >= found.since_s) & (judged <= found.until_s)
    weightiest = expected[within][np.argmax(np.abs(expected[within]))]
    assert found.score == pytest.approx(weightiest, rel=1e-12)
    assert np.all(np.abs(expected[judged == found.since_s]) >= 4)
