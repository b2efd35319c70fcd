"""Cancelled at any moment: no answer goes to another, no connection or place is lost."""

from __future__ import annotations

import random
import threading
from pathlib import Path

import anyio
import pytest
from anyio import to_thread
from astra_documents import numbered
from astra_standin import TOKEN, Fault, StandIn
from patience import GUARD_S

from headwater.errors import HeadwaterError
from headwater.stores.astra import AsyncAstraClient

SCHEDULES = 120
AT_ONCE = 4


def sockets() -> int:
    """Return how many sockets this process has open."""
    found = 0
    for one in Path("/proc/self/fd").iterdir():
        try:
            found += one.readlink().name.startswith("socket:")
        except OSError:  # closed since it was listed
            continue
    return found


@pytest.fixture
async def small(api: StandIn) -> AsyncAstraClient:
    astra = AsyncAstraClient(api.url, token=TOKEN, at_once=AT_ONCE)
    await astra.insert_many("nodes", numbered(200))
    return astra


async def right(astra: AsyncAstraClient, number: int) -> None:
    """Ask for what only this asker wants, and see that it is that."""
    mine = [f"n{(number * 13 + one) % 200}" for one in range(number % 30 + 1)]
    got = await astra.batch_fetch_by_ids("nodes", mine)
    assert [one["_id"] for one in got.documents] == mine
    assert await astra.count("nodes", {"k": {"$lt": number % 200}}) == number % 200


@pytest.mark.parametrize("seed", range(3))
async def test_cancelled_at_random_the_others_are_unharmed(
    api: StandIn, small: AsyncAstraClient, seed: int
) -> None:
    dice = random.Random(seed)
    api.latency_s = 0.001
    for number in range(SCHEDULES // 3):
        with anyio.fail_after(GUARD_S):
            async with anyio.create_task_group() as group:
                group.start_soon(right, small, number)
                with anyio.move_on_after(dice.random() * 0.02):
                    async with anyio.create_task_group() as doomed:
                        for one in range(dice.randrange(1, 9)):
                            doomed.start_soon(right, small, number * 7 + one)
        limiter = small._commands._line.limiter
        assert (limiter.taken, limiter.waiting) == (0, 0)
    await small.close()


async def test_all_places_are_there_after_many_cancellations(
    api: StandIn, small: AsyncAstraClient
) -> None:
    dice = random.Random(9)
    api.latency_s = 0.002
    before = sockets()
    for _ in range(60):
        with anyio.move_on_after(dice.random() * 0.006):
            await small.batch_fetch_by_ids("nodes", list(range(100)))
    api.most_at_once = 0
    api.latency_s = 0.2
    with anyio.fail_after(GUARD_S):
        await small.batch_fetch_by_ids("nodes", list(range(200)))
    assert api.most_at_once >= small._commands._line.limiter.places
    assert sockets() - before <= 2 * AT_ONCE  # both ends are in this process
    await small.close()


async def test_an_insert_that_was_cancelled_may_be_made_again(
    api: StandIn, small: AsyncAstraClient
) -> None:
    await small.drop_collection("nodes")
    await small.create_collection("nodes", dimension=3)
    api.latency_s = 0.002
    with anyio.move_on_after(0.01):
        await small.insert_many("nodes", numbered(2000), ordered=True)
    stored = len(api.collections["nodes"].documents)
    assert stored < 2000
    api.latency_s = 0.0
    got = await small.batch_fetch_by_ids("nodes", [f"n{one}" for one in range(2000)])
    missing = set(got.missing)
    await small.insert_many("nodes", [one for one in numbered(2000) if one["_id"] in missing])
    assert len(api.collections["nodes"].documents) == 2000
    await small.close()


async def test_closing_ends_what_is_under_way(api: StandIn, small: AsyncAstraClient) -> None:
    arrived, failed = threading.Event(), list[HeadwaterError]()

    def hang(_command: str, _number: int) -> Fault:
        arrived.set()
        return Fault(delay_s=5.0)

    async def ask() -> None:
        try:
            await small.count("nodes")
        except HeadwaterError as error:
            failed.append(error)

    api.fault = hang
    with anyio.fail_after(GUARD_S):
        async with anyio.create_task_group() as group:
            group.start_soon(ask)
            await to_thread.run_sync(arrived.wait, GUARD_S)
            await small.close()
    assert [one.code for one in failed] == ["astra.unreachable"]
