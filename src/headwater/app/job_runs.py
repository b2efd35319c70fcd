"""How a run goes on that was a job of a process which is gone; it claims no job.

What had succeeded is kept. A step whose tool may not be called twice is never begun again, for
nobody knows whether it had begun.

Next: `headwater.app.carrying.carry`
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from headwater.app import carrying
from headwater.app.parts import Parts
from headwater.app.rebuilding import lost_run
from headwater.app.records import asked_of, told_of
from headwater.engine.earlier import Earlier
from headwater.engine.journal import shows_private
from headwater.errors import LimitError
from headwater.model.answer import Answer, RunResult
from headwater.model.event import Event, RunRecord
from headwater.model.job import Task
from headwater.model.plan import Step


async def carry_run(parts: Parts, task: Task) -> Mapping[str, Any]:
    """Carry out a job's run, or go on with it where a process ended before it did.

    Raises:
        UsageError: what is wrong with what is asked.
        LimitError: `run.interrupted`, where what is missing may not be called twice.
    """
    who, run_id = task.principal, task.payload["run_id"]
    await parts.writer.flush()
    record = await parts.stores.run_log.get(run_id, principal=who)
    work = carrying.work_of(
        parts,
        plan=task.payload["plan"],
        question=task.payload["question"],
        budget_s=task.payload["budget_s"],
        principal=who,
    )
    if record is None:
        first = replace(work, run_id=run_id)
        return _told(await carrying.carry(parts, first, principal=who, row_first=True))
    events = await parts.stores.run_log.events(run_id, principal=who)
    if record.status is not None and "error" not in events[-1].data:
        told = {"run_id": run_id, "status": record.status}
        return told if record.private else {**told, "summary": record.summary}
    await _give_up(parts, record, events)
    asked = replace(asked_of(record, events), budget_s=work.asked.budget_s)
    again = _rest_of(parts, replace(work, asked=asked), told_of(events))
    result = await carrying.carry(parts, again, principal=who)
    return {**_told(result), "goes_on_from": run_id}


async def _give_up(parts: Parts, record: RunRecord, events: list[Event]) -> None:
    """Write the end of a run whose process did not."""
    if record.status is None:
        lost, last = lost_run(record, events)
        await parts.stores.run_log.write([lost], [last])


def _rest_of(parts: Parts, work: carrying.Work, earlier: Earlier) -> carrying.Work:
    """Return what is missing of a run and may be called again."""
    steps = earlier.steps or work.steps
    safe = tuple(one.id for one in (earlier.missing() or steps) if _may_repeat(parts, one))
    if steps and not safe:
        message = "the run was cut off in steps that may not be carried out twice"
        raise LimitError(message, code="run.interrupted")
    if not earlier.steps and len(safe) == len(steps):
        return work
    return replace(work, steps=steps, waits=None, earlier=replace(earlier, steps=steps), only=safe)


def _may_repeat(parts: Parts, step: Step) -> bool:
    return parts.caller.registry.find(step.tool).idempotent


def _told(result: Answer | RunResult) -> dict[str, Any]:
    told = {"run_id": result.run_id, "status": result.status}
    if any(shows_private(one) for one in result.evidence):  # others of the tenant see the job
        return told
    return {**told, "summary": result.summary}
