"""How projects are linked to repositories, in SQL; it fetches nothing of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from headwater.analysis.instants import to_us
from headwater.model.principal import Principal
from headwater.model.repository_link import (
    Linked,
    LinkState,
    RepositoryLink,
    SealedHook,
    SeenIssue,
)
from headwater.stores.sql.database import Database
from headwater.stores.sql.repository_rows import link_of, link_row, seen_of, seen_row, state_row
from headwater.stores.sql.repository_tables import (
    repository_link,
    repository_seen,
    repository_watch,
)

ALL_AT_ONCE = 400


def _ours(table: Any) -> tuple[Any, Any]:
    return (
        table.c.tenant_id == bindparam("tenant"),
        table.c.project_id == bindparam("of_project"),
    )


_GET = select(repository_link).where(*_ours(repository_link))
_HELD = _GET.with_for_update()
_SEEN = select(repository_seen).where(
    *_ours(repository_seen),
    repository_seen.c.is_milestone == bindparam("stone"),
    repository_seen.c.number.in_(bindparam("numbers", expanding=True)),
)
_FORGET_SEEN = delete(repository_seen).where(
    *_ours(repository_seen),
    repository_seen.c.is_milestone == bindparam("stone"),
    repository_seen.c.number == bindparam("of_number"),
)
_SET_HOOK = update(repository_link).where(*_ours(repository_link)).values(hook=bindparam("name"))
_WATCH_HOOK = (
    update(repository_watch)
    .where(*_ours(repository_watch))
    .values(hook=bindparam("name"), secret=bindparam("sealed"))
)
_BY_HOOK = select(
    repository_watch.c.tenant_id, repository_watch.c.project_id, repository_watch.c.secret
).where(repository_watch.c.hook == bindparam("name"))
_FREE = (
    repository_watch.c.due_at <= bindparam("now"),
    repository_watch.c.claimed_until <= bindparam("now"),
)
_DUE = (
    select(repository_watch.c.tenant_id, repository_watch.c.project_id)
    .where(*_FREE)
    .order_by(
        repository_watch.c.due_at, repository_watch.c.tenant_id, repository_watch.c.project_id
    )
    .limit(bindparam("most"))
)
_CLAIM = (
    update(repository_watch)
    .where(*_ours(repository_watch), *_FREE)
    .values(claimed_until=bindparam("until"))
)
_RELEASE = update(repository_watch).where(*_ours(repository_watch)).values(claimed_until=0)
_DUE_AGAIN = (
    update(repository_watch)
    .where(*_ours(repository_watch), repository_watch.c.due_at <= bindparam("began"))
    .values(due_at=bindparam("again_at"))
)
_HURRY = update(repository_watch).where(*_ours(repository_watch)).values(due_at=bindparam("now"))


class SqlRepositories:
    """Links of a tenant's projects, and how far each project is in step with its repository."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def link(self, link: RepositoryLink, *, principal: Principal) -> RepositoryLink:
        """Link a project, in the place of its link before, and return the link as it is kept."""
        named, due = _named(link.project, principal), {"now": to_us(link.linked_at)}

        def work(connection: Connection) -> RepositoryLink:
            row = connection.execute(_HELD, named).mappings().first()
            before = None if row is None else link_of(row)
            if before is None or before.repository != link.repository:
                _forget(connection, named)
                connection.execute(insert(repository_link), link_row(link, principal))
                watch = {"due_at": due["now"], "claimed_until": 0, **_keys(link, principal)}
                connection.execute(insert(repository_watch), watch)
            else:
                told = link_row(link, principal, state=before.state, hook=before.hook)
                changed = update(repository_link).where(*_ours(repository_link)).values(told)
                connection.execute(changed, named)
                connection.execute(_HURRY, named | due)
            return link_of(connection.execute(_GET, named).mappings().one())

        return await self._database.write(work, tenant=principal.tenant)

    async def get(self, project: int, *, principal: Principal) -> RepositoryLink | None:
        """Return a project's link, or None."""

        def work(connection: Connection) -> RepositoryLink | None:
            row = connection.execute(_GET, _named(project, principal)).mappings().first()
            return None if row is None else link_of(row)

        return await self._database.read(work, tenant=principal.tenant)

    async def unlink(self, project: int, *, principal: Principal) -> RepositoryLink | None:
        """Forget a project's link, its hook and what was seen, and return it, or None."""

        def work(connection: Connection) -> RepositoryLink | None:
            named = _named(project, principal)
            row = connection.execute(_HELD, named).mappings().first()
            _forget(connection, named)
            return None if row is None else link_of(row)

        return await self._database.write(work, tenant=principal.tenant)

    async def keep_state(
        self, project: int, state: LinkState, *, repository: str, principal: Principal
    ) -> bool:
        """Keep how far a project is in step; False where it is linked to another by now."""
        kept = (
            update(repository_link)
            .where(*_ours(repository_link), repository_link.c.repository == bindparam("same"))
            .values(state_row(state))
        )
        found = select(repository_link.c.project_id).where(
            *_ours(repository_link), repository_link.c.repository == bindparam("same")
        )

        def work(connection: Connection) -> bool:
            named = _named(project, principal) | {"same": repository}
            connection.execute(kept, named)
            return connection.execute(found, named).first() is not None

        return await self._database.write(work, tenant=principal.tenant)

    async def seen(
        self, project: int, numbers: Sequence[int], *, milestones: bool, principal: Principal
    ) -> dict[int, SeenIssue]:
        """Return what was seen of these issues, or milestones, by number."""
        named = _named(project, principal) | {"stone": int(milestones)}

        def work(connection: Connection) -> dict[int, SeenIssue]:
            found = {}
            for begin in range(0, len(numbers), ALL_AT_ONCE):
                some = named | {"numbers": list(numbers[begin : begin + ALL_AT_ONCE])}
                rows = connection.execute(_SEEN, some).mappings()
                found.update({row["number"]: seen_of(row) for row in rows})
            return found

        return await self._database.read(work, tenant=principal.tenant)

    async def keep_seen(
        self, project: int, rows: Sequence[SeenIssue], *, principal: Principal
    ) -> None:
        """Keep what was seen, each in the place of what it was before."""
        named = _named(project, principal)
        gone = [named | {"stone": int(one.is_milestone), "of_number": one.number} for one in rows]
        kept = [seen_row(one, project=project, principal=principal) for one in rows]

        def work(connection: Connection) -> None:
            if connection.execute(_HELD, named).first() is not None:
                connection.execute(_FORGET_SEEN, gone)
                connection.execute(insert(repository_seen), kept)

        if rows:
            await self._database.write(work, tenant=principal.tenant)

    async def keep_hook(
        self, project: int, *, hook: str, sealed: str, principal: Principal
    ) -> bool:
        """Keep the name and secret of a project's webhook; False where there is no link."""
        values = _named(project, principal) | {"name": hook}

        def work(connection: Connection) -> bool:
            if connection.execute(_HELD, _named(project, principal)).first() is None:
                return False
            connection.execute(_SET_HOOK, values)
            connection.execute(_WATCH_HOOK, values | {"sealed": sealed})
            return True

        return await self._database.write(work, tenant=principal.tenant)

    async def by_hook(self, hook: str) -> SealedHook | None:
        """Return whose webhook that is, of any tenant, or None."""

        def work(connection: Connection) -> SealedHook | None:
            row = connection.execute(_BY_HOOK, {"name": hook}).first()
            return None if row is None else SealedHook(linked=Linked(row[0], row[1]), sealed=row[2])

        return await self._database.read(work, tenant=None)

    async def due(self, *, now: datetime, limit: int) -> list[Linked]:
        """Return links of any tenant that are to be looked after, those due longest first."""

        def work(connection: Connection) -> list[Linked]:
            rows = connection.execute(_DUE, {"now": to_us(now), "most": limit})
            return [Linked(tenant, project) for tenant, project in rows]

        return await self._database.read(work, tenant=None)

    async def claim(self, linked: Linked, *, now: datetime, until: datetime) -> bool:
        """Take a link that is due upon oneself until then; False where somebody else has."""
        values = _of(linked) | {"now": to_us(now), "until": to_us(until)}

        def work(connection: Connection) -> bool:
            return connection.execute(_CLAIM, values).rowcount == 1

        return await self._database.write(work, tenant=None)

    async def settle(self, linked: Linked, *, began: datetime, due_at: datetime) -> None:
        """Give a claim back and say when it is due again."""
        values = _of(linked) | {"began": to_us(began), "again_at": to_us(due_at)}

        def work(connection: Connection) -> None:
            connection.execute(_RELEASE, _of(linked))
            connection.execute(_DUE_AGAIN, values)

        await self._database.write(work, tenant=None)

    async def hurry(self, project: int, *, now: datetime, principal: Principal) -> None:
        """Make a link due now."""
        values = _named(project, principal) | {"now": to_us(now)}

        def work(connection: Connection) -> None:
            connection.execute(_HURRY, values)

        await self._database.write(work, tenant=principal.tenant)


def _named(project: int, principal: Principal) -> dict[str, Any]:
    return {"tenant": principal.tenant, "of_project": project}


def _of(linked: Linked) -> dict[str, Any]:
    return {"tenant": linked.tenant, "of_project": linked.project}


def _keys(link: RepositoryLink, principal: Principal) -> dict[str, Any]:
    return {"tenant_id": principal.tenant, "project_id": link.project}


def _forget(connection: Connection, named: dict[str, Any]) -> None:
    for table in (repository_link, repository_seen, repository_watch):
        connection.execute(delete(table).where(*_ours(table)), named)
