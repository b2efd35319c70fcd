"""How does a unit of work write work? Behind one lock, and with a record of all that it does.

The lock is the tenant's data version of `work`: whoever writes takes it first, so that nobody
decides by what another is about to change, and no two wait for each other.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, bindparam, func, insert, select, update

from headwater.analysis.instants import from_us, to_us
from headwater.analysis.work_records import check_person
from headwater.analysis.work_refusals import unknown
from headwater.model.activity import Activity
from headwater.model.item import ItemName
from headwater.model.principal import Principal
from headwater.stores.sql.database import Database
from headwater.stores.sql.id_lists import among, listed
from headwater.stores.sql.tables import NAME_CHARS, item
from headwater.stores.sql.versions import make_version, raise_known_version
from headwater.stores.sql.work_tables import activity, activity_due, project

T = TypeVar("T")
PORT = "work"
VERSIONS = range(2**62)
ACTIVITY = (
    activity.c.id, activity.c.team_id, activity.c.project_id, activity.c.seq, activity.c.at,
    activity.c.actor, activity.c.kind, activity.c.object_type, activity.c.object_id,
    activity.c.version, activity.c.title, activity.c.changes,
)  # fmt: skip
_OF_TENANT = activity.c.tenant_id == bindparam("tenant")
_LAST_ID = select(func.coalesce(func.max(activity.c.id), 0)).where(_OF_TENANT)
_NEW_IDS = (
    select(activity.c.id)
    .where(_OF_TENANT, activity.c.id > bindparam("last_id"))
    .order_by(activity.c.id)
)
_IS_OWN = (project.c.tenant_id == bindparam("tenant"), project.c.id == bindparam("ref"))
_LAST_SEQ = select(project.c.last_seq).where(*_IS_OWN)
_TAKE_SEQ = update(project).where(*_IS_OWN).values(last_seq=bindparam("taken"))
_LIVING = select(item.c.id, item.c.code, item.c.name).where(
    item.c.tenant_id == bindparam("tenant"), item.c.deleted_at.is_(None), among(item.c.id, "ids")
)


class FirstWrite(Exception):  # noqa: N818  a condition, not an error; `write_work` ends it
    """Say that a tenant has no lock yet."""


async def write_work(
    database: Database, work: Callable[[Connection], T], *, principal: Principal
) -> T:
    """Run a unit of work that writes work; make the tenant's lock first, where there is none."""

    def make(connection: Connection) -> None:
        make_version(connection, PORT, principal=principal)

    try:
        return await database.write(work, tenant=principal.tenant)
    except FirstWrite:
        await database.write(make, tenant=principal.tenant)
    return await database.write(work, tenant=principal.tenant)


class WorkWriting:
    """One unit of work that writes, run by `write_work`; make it first of all, and `record` last.

    Args:
        connection: Where; nothing of work was read on it yet.
        principal: Who writes.

    Raises:
        UsageError: `work.bad`, the writer has a name that cannot be kept.
        FirstWrite: there is no lock to take yet.
    """

    def __init__(self, connection: Connection, principal: Principal) -> None:
        check_person(principal.name)
        self.connection = connection
        self.principal = principal
        self.tenant = principal.tenant
        self.now_us = to_us(datetime.now(UTC))
        self.now = from_us(self.now_us)
        self._noted: list[Activity] = []
        if not raise_known_version(connection, PORT, principal=principal):
            raise FirstWrite

    def note(self, kind: str, *, team: int, project: int | None = None, **what: Any) -> None:
        """Take note of something that was done; see `Activity` for what may be told of it."""
        what["title"] = what.get("title", "")[:NAME_CHARS]
        done = Activity(
            id=0,
            tenant=self.tenant,
            team=team,
            project=project,
            at=self.now,
            actor=self.principal.name,
            kind=kind,
            **what,
        )
        self._noted.append(done)

    @property
    def has_noted(self) -> bool:
        """Tell whether anything was done."""
        return bool(self._noted)

    def record(self) -> tuple[Activity, ...]:
        """Keep what was noted, each with its place among those of its project; return it."""
        if not self._noted:
            return ()
        own = {"tenant": self.tenant}
        placed = list(self._placed(self._noted))
        last_id = self.connection.execute(_LAST_ID, own).scalar_one()
        self.connection.execute(insert(activity), [_row_of(one) for one in placed])
        found = self.connection.execute(_NEW_IDS, own | {"last_id": last_id}).scalars()
        kept = tuple(
            replace(one, id=number) for one, number in zip(placed, found.all(), strict=True)
        )
        due = [{"activity_id": one.id, "tenant_id": self.tenant} for one in kept]
        self.connection.execute(insert(activity_due), due)
        return kept

    def living(self, ids: Sequence[int]) -> dict[int, ItemName]:
        """Return the names of living configuration items.

        Raises:
            UsageError: `work.unknown`, one of them is none.
        """
        if not ids:
            return {}
        values = {"tenant": self.tenant, "ids": listed(dict.fromkeys(ids))}
        found = {row[0]: ItemName(*row) for row in self.connection.execute(_LIVING, values)}
        for one in ids:
            if one not in found:
                raise unknown("configuration item", one)
        return found

    def insert(self, table: Any, **values: Any) -> int:
        """Add a row to a table of the tenant's and return its id."""
        made = self.connection.execute(insert(table), {"tenant_id": self.tenant, **values})
        assert made.inserted_primary_key is not None  # noqa: S101  each of these tables has one
        return int(made.inserted_primary_key[0])

    def change(self, statement: Any, ref: int, *, version: int, **values: Any) -> bool:
        """Change a row that is still at a version; the statement's own conditions decide it."""
        own = {"own_tenant": self.tenant, "own_id": ref, "at_version": version, "at": self.now_us}
        return version in VERSIONS and self.connection.execute(statement, own | values).rowcount > 0

    def _placed(self, noted: Iterable[Activity]) -> Iterable[Activity]:
        last: dict[int, int] = {}
        for one in noted:
            if one.project is None:
                yield one
                continue
            if one.project not in last:
                own = {"tenant": self.tenant, "ref": one.project}
                last[one.project] = self.connection.execute(_LAST_SEQ, own).scalar_one()
            last[one.project] += 1
            yield replace(one, seq=last[one.project])
        for ref, seq in last.items():
            own = {"tenant": self.tenant, "ref": ref, "taken": seq}
            self.connection.execute(_TAKE_SEQ, own)


def activity_of(row: Sequence[Any], tenant: str) -> Activity:
    """Make an activity of a row of `ACTIVITY`."""
    return Activity(
        id=row[0],
        tenant=tenant,
        team=row[1],
        project=row[2],
        seq=row[3],
        at=from_us(row[4]),
        actor=row[5],
        kind=row[6],
        object_type=row[7],
        object_id=json.loads(row[8]),
        version=row[9],
        title=row[10],
        changes=row[11],
    )


def _row_of(one: Activity) -> dict[str, Any]:
    return {
        "tenant_id": one.tenant,
        "team_id": one.team,
        "project_id": one.project,
        "seq": one.seq,
        "at": to_us(one.at),
        "actor": one.actor,
        "kind": one.kind,
        "object_type": one.object_type,
        "object_id": json.dumps(one.object_id),
        "version": one.version,
        "title": one.title,
        "changes": dict(one.changes),
    }
