"""A cache keeps what was used last within its bytes, behind every adapter."""

from __future__ import annotations

from collections import OrderedDict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.estates import Ports
from headwater.stores.memory.cache import MemoryCache


async def test_what_was_put_is_got_until_replaced(estate: Ports) -> None:
    assert await estate.cache.get("k") is None
    await estate.cache.put("k", [1], size_bytes=1)
    assert await estate.cache.get("k") == [1]
    await estate.cache.put("k", [2], size_bytes=1)
    assert await estate.cache.get("k") == [2]
    assert await estate.cache.get("K") is None


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
