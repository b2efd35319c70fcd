"""One Redis and all that stands on it, from its opening to its end; it knows no port's use."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio

from headwater.model.gauge import Gauge
from headwater.ports.hub import Hub
from headwater.stores.redis.cache import RedisCache
from headwater.stores.redis.connecting import WITHIN_S, Address
from headwater.stores.redis.hub import RedisHub
from headwater.stores.redis.line import Line
from headwater.stores.redis.rates import RedisRates


class RedisServer:
    """What the replicas of a service share; `open` keeps its connections.

    Args:
        url: Where Redis is.
        own_hub: A hub that this process' listeners hear, and nobody else publishes to.
        cached_by: What makes the results that are cached, where that is chosen: whoever has
            another's choice is not given them.
        within_s: Seconds that a command may take.

    Raises:
        UsageError: `redis.bad_url`.
    """

    def __init__(
        self, url: str, *, own_hub: Hub, cached_by: str = "", within_s: float = WITHIN_S
    ) -> None:
        address = Address(url, within_s=within_s)
        self.shown = address.shown
        """The address without its password."""
        self.line = Line(address)
        self.cache = RedisCache(self.line, prefix=f"{address.prefix}{cached_by}")
        self.rates = RedisRates(self.line, prefix=address.prefix)
        self.hub = RedisHub(self.line, address=address, own=own_hub)

    @classmethod
    @asynccontextmanager
    async def open(
        cls, url: str, *, own_hub: Hub, cached_by: str = "", within_s: float = WITHIN_S
    ) -> AsyncIterator[RedisServer]:
        """Reach Redis from here to the block's end; where it is not there, go on trying.

        Raises:
            UsageError: `redis.bad_url`.
        """
        server = cls(url, own_hub=own_hub, cached_by=cached_by, within_s=within_s)
        async with anyio.create_task_group() as group:
            group.start_soon(server.line.serve, name="redis-line")
            group.start_soon(server.hub.serve, name="redis-hub")
            try:
                yield server
            finally:
                group.cancel_scope.cancel()

    @property
    def lost(self) -> bool:
        """Whether Redis was not reached, or not heard, at the last try."""
        return self.line.lost or self.hub.lost

    async def check(self) -> None:
        """Reach Redis once.

        Raises:
            StoreFault: `redis.unreachable`, `redis.refused`.
        """
        await self.line.ask("PING")

    def gauges(self) -> list[Gauge]:
        """Return how it stands, and how often it did not."""
        told = (
            ("headwater_redis_lost", float(self.lost), "Redis is not reached: 1, else 0.", True),
            ("headwater_redis_losses_total", self.line.losses, "Times Redis was lost.", False),
            ("headwater_redis_faults_total", self.line.faults, "Commands without a reply.", False),
            ("headwater_redis_foreign_total", self.cache.foreign, "Values not ours.", False),
            ("headwater_hub_unsent_total", self.hub.unsent, "Messages told here alone.", False),
        )
        return [
            Gauge(name=name, value=value, help=text, kind="gauge" if moves else "counter")
            for name, value, text, moves in told
        ]
