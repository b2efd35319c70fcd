"""How a question becomes an answer, round by round; it carries out no step itself.

Next: `headwater.engine.plan.plan`
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import anyio

from headwater.composing.compose import compose
from headwater.composing.result import summarise
from headwater.engine.earlier import Earlier
from headwater.engine.ground import Ground
from headwater.engine.plan import plan
from headwater.engine.proposing import (
    Found,
    comes_after,
    comes_first,
    proposed,
    reading_of,
    with_code,
)
from headwater.engine.run import run
from headwater.model.answer import Answer, RunResult
from headwater.model.outcome import Outcome
from headwater.model.plan import Plan, Step
from headwater.model.question import Question

HERE = "engine.ask"
MOST_ROUNDS = 3
"""How often what was found may lead to further steps."""


async def ask(
    question: Question,
    ground: Ground,
    *,
    earlier: Earlier | None = None,
    only: tuple[str, ...] = (),
) -> Answer:
    """Return an answer to a question by its deadline, complete or honestly partial.

    Args:
        question: The words, and when and where they were asked.
        ground: What the run stands on.
        earlier: What an earlier run found: its successes are kept, what is missing is asked again.
        only: The missing steps to ask again; empty means all of them.

    Raises:
        UsageError: a planned step may not be run, as where its tool is not there.
    """
    found, code = None, ""
    if earlier is None and comes_first(ground):
        found, code = await proposed(question, ground)
    if found is None:
        found = await _planned(question, ground, earlier, only=only)
        if earlier is None and comes_after(ground, found):
            by_model, code = await proposed(question, ground)
            found = by_model or found
    found = with_code(found, code)
    run_id = ground.journal.record.run_id
    answer = compose(question, found.reading, found.steps, found.outcomes, run_id=run_id)
    return replace(answer, elapsed_s=anyio.current_time() - ground.journal.started_at)


async def _planned(
    question: Question, ground: Ground, earlier: Earlier | None, *, only: tuple[str, ...]
) -> Found:
    """Carry out round after round of steps, as far as what was found leads to further ones."""
    steps: list[Step] = []
    known: dict[str, Outcome] = {}
    if earlier is not None:
        steps, known = list(earlier.steps), await _again(earlier, only, ground)
        if earlier.planned_by:
            return Found(reading_of(earlier.planned_by), earlier.steps, known)
    phrasings = ground.caller.registry.phrasings
    reading = plan(question, known, phrasings=phrasings)
    for round_number in range(1, MOST_ROUNDS + 1):
        if not reading.steps:
            break
        tell_plan(ground, reading.steps, round_number=round_number, intent=reading.intent)
        steps.extend(reading.steps)
        known |= await run(Plan(reading.steps), ground, known=known)
        reading = plan(question, known, phrasings=phrasings)
    return Found(reading, tuple(steps), known)


async def carry_out(
    steps: tuple[Step, ...],
    ground: Ground,
    *,
    earlier: Earlier | None = None,
    only: tuple[str, ...] = (),
    waits: Mapping[str, frozenset[str]] | None = None,
) -> RunResult:
    """Return what a plan given by hand gives, by its deadline.

    `earlier` and `only` are as in `ask`, `waits` is as in `run`.

    Raises:
        UsageError: the plan may not be run; nothing was.
    """
    if earlier is None:
        tell_plan(ground, steps, round_number=1, intent=None)
        outcomes = await run(Plan(steps), ground, waits=waits)
    else:
        outcomes = await _again(earlier, only, ground)
    record = ground.journal.record
    return summarise(
        steps,
        outcomes,
        run_id=record.run_id,
        asked_at=record.asked_at,
        budget_s=record.budget_s,
        elapsed_s=anyio.current_time() - ground.journal.started_at,
    )


async def _again(earlier: Earlier, only: tuple[str, ...], ground: Ground) -> dict[str, Outcome]:
    """Carry out what is missing, and return it with what was there, in the plan's order."""
    missing = earlier.missing(only)
    again = {step.id for step in missing}
    kept = {name: one for name, one in earlier.outcomes.items() if name not in again}
    tell_plan(ground, earlier.steps, round_number=0, intent=None)
    for name, outcome in kept.items():
        ground.journal.note("step.kept", HERE, name, outcome=outcome)
    found = {**kept, **await run(Plan(missing), ground, known=kept)}
    return {step.id: found[step.id] for step in earlier.steps if step.id in found}


def tell_plan(
    ground: Ground, steps: tuple[Step, ...], *, round_number: int, intent: str | None
) -> None:
    """Tell the journal which steps are to be carried out."""
    journal = ground.journal
    journal.note("run.planned", "engine.plan", round=round_number, intent=intent, steps=steps)
