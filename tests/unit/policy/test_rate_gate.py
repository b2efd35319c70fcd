"""Whether the gate lets no more through than the host said it takes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from headwater.policy.rate_gate import MOST_S, SECONDARY_S, RateGate


def test_before_anything_is_told_all_may_pass() -> None:
    gate = RateGate()
    assert [gate.admit(0.0) for _ in range(100)] == [0.0] * 100


@given(left=st.integers(0, 50), wanted=st.integers(1, 100))
def test_no_more_pass_than_are_left_and_all_once_the_window_is_over(left: int, wanted: int) -> None:
    gate = RateGate()
    gate.admit(0.0)
    gate.told(remaining=left, window=100, reset_at=60.0)
    gate.ended()
    waits = [gate.admit(1.0) for _ in range(wanted)]
    assert waits.count(0.0) == min(left, wanted)
    assert {wait for wait in waits if wait} <= {59.0}
    assert gate.admit(60.0) == 0.0


@given(st.permutations(range(10)))
def test_answers_that_overtake_each_other_leave_the_least(order: list[int]) -> None:
    gate = RateGate()
    for _ in order:
        gate.admit(0.0)
    for made in order:
        gate.told(remaining=20 - made, window=100, reset_at=60.0)
        gate.ended()
    assert gate.remaining is not None
    assert gate.remaining <= 11


def test_requests_under_way_are_counted_as_made() -> None:
    gate = RateGate()
    for _ in range(4):
        gate.admit(0.0)
    gate.told(remaining=5, window=100, reset_at=60.0)
    assert [gate.admit(1.0) for _ in range(3)] == [0.0, 0.0, 59.0]


def test_an_answer_of_the_window_before_changes_nothing() -> None:
    gate = RateGate()
    gate.told(remaining=5, window=200, reset_at=120.0)
    gate.told(remaining=0, window=100, reset_at=60.0)
    assert gate.admit(1.0) == 0.0


def test_what_did_not_count_is_given_back() -> None:
    gate = RateGate()
    gate.told(remaining=1, window=100, reset_at=60.0)
    assert gate.admit(0.0) == 0.0
    gate.free()
    gate.told(remaining=1, window=100, reset_at=60.0)
    assert gate.admit(0.0) == 0.0
    assert gate.admit(0.0) == 60.0


def test_a_host_that_refuses_is_left_alone_until_its_reset() -> None:
    gate = RateGate()
    gate.used_up(reset_at=30.0)
    assert gate.wait_s(10.0) == gate.admit(10.0) == 20.0
    assert gate.admit(30.0) == 0.0


def test_waits_without_a_time_double_until_an_answer_comes() -> None:
    gate = RateGate()
    assert [gate.slow_down(0.0, wait_s=None) for _ in range(3)] == [60.0, 120.0, 240.0]
    for _ in range(20):
        gate.slow_down(0.0, wait_s=None)
    assert gate.wait_s(0.0) == MOST_S
    gate.answered()
    assert gate.slow_down(MOST_S, wait_s=None) == SECONDARY_S
    assert gate.slow_down(2 * MOST_S, wait_s=7.0) == 7.0
