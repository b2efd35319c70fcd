"""What comes back: answers and results of runs; it composes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from headwater.model.block import Block
from headwater.model.evidence import Evidence
from headwater.model.outcome import Outcome, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """What is missing and why; `step` names it for `again`."""

    step: str
    tool: str
    reason: str
    code: str


@dataclass(frozen=True, slots=True)
class Deduction:
    """What lowered the confidence, and by how much."""

    amount: float
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One typed, cited answer: `complete`, `partial` or `failed`.

    `confidence` is 1 less the amounts of its `deductions`, from 0 to 1. `code` says why an
    answer failed (such as `question.out_of_field`), else it is None. `planned_by` is the language
    model whose plan was carried out, empty where Headwater planned by itself; `unplanned` is the
    code that says why not, where a model was asked for a plan.
    """

    run_id: str
    question: str
    status: Status
    summary: str
    blocks: tuple[Block, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    gaps: tuple[Gap, ...] = ()
    confidence: float = 0.0
    deductions: tuple[Deduction, ...] = ()
    next: tuple[str, ...] = ()
    code: str | None = None
    planned_by: str = ""
    unplanned: str = ""
    asked_at: datetime | None = None
    budget_s: float = 0.0
    elapsed_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """What a run of a plan gives: an outcome for each step by id, and an answer's other parts."""

    run_id: str
    status: Status
    summary: str
    outcomes: Mapping[str, Outcome] = field(default_factory=dict)
    blocks: tuple[Block, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    gaps: tuple[Gap, ...] = ()
    confidence: float = 0.0
    deductions: tuple[Deduction, ...] = ()
    asked_at: datetime | None = None
    budget_s: float = 0.0
    elapsed_s: float = 0.0
