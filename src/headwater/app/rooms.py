"""How somebody comes into a project's room and is told what happens there; it does no work.

Next: `headwater.app.hall`
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from anyio.abc import TaskGroup

from headwater.analysis.work_refusals import unknown
from headwater.app import checking
from headwater.app.hall import Hall
from headwater.app.room import Seat
from headwater.model.principal import Principal
from headwater.ports.activities import Activities
from headwater.ports.hub import Hub
from headwater.ports.rooms import Rooms
from headwater.ports.versions import Versions

MOST_ID = 2**63 - 1


class Halls:
    """The rooms of all tenants, in this process.

    Args:
        activities: Where what was done is kept.
        rooms: Tells of it at once.
        hub: Reaches the other processes.
        versions: Tells whether there was any work.
        group: Lives as long as the app.
    """

    def __init__(
        self,
        activities: Activities,
        rooms: Rooms,
        *,
        hub: Hub,
        versions: Versions,
        group: TaskGroup,
    ) -> None:
        self._activities = activities
        self._rooms = rooms
        self._hub = hub
        self._versions = versions
        self._group = group
        self._halls: dict[str, Hall] = {}

    @asynccontextmanager
    async def of(self, tenant: str) -> AsyncIterator[Hall]:
        """Give a tenant's hall, which is there for as long as somebody is in it."""
        hall = self._halls.get(tenant)
        if hall is None:
            hall = self._halls[tenant] = Hall(
                tenant,
                self._activities,
                rooms=self._rooms,
                hub=self._hub,
                versions=self._versions,
            )
            self._group.start_soon(hall.serve, name="hall")
        hall.holders += 1
        try:
            yield hall
        finally:
            hall.holders -= 1
            if not hall.holders:
                del self._halls[tenant]
                hall.scope.cancel()


class LiveRooms:
    """The rooms of a tenant's projects as they go on; reached as `hw.rooms`.

    Args:
        halls: The rooms of all tenants.
        principal: Who asks where a method is not told.
    """

    def __init__(self, halls: Halls, principal: Principal) -> None:
        self._halls = halls
        self._principal = principal

    @asynccontextmanager
    async def join(
        self, project: int, *, after: int | None = None, principal: Principal | None = None
    ) -> AsyncIterator[Seat]:
        """Come into a project's room: iterate over the seat for what happens there, in order.

        The seat ends by an error where the asker may no longer be there (`work.unknown`), or falls
        too far behind (`room.slow`).

        Args:
            project: The project's id.
            after: The number of the last event seen, to go on after; None for what happens now.
            principal: Who comes in.

        Raises:
            UsageError: `access.denied`; `work.unknown`, also where it is another team's.
        """
        who = checking.allow(checking.who_asks(principal, self._principal), "join")
        if not (isinstance(project, int) and 0 < project <= MOST_ID):
            raise unknown("project", project)
        async with (
            self._halls.of(who.tenant) as hall,
            hall.seat(project, who, after) as seat,
        ):
            yield seat
