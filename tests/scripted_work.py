"""Projects, members and what was done, by heart: what rooms stand on, without a store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from anyio.lowlevel import checkpoint

from headwater import AsyncHeadwater
from headwater.app.rooms import Halls
from headwater.errors import UsageError
from headwater.model.activity import Activity
from headwater.model.principal import Principal
from headwater.ports.rooms import Rooms

START_AT = datetime(2026, 11, 21, 12, tzinfo=UTC)


class ScriptedWork:
    """What happened in a tenant's projects, and who may see them; an `Activities` and `Versions`.

    Args:
        members: By project, who is a member; the project's team has the same number.
        tenant: Whose.
    """

    def __init__(self, members: Mapping[int, Sequence[str]], tenant: str = "default") -> None:
        self.members = {project: set(people) for project, people in members.items()}
        self.tenant = tenant
        self.log: dict[int, list[Activity]] = {project: [] for project in members}
        self.asked = Counter[str]()
        self.version = 1
        for project in members:
            self.do(project, "project.created")

    def do(self, project: int, kind: str = "item.updated", **more: Any) -> Activity:
        """Keep one activity of a project, and return it."""
        self.version += 1
        done = self.log[project]
        activity = Activity(
            id=sum(map(len, self.log.values())) + 1,
            tenant=self.tenant,
            team=project,
            project=project,
            seq=len(done) + 1,
            at=START_AT + timedelta(seconds=len(done)),
            kind=kind,
            **{"actor": "ann", "object_type": "item", "object_id": 1, **more},
        )
        done.append(activity)
        return activity

    def remove(self, project: int, person: str) -> Activity:
        """Take a member out, and return what is told of that."""
        self.version += 1
        self.members[project].discard(person)
        return Activity(
            id=0,
            tenant=self.tenant,
            team=project,
            at=START_AT,
            actor="ann",
            kind="member.removed",
            object_type="member",
            object_id=person,
        )

    async def tell(self, rooms: Rooms, *activities: Activity) -> None:
        """Tell rooms of activities, as a writer does."""
        await rooms.tell(activities, principal=Principal(tenant=self.tenant))

    async def since(
        self, project: int, *, after: int, limit: int, principal: Principal
    ) -> list[Activity]:
        """Return what was done after a number."""
        await self._check("since", project, principal)
        return self.log[project][after : after + limit]

    async def newest(self, project: int, *, limit: int, principal: Principal) -> list[Activity]:
        """Return what was done last."""
        await self._check("newest", project, principal)
        return self.log[project][::-1][:limit]

    async def may_see(self, project: int, *, principal: Principal) -> bool:
        """Tell whether the asker sees a project."""
        self.asked["may_see"] += 1
        await checkpoint()
        return self._sees(project, principal)

    async def due(self, *, limit: int) -> list[Activity]:
        """Return nothing: nobody is notified."""
        await checkpoint()
        return []

    async def settled(self, ids: Sequence[int]) -> None:
        """Take note of nothing."""
        await checkpoint()

    async def current(self, *, principal: Principal) -> Mapping[str, int]:
        """Return the number of the last write."""
        await checkpoint()
        return {"work": self.version if principal.tenant == self.tenant else 0}

    def _sees(self, project: int, principal: Principal) -> bool:
        there = principal.tenant == self.tenant and project in self.members
        return there and ("admin" in principal.roles or principal.name in self.members[project])

    async def _check(self, method: str, project: int, principal: Principal) -> None:
        self.asked[method] += 1
        await checkpoint()
        if not self._sees(project, principal):
            message = f"there is no project {project}"
            raise UsageError(message, code="work.unknown")


def give_work(hw: AsyncHeadwater, work: ScriptedWork) -> AsyncHeadwater:
    """Return the same app whose rooms are of this work."""
    parts = hw._parts  # the app makes its parts itself
    stores = parts.stores
    halls = Halls(work, stores.rooms, hub=stores.hub, versions=work, group=parts.reaper.group)
    return AsyncHeadwater(replace(parts, halls=halls), Principal())
