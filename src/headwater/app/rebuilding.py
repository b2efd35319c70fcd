"""How a stored run's result is told again, from its events alone; it asks nothing anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from ulid import ULID

from headwater.app.records import asked_of, told_of
from headwater.composing.compose import compose
from headwater.composing.result import summarise
from headwater.engine.plan import plan
from headwater.model.answer import Answer, RunResult
from headwater.model.event import Event, RunRecord
from headwater.model.run_state import RunState
from headwater.toolkit.phrasing import Phrasing

HERE = "app.rebuilding"
LOST_S = 30.0
"""Seconds after its deadline at which a run that has not ended is taken to be lost."""


def state_of(
    record: RunRecord, events: Sequence[Event], *, phrasings: tuple[Phrasing, ...]
) -> RunState:
    """Return a run as it stands, its result equal to the one it returned, where it had one."""
    if record.status is None:
        return RunState(run=record)
    last = events[-1] if events else None
    if last is None or last.kind != "run.answered" or len(events) <= last.seq:
        return RunState(run=record, code="run.incomplete")
    if "error" in last.data:
        return RunState(run=record, code=last.data["error"])
    return RunState(run=record, result=_result(record, events, phrasings))


def _result(
    record: RunRecord, events: Sequence[Event], phrasings: tuple[Phrasing, ...]
) -> Answer | RunResult:
    asked, told = asked_of(record, events), told_of(events)
    known = dict(told.outcomes)
    elapsed_s = record.elapsed_s or 0.0
    if record.kind == "ask":
        reading = plan(asked, known, phrasings=phrasings)
        answer = compose(asked, reading, told.steps, known, run_id=record.run_id)
        return replace(answer, elapsed_s=elapsed_s)
    return summarise(
        told.steps,
        known,
        run_id=record.run_id,
        asked_at=asked.asked_at,
        budget_s=record.budget_s,
        elapsed_s=elapsed_s,
    )


def is_lost(record: RunRecord, now: datetime) -> bool:
    """Tell whether a run must have ended by now and has not: whoever ran it is gone."""
    if record.status is not None:
        return False
    return now > _began_at(record) + timedelta(seconds=record.budget_s + LOST_S)


def _began_at(record: RunRecord) -> datetime:
    """Return when a run began; its `asked_at` may be that of an earlier one."""
    try:
        return ULID.from_str(record.run_id.removeprefix("r-")).datetime
    except ValueError:
        return record.asked_at.astimezone(UTC)


def lost_run(record: RunRecord, events: Sequence[Event]) -> tuple[RunRecord, Event]:
    """Return the row and the last event of a run whose process is gone."""
    summary = "the process that ran it ended before it did"
    data = {"status": "failed", "summary": summary, "elapsed_s": None, "error": "run.lost"}
    last = Event(
        run_id=record.run_id,
        seq=events[-1].seq + 1 if events else 0,
        offset_s=events[-1].offset_s if events else 0.0,
        kind="run.answered",
        where=HERE,
        data=data,
    )
    return replace(record, status="failed", summary=summary), last
