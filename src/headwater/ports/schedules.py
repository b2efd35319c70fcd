"""What the inside needs of work that is due again and again; it decides none of it."""

from __future__ import annotations

from typing import Protocol

from headwater.model.principal import Principal
from headwater.model.schedule import Due, Schedule


class Schedules(Protocol):
    """Each tenant's schedules, kept where its jobs are.

    At each instant that is due one job is begun, by whichever process comes first. None is begun
    while the one before has not ended. Instants that passed while no process was there are made up
    for once, by one job, when one is there again.
    """

    async def add(self, due: Due) -> Schedule | None:
        """Keep a schedule for the tenant of its task; None where there is one of its name.

        Raises:
            UsageError: `schedule.bad_cron`, `schedule.bad_zone`.
            StoreFault: `jobs.unreachable`.
        """
        ...

    async def all_(self, *, principal: Principal) -> list[Schedule]:
        """Return the tenant's schedules, by name."""
        ...

    async def remove(self, name: str, *, principal: Principal) -> Schedule | None:
        """Remove the tenant's schedule of this name, and return it; jobs that it began go on."""
        ...
