"""How a question becomes an answer, round by round; it carries out no step itself.

Next: `headwater.engine.plan.plan`
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import anyio

from headwater.composing.compose import compose
from headwater.composing.result import summarise
from headwater.engine.plan import plan
from headwater.engine.run import Ground, run
from headwater.model.answer import Answer, RunResult
from headwater.model.outcome import Outcome, Succeeded
from headwater.model.plan import Plan, Step
from headwater.model.question import Question

HERE = "engine.ask"
MOST_ROUNDS = 3
"""How often what was found may lead to further steps."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """What an earlier run of the same question or plan left: its steps, and how they ended."""

    steps: tuple[Step, ...] = ()
    outcomes: Mapping[str, Outcome] = field(default_factory=dict)

    def missing(self, only: tuple[str, ...] = ()) -> tuple[Step, ...]:
        """Return the steps without success, all or only those named."""
        return tuple(
            step
            for step in self.steps
            if not isinstance(self.outcomes.get(step.id), Succeeded)
            and (not only or step.id in only)
        )


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
    steps: list[Step] = []
    known: dict[str, Outcome] = {}
    if earlier is not None:
        steps, known = list(earlier.steps), await _again(earlier, only, ground)
    phrasings = ground.caller.registry.phrasings
    reading = plan(question, known, phrasings=phrasings)
    for round_number in range(1, MOST_ROUNDS + 1):
        if not reading.steps:
            break
        tell_plan(ground, reading.steps, round_number=round_number, intent=reading.intent)
        steps.extend(reading.steps)
        known |= await run(Plan(reading.steps), ground, known=known)
        reading = plan(question, known, phrasings=phrasings)
    run_id = ground.journal.record.run_id
    answer = compose(question, reading, tuple(steps), known, run_id=run_id)
    return replace(answer, elapsed_s=anyio.current_time() - ground.journal.started_at)


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
