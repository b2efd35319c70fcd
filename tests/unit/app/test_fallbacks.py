"""While what replicas share is lost, this process' own stands in, counted, and gives way again."""

from __future__ import annotations

from collections.abc import AsyncIterator

import anyio
import pytest
from patience import GUARD_S
from proxy import Proxy, open_proxy

from headwater.app.fallbacks import FallbackCache, FallbackRates
from headwater.stores.memory.cache import MemoryCache
from headwater.stores.memory.hub import MemoryHub
from headwater.stores.memory.rates import MemoryRates
from headwater.stores.redis.connecting import WITHIN_S
from headwater.stores.redis.server import RedisServer

HOUR = 3600.0
pytestmark = pytest.mark.parametrize("anyio_backend", ["asyncio"])


@pytest.fixture
async def proxy(redis: str) -> AsyncIterator[Proxy]:
    async with open_proxy(redis) as proxy:
        yield proxy


@pytest.fixture
async def server(proxy: Proxy, redis: str) -> AsyncIterator[RedisServer]:
    async with RedisServer.open(proxy.url(redis), own_hub=MemoryHub(), within_s=1.0) as server:
        await server.check()
        yield server


async def lose(proxy: Proxy, server: RedisServer) -> None:
    await proxy.refuse()
    proxy.cut()
    with anyio.fail_after(GUARD_S):
        while not server.line.lost:
            await FallbackCache(server.cache, MemoryCache()).get("k")


async def test_what_one_replica_kept_another_gets_and_keeps_near(server: RedisServer) -> None:
    one, other = (FallbackCache(server.cache, MemoryCache()) for _ in range(2))
    await one.put("k", b"kept", size_bytes=4)
    assert await other.get("k") == b"kept"
    await server.line.ask("FLUSHDB")
    assert await other.get("k") == b"kept"
    assert (one.fallbacks, other.fallbacks, other.lost) == (0, 0, False)


async def test_a_cache_goes_on_by_itself_while_redis_is_lost(
    server: RedisServer, proxy: Proxy
) -> None:
    cache = FallbackCache(server.cache, MemoryCache())
    await cache.put("k", b"kept", size_bytes=4)
    await lose(proxy, server)
    assert await cache.get("k") == b"kept"
    assert await cache.get("never kept") is None
    await cache.put("later", b"too", size_bytes=3)
    assert await cache.get("later") == b"too"
    assert (cache.lost, cache.fallbacks) == (True, 2)
    with anyio.fail_after(100 * WITHIN_S):  # nobody waits for that long
        for _ in range(200):
            assert await cache.get("never kept") is None
    await proxy.mend()
    with anyio.fail_after(GUARD_S):
        while cache.lost:
            await cache.get("never kept")
            await anyio.wait_all_tasks_blocked()


async def test_rates_are_counted_here_while_redis_is_lost(
    server: RedisServer, proxy: Proxy
) -> None:
    rates = FallbackRates(server.rates, MemoryRates())
    assert await rates.take("k", limit=1, per_s=HOUR) == 0.0
    await lose(proxy, server)
    assert await rates.take("k", limit=1, per_s=HOUR) == 0.0
    assert await rates.take("k", limit=1, per_s=HOUR) > 0
    assert (rates.lost, rates.fallbacks) == (True, 2)
    await proxy.mend()
    with anyio.fail_after(GUARD_S):
        while rates.lost:
            await rates.take("k", limit=1, per_s=HOUR)
            await anyio.wait_all_tasks_blocked()
    gauges = {gauge.name: gauge for gauge in [*rates.gauges(), *server.gauges()]}
    assert gauges["headwater_fallbacks_total"].value >= 2
    assert gauges["headwater_fallbacks_total"].labels == {"port": "rates"}
    assert gauges["headwater_redis_lost"].value in {0.0, 1.0}
    assert gauges["headwater_redis_losses_total"].value == 1
