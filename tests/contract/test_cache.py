"""A cache keeps what was used last within its bytes, behind every adapter."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import AsyncIterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from patience import GUARD_S

from headwater.app.fallbacks import FallbackCache
from headwater.ports.cache import Cache
from headwater.stores.memory.cache import MemoryCache
from headwater.stores.memory.hub import MemoryHub
from headwater.stores.redis.server import RedisServer


@pytest.fixture(params=["memory", "memory-trio", "redis", "fallback"])
def adapter(request: pytest.FixtureRequest) -> str:
    """Name the adapter under test, and the loop where it is not asyncio."""
    return str(request.param)


@pytest.fixture
async def cache(adapter: str, request: pytest.FixtureRequest) -> AsyncIterator[Cache]:
    """Give an empty cache."""
    if adapter.startswith("memory"):
        yield MemoryCache()
        return
    url = request.getfixturevalue("redis")
    async with RedisServer.open(url, own_hub=MemoryHub(), within_s=GUARD_S) as server:
        shared = server.cache
        yield shared if adapter == "redis" else FallbackCache(shared, MemoryCache())


async def test_what_was_put_is_got_until_replaced(cache: Cache) -> None:
    assert await cache.get("k") is None
    await cache.put("k", [1], size_bytes=1)
    assert await cache.get("k") == [1]
    await cache.put("k", [2], size_bytes=1)
    assert await cache.get("k") == [2]
    assert await cache.get("K") is None


@pytest.mark.parametrize(
    "value", [b"\x00\xff raw", {"deep": [None, 1.5, "\u00fc\x1b"]}, "text", 0, False, [], 2**60]
)
async def test_a_value_comes_back_as_it_was_put(cache: Cache, value: object) -> None:
    await cache.put("k", value, size_bytes=20)
    assert await cache.get("k") == value
    assert type(await cache.get("k")) is type(value)


async def test_keys_of_any_text_are_told_apart(cache: Cache) -> None:
    keys = ["", "a", "a\x00", "a\x1e", "\ud800", "k" * 10_000, "k" * 10_001]
    for number, key in enumerate(keys):
        await cache.put(key, number, size_bytes=1)
    assert [await cache.get(key) for key in keys] == list(range(len(keys)))


@pytest.mark.parametrize("adapter", ["memory"], indirect=True)
async def test_what_is_larger_than_all_room_is_not_kept_and_displaces_nothing(
    adapter: str,
) -> None:
    cache = MemoryCache(10)
    await cache.put("small", 1, size_bytes=10)
    await cache.put("large", 2, size_bytes=11)
    assert (await cache.get("small"), await cache.get("large")) == (1, None)
    await cache.put("small", 3, size_bytes=11)
    assert await cache.get("small") is None


STEPS = st.lists(
    st.tuples(st.booleans(), st.sampled_from("abcde"), st.integers(0, 12)), max_size=40
)


@pytest.mark.parametrize("adapter", ["memory"], indirect=True)
@settings(deadline=None)
@given(steps=STEPS)
async def test_the_longest_unused_make_room_as_a_plain_list_would(
    steps: list[tuple[bool, str, int]],
) -> None:
    cache, model = MemoryCache(10), OrderedDict[str, int]()
    for puts, key, size_bytes in steps:
        if puts:
            await cache.put(key, size_bytes, size_bytes=size_bytes)
            model.pop(key, None)
            if size_bytes <= 10:
                model[key] = size_bytes
            while sum(model.values()) > 10:
                model.popitem(last=False)
        else:
            assert await cache.get(key) == model.get(key)
            if key in model:
                model.move_to_end(key)
    for key in "abcde":
        assert await cache.get(key) == model.get(key)
