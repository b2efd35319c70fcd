"""A limit that follows latency."""

from hypothesis import given
from hypothesis import strategies as st

from headwater.policy.gradient import SAMPLES, Gradient


def settle(gradient, took_s, rounds=50):
    for _ in range(rounds * SAMPLES):
        gradient.ended(took_s, at_once=gradient.limit)
    return gradient.limit


def test_it_starts_at_the_most():
    assert Gradient(most=16).limit == 16


def test_flat_latency_leaves_it_at_the_most():
    assert settle(Gradient(most=32), 0.01) == 32


def test_rising_latency_makes_it_shrink():
    gradient = Gradient(most=64)
    settle(gradient, 0.01)
    limit = gradient.limit
    for _ in range(3 * SAMPLES):
        gradient.ended(0.1, at_once=gradient.limit)
    assert gradient.limit < limit * 0.9


def test_it_grows_again_when_latency_falls():
    gradient = Gradient(most=64)
    settle(gradient, 0.01)
    for _ in range(10 * SAMPLES):
        gradient.ended(0.2, at_once=gradient.limit)
    low = gradient.limit
    assert low < 40
    assert settle(gradient, 0.01) == 64


def test_a_lasting_change_does_not_hold_it_down_for_ever():
    gradient = Gradient(most=32)
    settle(gradient, 0.01)
    assert settle(gradient, 0.05, rounds=400) == 32


def test_a_refusal_halves_it_at_once():
    gradient = Gradient(most=32)
    assert gradient.refused() == 16
    assert gradient.refused() == 8


def test_calls_without_company_tell_nothing_of_load():
    gradient = Gradient(most=32)
    for took_s in (0.01, 5.0) * 500:
        gradient.ended(took_s, at_once=1)
    assert gradient.limit == 32


@given(
    st.lists(st.one_of(st.none(), st.tuples(st.floats(0, 1e3), st.integers(0, 100))), max_size=300),
    st.integers(1, 8),
    st.integers(1, 64),
)
def test_it_never_leaves_its_bounds(ends, least, most):
    gradient = Gradient(most=most, least=least)
    for end in ends:
        limit = gradient.refused() if end is None else gradient.ended(end[0], at_once=end[1])
        assert least <= limit <= max(least, most)


def test_calls_that_took_no_time_by_a_coarse_clock_are_borne():
    gradient = Gradient(most=8)
    settle(gradient, 0.01, rounds=2)
    assert settle(gradient, 0.0) == 8
