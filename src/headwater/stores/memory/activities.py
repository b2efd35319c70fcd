"""What was done in a tenant's projects, in memory; it is written where it is done."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from anyio.lowlevel import checkpoint

from headwater.model.activity import Activity
from headwater.model.principal import Principal
from headwater.stores.memory.estate import MemoryEstate, Tenant
from headwater.stores.memory.work_writing import WorkView, look


class MemoryActivities:
    """What was done in a tenant's projects, written in the transaction that did it."""

    def __init__(self, estate: MemoryEstate) -> None:
        self._estate = estate

    async def since(
        self, project: int, *, after: int, limit: int, principal: Principal
    ) -> list[Activity]:
        """Return what was done in a project with a higher `seq` than `after`, in order."""
        found = _of_project(await look(self._estate, principal), project)
        return [one for one in found if one.seq > after][: max(limit, 0)]

    async def newest(self, project: int, *, limit: int, principal: Principal) -> list[Activity]:
        """Return what was done last in a project, newest first."""
        found = _of_project(await look(self._estate, principal), project)
        return found[::-1][: max(limit, 0)]

    async def may_see(self, project: int, *, principal: Principal) -> bool:
        """Tell whether the asker sees a project."""
        view = await look(self._estate, principal)
        return view.sees_project(project)

    async def due(self, *, limit: int) -> list[Activity]:
        """Return what nobody has been notified of yet, of all tenants, oldest first."""
        await checkpoint()
        found = [
            one for tenant in self._estate.every().values() for one in tenant.work.due.values()
        ]
        return sorted(found, key=lambda one: one.id)[: max(limit, 0)]

    async def settled(self, ids: Sequence[int]) -> None:
        """Take note that these are dealt with: they are not due any more."""
        gone = set(ids)
        for name, held in self._estate.every().items():
            if gone & held.work.due.keys():
                await self._estate.write("due", partial(_settle, gone), principal=Principal(name))


def _of_project(view: WorkView, project: int) -> list[Activity]:
    view.project(project)
    found = [one for one in view.work.activities.values() if one.project == project]
    return sorted(found, key=lambda one: one.seq)


def _settle(gone: set[int], tenant: Tenant) -> None:
    work = tenant.work.copy()
    for number in gone:
        work.due.pop(number, None)
    tenant.work = work
