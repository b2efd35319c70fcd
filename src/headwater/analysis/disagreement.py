"""Which statements of different sources give different figures for the same? It judges neither."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from headwater.analysis.asked_terms import terms
from headwater.analysis.quantities import Quantity, quantities

ALIKE = 0.5
"""The least share of telling words, figures aside, that two statements have in common."""
LEAST_WORDS = 3


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence and the source that it is of."""

    text: str
    source: int


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Two statements by their places, with the figures as each has them, and words of both."""

    first: int
    second: int
    first_figure: str
    second_figure: str
    about: tuple[str, ...]


def disagreements(statements: Sequence[Statement]) -> list[Disagreement]:
    """Return the pairs of sources that differ in a figure of one unit, in nearly the same words.

    Two statements speak of the same where at least half of their telling words, and three, are
    in both. A figure is at odds where the other names none like it but one of its unit.
    """
    found: list[Disagreement] = []
    cut = [(_words(one.text), quantities(one.text)) for one in statements]
    for first, second in combinations(range(len(statements)), 2):
        if statements[first].source == statements[second].source:
            continue
        (words, figures), (others, theirs) = cut[first], cut[second]
        shared = words & others
        if len(shared) < LEAST_WORDS or len(shared) < ALIKE * len(words | others):
            continue
        odd = _at_odds(figures, theirs)
        if odd is not None:
            mine, other = odd
            found.append(
                Disagreement(
                    first,
                    second,
                    statements[first].text[mine.start : mine.end],
                    statements[second].text[other.start : other.end],
                    tuple(sorted(shared)),
                )
            )
    return found


def _words(text: str) -> frozenset[str]:
    figures = {word for one in quantities(text) for word in terms(text[one.start : one.end])}
    return frozenset(terms(text)) - figures


def _at_odds(
    figures: Sequence[Quantity], theirs: Sequence[Quantity]
) -> tuple[Quantity, Quantity] | None:
    """Return a figure of each that differ, where neither is named by the other."""
    lonely = [one for one in figures if not any(one.same(other) for other in theirs)]
    others = [one for one in theirs if not any(one.same(other) for other in figures)]
    return next(
        ((one, other) for one in lonely for other in others if one.unit == other.unit), None
    )
