"""Whether what is to be done again and again can be; it does none of it.

Next: `headwater.app.job_worker.JobWorker.work`
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from headwater.app import carrying
from headwater.app.parts import Parts
from headwater.errors import UsageError
from headwater.model.access import unknown_tenant
from headwater.model.job import Task
from headwater.model.principal import DEFAULT_TENANT, Principal
from headwater.model.schedule import Schedule
from headwater.policy.permissions import enough
from headwater.toolkit.schema import describe

MOST_NAME = 64
MOST_EACH = 50
"""Schedules of one tenant: every process has a thread for each."""


class Doing(BaseModel):
    """What a schedule's jobs do: one of `scan`, `ask`, `run`, `load`, `ingest`, and how."""

    model_config = ConfigDict(extra="forbid", strict=True)

    scan: bool | None = Field(default=None, description="Read the server's host.")
    ask: str | None = Field(default=None, description="Answer this question.")
    run: dict[str, Any] | None = Field(default=None, description="Carry out this plan.")
    load: str | None = Field(default=None, description="Load what the server has at this path.")
    ingest: str | None = Field(default=None, description="Take in the documents at this path.")
    budget_s: float | None = Field(default=None, description="Seconds for `ask` and `run`.")
    kind: str | None = Field(default=None, description="Of `load`: `bundle` or `netbox`.")
    replace: bool = Field(
        default=False, description="Of `load`: remove what is not there any more."
    )
    skip_bad: bool = Field(default=False, description="Of `load`: leave bad lines out.")


def task_of(parts: Parts, name: str, do: Mapping[str, Any], *, who: Principal, tenant: str) -> Task:
    """Return the task of a schedule's jobs.

    Raises:
        UsageError: `schedule.bad_task`, `access.denied`, or what is wrong with a plan or question.
    """
    doing = _decoded(do)
    whose = Principal(tenant=tenant, name=f"schedule {name}", roles=("operator",))
    if doing.scan:
        return Task(kind="scan", principal=whose)
    path = doing.load or doing.ingest
    if path is not None:
        return _of_path(doing, _checked_path(path, who), whose)
    asked: dict[str, Any] = {"plan": doing.run, "question": doing.ask, "budget_s": doing.budget_s}
    carrying.work_of(parts, **asked, principal=whose)
    return Task(kind="run", principal=whose, payload=asked)


def _of_path(doing: Doing, path: str, whose: Principal) -> Task:
    if doing.ingest is not None:
        return Task(kind="ingest_path", principal=whose, payload={"path": path})
    how = {"kind": doing.kind, "replace": doing.replace, "skip_bad": doing.skip_bad}
    return Task(kind="load_path", principal=whose, payload={"path": path, **how})


def _decoded(do: Mapping[str, Any]) -> Doing:
    try:
        doing = Doing.model_validate(do)
    except ValidationError as error:
        raise UsageError(
            f"what is to be done: {describe(error)}", code="schedule.bad_task"
        ) from error
    given = [doing.scan, doing.ask, doing.run, doing.load, doing.ingest]
    if sum(1 for one in given if one) != 1:
        message = "what is to be done: give one of scan, ask, run, load, ingest"
        raise UsageError(message, code="schedule.bad_task")
    return doing


def _checked_path(path: str, who: Principal) -> str:
    """Return a path of the server, which not everybody may have read.

    Raises:
        UsageError: `access.denied`, `schedule.bad_task`.
    """
    if who.tenant != DEFAULT_TENANT or not enough(who.roles, "admin"):
        message = f"paths of the server are named by an admin of the tenant {DEFAULT_TENANT}"
        raise UsageError(message, code="access.denied")
    if "\0" in path or not Path(path).is_absolute():
        message = f"{ascii(path)[:80]} is no absolute path; write it from the root"
        raise UsageError(message, code="schedule.bad_task")
    return path


def check_name(name: str) -> str:
    """Return a schedule's name.

    Raises:
        UsageError: `schedule.bad_name`.
    """
    if isinstance(name, str) and 0 < len(name) <= MOST_NAME and name.isprintable():
        return name
    message = f"a schedule's name is 1 to {MOST_NAME} printable characters"
    raise UsageError(message, code="schedule.bad_name")


def check_count(there: Sequence[Schedule]) -> None:
    """Refuse one more schedule where there are many.

    Raises:
        UsageError: `schedule.too_many`.
    """
    if len(there) >= MOST_EACH:
        message = f"a tenant may have {MOST_EACH} schedules; remove one"
        raise UsageError(message, code="schedule.too_many")


def reached(who: Principal, tenant: str | None) -> str:
    """Return the tenant meant: another than one's own is for an admin of `default`.

    Raises:
        UsageError: `tenant.unknown`.
    """
    if tenant in {None, who.tenant}:
        return who.tenant
    if who.tenant != DEFAULT_TENANT or not enough(who.roles, "admin"):
        raise unknown_tenant(str(tenant))
    return str(tenant)
