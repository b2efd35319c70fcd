"""When a language model may plan a question, and how its plan is carried out; it validates none.

Where there is no such plan, or nothing of it succeeds, the planner's own stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import anyio

from headwater.engine.ground import Ground
from headwater.engine.model_planner import SHARE
from headwater.engine.run import run
from headwater.model.outcome import Outcome, Succeeded
from headwater.model.plan import Plan, Step
from headwater.model.question import Question
from headwater.model.reading import Reading

INTENT = "proposed"
UNREAD = frozenset({"question.out_of_field", "question.unknown_name"})
"""Refusals of questions that the planner does not understand."""


@dataclass(frozen=True, slots=True)
class Found:
    """How a question was read, the steps carried out for it, and how they ended."""

    reading: Reading
    steps: tuple[Step, ...]
    outcomes: Mapping[str, Outcome]


def comes_first(ground: Ground) -> bool:
    """Tell whether a model is asked before the planner is."""
    return ground.planner is not None and ground.planner.always


def comes_after(ground: Ground, found: Found) -> bool:
    """Tell whether a model is asked because the planner has not understood."""
    planner = ground.planner
    return planner is not None and not planner.always and found.reading.code in UNREAD


async def proposed(question: Question, ground: Ground) -> tuple[Found | None, str]:
    """Return what a model's plan found, or None and the code that says why there is none."""
    now = anyio.current_time()
    if ground.planner is None or now >= ground.deadline_at:
        return None, "plan.late"
    proposal = await ground.planner.propose(
        question,
        ground.caller.registry,
        ground.limits,
        journal=ground.journal,
        until=now + SHARE * (ground.deadline_at - now),
        principal=ground.principal,
    )
    if proposal.plan is None:
        return None, proposal.code
    steps, told = proposal.plan.steps, {"intent": INTENT, "planned_by": proposal.model}
    ground.journal.note("run.planned", "engine.plan", round=1, steps=steps, **told)
    outcomes = await run(Plan(steps), ground, waits=proposal.waits)
    if not any(isinstance(one, Succeeded) for one in outcomes.values()):
        return None, "plan.failed"
    return Found(reading_of(proposal.model), steps, outcomes), ""


def reading_of(model: str) -> Reading:
    """Return the reading of a question that a model planned."""
    return Reading(intent=INTENT, facts={"planned_by": model})


def with_code(found: Found, code: str) -> Found:
    """Return what was found, saying why no model planned it, where one was asked."""
    if not code:
        return found
    reading = replace(found.reading, facts={**found.reading.facts, "unplanned": code})
    return replace(found, reading=reading)
