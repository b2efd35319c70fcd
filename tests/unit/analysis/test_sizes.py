"""How large JSON would be is told without writing it."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from headwater.analysis.sizes import fits

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=30,
)


@given(PLAIN, st.integers(0, 400))
def test_what_fits_is_no_larger_when_written(value: Any, room: int) -> None:
    if fits(value, room):
        assert len(json.dumps(value)) <= room


@given(PLAIN)
def test_what_is_much_smaller_fits(value: Any) -> None:
    assert fits(value, 30 * len(json.dumps(value)) + 60)


def test_a_large_value_is_not_looked_through() -> None:
    class Counted(list):  # type: ignore[type-arg]
        seen = 0

        def __iter__(self) -> Any:
            for one in super().__iter__():
                Counted.seen += 1
                yield one

    assert not fits(Counted(["x" * 100] * 100_000), 1000)
    assert Counted.seen < 20
    assert not fits("x" * 10_000_000, 1000)
    assert not fits(10**1000, 100)
