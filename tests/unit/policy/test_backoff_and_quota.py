"""Waits between tries, and how many retries there may be."""

from hypothesis import given
from hypothesis import strategies as st

from headwater.policy.backoff import Backoff
from headwater.policy.budget import clean_up_s, composing_share_s, optional_end
from headwater.policy.quota import RetryQuota

share = st.floats(min_value=0, max_value=1)


@given(tries=st.integers(1, 10_000), dice=share, after=st.none() | st.floats(0, 100))
def test_a_wait_is_within_its_bounds_and_never_before_what_was_asked_for(tries, dice, after):
    wait_s = Backoff(first_s=0.1, most_s=3).wait_s(tries, dice=dice, retry_after_s=after)
    assert wait_s >= (after or 0)
    assert wait_s <= max(3.0, after or 0)


def test_the_wait_doubles_until_its_most():
    backoff = Backoff(first_s=0.1, most_s=1)
    assert [backoff.wait_s(n, dice=1) for n in (1, 2, 3, 4, 5)] == [0.1, 0.2, 0.4, 0.8, 1]


@given(st.lists(st.booleans(), max_size=2000))
def test_retries_are_a_tenth_of_the_successes_and_ten_more(ends):
    quota, retries = RetryQuota(), 0
    for good in ends:
        if good:
            quota.earn()
        else:
            retries += quota.spend()
    assert retries <= 10 + ends.count(True) / 10 + 1e-6


@given(st.floats(0.05, 60))
def test_little_is_kept_back_for_composing(budget_s):
    assert 0.015 <= composing_share_s(budget_s) <= 0.05
    assert composing_share_s(budget_s) <= 0.3 * budget_s


@given(st.floats(0, 100), st.floats(0, 100))
def test_an_optional_step_before_a_required_one_has_half_the_time(now, left_s):
    assert now <= optional_end(now, now + left_s) <= now + left_s


@given(st.floats(0.05, 60))
def test_clean_up_ends_before_the_answer_is_due_and_leaves_time_to_compose_it(budget_s):
    share_s = composing_share_s(budget_s)
    grace_s = clean_up_s(budget_s - share_s, most_s=0.02)
    assert 0 < 1.5 * grace_s <= 0.75 * share_s
    assert grace_s <= 0.02
