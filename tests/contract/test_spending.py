"""What language models cost is counted alike behind every adapter, and no bound is ever passed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import date, timedelta
from pathlib import Path

import anyio
import pytest
from patience import GUARD_S

from contract.estates import MINE, OTHERS
from contract.places import Place, emptied
from headwater.model.spending import Amount, Bounds, Spent, Used
from headwater.ports.spending import Spending
from headwater.stores.memory.spending import MemorySpending
from headwater.stores.sql.spending import SqlSpending
from headwater.stores.sql.sqlite_database import SqliteDatabase

TODAY = date(2026, 11, 21)
FREE = Bounds()
TEN = Amount(tokens=10, micros=30)


@pytest.fixture
async def accounts(
    adapter: str, place: Place | None, tmp_path: Path
) -> AsyncIterator[tuple[Spending, Spending]]:
    """Give the accounts as two processes see them; in memory there is one."""
    async with AsyncExitStack() as stack:
        if place is not None:
            database = await stack.enter_async_context(emptied(place))
            yield SqlSpending(database), SqlSpending(database)
        elif adapter == "sqlite":
            both = []
            for _ in range(2):
                one = await SqliteDatabase.open(tmp_path / "runs.db", schema="runs")
                stack.push_async_callback(one.close)
                both.append(SqlSpending(one))
            yield both[0], both[1]
        else:
            one_alone = MemorySpending()
            yield one_alone, one_alone


@pytest.fixture
def spending(accounts: tuple[Spending, Spending]) -> Spending:
    return accounts[0]


async def reserve(
    spending: Spending,
    bounds: Bounds = FREE,
    amount: Amount = TEN,
    *,
    day: date = TODAY,
    run_id: str | None = "r-1",
) -> str:
    return await spending.reserve(amount, bounds=bounds, day=day, run_id=run_id, principal=MINE)


async def test_what_was_used_takes_the_place_of_what_was_set_aside(spending: Spending) -> None:
    assert await reserve(spending) == ""
    held = Spent(requests=1, reserved_tokens=10, reserved_micros=30)
    assert await spending.of_day(TODAY, principal=MINE) == held
    used = Used(input_tokens=4, output_tokens=2, micros=9)
    await spending.settle(TEN, used, day=TODAY, run_id="r-1", principal=MINE)
    settled = Spent(requests=1, input_tokens=4, output_tokens=2, micros=9)
    assert await spending.of_day(TODAY, principal=MINE) == settled
    assert await spending.of_run("r-1", principal=MINE) == settled
    assert settled.most == Amount(tokens=6, micros=9)


async def test_days_runs_and_tenants_have_accounts_of_their_own(spending: Spending) -> None:
    await reserve(spending, run_id="r-1")
    await reserve(spending, run_id="r-2")
    await reserve(spending, run_id=None)
    await reserve(spending, day=TODAY + timedelta(days=1))
    assert (await spending.of_day(TODAY, principal=MINE)).requests == 3
    assert (await spending.of_run("r-2", principal=MINE)).requests == 1
    assert (await spending.of_run("r-1", principal=MINE)).requests == 2, "also past midnight"
    for other in (
        await spending.of_day(TODAY, principal=OTHERS),
        await spending.of_run("r-1", principal=OTHERS),
        await spending.of_run("r-9", principal=MINE),
        await spending.of_day(TODAY - timedelta(days=1), principal=MINE),
    ):
        assert other == Spent()


@pytest.mark.parametrize(
    ("bounds", "passed"),
    [
        (Bounds(tokens_per_day=19), "tokens_per_day"),
        (Bounds(micros_per_day=59), "cost_per_day"),
        (Bounds(tokens_per_run=19), "tokens_per_run"),
        (Bounds(micros_per_run=59), "cost_per_run"),
        (Bounds(tokens_per_day=20, tokens_per_run=20, micros_per_day=60, micros_per_run=60), ""),
    ],
)
async def test_a_bound_that_would_be_passed_sets_nothing_aside_in_either_account(
    spending: Spending, bounds: Bounds, passed: str
) -> None:
    assert await reserve(spending, bounds) == ""
    assert await reserve(spending, bounds) == passed
    requests = 1 if passed else 2
    assert (await spending.of_day(TODAY, principal=MINE)).requests == requests
    assert (await spending.of_run("r-1", principal=MINE)).requests == requests


async def test_what_is_set_aside_and_never_settled_counts_until_its_day_is_over(
    spending: Spending,
) -> None:
    bounds = Bounds(tokens_per_day=10)
    assert await reserve(spending, bounds, run_id="r-1") == ""
    assert await reserve(spending, bounds, run_id="r-2") == "tokens_per_day"
    assert await reserve(spending, bounds, run_id="r-2", day=TODAY + timedelta(days=1)) == ""


async def test_those_who_ask_at_once_do_not_pass_a_bound_together(
    accounts: tuple[Spending, Spending],
) -> None:
    bounds = Bounds(tokens_per_day=70, tokens_per_run=40)
    ends: list[tuple[str, str]] = []

    async def ask(spending: Spending, run_id: str) -> None:
        ends.append((run_id, await reserve(spending, bounds, run_id=run_id)))

    with anyio.fail_after(GUARD_S):
        async with anyio.create_task_group() as group:
            for number in range(24):
                group.start_soon(ask, accounts[number % 2], f"r-{number % 3 // 2}")
    let_in = [run_id for run_id, passed in ends if not passed]
    assert len(let_in) == 7
    assert max(let_in.count("r-0"), let_in.count("r-1")) <= 4
    assert (await accounts[1].of_day(TODAY, principal=MINE)).most.tokens == 70


async def test_accounts_of_last_months_are_forgotten(spending: Spending) -> None:
    await reserve(spending, day=TODAY - timedelta(days=40), run_id="r-old")
    await reserve(spending)
    assert await spending.of_run("r-old", principal=MINE) == Spent()
    assert (await spending.of_run("r-1", principal=MINE)).requests == 1
