"""A few in each turn of the loop, in order, and nobody is left standing."""

from __future__ import annotations

from collections import Counter

import anyio
import pytest
from anyio.lowlevel import checkpoint

from headwater.engine.doorway import Doorway

GUARD_S = 20


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def test_a_few_go_on_without_waiting() -> None:
    door = Doorway(3)
    with anyio.fail_after(0.0):
        for _ in range(3):
            await door.enter()


async def test_of_many_who_come_at_once_only_a_few_go_on_in_one_turn() -> None:
    door, order, turns = Doorway(8), [], Counter[int]()
    turn = 0

    async def go_on(number: int) -> None:
        await door.enter()
        order.append(number)
        turns[turn] += 1

    with anyio.fail_after(GUARD_S):
        async with anyio.create_task_group() as group:
            for number in range(1_000):
                group.start_soon(go_on, number)
            while len(order) < 1_000:
                await checkpoint()
                turn += 1
    assert order == list(range(1_000))
    assert max(turns.values()) <= 16
    assert turn <= 3 * 1_000 / 8


async def test_there_is_room_again_afterwards() -> None:
    door, done = Doorway(2), []

    async def go_on() -> None:
        await door.enter()
        done.append(True)

    with anyio.fail_after(GUARD_S):
        for _ in range(3):
            async with anyio.create_task_group() as group:
                for _ in range(7):
                    group.start_soon(go_on)
    assert len(done) == 21


@pytest.mark.parametrize("leaves", range(9))
async def test_who_goes_away_holds_nobody_up(leaves: int) -> None:
    door, done = Doorway(2), []

    async def go_on(number: int) -> None:
        with anyio.CancelScope() as scope:
            scopes.append(scope)
            await door.enter()
            done.append(number)

    scopes: list[anyio.CancelScope] = []
    with anyio.fail_after(GUARD_S):
        async with anyio.create_task_group() as group:
            for number in range(9):
                group.start_soon(go_on, number)
            while len(scopes) < 9:
                await checkpoint()
            scopes[leaves].cancel()
        async with anyio.create_task_group() as group:
            group.start_soon(go_on, 9)
    assert set(done) >= set(range(10)) - {leaves}
