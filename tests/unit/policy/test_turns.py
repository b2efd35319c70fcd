"""Turns: tenants in turn, the least critical first to go, nobody lost and nobody served twice."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from headwater.policy.turns import CRITICALITIES, Turns


def busy(places: int = 1, most_waiting: int = 100) -> Turns:
    """Return turns whose places are all taken."""
    turns = Turns(places, most_waiting=most_waiting)
    while turns.enter():
        pass
    return turns


def drained(turns: Turns) -> list[object]:
    """Return who is served, in order."""
    served = []
    while turns.waiting:
        served.append(turns.leave(0.01, now=1.0))
    return served


def test_a_place_is_had_at_once_while_there_is_one() -> None:
    turns = Turns(2, most_waiting=10)
    assert [turns.enter(), turns.enter(), turns.enter()] == [True, True, False]
    assert turns.leave(0.1, now=0.0) is None
    assert turns.enter()


def test_tenants_take_turns_however_much_one_of_them_asks() -> None:
    turns = busy()
    for number in range(20):
        turns.wait(("noisy", number), "noisy", "normal", now=0.0)
    for number in range(2):
        turns.wait(("quiet", number), "quiet", "normal", now=0.0)
    served = drained(turns)
    assert [served.index(("quiet", number)) for number in range(2)] == [1, 3]
    assert [one for one in served if one[0] == "noisy"] == [("noisy", n) for n in range(20)]


def test_the_critical_of_a_tenant_are_served_first() -> None:
    turns = busy()
    for one in ("sheddable", "normal", "critical"):
        turns.wait(one, "a", one, now=0.0)
    assert drained(turns) == ["critical", "normal", "sheddable"]


def test_the_least_critical_of_whoever_has_most_goes_first() -> None:
    turns = busy(most_waiting=4)
    for number in range(3):
        assert turns.wait(f"a{number}", "a", "sheddable", now=0.0) is None
    assert turns.wait("b0", "b", "normal", now=0.0) is None
    assert turns.wait("b1", "b", "critical", now=0.0) == "a2"
    assert turns.wait("b2", "b", "sheddable", now=0.0) == "a1"
    assert turns.wait("c0", "c", "normal", now=0.0) in {"a0", "b2"}
    assert {"b0", "b1", "c0"} < set(drained(turns))


def test_who_matters_no_more_than_those_who_wait_is_turned_away() -> None:
    turns = busy(most_waiting=2)
    turns.wait("a", "a", "critical", now=0.0)
    turns.wait("b", "b", "critical", now=0.0)
    for one in CRITICALITIES:
        assert turns.wait("late", "c", one, now=0.0) == "late"
    assert drained(turns) == ["a", "b"]


def test_who_goes_away_is_not_served() -> None:
    turns = busy()
    turns.wait("a", "t", "normal", now=0.0)
    turns.wait("b", "t", "normal", now=0.0)
    assert turns.forget("a", "t")
    assert not turns.forget("a", "t")
    assert drained(turns) == ["b"]
    assert turns.waiting == 0


def test_fewer_places_are_left_as_those_who_have_them_leave() -> None:
    turns = busy(places=3)
    assert turns.resize(1) == []
    turns.wait("a", "t", "normal", now=0.0)
    assert turns.leave(0.1, now=0.1) is None
    assert turns.leave(0.1, now=0.1) is None
    assert turns.leave(0.1, now=0.1) == "a"
    turns.wait("b", "t", "normal", now=0.1)
    assert turns.resize(2) == ["b"]


def test_the_wait_is_told_by_the_pace_of_late_and_unknown_at_first() -> None:
    turns = busy(places=1, most_waiting=1_000)
    for number in range(100):
        turns.wait(number, "a", "normal", now=0.0)
    assert turns.expected_s("a", "normal", now=4.0) == 0.0
    for number in range(50):
        turns.leave(0.01, now=0.08 * (number + 1))
    assert turns.expected_s("a", "normal", now=0.5) == 0.0
    assert 3.2 < turns.expected_s("a", "normal", now=4.0) < 4.8
    assert turns.expected_s("b", "normal", now=4.0) < 0.4


def test_what_takes_long_leaves_less_time_to_wait() -> None:
    turns = busy()
    before_s = turns.patience_s(2.0, "normal")
    turns.leave(1.0, now=0.0)
    assert turns.patience_s(2.0, "normal") < before_s
    assert turns.patience_s(0.05, "normal") == 0.0


class AnyTurns(RuleBasedStateMachine):
    """Against a plain list of who waits: nobody is lost, nobody is served twice."""

    def __init__(self) -> None:
        super().__init__()
        self.turns = Turns(3, most_waiting=6)
        self.waiting: dict[int, str] = {}
        self.taken = 0
        self.number = 0

    @rule(tenant=st.sampled_from("abc"), criticality=st.sampled_from(CRITICALITIES))
    def come(self, tenant: str, criticality: str) -> None:
        self.number += 1
        if self.turns.enter():
            self.taken += 1
            return
        pushed_out = self.turns.wait(self.number, tenant, criticality, now=0.0)  # type: ignore[arg-type]
        self.waiting[self.number] = tenant
        if pushed_out is not None:
            del self.waiting[pushed_out]  # type: ignore[arg-type]

    @precondition(lambda self: self.taken)
    @rule()
    def leave(self) -> None:
        following = self.turns.leave(0.1, now=0.0)
        if following is None:
            self.taken -= 1
        else:
            del self.waiting[following]  # type: ignore[arg-type]

    @precondition(lambda self: self.waiting)
    @rule(data=st.data())
    def go_away(self, data: st.DataObject) -> None:
        number = data.draw(st.sampled_from(sorted(self.waiting)))
        assert self.turns.forget(number, self.waiting.pop(number))

    @rule(places=st.integers(1, 5))
    def resize(self, places: int) -> None:
        for one in self.turns.resize(places):
            del self.waiting[one]  # type: ignore[arg-type]
            self.taken += 1

    @invariant()
    def counts_agree(self) -> None:
        assert self.turns.taken == self.taken
        assert self.turns.waiting == len(self.waiting) <= 6

    @invariant()
    def nobody_waits_beside_a_free_place(self) -> None:
        assert not (self.waiting and self.taken < self.turns.places)


TestAnyTurns = AnyTurns.TestCase
TestAnyTurns.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


@given(
    shares=st.lists(st.integers(1, 40), min_size=2, max_size=5),
    served=st.integers(1, 30),
)
@settings(max_examples=60, deadline=None)
def test_nobody_who_waits_is_served_less_than_his_share(shares: list[int], served: int) -> None:
    turns = busy(most_waiting=1_000)
    for tenant, asked in enumerate(shares):
        for number in range(asked):
            turns.wait((tenant, number), str(tenant), "normal", now=0.0)
    got = [0] * len(shares)
    for _ in range(min(served, sum(shares))):
        tenant, _number = turns.leave(0.01, now=0.0)  # type: ignore[misc]
        got[tenant] += 1
    for tenant, asked in enumerate(shares):
        assert got[tenant] >= min(asked, max(got) - 1)
