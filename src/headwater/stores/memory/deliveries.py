"""What webhooks brought, in memory; it handles none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from anyio.lowlevel import checkpoint

from headwater.model.principal import Principal
from headwater.model.repository_link import Delivery


class MemoryDeliveries:
    """A tenant's deliveries: each is taken once and waits to be handled."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[str, str], Delivery] = {}
        self._known: set[tuple[str, str]] = set()

    async def put(self, delivery: Delivery, *, principal: Principal) -> bool:
        """Keep a delivery; False, and nothing done, where its id was there before."""
        await checkpoint()
        key = (principal.tenant, delivery.id)
        if key in self._known:
            return False
        self._known.add(key)
        self._waiting[key] = delivery
        return True

    async def waiting(self, project: int, *, limit: int, principal: Principal) -> list[Delivery]:
        """Return those of a project that are not handled, the oldest first."""
        await checkpoint()
        found = [
            one
            for (tenant, _), one in self._waiting.items()
            if tenant == principal.tenant and one.project == project
        ]
        return sorted(found, key=lambda one: (one.received_at, one.id))[:limit]

    async def settle(
        self, ids: Sequence[str], *, handled_at: datetime, principal: Principal
    ) -> None:
        """Say that some are handled: what they brought is forgotten, their ids are not."""
        await checkpoint()
        del handled_at
        for one in ids:
            self._waiting.pop((principal.tenant, one), None)

    async def failed(self, delivery_id: str, *, principal: Principal) -> None:
        """Count a try at a delivery that came to nothing."""
        await checkpoint()
        key = (principal.tenant, delivery_id)
        if key in self._waiting:
            self._waiting[key] = replace(self._waiting[key], tries=self._waiting[key].tries + 1)
