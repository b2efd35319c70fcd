"""Which projects are told of alerts that came into the estate? Written with the load, in SQL.

An alert is told to a project once, by its id in the history; it reads no rows of the load itself,
so that a project which began later, or was told of too many at once, is told by the next load.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select, union

from headwater.analysis.alerts import ALERT, RAISER, OpenAlert, activity_fields, untold
from headwater.analysis.instants import from_us, to_us
from headwater.model.history import ALERT_KINDS, ALERTS_OF
from headwater.model.principal import Principal
from headwater.model.project import GOING_ON
from headwater.model.work_item import OPEN
from headwater.stores.sql.id_lists import among, listed
from headwater.stores.sql.tables import history_entry as entry
from headwater.stores.sql.tables import item
from headwater.stores.sql.work_tables import activity, project, team, work_ci, work_item
from headwater.stores.sql.work_writing import WorkWriting

_TENANT = bindparam("tenant", type_=entry.c.tenant_id.type)
_GOING_ON = (
    work_ci.c.tenant_id == _TENANT,
    project.c.tenant_id == _TENANT,
    project.c.deleted_at.is_(None),
    among(project.c.status, "going_on"),
    team.c.tenant_id == _TENANT,
    team.c.deleted_at.is_(None),
)
_ITS_TEAM = team.c.id == project.c.team_id
_BY_PROJECT = (
    select(work_ci.c.ci_id, project.c.id, project.c.team_id)
    .select_from(work_ci.join(project, project.c.id == work_ci.c.owner_id).join(team, _ITS_TEAM))
    .where(*_GOING_ON, work_ci.c.owner == "project")
)
_BY_ITEM = (
    select(work_ci.c.ci_id, project.c.id, project.c.team_id)
    .select_from(
        work_ci.join(work_item, work_item.c.id == work_ci.c.owner_id)
        .join(project, project.c.id == work_item.c.project_id)
        .join(team, _ITS_TEAM)
    )
    .where(
        *_GOING_ON,
        work_ci.c.owner == "item",
        work_item.c.tenant_id == _TENANT,
        work_item.c.deleted_at.is_(None),
        among(work_item.c.status, "unfinished"),
    )
)
_ABOUT = union(_BY_PROJECT, _BY_ITEM)
_FIELDS = ("entry", "ci", "kind", "at", "severity", "title")
_OPEN = (
    select(
        entry.c.ci_id, entry.c.id, item.c.code, entry.c.kind, entry.c.at, entry.c.severity,
        entry.c.title,
    )
    .join_from(entry, item, item.c.id == entry.c.ci_id)
    .where(
        entry.c.tenant_id == _TENANT,
        among(entry.c.ci_id, "ids"),
        entry.c.kind.in_(ALERT_KINDS),
        entry.c.at >= bindparam("since"),
        entry.c.at <= bindparam("until"),
        entry.c.ended_at.is_(None),
        item.c.tenant_id == _TENANT,
        item.c.deleted_at.is_(None),
    )
)  # fmt: skip
_TOLD = select(activity.c.project_id, activity.c.object_id).where(
    activity.c.tenant_id == _TENANT,
    among(activity.c.project_id, "projects"),
    activity.c.kind == ALERT,
    activity.c.at >= bindparam("since"),
)


def tell_projects(connection: Connection, *, principal: Principal) -> None:
    """Have each project told of the open alerts on what it is about, as part of a load."""
    own = {"tenant": principal.tenant}
    if not _untold(connection, own):
        return
    writer = Principal(tenant=principal.tenant, name=RAISER, roles=("admin",))
    writing = WorkWriting(connection, writer)
    for one in _untold(connection, own):  # again: another load may have told them meanwhile
        writing.note(ALERT, **activity_fields(one))
    writing.record()


def _untold(connection: Connection, own: dict[str, str]) -> list[OpenAlert]:
    """Return what is to be told, from the few items that there are projects about."""
    given = own | {"going_on": listed(GOING_ON), "unfinished": listed(OPEN)}
    about: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for ci, *whose in connection.execute(_ABOUT, given):
        about[ci].append((whose[0], whose[1]))
    if not about:
        return []
    now = datetime.now(UTC)
    span = {"since": to_us(now - ALERTS_OF), "until": to_us(now)}
    raised = connection.execute(_OPEN, own | span | {"ids": listed(about)}).all()
    found = [
        _alert(row[1:], project=project, team=team)
        for row in raised
        for project, team in about[row[0]]
    ]
    if not found:
        return []
    projects = listed({one.project for one in found})
    told = connection.execute(_TOLD, own | {"projects": projects, "since": span["since"]})
    return untold(found, {(row[0], int(json.loads(row[1]))) for row in told})


def _alert(row: Sequence[Any], *, project: int, team: int) -> OpenAlert:
    fields = dict(zip(_FIELDS, row, strict=True))
    return OpenAlert(project=project, team=team, **fields | {"at": from_us(fields["at"])})
