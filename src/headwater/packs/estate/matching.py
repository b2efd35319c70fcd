"""How well a term fits the names of values, metrics and rules; items are matched by their store."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from functools import lru_cache

from rapidfuzz import fuzz

from headwater.model.item import Candidate
from headwater.model.metric import MetricInfo
from headwater.model.rule import Rule
from headwater.model.text import tokens

EXACT_VALUE, PLURAL, PREFIX, WORDS = 0.9, 0.88, 0.75, 0.65
FUZZY_FROM, FUZZY_TOP = 0.7, 0.6
WORDS_KEPT = 10_000
"""Texts whose tokens are kept: the values of two estates, of which each has 5,000 at the most."""


def match_values(term: str, vocabulary: Iterable[Candidate]) -> list[Candidate]:
    """Return the types, owners, locations, tag values... that the term may mean."""
    found = []
    for value in vocabulary:
        score, match = likeness(term, value.name, exact=EXACT_VALUE)
        if score > 0:
            found.append(dataclasses.replace(value, term=term, score=score, match=match))
    return found


def match_metrics(term: str, metrics: Iterable[MetricInfo]) -> list[Candidate]:
    """Return the metrics that the term may mean."""
    found = []
    for metric in metrics:
        score, match = likeness(term, metric.name, exact=0.95)
        if score > 0:
            found.append(
                Candidate(kind="metric", term=term, score=score, match=match, name=metric.name)
            )
    return found


def match_rules(term: str, rules: Iterable[Rule]) -> list[Candidate]:
    """Return the rules that the term may mean, by code or name."""
    found = []
    for rule in rules:
        by_code, by_name = (
            likeness(term, rule.code, exact=1.0),
            likeness(term, rule.name, exact=0.95),
        )
        score, match = max(by_code, by_name, key=lambda one: one[0])
        if score > 0:
            found.append(
                Candidate(
                    kind="rule",
                    term=term,
                    score=score,
                    match=match,
                    name=rule.name,
                    id=rule.id,
                    code=rule.code,
                )
            )
    return found


def likeness(term: str, name: str, *, exact: float) -> tuple[float, str]:
    """Return a score from 0 to `exact` and how the term fits the name."""
    wanted, known = _words(term), _words(name)
    if not wanted or not known:
        return (exact, "exact") if term.strip() == name else (0.0, "")
    if (fit := _fit(wanted, known, exact=exact)) is not None:
        return fit
    alike = fuzz.ratio(wanted, known, score_cutoff=100 * FUZZY_FROM) / 100
    return (round(FUZZY_TOP * alike, 4), "fuzzy") if alike >= FUZZY_FROM else (0.0, "")


def _fit(wanted: str, known: str, *, exact: float) -> tuple[float, str] | None:
    """Return score and kind where the words of one fit those of the other, or None."""
    if wanted == known:
        return exact, "exact"
    if wanted in _plurals(known):
        return PLURAL, "plural"
    if known.startswith(wanted):
        return PREFIX, "prefix"
    return (WORDS, "words") if set(wanted.split()) <= set(known.split()) else None


@lru_cache(maxsize=WORDS_KEPT)
def _words(text: str) -> str:
    """Return a text's tokens in a row; those of an estate's values are asked for often."""
    return " ".join(tokens(text))


@lru_cache(maxsize=WORDS_KEPT)
def _plurals(word: str) -> frozenset[str]:
    """Return what the plural of an English word may look like: servers, switches, proxies."""
    ies = (word[:-1] + "ies",) if word.endswith("y") else ()
    return frozenset((word + "s", word + "es", *ies))
