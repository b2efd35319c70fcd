"""Rates let so many through in any window and no more, behind every adapter."""

from __future__ import annotations

from collections.abc import AsyncIterator

import anyio
import pytest
from patience import GUARD_S

from headwater.app.fallbacks import FallbackRates
from headwater.ports.rates import Rates
from headwater.stores.memory.hub import MemoryHub
from headwater.stores.memory.rates import MemoryRates
from headwater.stores.redis.server import RedisServer

HOUR = 3600.0


@pytest.fixture(params=["memory", "memory-trio", "redis", "fallback"])
def adapter(request: pytest.FixtureRequest) -> str:
    """Name the adapter under test, and the loop where it is not asyncio."""
    return str(request.param)


@pytest.fixture
def anyio_backend(adapter: str) -> str:
    """Run on the loop that the adapter's name says."""
    return "trio" if adapter.endswith("trio") else "asyncio"


@pytest.fixture
async def rates(adapter: str, request: pytest.FixtureRequest) -> AsyncIterator[Rates]:
    """Give rates of which nothing was taken yet."""
    if adapter.startswith("memory"):
        yield MemoryRates()
        return
    url = request.getfixturevalue("redis")
    async with RedisServer.open(url, own_hub=MemoryHub(), within_s=GUARD_S) as server:
        shared = server.rates
        yield shared if adapter == "redis" else FallbackRates(shared, MemoryRates())


async def test_so_many_are_let_through_and_the_next_is_told_how_long_to_wait(
    rates: Rates,
) -> None:
    for _ in range(5):
        assert await rates.take("k", limit=5, per_s=HOUR) == 0.0
    assert HOUR - 10 < await rates.take("k", limit=5, per_s=HOUR) <= HOUR


async def test_each_key_has_a_count_of_its_own(rates: Rates) -> None:
    assert await rates.take("a", limit=1, per_s=HOUR) == 0.0
    assert await rates.take("b", limit=1, per_s=HOUR) == 0.0
    assert await rates.take("a", limit=1, per_s=HOUR) > 0


async def test_what_is_refused_is_not_counted_and_the_window_slides(rates: Rates) -> None:
    per_s = 0.3
    let_through: list[tuple[float, float]] = []
    with anyio.fail_after(GUARD_S):
        while len(let_through) < 6:
            asked_at = anyio.current_time()
            if not await rates.take("k", limit=2, per_s=per_s):
                let_through.append((asked_at, anyio.current_time()))
            await anyio.wait_all_tasks_blocked()
    for (asked_at, _), (_, told_at) in zip(let_through, let_through[2:], strict=False):
        assert told_at - asked_at >= per_s - 0.01  # two servers' clocks may differ by that


async def test_a_limit_may_change_while_it_is_counted(rates: Rates) -> None:
    for _ in range(4):
        assert await rates.take("k", limit=4, per_s=HOUR) == 0.0
    assert await rates.take("k", limit=2, per_s=HOUR) > 0
    assert await rates.take("k", limit=0, per_s=HOUR) == HOUR


async def test_many_at_once_take_no_more_than_there_are(rates: Rates) -> None:
    taken: list[float] = []

    async def take() -> None:
        taken.append(await rates.take("k", limit=7, per_s=HOUR))

    async with anyio.create_task_group() as group:
        for _ in range(100):
            group.start_soon(take)
    assert taken.count(0.0) == 7


@pytest.mark.parametrize("adapter", ["memory"], indirect=True)
async def test_keys_unused_longest_are_forgotten_in_memory(adapter: str) -> None:
    rates = MemoryRates(most_keys=2)
    for key in "aab":
        await rates.take(key, limit=1, per_s=HOUR)
    assert await rates.take("a", limit=1, per_s=HOUR) > 0
    assert await rates.take("c", limit=1, per_s=HOUR) == 0.0
    assert await rates.take("b", limit=1, per_s=HOUR) == 0.0
