"""The way in: by turns, in time or not at all, and nothing left taken."""

from __future__ import annotations

from collections import Counter

import anyio
import pytest
from patience import GUARD_S

from headwater.app.admission import CALM_S, Admission
from headwater.app.settings import Settings
from headwater.errors import LimitError
from headwater.model.principal import Principal
from headwater.testing import jumping_clock

NOISY, QUIET = Principal(tenant="noisy"), Principal(tenant="quiet")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def admission(**changed: int) -> Admission:
    """Return a way in with one place for questions."""
    return Admission(Settings(questions_at_once=1, reads_at_once=1).model_copy(update=changed))


def in_work(way: Admission) -> dict[str, float]:
    """Return what is in work and what waits, over both kinds."""
    found: Counter[str] = Counter()
    for one in way.gauges():
        found[one.name.removeprefix("headwater_admission_")] += int(one.value)
    return {name: found[name] for name in ("in_work", "waiting")}


async def test_who_need_not_wait_keeps_the_whole_budget() -> None:
    way = admission()
    async with way.admitted(NOISY, budget_s=2.0) as left_s:
        assert left_s == 2.0
    async with way.admitted(NOISY) as left_s:
        assert left_s is None
    assert in_work(way) == {"in_work": 0, "waiting": 0}


async def test_what_was_waited_is_taken_off_the_budget() -> None:
    way, done, left = admission(), anyio.Event(), []

    async def second() -> None:
        async with way.admitted(NOISY, budget_s=3.0) as left_s:
            left.append(left_s)

    with anyio.fail_after(GUARD_S):
        async with anyio.create_task_group() as group:
            async with way.admitted(NOISY):
                group.start_soon(second)
                await anyio.wait_all_tasks_blocked()
                assert in_work(way) == {"in_work": 1, "waiting": 1}
            done.set()
    assert left[0] < 3.0
    assert in_work(way) == {"in_work": 0, "waiting": 0}


async def test_reads_do_not_wait_behind_questions() -> None:
    way = admission()
    with anyio.fail_after(GUARD_S):
        async with way.admitted(NOISY), way.admitted(NOISY, read=True) as left_s:
            assert left_s is None


async def test_a_quiet_tenant_does_not_wait_behind_a_noisy_one() -> None:
    way, order = admission(), []

    async def ask(who: Principal) -> None:
        async with way.admitted(who):
            order.append(who.tenant)

    with anyio.fail_after(GUARD_S):
        async with anyio.create_task_group() as group, way.admitted(NOISY):
            for _ in range(20):
                group.start_soon(ask, NOISY)
            await anyio.wait_all_tasks_blocked()
            group.start_soon(ask, QUIET)
            await anyio.wait_all_tasks_blocked()
    assert order.index("quiet") <= 1
    assert len(order) == 21


async def test_who_cannot_be_answered_in_time_is_turned_away_with_a_time_to_come_again() -> None:
    way = admission()
    with anyio.fail_after(GUARD_S):
        async with way.admitted(NOISY):
            with pytest.raises(LimitError) as caught:
                async with way.admitted(NOISY, budget_s=0.05):
                    pytest.fail("let in")
    assert caught.value.code == "limit.overload"
    assert caught.value.retry_after_s is not None
    assert caught.value.retry_after_s >= 1
    assert in_work(way) == {"in_work": 0, "waiting": 0}
    assert way.turned_away == {"overload": 1}


async def test_where_too_many_wait_the_least_critical_are_turned_away() -> None:
    way, ended = admission(most_waiting=2), []

    async def ask(criticality: str) -> None:
        try:
            async with way.admitted(NOISY, criticality=criticality):
                ended.append((criticality, "let in"))
        except LimitError:
            ended.append((criticality, "turned away"))

    with anyio.fail_after(GUARD_S):
        async with anyio.create_task_group() as group, way.admitted(NOISY):
            for one in ("sheddable", "sheddable", "critical", "critical", "sheddable"):
                group.start_soon(ask, one)
                await anyio.wait_all_tasks_blocked()
    assert sorted(ended) == [
        ("critical", "let in"),
        ("critical", "let in"),
        ("sheddable", "turned away"),
        ("sheddable", "turned away"),
        ("sheddable", "turned away"),
    ]


async def test_who_is_turned_away_is_held_a_little_outside_of_the_queue() -> None:
    way, ended = admission(most_waiting=1), []

    async def ask(criticality: str) -> None:
        try:
            async with way.admitted(NOISY, criticality=criticality):
                ended.append("let in")
        except LimitError:
            ended.append("turned away")

    with anyio.fail_after(GUARD_S):
        async with anyio.create_task_group() as group, way.admitted(NOISY):
            group.start_soon(ask, "critical")
            await anyio.wait_all_tasks_blocked()
            group.start_soon(ask, "sheddable")
            await anyio.wait_all_tasks_blocked()
            assert way.turned_away == {"overload": 1}
            assert in_work(way) == {"in_work": 1, "waiting": 1}
            assert ended == [], "nobody is told yet"
    assert ended == ["let in", "turned away"]


@pytest.mark.parametrize("anyio_backend", [pytest.param(jumping_clock(), id="jumping")])
async def test_who_waited_before_being_turned_away_is_told_within_the_budget() -> None:
    way, began_at = admission(), anyio.current_time()
    async with way.admitted(NOISY):
        with pytest.raises(LimitError):
            async with way.admitted(NOISY, budget_s=2.0):
                pytest.fail("let in")
    assert 1.8 <= anyio.current_time() - began_at <= 2.0


@pytest.mark.parametrize("anyio_backend", [pytest.param(jumping_clock(), id="jumping")])
async def test_what_was_learned_in_a_crowd_is_forgotten_when_nobody_was_there_for_a_while() -> None:
    way = admission(questions_at_once=16)

    def places() -> float:
        names = ("headwater_admission_places", {"kind": "question"})
        (found,) = [one.value for one in way.gauges() if (one.name, one.labels) == names]
        return found

    async def ask() -> None:
        async with way.admitted(NOISY, budget_s=2.0):
            await anyio.sleep(2.0)

    async with anyio.create_task_group() as group:
        for _ in range(16):
            group.start_soon(ask)
    assert places() < 16
    await anyio.sleep(CALM_S - 0.1)
    async with way.admitted(NOISY):
        assert places() < 16
    await anyio.sleep(CALM_S)
    async with way.admitted(NOISY):
        assert places() == 16


async def test_who_goes_away_while_waiting_leaves_nothing_taken() -> None:
    way = admission()

    async def ask() -> None:
        async with way.admitted(NOISY):
            pytest.fail("let in")

    with anyio.fail_after(GUARD_S):
        async with way.admitted(NOISY), anyio.create_task_group() as group:
            group.start_soon(ask)
            await anyio.wait_all_tasks_blocked()
            group.cancel_scope.cancel()
        async with way.admitted(QUIET):
            assert in_work(way) == {"in_work": 1, "waiting": 0}
    assert in_work(way) == {"in_work": 0, "waiting": 0}


async def test_who_goes_away_as_the_turn_comes_hands_it_on() -> None:
    way, let_in = admission(), []

    async def ask(name: str, scope: anyio.CancelScope) -> None:
        with scope:
            async with way.admitted(NOISY):
                let_in.append(name)

    with anyio.fail_after(GUARD_S):
        async with anyio.create_task_group() as group:
            first, second = anyio.CancelScope(), anyio.CancelScope()
            async with way.admitted(NOISY):
                group.start_soon(ask, "first", first)
                await anyio.wait_all_tasks_blocked()
                group.start_soon(ask, "second", second)
                await anyio.wait_all_tasks_blocked()
            first.cancel()
    assert "second" in let_in
    assert in_work(way) == {"in_work": 0, "waiting": 0}


async def test_a_tenant_has_no_more_runs_than_it_may() -> None:
    way = Admission(Settings(runs_per_tenant=1))
    async with way.admitted(NOISY):
        with pytest.raises(LimitError) as caught:
            async with way.admitted(NOISY):
                pytest.fail("let in")
        async with way.admitted(QUIET), way.admitted(NOISY, read=True):
            assert caught.value.code == "limit.runs"
    async with way.admitted(NOISY):
        assert way.turned_away == {"runs": 1}
    told = {one.labels["reason"]: one.value for one in way.gauges() if one.kind == "counter"}
    assert told == {"overload": 0, "rate": 0, "runs": 1}


class Counted:
    """Rates that let so many through, and then say when to come again."""

    def __init__(self, most: int) -> None:
        self.left = most
        self.keys: set[str] = set()

    async def take(self, key: str, *, limit: int, per_s: float) -> float:
        del limit
        self.keys.add(key)
        self.left -= 1
        return 0.0 if self.left >= 0 else per_s


async def test_a_key_that_asks_too_often_is_told_when_to_come_again() -> None:
    rates = Counted(2)
    way = Admission(Settings(requests_per_key=2, requests_per_key_s=30), rates)
    await way.count(NOISY)
    await way.count(NOISY)
    with pytest.raises(LimitError) as caught:
        await way.count(NOISY)
    assert (caught.value.code, caught.value.retry_after_s) == ("limit.rate", 30)
    assert rates.keys == {"noisy/local"}


async def test_work_that_takes_no_time_by_the_clock_gives_its_place_back() -> None:
    way = admission(reads_at_once=2)
    for _ in range(200):
        async with way.admitted(NOISY, read=True), way.admitted(QUIET, read=True):
            pass
    assert in_work(way) == {"in_work": 0, "waiting": 0}
