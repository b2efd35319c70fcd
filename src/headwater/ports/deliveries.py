"""What the inside needs to remember of what webhooks bring; it handles none."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from headwater.model.principal import Principal
from headwater.model.repository_link import Delivery


class Deliveries(Protocol):
    """A tenant's deliveries: each is taken once, whatever happens, and waits to be handled."""

    async def put(self, delivery: Delivery, *, principal: Principal) -> bool:
        """Keep a delivery, durably; False, and nothing done, where its id was there before."""
        ...

    async def waiting(self, project: int, *, limit: int, principal: Principal) -> list[Delivery]:
        """Return those of a project that are not handled, the oldest first."""
        ...

    async def settle(
        self, ids: Sequence[str], *, handled_at: datetime, principal: Principal
    ) -> None:
        """Say that some are handled: what they brought is forgotten, their ids are not."""
        ...

    async def failed(self, delivery_id: str, *, principal: Principal) -> None:
        """Count a try at a delivery that came to nothing."""
        ...
