"""What a plan given by hand came to, as blocks in the order of its steps; it reads no question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from headwater.composing.ledger import Ledger, deductions_of, gaps_of, status_of, weigh
from headwater.composing.shapes import block_of
from headwater.composing.telling import count
from headwater.model.answer import Deduction, RunResult
from headwater.model.block import Block
from headwater.model.outcome import Outcome
from headwater.model.plan import Step


def summarise(
    steps: Sequence[Step],
    outcomes: Mapping[str, Outcome],
    *,
    run_id: str,
    asked_at: datetime,
    budget_s: float,
    elapsed_s: float,
) -> RunResult:
    """Return the result of a run: a block for each value, its evidence, gaps and status."""
    ledger = Ledger(tuple(steps), outcomes)
    blocks: list[Block] = []
    for step in steps:
        if not ledger.succeeded(step.id):
            continue
        title = f"{step.id}: {step.tool}"
        block = block_of(ledger.value(step.id), title=title, cites=ledger.cite(step.id))
        if block is not None:
            blocks.append(block)
    status = status_of(steps, outcomes)
    deductions = deductions_of(steps, outcomes)
    if status == "failed":
        deductions = [*deductions, Deduction(1.0, "no step succeeded")]
    confidence, listed = weigh(deductions)
    return RunResult(
        run_id=run_id,
        status=status,
        summary=_summary(steps, ledger),
        outcomes=dict(outcomes),
        blocks=tuple(blocks),
        evidence=tuple(ledger.cited),
        gaps=gaps_of(steps, outcomes),
        confidence=confidence,
        deductions=listed,
        asked_at=asked_at,
        budget_s=budget_s,
        elapsed_s=elapsed_s,
    )


def _summary(steps: Sequence[Step], ledger: Ledger) -> str:
    done = [step.id for step in steps if ledger.succeeded(step.id)]
    words = f"{len(done)} of {count(len(steps), 'step')} succeeded"
    by_status: dict[str, list[str]] = {}
    for step in steps:
        outcome = ledger.outcomes.get(step.id)
        status = outcome.status if outcome is not None else "not run"
        if status != "succeeded":
            by_status.setdefault(status, []).append(step.id)
    rest = "; ".join(f"{status}: {', '.join(ids[:5])}" for status, ids in by_status.items())
    return f"{words}; {rest}." if rest else f"{words}."
