"""Causes come before what they cause, on what it depends on; symptoms are no causes."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.analysis.findings import WORTH_SAYING, Anomaly, Cause, Happened, rank_causes
from headwater.analysis.screening import screen

ONSET_S = 100_000.0
DEPTHS = {1: 0, 2: 1, 3: 2, 4: 1}
EDGES = ((1, 2), (2, 3), (1, 4))


def happened(ref: int, ci: int, before_s: float, kind: str = "deployment") -> Happened:
    return Happened(ref=ref, ci=ci, kind=kind, at_s=ONSET_S - before_s)


def rank(*entries: Happened, anomalies: tuple[Anomaly, ...] = ()) -> list[Cause]:
    return rank_causes(ONSET_S, entries, anomalies, depths=DEPTHS, leans_on=EDGES)


def test_the_change_nearer_before_the_onset_is_likelier() -> None:
    assert [one.entry for one in rank(happened(0, 1, 7200), happened(1, 1, 300))] == [1, 0]


def test_a_change_after_the_onset_or_long_before_is_no_cause() -> None:
    assert rank(happened(0, 1, -3600), happened(1, 1, 8 * 3600)) == []


def test_a_deployment_outweighs_the_alert_that_told_of_the_symptom() -> None:
    first, second = rank(happened(0, 1, 60, "alert"), happened(1, 1, 600))

    assert (first.entry, second.entry) == (1, 0)
    assert second.score < WORTH_SAYING


def test_a_change_on_a_dependency_counts_more_where_that_one_is_in_trouble() -> None:
    entry = happened(0, 2, 300)
    calm = rank(entry)[0].score
    troubled = rank(entry, anomalies=(Anomaly(ref=0, ci=2, strength=0.8, since_s=ONSET_S),))[0]

    assert troubled.score > calm
    assert (troubled.entry, troubled.anomaly) == (0, 0)


def test_the_deepest_of_two_troubled_dependencies_is_likelier() -> None:
    near = Anomaly(ref=0, ci=2, strength=0.8, since_s=ONSET_S)
    deep = Anomaly(ref=1, ci=3, strength=0.8, since_s=ONSET_S)

    assert [one.ci for one in rank(anomalies=(near, deep))] == [3, 2]


def test_a_dependency_that_fell_ill_later_is_less_likely() -> None:
    late = Anomaly(ref=0, ci=2, strength=0.8, since_s=ONSET_S + 7200)
    timely = Anomaly(ref=1, ci=4, strength=0.8, since_s=ONSET_S - 60)

    assert [one.ci for one in rank(anomalies=(late, timely))] == [4, 2]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 5), st.floats(-1e6, 1e6)), max_size=8),
    st.lists(st.tuples(st.integers(1, 5), st.floats(0, 1)), max_size=5, unique_by=lambda p: p[0]),
)
def test_scores_stay_between_zero_and_one_and_fall(
    entries: list[tuple[int, float]], troubled: list[tuple[int, float]]
) -> None:
    found = rank(
        *(happened(ref, ci, before) for ref, (ci, before) in enumerate(entries)),
        anomalies=tuple(
            Anomaly(ref=ref, ci=ci, strength=strength, since_s=ONSET_S)
            for ref, (ci, strength) in enumerate(troubled)
        ),
    )
    scores = [one.score for one in found]

    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)


def test_screening_keeps_what_stands_above_its_day_before_the_most_striking_first() -> None:
    found = screen([("cpu", {1: 90, 2: 50, 3: 70}, {1: 30, 2: 49}), ("lag", {2: 5}, {2: 0})])

    assert [(one.ci, one.metric) for one in found] == [(2, "lag"), (1, "cpu")]
