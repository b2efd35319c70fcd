"""An instant is the same number of microseconds, however many are told at once."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from headwater.analysis.instants import EPOCH, each_from_us, from_us, to_us

ANY_US = st.integers(
    to_us(datetime(1, 1, 2, tzinfo=UTC)), to_us(datetime(9999, 12, 30, tzinfo=UTC))
)


@given(st.lists(ANY_US, max_size=5))
def test_many_instants_are_told_as_each_is(all_us):
    assert each_from_us(all_us) == [from_us(at_us) for at_us in all_us]


@given(ANY_US)
def test_an_instant_comes_back_to_the_microsecond(at_us):
    assert from_us(at_us) == EPOCH + timedelta(microseconds=at_us)
    assert to_us(from_us(at_us)) == at_us
