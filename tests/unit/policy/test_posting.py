"""A notice is tried again where that may help, later each time, and not for ever."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from headwater.policy.posting import PATIENCE_S, WAITS, again_after_s


@given(
    tries=st.integers(1, 200),
    age_s=st.floats(0, PATIENCE_S, exclude_max=True),
    dice=st.floats(0, 1),
    asked_s=st.none() | st.floats(0, 1e9),
)
def test_it_waits_as_long_as_asked_and_no_longer_than_it_must(
    tries: int, age_s: float, dice: float, asked_s: float | None
) -> None:
    wait_s = again_after_s(
        tries=tries, age_s=age_s, retry_safe=True, retry_after_s=asked_s, dice=dice
    )
    assert wait_s is not None
    assert wait_s >= min(asked_s or 0, PATIENCE_S)
    assert wait_s <= max(min(asked_s or 0, PATIENCE_S), WAITS.most_s)


def test_what_may_not_be_tried_again_is_not() -> None:
    for retry_safe, age_s in ((False, 0.0), (None, 0.0), (True, PATIENCE_S)):
        assert (
            again_after_s(tries=1, age_s=age_s, retry_safe=retry_safe, retry_after_s=None, dice=0.5)
            is None
        )
