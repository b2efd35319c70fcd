"""Which metric some words mean, and which of the estate's metrics fit; it asks nobody."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from headwater.model.item import Candidate
from headwater.reading.metric_words import AGGREGATES, FAMILIES, QUALIFIERS, SAID_OF_ONE, Family

MOST_TRIED = 3
LEAST_SCORE = 0.6
_PERCENTILE = re.compile(r"\bp(?:50|90|95|99)\b")
_ORDERED = sorted(AGGREGATES, key=len, reverse=True)
_WORDS = sorted(((word, one) for one in FAMILIES for word in one.words), key=lambda p: -len(p[0]))


@dataclass(frozen=True, slots=True)
class SpokenMetric:
    """A metric as it was said.

    Args:
        words: The metric's words without those of the aggregate.
        family: What people call such metrics, or None where the words name it themselves.
        said_aggregate: The aggregate that was said, or None.
    """

    words: str
    family: Family | None
    said_aggregate: str | None

    @property
    def aggregate(self) -> str:
        """Return how to sum it up: as said, else as is usual for its family."""
        return self.said_aggregate or (self.family.aggregate if self.family else "avg")

    @property
    def terms(self) -> tuple[str, ...]:
        """Return what to ask the estate's metric names for."""
        own = self.family.terms if self.family else ()
        return tuple(dict.fromkeys(part for part in (self.words, *own) if part))


def find_spoken(phrase: str) -> SpokenMetric | None:
    """Return the metric that a phrase means, or None where it means none.

    All its words have to be a metric's, a sum's or a qualifier's, except beside a clear sum
    ("p99 checkout_time") and for names written with an underscore.
    """
    text = " ".join(phrase.lower().split())
    aggregate, rest, clear = _take_aggregate(text)
    family, left = _take_family(rest)
    if family is not None and all(word in QUALIFIERS for word in left.split()):
        return SpokenMetric(_trim(rest), family, aggregate)
    named = _trim(rest)
    plain = bool(re.fullmatch(r"[\w.:/-]+(?: [\w.:/-]+){0,3}", named))
    if plain and (clear or ("_" in named and " " not in named)):
        return SpokenMetric(named, family, aggregate)
    return None


def _trim(text: str) -> str:
    words = [word for word in text.split() if word not in {"the", "of", "its", "a", "metric"}]
    return " ".join(words)


def _take_aggregate(text: str) -> tuple[str | None, str, bool]:
    for words in _ORDERED:
        found = re.search(rf"(?<![\w-]){re.escape(words)}(?: of)?(?![\w-])", text)
        if found is None:
            continue
        rest = " ".join((text[: found.start()] + " " + text[found.end() :]).split())
        if words == "rate" and _take_family(rest)[0] is not None and "rate of" not in text:
            return None, text, False
        return AGGREGATES[words], rest, words not in SAID_OF_ONE
    return None, text, False


def _take_family(text: str) -> tuple[Family | None, str]:
    for words, family in _WORDS:
        found = re.search(rf"(?<![\w-]){re.escape(words)}(?![\w-])", text)
        if found is not None:
            return family, f"{text[: found.start()]} {text[found.end() :]}"
    return None, text


def rank_metrics(spoken: SpokenMetric, candidates: Iterable[Candidate]) -> tuple[str, ...]:
    """Return the names of the estate's metrics that fit what was said, best first, at most 3."""
    scored: dict[str, float] = {}
    for one in candidates:
        score = _fit(spoken, one)
        if one.kind == "metric" and score > 0:
            scored[one.name] = max(score, scored.get(one.name, 0.0))
    ordered = sorted(scored, key=lambda name: (-scored[name], len(name), name))
    return tuple(ordered[:MOST_TRIED])


def _fit(spoken: SpokenMetric, candidate: Candidate) -> float:
    parts = name_parts(candidate.name)
    said = [word for word in re.split(r"[^a-z0-9]+", spoken.words.lower()) if word]
    score = 3.0 if said and said == parts else 0.0
    score += sum(0.5 for word in said if word in parts)
    if spoken.family is None:
        return score + (candidate.score if candidate.score >= LEAST_SCORE else 0.0)
    score += _first_term(spoken.family.terms, parts)
    percentile = next((part for part in parts if _PERCENTILE.fullmatch(part)), None)
    if score > 0 and percentile is not None:
        score += 1.0 if percentile == spoken.aggregate else -0.5
    return score - 0.05 * len(parts) if score > 0 else 0.0


def _first_term(terms: Sequence[str], parts: Sequence[str]) -> float:
    for place, term in enumerate(terms):
        if any(part == term or (len(term) > 3 and part.startswith(term)) for part in parts):  # noqa: PLR2004
            return 2.0 - 0.2 * place
    return 0.0


def name_parts(name: str) -> list[str]:
    """Return the words of a metric's name, however it is written."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    return [part for part in re.split(r"[^a-z0-9]+", spaced.lower()) if part]


def is_counter_name(name: str) -> bool:
    """Tell whether a metric's name follows the custom for counters."""
    return name_parts(name)[-1:] == ["total"]
