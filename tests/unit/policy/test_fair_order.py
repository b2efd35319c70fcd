"""The fair order: in turn between tenants, in order within one, and nobody is put off for ever."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.policy.fair_order import FairOrder

TENANTS = ("noisy", "quiet", "third", None)
COMES, IS_TAKEN = "comes", "is taken"


class Desk:
    """Work that waits, taken by its numbers."""

    def __init__(self) -> None:
        self.order = FairOrder()
        self.waiting: list[tuple[int, int, str | None]] = []
        self.came = 0

    def put(self, tenant: str | None) -> int:
        if not self.waiting:
            self.order.nothing_waits()
        self.came += 1
        self.waiting.append((self.order.number(tenant), self.came, tenant))
        return self.came

    def take(self) -> tuple[int, str | None]:
        first = min(self.waiting, key=lambda one: one[:2])
        self.waiting.remove(first)
        self.order.taken(first[0])
        return first[1], first[2]


def test_a_newcomer_is_not_behind_all_that_another_tenant_asked() -> None:
    desk = Desk()
    for _ in range(100):
        desk.put("noisy")
    for _ in range(10):
        desk.take()
    number = desk.put("quiet")
    assert number in {desk.take()[0], desk.take()[0]}


def test_who_comes_back_has_saved_nothing_up() -> None:
    desk = Desk()
    desk.put("quiet")
    for _ in range(100):
        desk.put("noisy")
        desk.take()
    for _ in range(10):
        desk.put("quiet")
        desk.put("noisy")
    whose = [desk.take()[1] for _ in range(10)]
    assert 4 <= whose.count("quiet") <= 6


@settings(max_examples=80, deadline=None)
@given(st.lists(st.sampled_from([*TENANTS, IS_TAKEN, IS_TAKEN]), max_size=60))
def test_tenants_take_turns_in_their_own_order_whatever_comes_when(
    story: list[str | None],
) -> None:
    desk, taken = Desk(), []
    came: dict[str | None, list[int]] = {tenant: [] for tenant in TENANTS}
    since: dict[str | None, int] = dict.fromkeys(TENANTS, 0)
    for one in [*story, *[IS_TAKEN] * len(story)]:
        if one != IS_TAKEN:
            came[one].append(desk.put(one))
        elif desk.waiting:
            waiting = {tenant for _, _, tenant in desk.waiting}
            number, whose = desk.take()
            taken.append((whose, number))
            for tenant in TENANTS:
                since[tenant] = since[tenant] + 1 if tenant in waiting - {whose} else 0
            assert max(since.values()) < 2 * len(TENANTS)
    for tenant in TENANTS:
        assert [number for whose, number in taken if whose == tenant] == came[tenant]
