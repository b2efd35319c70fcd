"""How far a run has come: what may start, what has ended, what is known; it runs nothing."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

from headwater.model.outcome import Outcome, Succeeded
from headwater.model.plan import Plan, Step
from headwater.policy.ready_set import ReadySet


class Course:
    """The steps of one run, by how far they have come.

    Args:
        plan: The steps.
        waits: For each step, the steps it waits for.
        known: How earlier steps ended.
    """

    def __init__(
        self, plan: Plan, waits: Mapping[str, frozenset[str]], known: Mapping[str, Outcome]
    ) -> None:
        self.steps = {step.id: step for step in plan.steps}
        self.outcomes: dict[str, Outcome] = {}
        self.known = dict(known)
        self.values = {name: one.value for name, one in known.items() if isinstance(one, Succeeded)}
        self.standby = {step.fallback for step in plan.steps} & set(self.steps)
        self.waits = waits
        self.hurried = _optional_before_required(self.steps, waits)
        self._ready = ReadySet(waits)
        self._required: deque[Step] = deque()
        self._optional: deque[Step] = deque()
        self._queue(self._ready.first())

    @property
    def waiting(self) -> bool:
        """Tell whether a step may start now."""
        return bool(self._required or self._optional)

    def next(self) -> Step:
        """Return the step to start next, required ones first."""
        return (self._required or self._optional).popleft()

    def end(self, step: Step, outcome: Outcome) -> None:
        """Take note of how a step ended, and queue those that waited for it."""
        self.outcomes[step.id] = self.known[step.id] = outcome
        if isinstance(outcome, Succeeded):
            self.values[step.id] = outcome.value
        self._queue(self._ready.ended(step.id))

    def _queue(self, ids: list[str]) -> None:
        for one in ids:
            step = self.steps[one]
            (self._required if step.required else self._optional).append(step)


def _optional_before_required(
    steps: Mapping[str, Step], waits: Mapping[str, frozenset[str]]
) -> frozenset[str]:
    """Return the optional steps that a required one waits for, directly or not."""
    found: set[str] = set()
    queue = deque(one for one, step in steps.items() if step.required)
    while queue:
        for before in waits[queue.popleft()]:
            if before in steps and not steps[before].required and before not in found:
                found.add(before)
                queue.append(before)
    return frozenset(found)
