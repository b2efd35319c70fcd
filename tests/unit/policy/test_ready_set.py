"""Which steps may start."""

import random

from hypothesis import given
from hypothesis import strategies as st

from headwater.policy.ready_set import ReadySet, find_order


@st.composite
def acyclic(draw):
    names = [f"s{n}" for n in range(draw(st.integers(0, 12)))]
    return {
        name: draw(st.sets(st.sampled_from(names[:place]))) if place else set()
        for place, name in enumerate(names)
    }


@given(acyclic(), st.randoms(use_true_random=False))
def test_every_step_starts_once_and_only_after_all_it_waits_for(waits, dice: random.Random):
    ready = ReadySet(waits)
    running, ended, started = list(ready.first()), set(), []
    started.extend(running)
    while running:
        step = running.pop(dice.randrange(len(running)))
        assert waits[step] <= ended
        ended.add(step)
        following = ready.ended(step)
        started.extend(following)
        running.extend(following)
    assert sorted(started) == sorted(waits)


@given(acyclic())
def test_depth_counts_the_longest_way(waits):
    depth, cyclic = find_order(waits)
    assert cyclic == []

    def slow(step):
        return 1 + max((slow(one) for one in waits[step]), default=-1)

    assert depth == {step: slow(step) for step in waits}


def test_a_cycle_and_what_is_behind_it_is_named():
    depth, cyclic = find_order({"a": {"c"}, "b": {"a"}, "c": {"b"}, "d": {"c"}, "e": set()})
    assert depth == {"e": 0}
    assert cyclic == ["a", "b", "c", "d"]


def test_what_is_no_step_counts_as_ended():
    assert ReadySet({"a": {"elsewhere"}}).first() == ["a"]
