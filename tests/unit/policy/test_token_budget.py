"""Tokens a day: whatever is reserved and settled, no tenant passes its budget."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.policy.token_budget import TokenBudget

TODAY = date(2026, 11, 21)
requests = st.lists(
    st.tuples(st.sampled_from("ab"), st.integers(0, 60), st.floats(0, 1)), max_size=40
)


@settings(max_examples=100)
@given(requests, st.integers(1, 100), st.integers(1, 4))
def test_what_is_used_and_reserved_never_passes_the_most(
    asked: list[tuple[str, int, float]], most: int, at_once: int
) -> None:
    budget = TokenBudget(most=most)
    waiting: list[tuple[str, int, float]] = []
    used = {"a": 0, "b": 0}
    for tenant, tokens, share in asked:
        held = sum(one for who, one, _ in waiting if who == tenant)
        taken = budget.reserve(tenant, tokens, day=TODAY)
        assert taken == (used[tenant] + held + tokens <= most)
        if taken:
            waiting.append((tenant, tokens, share))
        if len(waiting) >= at_once:
            who, reserved, part = waiting.pop(0)
            took = int(part * reserved)
            budget.settle(who, reserved=reserved, used=took, day=TODAY)
            used[who] += took
        assert all(budget.used(who, day=TODAY) <= most for who in "ab")


def test_a_new_day_begins_at_nothing_and_the_old_ones_ends_do_not_count_in_it() -> None:
    budget, tomorrow = TokenBudget(most=10), TODAY + timedelta(days=1)
    assert budget.reserve("a", 10, day=TODAY)
    assert not budget.reserve("a", 1, day=TODAY)
    assert budget.reserve("a", 4, day=tomorrow)
    budget.settle("a", reserved=10, used=10, day=TODAY)
    assert budget.used("a", day=tomorrow) == 4
    assert budget.used("a", day=TODAY) == 0


def test_a_clock_that_goes_back_gives_no_second_budget() -> None:
    budget, tomorrow = TokenBudget(most=10), TODAY + timedelta(days=1)
    assert budget.reserve("a", 10, day=tomorrow)
    assert not budget.reserve("a", 1, day=TODAY)


def test_nothing_is_the_limit_of_none() -> None:
    budget = TokenBudget(most=0)
    assert budget.reserve("a", 10**9, day=TODAY)
    assert budget.used("a", day=TODAY) == 10**9
