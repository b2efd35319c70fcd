"""What stands in for what replicas share while it is lost: this process' own, counted.

Nobody waits for what is lost, and nobody has to say that it is back: the shared part refuses at
once while it is lost, and takes the next request after it was found. A hub needs nobody to stand
in for it: it always tells this process' listeners itself.
"""

from __future__ import annotations

from typing import Any

from pydantic_core import to_json

from headwater.errors import StoreFault
from headwater.model.gauge import Gauge
from headwater.ports.cache import Cache
from headwater.ports.rates import Rates


class FallbackCache:
    """A cache of this process before one that replicas share.

    What is in neither, or in a shared one that is lost, is asked for anew. Keys carry the data's
    version, so that the nearer one is never behind.

    Args:
        shared: The cache that replicas share.
        own: The cache of this process.
    """

    def __init__(self, shared: Cache, own: Cache) -> None:
        self.lost = False
        """Whether the shared one did not take the last request."""
        self.fallbacks = 0
        """How often this process' own had to do."""
        self._shared = shared
        self._own = own

    async def get(self, key: str) -> Any | None:
        """Return what was put under this key here or at another replica, or None."""
        held = await self._own.get(key)
        if held is not None:
            return held
        try:
            held = await self._shared.get(key)
        except StoreFault:
            self._fell_back()
            return None
        self.lost = False
        if held is not None:
            await self._own.put(key, held, size_bytes=_size_bytes(held))
        return held

    async def put(self, key: str, value: Any, *, size_bytes: int) -> None:
        """Keep a value here and for the other replicas."""
        await self._own.put(key, value, size_bytes=size_bytes)
        try:
            await self._shared.put(key, value, size_bytes=size_bytes)
        except StoreFault:
            self._fell_back()
        else:
            self.lost = False

    def gauges(self) -> list[Gauge]:
        """Return how often this process' own had to do."""
        return [_fallbacks("cache", self.fallbacks)]

    def _fell_back(self) -> None:
        self.lost = True
        self.fallbacks += 1


class FallbackRates:
    """Counts that replicas share, and those of this process while they are lost.

    Args:
        shared: The counts that replicas share.
        own: The counts of this process.
    """

    def __init__(self, shared: Rates, own: Rates) -> None:
        self.lost = False
        """Whether the shared ones did not take the last request."""
        self.fallbacks = 0
        """How often this process' own had to do."""
        self._shared = shared
        self._own = own

    async def take(self, key: str, *, limit: int, per_s: float) -> float:
        """Count one request: 0.0 where it is within `limit` in any `per_s` seconds.

        Else nothing is counted, and the seconds until one may be are returned.
        """
        try:
            wait_s = await self._shared.take(key, limit=limit, per_s=per_s)
        except StoreFault:
            self.lost = True
            self.fallbacks += 1
            return await self._own.take(key, limit=limit, per_s=per_s)
        self.lost = False
        return wait_s

    def gauges(self) -> list[Gauge]:
        """Return how often this process' own had to do."""
        return [_fallbacks("rates", self.fallbacks)]


def _fallbacks(port: str, count: int) -> Gauge:
    text = "Times that this process' own stood in for what replicas share."
    labels = {"port": port}
    return Gauge(
        name="headwater_fallbacks_total", value=count, help=text, kind="counter", labels=labels
    )


def _size_bytes(value: Any) -> int:
    return len(value if isinstance(value, bytes) else to_json(value))
