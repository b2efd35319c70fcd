"""What was done in a tenant's projects, in SQL; it is written where it is done."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, delete, func, select

from headwater.analysis.filtering import WHOLE
from headwater.model.activity import Activity
from headwater.model.principal import Principal
from headwater.stores.sql.database import Database
from headwater.stores.sql.id_lists import among, listed
from headwater.stores.sql.project_rows import find_project
from headwater.stores.sql.work_access import PROJECTS, SEEN_PROJECT, asker
from headwater.stores.sql.work_tables import activity, activity_due, project
from headwater.stores.sql.work_writing import ACTIVITY, activity_of

_OF_TENANT = activity.c.tenant_id == bindparam("tenant")
_OF_PROJECT = select(*ACTIVITY).where(_OF_TENANT, activity.c.project_id == bindparam("of_project"))
_SINCE = (
    _OF_PROJECT.where(activity.c.seq > bindparam("after"))
    .order_by(activity.c.seq)
    .limit(bindparam("page_rows"))
)
_NEWEST = _OF_PROJECT.order_by(activity.c.seq.desc()).limit(bindparam("page_rows"))
_BY_IDS = select(*ACTIVITY).where(_OF_TENANT, among(activity.c.id, "ids"))
_SEEN = (
    select(func.count())
    .select_from(PROJECTS)
    .where(*SEEN_PROJECT, project.c.id == bindparam("ref"))
)
_DUE = (
    select(activity_due.c.activity_id, activity_due.c.tenant_id)
    .order_by(activity_due.c.activity_id)
    .limit(bindparam("page_rows"))
)
_SETTLE = delete(activity_due).where(among(activity_due.c.activity_id, "ids"))


class SqlActivities:
    """What was done in a tenant's projects, written in the transaction that did it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def since(
        self, project: int, *, after: int, limit: int, principal: Principal
    ) -> list[Activity]:
        """Return what was done in a project with a higher `seq` than `after`, in order."""
        after = min(max(after, -1), WHOLE[-1])

        def work(connection: Connection) -> list[Activity]:
            find_project(connection, project, principal=principal)
            own = {"tenant": principal.tenant, "of_project": project, "page_rows": max(limit, 0)}
            rows = connection.execute(_SINCE, own | {"after": after})
            return [activity_of(row, principal.tenant) for row in rows]

        return await self._database.read(work, tenant=principal.tenant)

    async def newest(self, project: int, *, limit: int, principal: Principal) -> list[Activity]:
        """Return what was done last in a project, newest first."""

        def work(connection: Connection) -> list[Activity]:
            find_project(connection, project, principal=principal)
            own = {"tenant": principal.tenant, "of_project": project, "page_rows": max(limit, 0)}
            return [activity_of(row, principal.tenant) for row in connection.execute(_NEWEST, own)]

        return await self._database.read(work, tenant=principal.tenant)

    async def may_see(self, project: int, *, principal: Principal) -> bool:
        """Tell whether the asker sees a project."""
        if project not in WHOLE:
            return False
        values = asker(principal) | {"ref": project}

        def work(connection: Connection) -> bool:
            return bool(connection.execute(_SEEN, values).scalar_one())

        return await self._database.read(work, tenant=principal.tenant)

    async def due(self, *, limit: int) -> list[Activity]:
        """Return what nobody has been notified of yet, of all tenants, oldest first."""

        def which(connection: Connection) -> list[tuple[int, str]]:
            rows = connection.execute(_DUE, {"page_rows": max(limit, 0)})
            return [(number, tenant) for number, tenant in rows]

        waiting: dict[str, list[int]] = defaultdict(list)
        for number, tenant in await self._database.read(which, tenant=None):
            waiting[tenant].append(number)
        found: list[Activity] = []
        for tenant, ids in waiting.items():
            found += await self._of_tenant(ids, tenant)
        return sorted(found, key=lambda one: one.id)

    async def settled(self, ids: Sequence[int]) -> None:
        """Take note that these are dealt with: they are not due any more."""
        if not ids:
            return

        def work(connection: Connection) -> None:
            connection.execute(_SETTLE, {"ids": listed(ids)})

        await self._database.write(work, tenant=None)

    async def _of_tenant(self, ids: Sequence[int], tenant: str) -> list[Activity]:
        def work(connection: Connection) -> list[Activity]:
            rows = connection.execute(_BY_IDS, {"tenant": tenant, "ids": listed(ids)})
            return [activity_of(row, tenant) for row in rows]

        return await self._database.read(work, tenant=tenant)
