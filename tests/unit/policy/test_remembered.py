"""What is remembered ends at its time, and never grows over its bound."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from headwater.policy.remembered import Remembered

STEPS = st.lists(
    st.tuples(st.sampled_from([b"a", b"b", b"c", b"d"]), st.integers(0, 9), st.integers(0, 3))
)


def test_what_is_remembered_is_forgotten_at_its_time() -> None:
    known = Remembered[int](2)
    known.put(b"a", 1, until_s=5.0)
    assert known.get(b"a", now_s=4.999) == 1
    assert known.get(b"a", now_s=5.0) is None
    assert len(known) == 0


@given(steps=STEPS)
def test_the_longest_kept_make_room_as_in_a_plain_list(
    steps: list[tuple[bytes, int, int]],
) -> None:
    known, model, now = Remembered[int](2), list[tuple[bytes, int, int]](), 0
    for key, value, wait in steps:
        now += wait
        known.put(key, value, until_s=now + 4)
        others = [one for one in model if one[0] != key]
        model = [*others[-1:], (key, value, now + 4)]
        assert len(known) <= 2
        for one in (b"a", b"b", b"c", b"d"):
            wanted = [held for name, held, until in model if name == one and now < until]
            assert known.get(one, now_s=now) == (wanted[0] if wanted else None)


def test_everything_is_forgotten_at_once() -> None:
    known = Remembered[int](2)
    known.put(b"a", 1, until_s=5.0)
    known.clear()
    assert known.get(b"a", now_s=0) is None
