"""How runs are begun, ended and found again; it carries none out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import anyio
from pydantic import TypeAdapter
from ulid import ULID

from headwater.app.logs import bound
from headwater.app.under_way import UnderWay
from headwater.engine.earlier import Earlier
from headwater.engine.journal import Journal, Outlet
from headwater.engine.watch import Watch
from headwater.errors import HeadwaterError, UsageError, without_secrets
from headwater.model.answer import Answer, RunResult
from headwater.model.event import Event, RunRecord
from headwater.model.outcome import Outcome, Status
from headwater.model.plan import Step
from headwater.model.principal import Principal
from headwater.model.question import Question

HERE = "app.service"
_STEPS: TypeAdapter[tuple[Step, ...]] = TypeAdapter(tuple[Step, ...])
_OUTCOME: TypeAdapter[Outcome] = TypeAdapter(Outcome)
_MARK = re.compile(r"\[(\d{1,6})\]", re.ASCII)
"""How a summary cites evidence, by its number from 1."""


@dataclass(slots=True)
class Recorded:
    """A run under way: its journal, and its result once there is one."""

    journal: Journal
    result: Any = None


def new_run_id() -> str:
    """Return an id that no other run has; it begins with the time."""
    return f"r-{ULID()}"


@contextmanager
def recorded(
    outlet: Outlet,
    under_way: UnderWay,
    *,
    kind: str,
    asked: Question,
    principal: Principal,
    watch: Watch | None = None,
    run_id: str | None = None,
) -> Iterator[Recorded]:
    """Begin a run's journal, and end it with what the block sets as `result`.

    A block that raises, or is cancelled, leaves a run that failed.

    Raises:
        LimitError: `limit.stopping`, `run.cancelled`.
    """
    under_way.check_open()
    record = RunRecord(
        run_id=run_id or new_run_id(),
        tenant=principal.tenant,
        principal=principal.name,
        kind=kind,
        text=asked.text,
        asked_at=asked.asked_at,
        budget_s=asked.budget_s,
    )
    run = Recorded(Journal(record, outlet, watch))
    _begin(run.journal, asked)
    error, summary = "run.cancelled", "given up before there was an answer"
    try:
        with under_way.keep(run.journal), bound(run_id=run.journal.record.run_id):
            yield run
    except HeadwaterError as raised:
        error, summary = raised.code, raised.message
        raise
    except Exception as raised:
        error, summary = "engine.unforeseen", without_secrets(f"{type(raised).__name__}: {raised}")
        raise
    finally:
        _end(run, summary, error=error)


def _begin(journal: Journal, asked: Question) -> None:
    journal.note(
        "run.started",
        HERE,
        run=journal.record.kind,
        text=asked.text,
        budget_s=asked.budget_s,
        asked_at=asked.asked_at.isoformat(),
        zone=getattr(asked.asked_at.tzinfo, "key", None),
    )


def _end(run: Recorded, summary: str, *, error: str) -> None:
    """Tell how a run ended: with a result, or with the error by which it has none."""
    result: Answer | RunResult | None = run.result
    journal = run.journal
    why: dict[str, Any] = {}
    status: Status
    if result is None:
        status, why = "failed", {"error": error}
        elapsed_s = anyio.current_time() - journal.started_at
    else:
        status, summary, elapsed_s = result.status, result.summary, result.elapsed_s
        if isinstance(result, Answer) and result.next:
            why["next"] = list(result.next)
        if journal.record.private and _is_open(result):
            why["open_summary"] = True
    journal.note("run.answered", HERE, status=status, summary=summary, elapsed_s=elapsed_s, **why)
    journal.end(replace(journal.record, status=status, summary=summary, elapsed_s=elapsed_s))


def _is_open(result: Answer | RunResult) -> bool:
    """Tell whether a private run's summary may be read by others: all that it cites may be.

    What a language model had a hand in may say what it does not cite.
    """
    if not isinstance(result, Answer) or result.planned_by:
        return False
    cited = [int(number) for number in _MARK.findall(result.summary)]
    held = result.evidence
    return bool(cited) and all(
        0 < number <= len(held) and not held[number - 1].private for number in cited
    )


def told_of(events: Sequence[Event]) -> Earlier:
    """Return what a run's events tell of its steps, and how they ended, in the plan's order."""
    steps: dict[str, Step] = {}
    outcomes: dict[str, Outcome] = {}
    planned_by = ""
    for event in events:
        if event.kind == "run.planned":
            if (by := event.data.get("planned_by", "")) != planned_by:
                planned_by = by
                steps.clear()  # the steps of the other planner are not in the answer
            for step in _STEPS.validate_python(event.data["steps"]):
                steps[step.id] = step
        elif event.kind in {"step.ended", "step.kept"} and event.step is not None:
            outcomes[event.step] = restore_outcome(event.data["outcome"])
    return Earlier(
        tuple(steps.values()),
        {name: outcomes[name] for name in steps if name in outcomes},
        planned_by=planned_by,
    )


def earlier_of(run_id: str, events: Sequence[Event]) -> Earlier:
    """Return what a stored run planned and how its steps ended.

    Raises:
        UsageError: `run.no_plan` where it has no steps, as where the question was refused.
    """
    earlier = told_of(events)
    if not earlier.steps:
        message = f"run {run_id} has no steps to carry out again; ask the question anew"
        raise UsageError(message, code="run.no_plan")
    return earlier


def asked_of(record: RunRecord, events: Sequence[Event]) -> Question:
    """Return what was asked in a stored run, in the zone in which it was asked."""
    asked_at = record.asked_at
    for event in events[:1]:
        zone = event.data.get("zone")
        at = datetime.fromisoformat(event.data.get("asked_at") or asked_at.isoformat())
        asked_at = at if zone is None else at.astimezone(ZoneInfo(zone))
    return Question(text=record.text, asked_at=asked_at, budget_s=record.budget_s)


def restore_outcome(data: Any) -> Outcome:
    """Return an outcome from plain JSON data."""
    return _OUTCOME.validate_python(data)
