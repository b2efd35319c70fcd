"""Replicas hear each other through Redis, and themselves without it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

import anyio
import pytest
from patience import GUARD_S
from proxy import Proxy, open_proxy

from headwater.errors import StoreFault
from headwater.stores.memory.hub import MemoryHub
from headwater.stores.redis.server import RedisServer

GAP = {"hub": "gap"}
pytestmark = pytest.mark.parametrize("anyio_backend", ["asyncio"])


@pytest.fixture
async def proxy(redis: str) -> AsyncIterator[Proxy]:
    async with open_proxy(redis) as proxy:
        yield proxy


@pytest.fixture
async def here(proxy: Proxy, redis: str) -> AsyncIterator[RedisServer]:
    """One replica, whose way to Redis can be broken."""
    async with RedisServer.open(proxy.url(redis), own_hub=MemoryHub(), within_s=1.0) as server:
        await server.check()
        yield server


@pytest.fixture
async def there(redis: str) -> AsyncIterator[RedisServer]:
    """Another replica."""
    async with RedisServer.open(redis, own_hub=MemoryHub(), within_s=GUARD_S) as server:
        await server.check()
        yield server


async def read(listener: AsyncIterator[Mapping[str, Any]], count: int = 1) -> list[Any]:
    with anyio.fail_after(GUARD_S):
        return [await anext(listener) for _ in range(count)]


async def test_what_one_replica_tells_the_others_hear_once_and_in_order(
    here: RedisServer, there: RedisServer
) -> None:
    async with here.hub.listen("a") as near, there.hub.listen("a") as far:
        for number in range(200):
            await here.hub.publish("a", {"n": number})
        await there.hub.publish("a", {"n": "back"})
        for listener in (near, far):
            heard = [each["n"] for each in await read(listener, 201)]
            assert [n for n in heard if n != "back"] == list(range(200))
            assert heard.count("back") == 1


async def test_a_channel_left_and_entered_again_is_heard(
    here: RedisServer, there: RedisServer
) -> None:
    for number in range(5):
        async with here.hub.listen("a") as near, here.hub.listen("a") as same:
            await there.hub.publish("a", {"n": number})
            assert await read(near) == await read(same) == [{"n": number}]


async def test_while_redis_is_lost_the_process_hears_itself_and_the_sender_is_told(
    here: RedisServer, proxy: Proxy
) -> None:
    async with here.hub.listen("a") as near:
        await proxy.refuse()
        proxy.cut()
        with pytest.raises(StoreFault) as fault:
            await here.hub.publish("a", {"n": 0})
        assert (fault.value.code, fault.value.retry_safe) == ("hub.unreachable", True)
        assert await read(near) == [{"n": 0}]
        assert here.hub.unsent >= 1


@pytest.mark.parametrize("fault", ["cut", "refuse", "hang", "noise"])
async def test_after_a_loss_listeners_are_told_of_the_gap_and_hear_the_others_again(
    here: RedisServer, there: RedisServer, proxy: Proxy, fault: str
) -> None:
    async with here.hub.listen("a") as near:
        await there.hub.publish("a", {"n": "before"})
        assert await read(near) == [{"n": "before"}]
        if fault == "hang":
            proxy.hang()
        elif fault == "noise":
            proxy.down.scrambles = True
        else:
            if fault == "refuse":
                await proxy.refuse()
            proxy.cut()
        with anyio.fail_after(GUARD_S):
            while not here.hub.lost:
                await anyio.wait_all_tasks_blocked()
        await there.hub.publish("a", {"n": "missed"})
        await proxy.mend()
        assert await read(near) == [GAP]
        await there.hub.publish("a", {"n": "after"})
        assert await read(near) == [{"n": "after"}]


async def test_what_is_no_message_of_ours_is_left_out(here: RedisServer) -> None:
    async with here.hub.listen("a") as near:
        for noise in ("", "no json", "[1]", '{"by": 1}'):
            await here.line.ask("PUBLISH", here.hub._prefix + "a", noise)
        await here.hub.publish("a", {"n": 1})
        assert await read(near) == [{"n": 1}]


async def test_listening_leaves_nothing_in_redis(here: RedisServer, there: RedisServer) -> None:
    async with here.hub.listen("a"):
        assert await there.line.ask("PUBSUB", "CHANNELS", here.hub._prefix + "*")
    with anyio.fail_after(GUARD_S):
        while await there.line.ask("PUBSUB", "CHANNELS", here.hub._prefix + "*"):
            await anyio.wait_all_tasks_blocked()


async def test_it_is_not_told_that_nobody_listens_where_others_may(here: RedisServer) -> None:
    assert here.hub.heard("a")
