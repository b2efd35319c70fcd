"""What the inside needs to tell projects' rooms what was done, and to hear it; it keeps nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from headwater.model.activity import Activity
from headwater.model.principal import Principal
from headwater.model.room import Told


class Rooms(Protocol):
    """Tells whoever is in the rooms of a tenant's projects, in any replica.

    It only hurries: what it loses is found by the hole in `seq`, and read from the activities.
    """

    async def tell(self, activities: Sequence[Activity], *, principal: Principal) -> None:
        """Tell what was done, after its commit; it never raises and never waits for a hub.

        Those without a project are told too: a change of membership changes who may listen.
        """
        ...

    def listen(
        self, *, principal: Principal
    ) -> AbstractAsyncContextManager[AsyncIterator[Sequence[Told] | None]]:
        """Hear what is told in the principal's tenant, from when the block is entered.

        None stands for some that were lost. Whoever hears has to check who may be told.

        Raises:
            StoreFault: `hub.unreachable`.
        """
        ...

    async def work(self) -> None:
        """Send what was told, until cancelled; the app does so while it is open."""
        ...
