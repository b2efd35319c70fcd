"""How runs are begun, ended and found again; it carries none out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import anyio
from pydantic import TypeAdapter
from ulid import ULID

from headwater.engine.ask import Earlier
from headwater.engine.journal import Journal, Outlet
from headwater.engine.watch import Watch
from headwater.errors import HeadwaterError, UsageError
from headwater.model.answer import Answer, RunResult
from headwater.model.event import Event, RunRecord
from headwater.model.outcome import Outcome
from headwater.model.plan import Step
from headwater.model.principal import Principal

HERE = "app.service"
_STEPS: TypeAdapter[tuple[Step, ...]] = TypeAdapter(tuple[Step, ...])
_OUTCOME: TypeAdapter[Outcome] = TypeAdapter(Outcome)


@dataclass(slots=True)
class Recorded:
    """A run under way: its journal, and its result once there is one."""

    journal: Journal
    result: Any = None


@contextmanager
def recorded(
    outlet: Outlet,
    *,
    kind: str,
    text: str,
    asked_at: datetime,
    budget_s: float,
    principal: Principal,
    watch: Watch | None = None,
) -> Iterator[Recorded]:
    """Begin a run's journal, and end it with what the block sets as `result`.

    A block that raises, or is cancelled, leaves a run that failed.
    """
    record = RunRecord(
        run_id=f"r-{ULID()}",
        tenant=principal.tenant,
        principal=principal.name,
        kind=kind,
        text=text,
        asked_at=asked_at,
        budget_s=budget_s,
    )
    run = Recorded(Journal(record, outlet, watch))
    at = asked_at.isoformat()
    run.journal.note("run.started", HERE, run=kind, text=text, budget_s=budget_s, asked_at=at)
    summary = "given up before there was an answer"
    try:
        yield run
    except HeadwaterError as error:
        summary = error.message
        raise
    finally:
        _end(run, summary)


def _end(run: Recorded, summary: str) -> None:
    result: Answer | RunResult | None = run.result
    status = "failed" if result is None else result.status
    summary = summary if result is None else result.summary
    journal = run.journal
    elapsed_s = anyio.current_time() - journal.started_at
    journal.note("run.answered", HERE, status=status, summary=summary, elapsed_s=elapsed_s)
    journal.end(replace(journal.record, status=status, summary=summary, elapsed_s=elapsed_s))


def earlier_of(run_id: str, events: Sequence[Event]) -> Earlier:
    """Return what a stored run planned and how its steps ended.

    Raises:
        UsageError: `run.no_plan` where it has no steps, as where the question was refused.
    """
    steps: dict[str, Step] = {}
    outcomes: dict[str, Outcome] = {}
    for event in events:
        if event.kind == "run.planned":
            for step in _STEPS.validate_python(event.data["steps"]):
                steps[step.id] = step
        elif event.kind in {"step.ended", "step.kept"} and event.step is not None:
            outcomes[event.step] = restore_outcome(event.data["outcome"])
    if not steps:
        message = f"run {run_id} has no steps to carry out again; ask the question anew"
        raise UsageError(message, code="run.no_plan")
    return Earlier(tuple(steps.values()), outcomes)


def restore_outcome(data: Any) -> Outcome:
    """Return an outcome from plain JSON data."""
    return _OUTCOME.validate_python(data)
