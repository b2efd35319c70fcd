"""What a run found and what it did not: evidence by number, gaps, deductions, status; no prose."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from headwater.model.answer import Deduction, Gap
from headwater.model.evidence import Evidence
from headwater.model.outcome import Failed, Late, Outcome, Skipped, Status, Succeeded
from headwater.model.plan import Step

REQUIRED_MISSING = 0.25
OPTIONAL_MISSING = 0.05
ELEMENT_MISSING = 0.1
BY_FALLBACK = 0.05
CUT = 0.05
NO_GAP = frozenset({"when", "standby"})
"""Why a step may be skipped without anything missing: its condition was false, or it stood by."""


@dataclass(slots=True)
class Ledger:
    """The outcomes of steps, and the evidence that was cited of them, numbered as it is cited."""

    steps: tuple[Step, ...]
    outcomes: Mapping[str, Outcome]
    cited: list[Evidence] = field(default_factory=list)
    numbers: dict[str, tuple[int, ...]] = field(default_factory=dict)

    def value(self, step: str) -> Any:
        """Return what a step gave, or None where it gave nothing or did not succeed."""
        outcome = self.outcomes.get(step)
        return outcome.value if isinstance(outcome, Succeeded) else None

    def succeeded(self, step: str) -> bool:
        """Tell whether a step was run and succeeded."""
        return isinstance(self.outcomes.get(step), Succeeded)

    def cite(self, *steps: str) -> tuple[int, ...]:
        """Return the numbers of the steps' evidence, from 1; steps without success have none."""
        found: list[int] = []
        for step in steps:
            if step not in self.numbers and self.succeeded(step):
                self.numbers[step] = self._number(step)
            found.extend(self.numbers.get(step, ()))
        return tuple(dict.fromkeys(found))

    def _number(self, step: str) -> tuple[int, ...]:
        outcome = self.outcomes[step]
        given = outcome.evidence if isinstance(outcome, Succeeded) else ()
        first = len(self.cited) + 1
        if all(one.step and one.tool for one in given or (Evidence(),)):
            self.cited.extend(given)  # the engine has signed it
        else:
            tool = next((one.tool for one in self.steps if one.id == step), None)
            for one in given or (Evidence(source=tool or step),):
                self.cited.append(replace(one, step=one.step or step, tool=one.tool or tool))
        return tuple(range(first, len(self.cited) + 1))

    def mark(self, *steps: str) -> str:
        """Return the citation of steps as it stands after a sentence, such as ` [1][2]`."""
        numbers = self.cite(*steps)
        return " " + "".join(f"[{number}]" for number in numbers) if numbers else ""


def unresolved(intent: str, steps: Iterable[Step], outcomes: Mapping[str, Outcome]) -> str | None:
    """Return the first step that was to say what words mean and did not, or None.

    Nothing may be said then: a name that was not looked up is neither unknown nor another's. A
    review goes on without its metrics.
    """
    for step in steps:
        spare = intent == "review" and step.id == "resolve_metrics"
        wanted = step.id.startswith("resolve") and step.required and not spare
        if wanted and not isinstance(outcomes.get(step.id), Succeeded):
            return step.id
    return None


def status_of(steps: Sequence[Step], outcomes: Mapping[str, Outcome]) -> Status:
    """Return `complete`, `partial` or `failed` by what the steps came to."""
    if not any(isinstance(outcomes.get(step.id), Succeeded) for step in steps):
        idle = all(_is_complete(outcomes.get(step.id)) for step in steps)
        return "complete" if steps and idle else "failed"
    spare = {step.fallback for step in steps}
    needed = [step for step in steps if step.required]
    done = all(_is_complete(outcomes.get(step.id), spare=step.id in spare) for step in needed)
    return "complete" if done else "partial"


def _is_complete(outcome: Outcome | None, *, spare: bool = False) -> bool:
    match outcome:
        case Succeeded():
            return not outcome.failures
        case Skipped():
            return outcome.because in NO_GAP or spare
        case None:
            return spare
        case _:
            return False


def gaps_of(steps: Sequence[Step], outcomes: Mapping[str, Outcome]) -> tuple[Gap, ...]:
    """Return what is missing and why, in the order of the steps."""
    return tuple(gap for step in steps for gap in _gaps(step, outcomes.get(step.id)))


def _gaps(step: Step, outcome: Outcome | None) -> list[Gap]:
    def gap(reason: str, code: str) -> list[Gap]:
        return [Gap(step=step.id, tool=step.tool, reason=reason, code=code)]

    match outcome:
        case Failed() | Late():
            return gap(outcome.message, outcome.code)
        case Skipped() if outcome.because not in NO_GAP:
            return gap(outcome.message, "step.skipped")
        case Succeeded() if outcome.failures:
            first = outcome.failures[0]
            reason = (
                f"{len(outcome.failures)} elements missing; element {first.index}: {first.message}"
            )
            return gap(reason, first.code)
        case _:
            return []


def deductions_of(
    steps: Sequence[Step], outcomes: Mapping[str, Outcome], *, truncations: bool = True
) -> list[Deduction]:
    """Return what the run itself takes from the confidence: missing, by fallback, cut."""
    found: list[Deduction] = []
    for step in steps:
        outcome = outcomes.get(step.id)
        found.extend(_missing(step, outcome))
        if isinstance(outcome, Succeeded):
            found.extend(_weak(step, outcome, truncations=truncations))
    return found


def _missing(step: Step, outcome: Outcome | None) -> list[Deduction]:
    if outcome is None or isinstance(outcome, Succeeded):
        return []
    if isinstance(outcome, Skipped) and outcome.because in NO_GAP:
        return []
    amount = REQUIRED_MISSING if step.required else OPTIONAL_MISSING
    words = "" if step.required else " (it was optional)"
    return [Deduction(amount, f"{step.id}: {step.tool} {outcome.status}{words}")]


def _weak(step: Step, outcome: Succeeded, *, truncations: bool) -> list[Deduction]:
    found: list[Deduction] = []
    if outcome.failures:
        found.append(
            Deduction(ELEMENT_MISSING, f"{step.id}: {len(outcome.failures)} elements missing")
        )
    if outcome.via == "fallback":
        by = f"{outcome.via_tool} stood in for {step.tool}" if outcome.via_tool else "by a fallback"
        found.append(Deduction(BY_FALLBACK, f"{step.id}: {by}"))
    if truncations and is_cut(outcome):
        found.append(Deduction(CUT, f"{step.id}: a limit cut the result of {step.tool}"))
    return found


def is_cut(outcome: Succeeded) -> bool:
    """Tell whether a limit cut what a step gave."""
    value = outcome.value
    return bool(isinstance(value, Mapping) and value.get("truncated"))


def weigh(deductions: Sequence[Deduction]) -> tuple[float, tuple[Deduction, ...]]:
    """Return the confidence and its deductions, cut so that they add up to what is missing to 1."""
    left = 1.0
    kept: list[Deduction] = []
    for one in deductions:
        amount = round(min(one.amount, left), 4)
        if amount > 0:
            kept.append(Deduction(amount, one.reason))
            left = round(left - amount, 4)
    return left, tuple(kept)
