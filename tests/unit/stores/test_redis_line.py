"""No reply ever reaches another's asker, whatever is cancelled and however the network breaks."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import anyio
import pytest
from patience import GUARD_S, PROMPT_S
from proxy import Proxy, open_proxy

from headwater.errors import StoreFault, UsageError
from headwater.stores.memory.hub import MemoryHub
from headwater.stores.redis.connecting import WITHIN_S, Address
from headwater.stores.redis.line import Line
from headwater.stores.redis.server import RedisServer

pytestmark = pytest.mark.parametrize("anyio_backend", ["asyncio"])


@pytest.fixture
async def proxy(redis: str) -> AsyncIterator[Proxy]:
    async with open_proxy(redis) as proxy:
        yield proxy


@pytest.fixture
async def server(proxy: Proxy, redis: str) -> AsyncIterator[RedisServer]:
    """Give a server that is waited for, however slow it is."""
    url = proxy.url(redis)
    async with RedisServer.open(url, own_hub=MemoryHub(), within_s=GUARD_S) as server:
        await server.check()
        yield server


@pytest.fixture
async def hasty(proxy: Proxy, redis: str) -> AsyncIterator[RedisServer]:
    """Give a server that is soon given up."""
    url = proxy.url(redis)
    async with RedisServer.open(url, own_hub=MemoryHub(), within_s=1.0) as server:
        await server.check()
        yield server


async def until(done: Callable[[], Awaitable[bool]]) -> None:
    with anyio.fail_after(GUARD_S):
        while not await done():
            await anyio.wait_all_tasks_blocked()


async def is_back(server: RedisServer) -> bool:
    try:
        await server.check()
    except StoreFault:
        return False
    return not server.lost


async def is_lost(server: RedisServer) -> bool:
    await is_back(server)
    return server.line.lost


async def fails_in_time(server: RedisServer) -> str:
    with anyio.fail_after(PROMPT_S), pytest.raises(StoreFault) as fault:
        await server.check()
    assert fault.value.retry_safe
    return fault.value.code


@pytest.mark.parametrize("tries", [200, pytest.param(2_000, marks=pytest.mark.slow)])
async def test_every_reply_is_that_of_its_own_key_while_others_are_cancelled(
    server: RedisServer, proxy: Proxy, tries: int
) -> None:
    for number in range(50):
        await server.cache.put(f"k{number}", number, size_bytes=1)
    proxy.down.delay_s = 0.001
    ended = {"got": 0, "cancelled": 0}

    async def ask(seed: int) -> None:
        dice = random.Random(seed)
        number = dice.randrange(50)
        patience_s = GUARD_S if seed % 4 == 0 else dice.random() * 0.01  # some wait, however slow
        with anyio.move_on_after(patience_s) as scope:
            assert await server.cache.get(f"k{number}") == number
            ended["got"] += 1
        ended["cancelled"] += scope.cancelled_caught

    for start in range(0, tries, 20):
        async with anyio.create_task_group() as group:
            for seed in range(start, start + 20):
                group.start_soon(ask, seed)
    assert ended["got"] + ended["cancelled"] == tries
    assert min(ended.values()) > tries / 10, "too few of either to show anything"
    assert (server.line.faults, server.cache.foreign, server.line.losses) == (0, 0, 0)
    assert proxy.accepted == 2, "the connection was never given up"


async def test_replies_that_are_one_off_reach_nobody(redis: str) -> None:
    class OneOff(Line):
        async def _carry(self, connection: Any) -> None:
            await connection.send_command("ECHO", "nobody read this")
            await super()._carry(connection)

    line = OneOff(Address(redis))
    async with anyio.create_task_group() as group:
        group.start_soon(line.serve)
        with anyio.fail_after(GUARD_S), pytest.raises(StoreFault, match="other commands"):
            await line.ask("GET", "k")
        group.cancel_scope.cancel()


async def test_a_value_of_another_key_is_not_given_and_is_counted(server: RedisServer) -> None:
    await server.cache.put("mine", "theirs", size_bytes=6)
    names = [server.cache._name(key) for key in ("mine", "yours")]
    await server.line.ask("COPY", *names)
    assert await server.cache.get("mine") == "theirs"
    assert await server.cache.get("yours") is None
    assert server.cache.foreign == 1


async def test_a_value_too_large_is_not_kept_nor_what_was_there_before(
    server: RedisServer,
) -> None:
    await server.cache.put("k", "small", size_bytes=5)
    await server.cache.put("k", "large", size_bytes=2**30)
    assert await server.cache.get("k") is None


async def test_what_is_kept_ends_by_itself(server: RedisServer) -> None:
    await server.cache.put("k", 1, size_bytes=1)
    assert 3590 < await server.line.ask("TTL", server.cache._name("k")) <= 3600


async def test_who_asks_again_after_a_cut_is_answered_on_another_connection(
    server: RedisServer, proxy: Proxy
) -> None:
    proxy.cut()
    await until(lambda: is_back(server))
    assert proxy.accepted == 4


async def test_a_connection_closed_while_nobody_asked_costs_nobody_an_answer(
    proxy: Proxy, redis: str
) -> None:
    line = Line(Address(proxy.url(redis), within_s=GUARD_S), idle_s=0.0)
    async with anyio.create_task_group() as group:
        group.start_soon(line.serve)
        for _ in range(3):
            assert await line.ask("ECHO", "k") == b"k"
            proxy.cut()
        group.cancel_scope.cancel()
    assert (line.faults, line.losses, proxy.accepted) == (0, 0, 3)


@pytest.mark.parametrize("way", ["up", "down"])
async def test_a_command_cut_in_its_middle_fails_and_the_next_is_answered(
    server: RedisServer, proxy: Proxy, way: str
) -> None:
    codes: list[str] = []
    with anyio.fail_after(GUARD_S):
        while not codes:
            getattr(proxy, way).cut_after_bytes = 4
            try:
                await server.check()  # unless the hub, whose heart beats, was cut instead
            except StoreFault as fault:
                codes.append(fault.code)
    assert codes == ["redis.unreachable"]
    await server.check()
    assert not server.line.lost


@pytest.mark.parametrize("way", ["up", "down"])
async def test_a_redis_that_hangs_is_given_up_in_time_then_refused_at_once(
    hasty: RedisServer, proxy: Proxy, way: str
) -> None:
    getattr(proxy, way).hangs = True
    await fails_in_time(hasty)
    await until(lambda: has(lambda: hasty.line.lost))
    with anyio.fail_after(100 * WITHIN_S):  # nobody waits for that long
        for _ in range(200):
            with pytest.raises(StoreFault):
                await hasty.cache.get("k")
    await proxy.mend()
    await until(lambda: is_back(hasty))
    assert hasty.line.losses == 1


async def has(fact: Callable[[], bool]) -> bool:
    return fact()


async def test_a_redis_that_is_gone_is_looked_for_and_found_again(
    server: RedisServer, proxy: Proxy
) -> None:
    await proxy.refuse()
    proxy.cut()
    await until(lambda: is_lost(server))
    await fails_in_time(server)
    await proxy.mend()
    await until(lambda: is_back(server))


async def test_noise_is_never_taken_for_a_reply(hasty: RedisServer, proxy: Proxy) -> None:
    await hasty.cache.put("k", "kept", size_bytes=4)
    proxy.down.scrambles = True
    for _ in range(20):
        with pytest.raises(StoreFault):
            await hasty.cache.get("k")
    await proxy.mend()
    await until(lambda: is_back(hasty))
    assert await hasty.cache.get("k") == "kept"


async def test_replies_in_small_late_pieces_are_put_together(
    server: RedisServer, proxy: Proxy
) -> None:
    proxy.down.piece_bytes = 1
    await server.cache.put("k", "kept", size_bytes=4)
    assert await server.cache.get("k") == "kept"


async def test_what_redis_refuses_says_so_and_breaks_nothing(server: RedisServer) -> None:
    with pytest.raises(StoreFault) as fault:
        await server.line.ask("GET")
    assert (fault.value.code, fault.value.retry_safe) == ("redis.refused", False)
    await server.check()
    assert not server.line.lost


async def test_a_redis_that_is_not_there_at_first_is_found_when_it_comes(
    proxy: Proxy, redis: str
) -> None:
    await proxy.refuse()
    async with RedisServer.open(proxy.url(redis), own_hub=MemoryHub()) as server:
        await fails_in_time(server)
        await proxy.mend()
        await until(lambda: is_back(server))
    await until(lambda: has(lambda: proxy.open_connections == 0))


@pytest.mark.parametrize("url", ["http://localhost", "redis", "redis://h:port/0", ""])
async def test_an_address_that_is_none_is_refused_before_anything(url: str) -> None:
    with pytest.raises(UsageError) as refused:
        Address(url)
    assert refused.value.code == "redis.bad_url"


async def test_no_password_is_shown() -> None:
    assert Address("redis://me:canary@h:1/2?password=canary").shown == "redis://h:1/2"
    with pytest.raises(UsageError) as refused:
        Address("rodis://me:canary@h:1/2")
    assert "canary" not in str(refused.value)
