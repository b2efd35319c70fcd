"""Which words have to be resolved first: the steps of the first round; it reads no answers."""

from __future__ import annotations

from collections.abc import Iterable

from headwater.model.plan import Step
from headwater.reading.kinds import TYPE_WORDS, singular
from headwater.reading.metric_words import ALARMING
from headwater.reading.names import Name, split_name
from headwater.reading.parse import Sense
from headwater.reading.things import Things, split_things

VALUE_KINDS = (
    "type", "subtype", "category", "status", "criticality", "owner", "location", "tag",
)  # fmt: skip
NAME_KINDS = ("item", "rule", *VALUE_KINDS)
STEP_OF = {"target": "resolve_target"}
"""Where a role is not resolved by `resolve`: two ends of a path must not narrow each other."""
MOST_TERMS = 20
MOST_CANDIDATES = 50
MOST_RULES = 8
LONGEST_TERM = 200
RULE_TERMS = ("latency", "slow", "error", "errors", "cpu", "memory", "queue", "disk", "deployment")
_STOP = frozenset(
    [
        "the",
        "a",
        "an",
        "all",
        "any",
        "every",
        "of",
        "for",
        "in",
        "on",
        "at",
        "with",
        "and",
        "or",
        "to",
        "me",
        "is",
        "are",
        "named",
        "called",
        "like",
        "that",
        "which",
        "items",
        "item",
        "things",
        "related",
        "about",
        "thing",
        "anything",
        "something",
        "my",
        "our",
    ]
)


def name_of(sense: Sense, role: str) -> Name:
    """Return how the phrase of a role may be looked for."""
    return split_name(sense.roles.get(role, ""), quoted=role in sense.quoted)


def things_of(sense: Sense) -> Things:
    """Return the things that a question is about, with where it says they are."""
    words = sense.roles.get("things", "")
    place = sense.roles.get("place")
    if place is not None:
        return Things("", (("in", place),))
    return split_things(words)


def keywords_of(sense: Sense) -> tuple[str, ...]:
    """Return what to search for, in the singular; a quoted phrase stays whole."""
    words = sense.roles.get("keywords") or sense.roles.get("subject", "")
    if {"keywords", "subject"} & sense.quoted:
        return (words,)
    kept = [word.strip(".,;:'\"") for word in words.split() if word.lower() not in _STOP]
    return tuple(dict.fromkeys(singular(word.lower()) for word in kept if word))


def first_steps(sense: Sense) -> tuple[Step, ...]:
    """Return the steps that resolve the names and words of a question; the first is `resolve`."""
    names = [name_of(sense, role) for role in ("subject", "rule") if sense.roles.get(role)]
    words: tuple[str, ...] = ()
    if sense.intent in {"list", "count", "rank"}:
        things = things_of(sense)
        names += [split_name(place) for _, place in things.places]
        words = things.terms
    if sense.intent in {"search", "bare"}:
        words = keywords_of(sense)
    return tuple(_steps(sense, names, words))


def _steps(sense: Sense, names: list[Name], words: tuple[str, ...]) -> Iterable[Step]:
    targets = [name_of(sense, "target")] if sense.roles.get("target") else []
    metric_terms = sense.metric.terms if sense.metric is not None else ()
    terms = [term for name in names for term in name.terms]
    spare = words or metric_terms or (sense.text or sense.intent,)
    named = bool(terms) or sense.intent == "bare"
    yield _resolve("resolve", terms or spare, _kinds(sense) if named else VALUE_KINDS)
    if sense.intent == "list" and _may_name(sense):
        whole = split_name(sense.roles["things"])
        yield _resolve("resolve_named", whole.terms, ("item",))
        names = [*names, whole]
    for target in targets:
        yield _resolve(STEP_OF["target"], target.terms, _kinds(sense))
    wholes = [name.whole for name in (*names, *targets) if name.whole != name.term]
    if wholes:
        yield _resolve("resolve_whole", wholes, ("item", "rule"))
    if words and named:
        yield _resolve("resolve_words", words, VALUE_KINDS)
    if sense.intent == "review":
        yield _resolve("resolve_metrics", ALARMING, ("metric",))
        rules = (*(term for name in names for term in name.terms), *RULE_TERMS)
        yield _resolve("resolve_rules", rules, ("rule",), required=False, limit=MOST_RULES)
    elif metric_terms:
        yield _resolve("resolve_metrics", metric_terms, ("metric",))


def _may_name(sense: Sense) -> bool:
    """Tell whether "show ..." may be followed by a name: not by a mere word for a kind."""
    things = things_of(sense)
    return bool(things.words) and not (things.everything or things.whole in TYPE_WORDS)


def _kinds(sense: Sense) -> tuple[str, ...]:
    return ("rule",) if sense.intent == "rule" else NAME_KINDS


def _resolve(
    step: str,
    terms: Iterable[str],
    kinds: tuple[str, ...] | None,
    *,
    required: bool = True,
    limit: int = MOST_CANDIDATES,
) -> Step:
    kept = [term[:LONGEST_TERM] for term in dict.fromkeys(terms) if term.strip()][:MOST_TERMS]
    args: dict[str, object] = {"terms": kept, "limit": limit}
    if kinds is not None:
        args["kinds"] = list(kinds)
    return Step(id=step, tool="estate.resolve", args=args, required=required)
