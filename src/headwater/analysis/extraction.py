"""Which sentences answer a question best, and say most between them? It writes none of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

OWN = 0.35
"""What a sentence is worth that has none of the question's words, by its place alone."""
SAMENESS = 0.5
"""How much likeness to one chosen before counts against a sentence: 1 less the paper's lambda."""
NEW = 0.3
"""What a word of the question counts extra where no sentence chosen before has it."""
LEAST = 0.25
"""The least worth of a further sentence, beside that of the first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A sentence that may be shown.

    `context` are words that it stands under and need not repeat; `prior` is what its place speaks
    for it, from 0 to 1.
    """

    words: frozenset[str]
    prior: float
    context: frozenset[str] = frozenset()


def choose_sentences(
    candidates: Sequence[Candidate], weights: Mapping[str, float], *, limit: int
) -> list[tuple[int, float]]:
    """Return the places of the best sentences with their worth, the best first.

    Each is chosen by what it is worth, by the question's words that none before it has, and
    against its likeness to those before: maximal marginal relevance (Carbonell and Goldstein,
    SIGIR 1998). None is chosen that is worth less than a quarter of the first.
    """
    total = sum(weights.values())
    worths = [_worth(one, weights, total) for one in candidates]
    chosen: list[tuple[int, float]] = []
    covered: set[str] = set()
    left = set(range(len(candidates)))
    while left and len(chosen) < limit:
        gains = {
            at: worths[at]
            + NEW * candidates[at].prior * _share(candidates[at].words - covered, weights, total)
            - SAMENESS * worths[at] * _nearest(at, chosen, candidates)
            for at in left
        }
        best = min(left, key=lambda at: (-gains[at], at))
        if gains[best] <= 0 or (chosen and gains[best] < LEAST * chosen[0][1]):
            break
        chosen.append((best, gains[best]))
        covered |= candidates[best].words
        left.discard(best)
    return chosen


def _worth(one: Candidate, weights: Mapping[str, float], total: float) -> float:
    held = _share(one.words | one.context, weights, total)
    return one.prior * (OWN + (1 - OWN) * held)


def _share(held: frozenset[str], weights: Mapping[str, float], total: float) -> float:
    """Return the share of the question's weight that these words have."""
    return sum(weights[word] for word in sorted(held & weights.keys())) / total if total else 0.0


def _nearest(
    at: int, chosen: Sequence[tuple[int, float]], candidates: Sequence[Candidate]
) -> float:
    own = candidates[at].words
    return max((_alike(own, candidates[other].words) for other, _ in chosen), default=0.0)


def _alike(first: frozenset[str], second: frozenset[str]) -> float:
    either = len(first | second)
    return len(first & second) / either if either else 1.0
