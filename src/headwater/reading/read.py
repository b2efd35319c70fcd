"""What does a question mean, and which steps answer it now? It runs none and asks nobody."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from headwater.composing.ledger import unresolved
from headwater.model.outcome import Outcome
from headwater.model.plan import Step
from headwater.model.question import Question
from headwater.model.reading import Reading
from headwater.reading import documents, work
from headwater.reading.asking import first_steps
from headwater.reading.drafts import Ask, is_off_topic, off_topic, refuse
from headwater.reading.found import read_found
from headwater.reading.listing import (
    plan_bare,
    plan_count,
    plan_list,
    plan_named,
    plan_rank,
    plan_search,
)
from headwater.reading.names import PRONOUNS
from headwater.reading.parse import LONGEST_CHARS, Sense, parse, tidy
from headwater.reading.plans import (
    plan_expand,
    plan_history,
    plan_impact,
    plan_path,
    plan_rule,
    plan_series,
    plan_value,
)
from headwater.reading.reviews import plan_review
from headwater.toolkit.phrasing import Phrasing

EMPTY_ESTATE = (
    "The estate is empty: bring one in with `headwater load PATH` or look at this host with "
    "`headwater scan`, then ask again."
)
READ_HERE = frozenset({documents.ANSWER, *work.TOOLS.values()})
"""Tools whose questions have forms of their own, beyond what they say they answer."""
PLANNERS: Mapping[str, Callable[[Ask], Reading]] = {
    "bare": plan_bare,
    "count": plan_count,
    "expand": plan_expand,
    "history": plan_history,
    "impact": plan_impact,
    "list": plan_list,
    "lookup": plan_named,
    "path": plan_path,
    "rank": plan_rank,
    "review": plan_review,
    "rule": plan_rule,
    "search": plan_search,
    "series": plan_series,
    "value": plan_value,
    "work": work.plan_work,
}
"""Who plans what, once the words are resolved."""


def read(
    question: Question, known: Mapping[str, Outcome], *, phrasings: tuple[Phrasing, ...] = ()
) -> Reading:
    """Return what a question means and the steps to run now, by what is known so far.

    The first round resolves names, the second asks, and a review may ask a third time; no steps
    are given where nothing more is to be asked. The same question and the same known outcomes
    always give the same reading. Nothing is raised, whatever the text.
    """
    text = tidy(question.text)
    ended = _unreadable(text) or _phrased(text, known, phrasings)
    if ended is not None:
        return ended
    sense = parse(text, question.asked_at)
    if sense.intent == work.INTENT:
        return _read_work(question, sense, known, are_read=work.are_read(phrasings))
    is_work = work.are_read(phrasings)
    if not documents.are_read(phrasings):
        return _read_estate(question, sense, known, is_work=is_work)
    if sense.intent == documents.INTENT:
        return documents.read_documents(text, sense, known)
    reading = _read_estate(question, sense, known, runbooks=True, is_work=is_work)
    return reading if _about_us(sense) else documents.or_documents(reading, sense, known)


def _unreadable(text: str) -> Reading | None:
    """Return the refusal of a text that is none or too long."""
    if not text:
        return refuse("none", "question.empty", "The question is empty; ask about your estate.")
    if len(text) > LONGEST_CHARS:
        sentence = f"The question has {len(text)} characters; ask it in {LONGEST_CHARS} at most."
        return refuse("none", "question.too_long", sentence)
    return None


def _read_work(
    question: Question, sense: Sense, known: Mapping[str, Outcome], *, are_read: bool
) -> Reading:
    """Return the reading of a question about work: whose names are items, but for one's own."""
    if not are_read:
        return off_topic("none")
    if sense.view != "resume":
        return _read_estate(question, sense, known)
    reading = work.read_resume(sense)
    return replace(reading, steps=tuple(one for one in reading.steps if one.id not in known))


def _read_estate(
    question: Question,
    sense: Sense,
    known: Mapping[str, Outcome],
    *,
    runbooks: bool = False,
    is_work: bool = False,
) -> Reading:
    if sense.intent in {"none", documents.INTENT} or _about_us(sense):
        return off_topic("none")
    if "resolve" not in known:
        return Reading(intent=sense.intent, steps=first_steps(sense), words=sense.roles)
    if unresolved(sense.intent, first_steps(sense), known) is not None:
        return Reading(intent=sense.intent, words=sense.roles)
    found = read_found(known)
    if found.empty:
        return _of_nothing(sense)
    ask = Ask(question, sense, found, known, runbooks=runbooks, work=is_work)
    reading = PLANNERS[sense.intent](ask)
    return replace(reading, steps=tuple(one for one in reading.steps if one.id not in known))


def _of_nothing(sense: Sense) -> Reading:
    """Return the refusal of an estate without items."""
    if sense.intent in {"lookup", "bare", "list", "search"} and is_off_topic(sense.text):
        return off_topic(sense.intent)
    return refuse(sense.intent, "question.empty_estate", EMPTY_ESTATE)


def _phrased(
    text: str, known: Mapping[str, Outcome], phrasings: tuple[Phrasing, ...]
) -> Reading | None:
    for phrasing in phrasings:
        holes = None if phrasing.tool in READ_HERE else phrasing.match(text)
        if holes is not None:
            step = Step(id="answer", tool=phrasing.tool, args=holes)
            steps = () if step.id in known else (step,)
            return Reading(intent="tool", steps=steps, words=holes, facts={"tool": phrasing.tool})
    return None


def _about_us(sense: Sense) -> bool:
    """Tell whether a question is about the one who is asked or the asker."""
    subject = sense.roles.get("subject", sense.roles.get("things", "")).lower()
    return not sense.quoted and subject.split(" ")[0] in PRONOUNS | {"time", "can", "day", "date"}
