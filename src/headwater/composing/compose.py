"""How does what was found answer the question? It gives one cited answer and asks nobody."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from headwater.composing.ledger import (
    Ledger,
    deductions_of,
    gaps_of,
    status_of,
    unresolved,
    weigh,
)
from headwater.composing.of_documents import compose_documents
from headwater.composing.of_items import (
    compose_count,
    compose_list,
    compose_lookup,
    compose_rank,
    compose_search,
)
from headwater.composing.of_proposed import compose_proposed
from headwater.composing.of_relations import compose_expand, compose_impact, compose_path
from headwater.composing.of_time import compose_history, compose_metric, compose_rule
from headwater.composing.of_work import compose_work
from headwater.composing.shapes import block_of
from headwater.composing.telling import ask_name
from headwater.composing.view import Part, View, nothing
from headwater.model.answer import Answer, Deduction
from headwater.model.block import TableBlock
from headwater.model.item import Candidate
from headwater.model.outcome import Outcome, Status
from headwater.model.plan import Step
from headwater.model.question import Question
from headwater.model.reading import Reading

AMBIGUOUS = 0.5
MOST_READY = 5


def compose_review(view: View) -> Part:
    """Say what a review shows; what it computes with takes a tenth of a second to load."""
    from headwater.composing.reviewed import compose_review as composed

    return composed(view)


COMPOSERS: Mapping[str, Callable[[View], Part]] = {
    "count": compose_count,
    "documents": compose_documents,
    "expand": compose_expand,
    "history": compose_history,
    "impact": compose_impact,
    "list": compose_list,
    "lookup": compose_lookup,
    "path": compose_path,
    "proposed": compose_proposed,
    "rank": compose_rank,
    "review": compose_review,
    "rule": compose_rule,
    "search": compose_search,
    "series": compose_metric,
    "value": compose_metric,
    "work": compose_work,
}
"""Who composes what, by the reading's intent."""
EXAMPLES = ("how many items per type?", "list all items", "what changed in the last 24 hours?")


def compose(  # noqa: PLR0917 -- a question, its reading, its steps and what they came to
    question: Question,
    reading: Reading,
    steps: Sequence[Step],
    outcomes: Mapping[str, Outcome],
    *,
    run_id: str,
    elapsed_s: float = 0.0,
) -> Answer:
    """Return the answer to a question from all that its steps came to.

    Its blocks and its summary cite the evidence by number, from 1, in the order it is cited.
    """
    view = View(question, reading, Ledger(tuple(steps), outcomes))
    shell = Answer(
        run_id=run_id,
        question=question.text,
        status="failed",
        summary=reading.refusal or "",
        asked_at=question.asked_at,
        budget_s=question.budget_s,
        elapsed_s=elapsed_s,
        code=reading.code,
        planned_by=str(reading.facts.get("planned_by", "")),
        unplanned=str(reading.facts.get("unplanned", "")),
    )
    if reading.refusal is not None:
        return _refused(shell, view)
    part = _ambiguous(view) if reading.ambiguous is not None else _answered(view)
    return _filled(shell, view, part)


def _filled(shell: Answer, view: View, part: Part) -> Answer:
    """Return the answer with what a composer said, and what the run itself says of it."""
    reading, steps, outcomes = view.reading, view.ledger.steps, view.ledger.outcomes
    unclear = reading.ambiguous is not None
    status: Status = "partial" if unclear else status_of(steps, outcomes)
    assumed = [Deduction(amount, reason) for amount, reason in reading.notes]
    deductions = [*part.deductions, *assumed, *_run_deductions(view)]
    if status == "failed":
        deductions.append(Deduction(1.0, "no step succeeded"))
    confidence, listed = weigh(deductions)
    return replace(
        shell,
        status=status,
        code="question.ambiguous" if unclear else None,
        summary=part.summary,
        blocks=part.blocks,
        evidence=tuple(view.ledger.cited),
        gaps=gaps_of(steps, outcomes),
        confidence=confidence,
        deductions=listed,
        next=tuple(dict.fromkeys(part.next)),
    )


def _run_deductions(view: View) -> list[Deduction]:
    """Return what the run takes from the confidence; a cut that was asked for takes nothing."""
    cut = not view.fact("wanted")
    return deductions_of(view.ledger.steps, view.ledger.outcomes, truncations=cut)


def _refused(shell: Answer, view: View) -> Answer:
    code = view.reading.code or ""
    ready = () if code == "question.empty_estate" else EXAMPLES
    listed = (Deduction(1.0, "the question was not answered"),)
    mark = view.ledger.mark(*_resolving(view)) if code in _BY_RESOLVE else ""
    return replace(
        shell,
        summary=f"{shell.summary}{mark}",
        evidence=tuple(view.ledger.cited),
        deductions=listed,
        next=ready,
    )


_BY_RESOLVE = frozenset(
    {"question.unknown_name", "question.unknown_metric", "question.empty_estate"}
)
"""Refusals that rest on what the estate said."""


def _resolving(view: View) -> list[str]:
    """Return the steps that say what words mean, for the metric's words only where those failed."""
    if view.reading.code == "question.unknown_metric":
        return ["resolve_metrics"]
    steps = [one.id for one in view.ledger.steps if one.id.startswith("resolve") and one.required]
    return [step for step in steps if step != "resolve_metrics"]


def _answered(view: View) -> Part:
    missing = unresolved(view.reading.intent, view.ledger.steps, view.ledger.outcomes)
    if missing is not None:
        return nothing(view, missing)
    composer = COMPOSERS.get(view.reading.intent, _by_shape)
    return composer(view)


def _by_shape(view: View) -> Part:
    """Show what a tool that knows its own phrasings gave."""
    if not view.ledger.succeeded("answer"):
        return nothing(view, "answer")
    tool = str(view.fact("tool") or "the tool")
    value = view.value("answer")
    mark = view.ledger.mark("answer")
    block = block_of(value, title=tool, cites=view.ledger.cite("answer"))
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return Part(f"{value}{mark}", (block,) if block else ())
    return Part(f"{tool} answered.{mark}", (block,) if block else ())


def _ambiguous(view: View) -> Part:
    reading = view.reading
    words = reading.ambiguous or ""
    exact = {one.score for one in reading.candidates} == {reading.candidates[0].score}
    total = max(reading.candidates_total, len(reading.candidates))
    said = "may be any of" if exact else "is not exactly a name here; nearest are"
    summary = f'"{words}" {said} {total} {"things" if total != 1 else "thing"}; say which.'
    steps = [step for step in view.ledger.outcomes if step.startswith("resolve")]
    source = next((step for step in steps if _asked_for(view, step, words)), "resolve")
    block = TableBlock(
        title=f'What "{words}" may be',
        columns=("code", "name", "type", "location"),
        rows=tuple(
            (one.code or one.name, one.name, one.type or one.kind, one.location)
            for one in reading.candidates
        ),
        total=total,
        truncated=total > len(reading.candidates),
        cites=view.ledger.cite(source),
    )
    ready = tuple(_instead(view, words, one) for one in reading.candidates[:MOST_READY])
    note = Deduction(AMBIGUOUS, f'"{words}" names {total} things')
    return Part(f"{summary}{view.ledger.mark(source)}", (block,), (note,), ready)


def _asked_for(view: View, step: str, words: str) -> bool:
    value = view.ledger.value(step) or {}
    terms = [str(one["term"]).lower() for one in value.get("terms", ()) if one["candidates"]]
    return any(term in words.lower() for term in terms)


def _instead(view: View, words: str, candidate: Candidate) -> str:
    """Return the question with the code in place of the words that several things are called."""
    code = ask_name(candidate.code or candidate.name)
    text = " ".join(view.question.text.split())
    for quoted in (f'"{words}"', f"'{words}'", words):
        if quoted in text:
            return text.replace(quoted, code, 1)
    return f"what is {code}?"
