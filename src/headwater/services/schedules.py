"""When jobs are begun again and again, kept and told the time by DBOS; it does no job.

DBOS runs one workflow for each instant that is due, under an id made of the schedule and the
instant, so that several processes that see it at once begin it once. That workflow only keeps the
job, under an id made of the same.
"""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, unquote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from croniter import croniter  # type: ignore[import-untyped]
from dbos import DBOS
from dbos import error as dbos_errors
from ulid import ULID

from headwater.errors import UsageError
from headwater.model.job import Task
from headwater.model.principal import Principal
from headwater.model.schedule import Due, Schedule
from headwater.services.asking_dbos import ask
from headwater.services.job_lane import Lane

WORKFLOW = "headwater.due"
NAMED = "jan feb mar apr may jun jul aug sep oct nov dec sun mon tue wed thu fri sat"
FIELD = rf"(?:[0-9*/,-]|(?i:{NAMED.replace(' ', '|')}))+"
LINE = re.compile(rf"{FIELD}(?: {FIELD}){{4,5}}")
"""Five fields, or six with seconds; nothing of chance, which replicas would see differently."""
PAST = timedelta(seconds=1)
"""How far round an instant a window is laid that holds it alone."""


class DbosSchedules:
    """Each tenant's schedules.

    Args:
        lane: Where what is due waits, and whose processes share these schedules.
    """

    def __init__(self, lane: Lane) -> None:
        self._lane = lane
        self._queue = lane.queue
        self._workflow: Any = None

    def register(self) -> None:
        """Tell DBOS what to do when something is due; before it is launched."""

        def due(at: Any, context: dict[str, Any]) -> dict[str, Any]:
            return self._due(datetime.fromisoformat(str(at)), context)

        self._workflow = DBOS.workflow(name=WORKFLOW)(due)

    def _due(self, at: datetime, context: Mapping[str, Any]) -> dict[str, Any]:
        """Keep a job, in a thread of DBOS's, unless the one before has not ended."""
        who = Principal(context["tenant"], context["name"], tuple(context["roles"]))
        task = Task(kind=context["kind"], principal=who, payload=context["payload"])
        job_id = job_id_of(str(DBOS.workflow_id), at)
        try:
            self._lane.keep(task, job_id=job_id, alone=context["schedule"])
        except dbos_errors.DBOSQueueDeduplicatedError:
            return {"passed_over": True}
        return {"job_id": job_id}

    async def add(self, due: Due) -> Schedule | None:
        """Keep a schedule for the tenant of its task; None where there is one of its name."""
        return await ask(functools.partial(self._add, due))

    def _add(self, due: Due) -> Schedule | None:
        check_cron(due.cron)
        check_zone(due.zone)
        task, name = due.task, self._name(due.task.principal.tenant, due.name)
        if DBOS.get_schedule(name) is not None:
            return None
        if DBOS.retrieve_queue(self._queue) is None:  # no process has taken jobs here yet
            DBOS.register_queue(self._queue)
        context = {
            "schedule": name,
            "kind": task.kind,
            "name": task.principal.name,
            "roles": list(task.principal.roles),
            "tenant": task.principal.tenant,
            "payload": dict(task.payload),
            "made_by": due.made_by,
            "made_at": datetime.now(UTC).isoformat(),
        }
        try:
            DBOS.create_schedule(
                schedule_name=name,
                workflow_fn=self._workflow,
                schedule=due.cron,
                context=context,
                cron_timezone=due.zone,
                queue_name=self._queue,
            )
        except dbos_errors.DBOSException:
            if DBOS.get_schedule(name) is None:
                raise
            return None  # somebody was quicker
        return schedule_of(DBOS.get_schedule(name))

    async def all_(self, *, principal: Principal) -> list[Schedule]:
        """Return the tenant's schedules, by name."""
        prefix = self._name(principal.tenant, "")
        found = await ask(lambda: [schedule_of(one) for one in self._listed(prefix)])
        return sorted(found, key=lambda one: one.name)

    async def remove(self, name: str, *, principal: Principal) -> Schedule | None:
        """Remove the tenant's schedule of this name, and return it; jobs that it began go on."""
        return await ask(functools.partial(self._remove, self._name(principal.tenant, name)))

    def _remove(self, name: str) -> Schedule | None:
        found = DBOS.get_schedule(name)
        if found is not None:
            DBOS.delete_schedule(name)
        return None if found is None else schedule_of(found)

    def make_up(self, now: datetime) -> None:
        """Begin once what was due while no process was there; it blocks."""
        for one in self._listed(self._name("", "").removesuffix("/")):
            missed_at = missed(one, now)
            if missed_at is not None:
                DBOS.backfill_schedule(one["schedule_name"], missed_at - PAST, missed_at + PAST)

    def _listed(self, prefix: str) -> list[Any]:
        found = DBOS.list_schedules(schedule_name_prefix=prefix, workflow_name=WORKFLOW)
        return [one for one in found if one["schedule_name"].startswith(prefix)]

    def _name(self, tenant: str, name: str) -> str:
        """Return the name of a schedule among all; what is in it is quoted, so that none meet."""
        return f"{self._queue}/{quote(tenant, safe='')}/{quote(name, safe='')}"


def job_id_of(workflow_id: str, at: datetime) -> str:
    """Return the id of the job that an instant's workflow keeps: always the same one."""
    epoch_ms = int(at.timestamp() * 1000).to_bytes(6, "big")
    return f"j-{ULID.from_bytes(epoch_ms + hashlib.sha256(workflow_id.encode()).digest()[:10])}"


def check_cron(cron: str) -> None:
    """Refuse what is no cron line.

    Raises:
        UsageError: `schedule.bad_cron`.
    """
    message = (
        f"{ascii(cron)[:80]} is no cron line that ever comes; write five fields, such as "
        "'0 3 * * *' for each day at 03:00"
    )
    if not isinstance(cron, str) or not LINE.fullmatch(cron):
        raise UsageError(message, code="schedule.bad_cron")
    try:
        croniter(cron, datetime.now(UTC), second_at_beginning=True).get_next(datetime)
    except ValueError as error:
        raise UsageError(message, code="schedule.bad_cron") from error


def check_zone(zone: str) -> None:
    """Refuse what is no zone.

    Raises:
        UsageError: `schedule.bad_zone`.
    """
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        message = f"there is no zone {ascii(zone)[:80]}; write one such as Europe/Berlin"
        raise UsageError(message, code="schedule.bad_zone") from error


def schedule_of(found: Any) -> Schedule:
    """Return a schedule as DBOS has it."""
    context, zone = found["context"], found["cron_timezone"] or "UTC"
    return Schedule(
        name=unquote(found["schedule_name"].rpartition("/")[2]),
        tenant=context["tenant"],
        cron=found["schedule"],
        zone=zone,
        kind=context["kind"],
        payload=context["payload"],
        made_by=context["made_by"],
        last_at=_instant(found["last_fired_at"]),
        next_at=_lines(found, datetime.now(UTC)).get_next(datetime).astimezone(UTC),
    )


def missed(found: Any, now: datetime) -> datetime | None:
    """Return the last instant at which a schedule was due and not begun, or None."""
    since = _instant(found["last_fired_at"]) or _instant(found["context"]["made_at"])
    last_at: datetime = _lines(found, now).get_prev(datetime)
    return last_at if since is not None and last_at > since else None


def _lines(found: Any, at: datetime) -> croniter:
    zone = ZoneInfo(found["cron_timezone"] or "UTC")
    return croniter(found["schedule"], at.astimezone(zone), second_at_beginning=True)


def _instant(written: str | None) -> datetime | None:
    return None if written is None else datetime.fromisoformat(written)
