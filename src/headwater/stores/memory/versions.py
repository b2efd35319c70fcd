"""Which version of each port's data a tenant has, in memory; it keeps no data itself."""

from __future__ import annotations

from collections.abc import Mapping

from anyio.lowlevel import checkpoint

from headwater.model.principal import Principal
from headwater.stores.memory.estate import MemoryEstate

PORTS = ("inventory", "relations", "metrics", "history", "rules", "documents", "vectors", "work")
WORK = ("teams", "projects", "workitems", "sessions", "activities")
"""Ports whose data has one number: who is in a team decides on all of them, and they show names of
items. It is a sum of two that only rise, so it rises with either."""


class MemoryVersions:
    """Tell the numbers that every load raises."""

    def __init__(self, estate: MemoryEstate) -> None:
        self._estate = estate

    async def current(self, *, principal: Principal) -> Mapping[str, int]:
        """Return the tenant's number for each port, 0 where it was never written."""
        await checkpoint()
        versions = self._estate.of(principal).versions
        known = {port: versions.get(port, 0) for port in PORTS}
        return known | dict.fromkeys(WORK, known["work"] + known["inventory"])
