"""What the inside needs of what was done: history, events of rooms, causes of notices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from headwater.model.activity import Activity
from headwater.model.principal import Principal


class Activities(Protocol):
    """What was done in a tenant's projects, written in the transaction that did it."""

    async def since(
        self, project: int, *, after: int, limit: int, principal: Principal
    ) -> list[Activity]:
        """Return what was done in a project with a higher `seq` than `after`, in order.

        Raises:
            UsageError: `work.unknown`.
        """
        ...

    async def newest(self, project: int, *, limit: int, principal: Principal) -> list[Activity]:
        """Return what was done last in a project, newest first.

        Raises:
            UsageError: `work.unknown`.
        """
        ...

    async def may_see(self, project: int, *, principal: Principal) -> bool:
        """Tell whether the asker sees a project."""
        ...

    async def due(self, *, limit: int) -> list[Activity]:
        """Return what nobody has been notified of yet, of all tenants, oldest first."""
        ...

    async def settled(self, ids: Sequence[int]) -> None:
        """Take note that these are dealt with: they are not due any more."""
        ...
