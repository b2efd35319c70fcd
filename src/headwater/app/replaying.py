"""How a stored plan is run again and compared; it stores nothing itself."""

from __future__ import annotations

from dataclasses import replace as with_changes
from itertools import islice
from typing import Any

import anyio

from headwater.app import carrying, records
from headwater.app.parts import Parts
from headwater.composing.difference import differences
from headwater.engine.ask import carry_out
from headwater.engine.earlier import Earlier
from headwater.engine.ground import Ground
from headwater.engine.journal import plain
from headwater.model.answer import RunResult
from headwater.model.event import RunRecord
from headwater.model.explanation import Explanation
from headwater.model.outcome import Outcome, Succeeded
from headwater.model.principal import Principal
from headwater.model.question import Question
from headwater.model.replay import Difference, ReplayReport

MOST_LISTED = 1000
SEQUENTIAL_S = 600.0
"""Seconds for a replay: it shows how long things take, so no deadline of a question holds."""


async def replay(
    parts: Parts, found: Explanation, *, sequential: bool, principal: Principal
) -> ReplayReport:
    """Carry out a stored plan again, past the cache, as a run of its own, and compare.

    Raises:
        UsageError: `run.no_plan`.
    """
    before = found.run
    earlier = records.earlier_of(before.run_id, found.events)
    asked = Question(text=before.text, asked_at=before.asked_at, budget_s=SEQUENTIAL_S)
    work = carrying.Work(kind="run", asked=asked, steps=earlier.steps)
    with carrying.recorded(parts, work, principal=principal) as run:
        ground = await carrying.ground_of(parts, run.journal, principal=principal)
        ground = with_changes(ground, sequential=sequential, fresh=True)
        run.result, report = await _compared(before, earlier, ground)
    return report


async def _compared(
    record: RunRecord, earlier: Earlier, ground: Ground
) -> tuple[RunResult, ReplayReport]:
    """Carry out a stored plan again and report each differing value and both times."""
    started_at = anyio.current_time()
    result = await carry_out(earlier.steps, ground)
    replay_s = anyio.current_time() - started_at
    found: list[Difference] = []
    for step in earlier.steps:
        before, after = earlier.outcomes.get(step.id), result.outcomes.get(step.id)
        room = MOST_LISTED - len(found)
        for path, old, new in islice(differences(_seen(before), _seen(after)), room):
            found.append(Difference(step=step.id, path=path, before=old, after=new))
    report = ReplayReport(
        run_id=record.run_id,
        replay_run_id=result.run_id,
        mode="sequential" if ground.sequential else "parallel",
        equal=not found,
        steps=len(earlier.steps),
        differences=tuple(found),
        original_s=record.elapsed_s,
        replay_s=replay_s,
        steps_s=sum(getattr(one, "elapsed_s", 0.0) for one in result.outcomes.values()),
    )
    return result, report


def _seen(outcome: Outcome | None) -> Any:
    """Return what counts when outcomes are compared: the status, and the value or the code."""
    if outcome is None:
        return {"status": "absent"}
    if isinstance(outcome, Succeeded):
        return {"status": outcome.status, "value": outcome.value}
    shown = plain(outcome)
    return {"status": outcome.status, "code": shown.get("code")}
