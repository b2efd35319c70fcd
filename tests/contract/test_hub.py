"""Hubs behave alike behind every adapter."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Mapping
from typing import Any

import anyio
import pytest
from patience import GUARD_S

from headwater.ports.hub import Hub
from headwater.stores.memory.hub import MemoryHub
from headwater.stores.redis.server import RedisServer

FEW = 5
"""Messages kept for a listener who does not read, in these tests."""


@pytest.fixture(params=["memory", "memory-trio", "redis"])
def adapter(request: pytest.FixtureRequest) -> str:
    """Name the adapter under test, and the loop where it is not asyncio."""
    return str(request.param)


@pytest.fixture
async def hub(adapter: str, request: pytest.FixtureRequest) -> AsyncIterator[Hub]:
    """Give a hub to which nobody listens yet."""
    own = MemoryHub(FEW)
    if adapter.startswith("memory"):
        yield own
        return
    url = request.getfixturevalue("redis")
    async with RedisServer.open(url, own_hub=own, within_s=GUARD_S) as server:
        yield server.hub


async def read(listener: AsyncIterator[Mapping[str, Any]], count: int) -> list[Any]:
    """Return the next so many messages."""
    with anyio.fail_after(GUARD_S):
        return [await anext(listener) for _ in range(count)]


async def test_whoever_listens_hears_what_is_published_in_order(hub: Hub) -> None:
    async with hub.listen("a") as one, hub.listen("a") as two:
        assert hub.heard("a")
        for number in range(3):
            await hub.publish("a", {"n": number, "deep": [{"x": None}, "ü\x1b"]})
        for listener in (one, two):
            heard = await read(listener, 3)
            assert [each["n"] for each in heard] == [0, 1, 2]
            assert heard[0]["deep"] == [{"x": None}, "ü\x1b"]


async def test_nobody_hears_another_channel_or_what_was_told_before(hub: Hub) -> None:
    await hub.publish("a", {"n": "before"})
    async with hub.listen("a") as listener, hub.listen("runs:a") as other:
        await hub.publish("b", {"n": "elsewhere"})
        await hub.publish("a", {"n": "now"})
        await hub.publish("runs:a", {"n": "theirs"})
        assert await read(listener, 1) == [{"n": "now"}]
        assert await read(other, 1) == [{"n": "theirs"}]


async def test_a_listener_who_left_is_told_nothing_and_leaves_nothing(hub: Hub) -> None:
    async with hub.listen("a"):
        pass
    await hub.publish("a", {"n": 1})
    async with hub.listen("a") as listener:
        await hub.publish("a", {"n": 2})
        assert await read(listener, 1) == [{"n": 2}]


async def test_a_listener_who_does_not_read_is_told_of_the_gap_and_holds_nobody_up(
    hub: Hub,
) -> None:
    async with hub.listen("a") as slow, hub.listen("a") as quick:
        for number in range(FEW + 3):
            await hub.publish("a", {"n": number})
            assert await read(quick, 1) == [{"n": number}]
        kept = await read(slow, FEW)
        assert [each["n"] for each in kept] == list(range(FEW))
        await hub.publish("a", {"n": "after"})
        assert await read(slow, 2) == [{"hub": "gap"}, {"n": "after"}]


async def test_a_listener_may_give_up_waiting_and_wait_again(hub: Hub) -> None:
    async with hub.listen("a") as listener:
        with anyio.move_on_after(0.01) as scope:
            await anext(listener)
        assert scope.cancelled_caught
        await hub.publish("a", {"n": 1})
        assert await read(listener, 1) == [{"n": 1}]


async def test_a_waiting_listener_is_woken(hub: Hub) -> None:
    heard: list[Any] = []

    async def wait(task_status: Any = anyio.TASK_STATUS_IGNORED) -> None:
        async with hub.listen("a") as listener:
            task_status.started()
            heard.extend(await read(listener, 2))

    with anyio.fail_after(GUARD_S):
        async with anyio.create_task_group() as group:
            await group.start(wait)
            await group.start(wait)
            await anyio.wait_all_tasks_blocked()
            await hub.publish("a", {"n": 1})
            await hub.publish("a", {"n": 2})
    assert sorted(each["n"] for each in heard) == [1, 1, 2, 2]


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_loops_in_two_threads_share_one_hub_in_memory() -> None:
    hub, heard = MemoryHub(), []
    listening, told = threading.Event(), 200

    def listen() -> None:
        async def count() -> None:
            async with hub.listen("a") as listener:
                listening.set()
                heard.extend(await read(listener, told))

        anyio.run(count)

    with anyio.fail_after(GUARD_S):
        async with anyio.create_task_group() as group:
            group.start_soon(anyio.to_thread.run_sync, listen)
            await anyio.to_thread.run_sync(listening.wait, GUARD_S)
            for number in range(told):
                await hub.publish("a", {"n": number})
    assert [each["n"] for each in heard] == list(range(told))
