"""What composers see of a question and hand back: parts of an answer; it composes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from headwater.composing.ledger import Ledger
from headwater.composing.telling import ask_name, count, span
from headwater.model.answer import Deduction
from headwater.model.block import Block
from headwater.model.outcome import Succeeded
from headwater.model.question import Question
from headwater.model.reading import Reading

FEW_SAMPLES = 5
FEW = 0.15
NO_DATA = 0.3


@dataclass(frozen=True, slots=True)
class View:
    """A question, how it was read, and what was found."""

    question: Question
    reading: Reading
    ledger: Ledger

    @property
    def zone(self) -> tzinfo | None:
        """Return the asker's zone."""
        return self.question.asked_at.tzinfo

    @property
    def when(self) -> str:
        """Return the window in words, empty where there is none."""
        return span(self.reading.window, self.zone) if self.reading.window else ""

    def value(self, step: str) -> Any:
        """Return what a step gave, or None."""
        return self.ledger.value(step)

    def code(self, role: str = "subject") -> str:
        """Return the code of a role's item, or the words where it is none."""
        item = self.reading.items.get(role)
        if item is not None:
            return item.code or item.name
        return self.reading.words.get(role, "the estate")

    def asked(self, role: str = "subject") -> str:
        """Return a role's code as it may stand in a next question."""
        return ask_name(self.code(role))

    def fact(self, name: str) -> Any:
        """Return one of the reading's facts, or None."""
        return self.reading.facts.get(name)


@dataclass(frozen=True, slots=True)
class Part:
    """What a composer says: a summary that cites, blocks, deductions, next questions."""

    summary: str
    blocks: tuple[Block, ...] = ()
    deductions: tuple[Deduction, ...] = ()
    next: tuple[str, ...] = ()


def nothing(view: View, step: str) -> Part:
    """Return the part for a question whose main step gave nothing: why, and nothing else."""
    outcome = view.ledger.outcomes.get(step)
    if outcome is None:
        return Part("Not answered: the time was over before it was asked.")
    if isinstance(outcome, Succeeded):
        return Part(f"{view.code()} is gone from the estate.{view.ledger.mark(step)}")
    said = f"Not answered: {step} {outcome.status}, {outcome.message}."
    return Part(said.replace("..", "."))


def few_samples(samples: int, noun: str = "sample") -> tuple[Deduction, ...]:
    """Return the deduction for a figure of no or few samples."""
    if samples == 0:
        return (Deduction(NO_DATA, "no samples in the window"),)
    if samples < FEW_SAMPLES:
        return (Deduction(FEW, f"only {count(samples, noun)}"),)
    return ()


def type_is(node: Mapping[str, Any], kinds: list[str]) -> bool:
    """Tell whether a node is of one of the kinds, given in the singular; every node of none."""
    held = str(node.get("type") or "").lower().replace("_", " ").replace("-", " ")
    return not kinds or held in kinds or held.removesuffix("s") in kinds
