"""What was kept under a key, in Redis, for every replica and for a while; it decides nothing.

A key of ours is long and holds what was asked, so Redis has its digest as the key, and the key
itself stands before the value: what is read is given only to whoever asked for just that.
"""

from __future__ import annotations

import hashlib
from typing import Any

from pydantic_core import from_json, to_json

from headwater.stores.redis.line import Line

KEEP_S = 3600
MOST_BYTES = 1024 * 1024
"""A larger value is not kept: it would hold up what waits behind it on the line."""


class RedisCache:
    """Keep values for `keep_s` seconds; Redis' own `maxmemory` makes room before.

    Args:
        line: The way to Redis.
        prefix: Before every key.
        keep_s: Whole seconds for which a value is kept.
        most_bytes: The largest value that is kept.
    """

    def __init__(
        self, line: Line, *, prefix: str, keep_s: int = KEEP_S, most_bytes: int = MOST_BYTES
    ) -> None:
        self.foreign = 0
        """How many values read were another key's, or no value of ours at all."""
        self._line = line
        self._prefix = f"{prefix}cache:"
        self._keep_s = keep_s
        self._most_bytes = most_bytes

    async def get(self, key: str) -> Any | None:
        """Return what was put under this key, or None.

        Raises:
            StoreFault: `redis.unreachable`, `redis.refused`.
        """
        held = await self._line.ask("GET", self._name(key))
        if held is None:
            return None
        kind, own = held[:1], _head(key)
        if not held.startswith(own, 1):
            self.foreign += 1
            return None
        value = held[1 + len(own) :]
        return value if kind == b"b" else from_json(value)

    async def put(self, key: str, value: Any, *, size_bytes: int) -> None:
        """Send a value to be kept, and do not wait; one too large is not kept.

        Raises:
            StoreFault: `redis.unreachable`.
        """
        name = self._name(key)
        if size_bytes > self._most_bytes:
            self._line.tell("DEL", name)  # what was there before is no longer what was put
            return
        raw = isinstance(value, bytes)
        held = b"b" if raw else b"j"
        held += _head(key) + (value if raw else to_json(value))
        self._line.tell("SET", name, held, "EX", self._keep_s)

    def _name(self, key: str) -> str:
        return self._prefix + hashlib.blake2b(_bytes(key), digest_size=20).hexdigest()


def _bytes(key: str) -> bytes:
    return key.encode(errors="surrogatepass")


def _head(key: str) -> bytes:
    own = _bytes(key)
    return b"%d:%b" % (len(own), own)
