"""How steps are carried out, as parallel as their dependencies allow; it understands none.

Next: `headwater.engine.call.Caller.call`
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import anyio

from headwater.engine.course import Course
from headwater.engine.endings import (
    gathered,
    may_fall_back,
    missed,
    refused,
    with_null_named,
    with_reason,
)
from headwater.engine.ground import Ground
from headwater.engine.reaper import Crew
from headwater.engine.references import evaluate, resolve
from headwater.engine.validation import check_plan, elements_of, referred_by
from headwater.errors import UsageError
from headwater.model.call import Call
from headwater.model.outcome import Outcome, Skipped, Succeeded
from headwater.model.plan import Plan, Step
from headwater.policy.budget import clean_up_s, optional_end

HERE = "engine.run"
WHEN = "when"
STANDBY = "standby"
"""Why a step was skipped whose absence is no gap: its condition was false, or nobody needed it."""


async def run(
    plan: Plan,
    ground: Ground,
    *,
    known: Mapping[str, Outcome] | None = None,
    waits: Mapping[str, frozenset[str]] | None = None,
) -> dict[str, Outcome]:
    """Carry out a plan and return an outcome for each of its steps, by the deadline.

    Args:
        plan: The steps.
        ground: What the run stands on.
        known: How earlier steps ended, to which references may point.
        waits: What `check_plan` gave for this plan, where it was checked before.

    Raises:
        UsageError: the plan may not be run; nothing was.
    """
    known = known or {}
    waits = waits or check_plan(
        plan,
        ground.caller.registry,
        ground.limits,
        principal=ground.principal,
        known=frozenset(known),
    )
    course = Course(plan, waits, known)
    grace_s = clean_up_s(ground.time_s, most_s=ground.limits.grace_s)
    patience_s = 1.5 * grace_s  # calls have their own grace first, and then say how they ended
    ends_at = ground.deadline_at + patience_s
    async with ground.reaper.crew(grace_s=patience_s, ends_at=ends_at) as crew:
        with anyio.CancelScope(deadline=ground.deadline_at + grace_s) as scope:
            runner = _Runner(ground, course, crew)
            ground.journal.now.ends(scope)
            runner.begin()
            await crew.idle()
    asked_now = scope.cancelled_caught and anyio.current_time() < ground.deadline_at
    if asked_now:
        ground.journal.note("run.finishing", HERE)
    for step in plan.steps:
        if step.id not in course.outcomes:
            runner.end(step, missed(step, asked_now=asked_now))
    return {step.id: course.outcomes[step.id] for step in plan.steps}


class _Runner:
    """Carries out the steps of one course.

    There is always one spare worker on its way while a step waits, so that steps that never
    wait cost no task of their own and steps that do all run at once.
    """

    def __init__(self, ground: Ground, course: Course, crew: Crew) -> None:
        self._ground = ground
        self._course = course
        self._crew = crew
        self._now = ground.caller.now
        self._most = 1 if ground.sequential else ground.limits.parallel
        self._workers = 0
        self._spare = False

    def begin(self) -> None:
        """Send the first worker."""
        if self._course.waiting and not self._spare and self._workers < self._most:
            self._spare = True
            self._workers += 1
            self._crew.start(self._work)

    async def _work(self) -> None:
        self._spare = False
        while self._course.waiting and self._now() < self._ground.deadline_at:
            step = self._course.next()
            self.begin()
            outcome = await self._step(step)
            if self._crew.dismissed:  # it ended after its run, which has told of it already
                return
            self.end(step, outcome)
        self._workers -= 1

    def end(self, step: Step, outcome: Outcome) -> None:
        """Take note of how a step ended."""
        self._course.end(step, outcome)
        self._ground.journal.note("step.ended", HERE, step.id, outcome=outcome)

    async def _step(self, step: Step) -> Outcome:
        skipped = self._skipped(step)
        if skipped is not None:
            return skipped
        after = {"after": sorted(waits)} if (waits := self._course.waits[step.id]) else {}
        self._ground.journal.note("step.started", HERE, step.id, tool=step.tool, **after)
        try:
            if step.when is not None and not evaluate(step.when, self._course.values):
                return Skipped(because=WHEN, message=f"its condition was false: {step.when}")
            if step.for_each is not None:
                return await self._each(step)
            return await self._one(step, self._course.values)
        except UsageError as error:
            return refused(error)

    def _skipped(self, step: Step) -> Skipped | None:
        """Return why a step is not run: nobody needs it, or it refers to one without success."""
        if step.id in self._course.standby:
            return Skipped(because=STANDBY, message="not needed: the step it stands in for did it")
        return self._unmet(step)

    def _unmet(self, step: Step) -> Skipped | None:
        if not self._course.waits[step.id]:
            return None
        for other in sorted(referred_by(step)):
            outcome = self._course.known.get(other)
            if not isinstance(outcome, Succeeded):
                status = "standing by" if outcome is None else outcome.status
                return Skipped(because=other, message=f"it needs {other}, which is {status}")
        return None

    async def _one(self, step: Step, values: Mapping[str, Any]) -> Outcome:
        """Carry out a step once, and its fallback where it does not succeed."""
        args = resolve(step.args, values)
        call = self._call(step, args)
        outcome = await self._ground.caller.call(call, self._ground.journal)
        outcome = with_null_named(step, args, outcome)
        if step.fallback is None or not may_fall_back(outcome):
            return outcome
        return await self._fall_back(step, replace(call, deadline_at=self._until(step)), outcome)

    async def _fall_back(self, step: Step, call: Call, first: Outcome) -> Outcome:
        """Let the fallback, a step or a tool, answer in the time that remains, then its own."""
        other = self._course.steps.get(step.fallback or "")
        try:
            stand_in = self._stand_in(step, other, call)
        except UsageError as error:
            return with_reason(first, f"its fallback: {error.message}")
        outcome = await self._ground.caller.fall_back(stand_in, first, self._ground.journal)
        if other is None or other.fallback is None or not may_fall_back(outcome):
            return outcome
        return await self._fall_back(other, replace(call, args=stand_in.args), outcome)

    def _stand_in(self, step: Step, other: Step | None, call: Call) -> Call:
        """Return the call that stands in for one.

        Raises:
            UsageError: it is not to be made: its condition is false, or a step it needs has failed.
        """
        if other is None:
            return replace(call, tool=step.fallback or "")
        values, deadline_at = self._course.values, call.deadline_at
        missing = self._unmet(other)
        if missing is not None:
            raise UsageError(missing.message, code="step.skipped")
        if other.when is not None and not evaluate(other.when, values):
            raise UsageError(f"its condition was false: {other.when}", code="step.skipped")
        if other.within_s is not None:
            deadline_at = min(deadline_at, self._now() + other.within_s)
        args = resolve(other.args, values)
        return replace(call, tool=other.tool, args=args, deadline_at=deadline_at)

    async def _each(self, step: Step) -> Outcome:
        """Repeat a step for each element, so many at once, and keep the order."""
        elements = elements_of(step, self._course.values, self._ground.limits)
        started_at = self._now()
        outcomes: list[Outcome | None] = [None] * len(elements)
        waiting = deque(enumerate(elements))

        async def work() -> None:
            while waiting and self._now() < self._ground.deadline_at:
                index, element = waiting.popleft()
                values = {**self._course.values, "item": element, "index": index}
                try:
                    outcomes[index] = await self._one(step, values)
                except UsageError as error:
                    outcomes[index] = refused(error)

        async with anyio.create_task_group() as group:
            for _ in range(min(self._most, len(elements))):
                group.start_soon(work)
        return gathered(step, outcomes, elapsed_s=self._now() - started_at)

    def _until(self, step: Step) -> float:
        """Return when a step must end, its own `within_s` left out."""
        deadline_at = self._ground.deadline_at
        if step.id in self._course.hurried:
            return optional_end(self._now(), deadline_at)
        return deadline_at

    def _call(self, step: Step, args: Mapping[str, Any]) -> Call:
        deadline_at = self._until(step)
        if step.within_s is not None:
            deadline_at = min(deadline_at, self._now() + step.within_s)
        return Call(
            tool=step.tool,
            args=args,
            principal=self._ground.principal,
            asked=self._ground.asked,
            deadline_at=deadline_at,
            step=step.id,
            required=step.required,
            versions=self._ground.versions,
            fresh=self._ground.fresh,
        )
