"""Which questions do documents answer, and which steps ask them? It reads no document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from headwater.model.outcome import Outcome, Succeeded
from headwater.model.plan import Step
from headwater.model.reading import Reading
from headwater.reading.drafts import is_off_topic, refuse
from headwater.reading.parse import Sense
from headwater.toolkit.phrasing import Phrasing

INTENT = "documents"
ANSWER = "knowledge.answer"
ANSWERED, NEAR = "answer", "near"
LONGEST_CHARS = 1_000
"""Characters of a question that documents are asked with."""
NO_DOCUMENTS = (
    "There are no documents to answer from: bring some in with `headwater ingest PATH`, then ask "
    "again."
)
_UNANSWERED = frozenset(
    {
        "question.out_of_field",
        "question.unknown_name",
        "question.unknown_metric",
        "question.empty_estate",
    }
)
"""Refusals of questions that a document may answer all the same."""


def are_read(phrasings: tuple[Phrasing, ...]) -> bool:
    """Tell whether there is a tool that answers from documents, by what it says it answers."""
    return any(one.tool == ANSWER for one in phrasings)


def read_documents(text: str, sense: Sense, known: Mapping[str, Outcome]) -> Reading:
    """Return the reading of a question that asks for what documents say."""
    steps = tuple(step for step in _steps(text) if step.id not in known)
    reading = Reading(intent=INTENT, steps=steps, words=sense.roles)
    value = _value(known)
    if value is not None and not value.get("searched"):
        return refuse(INTENT, "question.no_documents", NO_DOCUMENTS, words=sense.roles)
    return reading


def or_documents(reading: Reading, sense: Sense, known: Mapping[str, Outcome]) -> Reading:
    """Return a reading, or where it refuses for want of understanding, what documents say of it.

    They are asked in a round of their own; where they do not answer either, the refusal stands.
    """
    if reading.code not in _UNANSWERED or is_off_topic(sense.text):
        return reading
    if ANSWERED not in known:
        return Reading(intent=reading.intent, steps=_steps(sense.text)[:1], words=sense.roles)
    value = _value(known)
    if value is None or not value.get("found"):
        return reading
    return replace(Reading(intent=INTENT, words=sense.roles), facts={"refused": reading.code})


def _steps(text: str) -> tuple[Step, ...]:
    asked = text[:LONGEST_CHARS]
    return (
        Step(id=ANSWERED, tool=ANSWER, args={"question": asked}),
        Step(id=NEAR, tool="knowledge.related", args={"query": asked, "limit": 5}, required=False),
    )


def _value(known: Mapping[str, Outcome]) -> Mapping[str, object] | None:
    outcome = known.get(ANSWERED)
    value = outcome.value if isinstance(outcome, Succeeded) else None
    return value if isinstance(value, Mapping) else None
