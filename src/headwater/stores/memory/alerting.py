"""Which projects are told of alerts that came into the estate? Written with the load, in memory."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from headwater.analysis.alerts import ALERT, RAISER, OpenAlert, activity_fields, untold
from headwater.analysis.instants import from_us, to_us
from headwater.model.history import ALERT_KINDS, ALERTS_OF
from headwater.model.principal import Principal
from headwater.model.project import GOING_ON
from headwater.model.work_item import OPEN
from headwater.stores.memory.estate import MemoryEstate, Tenant
from headwater.stores.memory.work_writing import WorkWriting


def tell_projects(estate: MemoryEstate, tenant: Tenant, *, principal: Principal) -> None:
    """Have each project told of the open alerts on what it is about, as part of a load."""
    told = {
        (one.project or 0, int(one.object_id))
        for one in tenant.work.activities.values()
        if one.kind == ALERT
    }
    found = untold(list(_found(tenant)), told)
    if not found:
        return
    writer = Principal(tenant=principal.tenant, name=RAISER, roles=("admin",))
    writing = WorkWriting(estate, tenant, writer)
    for one in found:
        writing.note(ALERT, **activity_fields(one))
    writing.record()
    tenant.versions["work"] = tenant.versions.get("work", 0) + 1


def _found(tenant: Tenant) -> Iterator[OpenAlert]:
    now = datetime.now(UTC)
    since_us, until_us = to_us(now - ALERTS_OF), to_us(now)
    about = _about(tenant)
    for row in tenant.entries.values():
        item = tenant.items.live(row.ci)
        is_open = row.kind in ALERT_KINDS and row.ended_us is None
        if item is None or not is_open or not since_us <= row.at_us <= until_us:
            continue
        for project in about.get(row.ci, ()):
            yield OpenAlert(
                project=project,
                team=tenant.work.projects[project].project.team,
                entry=row.id,
                ci=item.code,
                kind=row.kind,
                at=from_us(row.at_us),
                severity=row.severity,
                title=row.title,
            )


def _about(tenant: Tenant) -> dict[int, set[int]]:
    """Return which projects that go on are about each configuration item."""
    work = tenant.work
    living = {
        number
        for number, held in work.projects.items()
        if not held.is_deleted
        and held.project.status in GOING_ON
        and not work.teams[held.project.team].is_deleted
    }
    found: dict[int, set[int]] = {}
    for number in living:
        for ci in work.projects[number].cis:
            found.setdefault(ci, set()).add(number)
    for part in work.items.values():
        if not part.is_deleted and part.item.status in OPEN and part.item.project in living:
            for ci in part.cis:
                found.setdefault(ci, set()).add(part.item.project)
    return found
