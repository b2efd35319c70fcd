"""What was kept under a key, in memory and within a number of bytes; it decides nothing.

Values are shared with whoever put them there and are not to be changed: copying plain JSON would
cost more than most of the calls that a cache saves.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

DEFAULT_BYTES = 64 * 1024 * 1024


class MemoryCache:
    """Keep the most recently used values, at most `limit_bytes` of them."""

    def __init__(self, limit_bytes: int = DEFAULT_BYTES) -> None:
        self._limit_bytes = limit_bytes
        self._values: OrderedDict[str, tuple[Any, int]] = OrderedDict()
        self._held_bytes = 0

    async def get(self, key: str) -> Any | None:
        """Return what was put under this key, or None."""
        held = self._values.get(key)
        if held is None:
            return None
        self._values.move_to_end(key)
        return held[0]

    async def put(self, key: str, value: Any, *, size_bytes: int) -> None:
        """Keep a value; the longest unused ones make room, and one too large is not kept."""
        _, freed_bytes = self._values.pop(key, (None, 0))
        self._held_bytes -= freed_bytes
        if size_bytes > self._limit_bytes:
            return
        self._values[key] = value, max(size_bytes, 0)
        self._held_bytes += max(size_bytes, 0)
        while self._held_bytes > self._limit_bytes:
            _, (_, freed_bytes) = self._values.popitem(last=False)
            self._held_bytes -= freed_bytes
