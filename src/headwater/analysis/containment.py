"""Does a passage contain what is claimed, its words and its figures? It understands neither."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from headwater.analysis.asked_terms import terms
from headwater.analysis.quantities import missing_quantities
from headwater.analysis.sentences import Sentence, split_sentences

ENOUGH = 0.8
"""The least share of a claim's words that a passage has to have."""
MOST_SPANS = 3
SPOKEN = 0.5
"""The least share of a claim's words in one sentence that can deny it."""
_NOT = re.compile(
    r"\b(?:not|no|never|none|neither|nor|cannot|without|unable|\w+n['\u2019]t)\b", re.IGNORECASE
)
_CLAUSE = re.compile(r"[,;:.!?()]|\b(?:but|and|unless|although|because|which|when|if)\b")
REACH = 4
"""Words after a negation that it denies, within its clause."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Containment:
    """How much of a claim a passage contains.

    Args:
        share: Of the claim's words those that are there, from 0 to 1.
        missing: The words that are not, as they are compared.
        missing_figures: The claim's figures that are not there, as written.
        denied: The passage says it with a negation and the claim without one, or the other way.
        spans: Where in the passage the claim's words stand: sentences, at most three.
    """

    share: float
    missing: tuple[str, ...]
    missing_figures: tuple[str, ...]
    denied: bool
    spans: tuple[tuple[int, int], ...]

    @property
    def contained(self) -> bool:
        """Tell whether the passage supports the claim."""
        return self.share >= ENOUGH and not self.missing_figures and not self.denied


def find_claim(claim: str, passage: str, *, known: str = "") -> Containment:
    """Return how much of a claim a passage contains, and where.

    `known` is what the passage stands under (its title and headings): its words count as there.
    A claim that stands in the passage letter for letter, spaces aside, is contained. A claim
    without words or figures is not.
    """
    literal = _literal(claim, passage)
    if literal is not None:
        return Containment(
            share=1.0, missing=(), missing_figures=(), denied=False, spans=(literal,)
        )
    wanted = frozenset(terms(claim))
    sentences = split_sentences(passage)
    chosen = _covering(wanted, sentences)
    said = " ".join(one.text for one in chosen)
    missing = wanted - frozenset(terms(said)) - frozenset(terms(known))
    share = 1 - len(missing) / len(wanted) if wanted else 0.0
    return Containment(
        share=share,
        missing=tuple(sorted(missing)),
        missing_figures=missing_quantities(claim, said),
        denied=any(_denies(claim, wanted, one.text) for one in chosen),
        spans=tuple((one.start, one.end) for one in chosen),
    )


def _literal(claim: str, passage: str) -> tuple[int, int] | None:
    """Return where a claim of at least one word stands as it is, spaces aside."""
    parts = [re.escape(part) for part in claim.split()]
    if not parts or not terms(claim):
        return None
    found = re.search(r"\s+".join(parts), passage)
    return found.span() if found else None


def _covering(wanted: frozenset[str], sentences: Iterable[Sentence]) -> list[Sentence]:
    """Return the sentences that have most of the words between them, the best first."""
    left = set(wanted)
    rest = [(one, wanted & frozenset(terms(one.text))) for one in sentences]
    chosen: list[Sentence] = []
    while left and rest and len(chosen) < MOST_SPANS:
        best = max(rest, key=lambda pair: len(pair[1] & left))
        if not best[1] & left:
            break
        chosen.append(best[0])
        left -= best[1]
        rest.remove(best)
    return chosen


def _denies(claim: str, wanted: frozenset[str], sentence: str) -> bool:
    """Tell whether a sentence that speaks of the claim negates what the claim does not."""
    shared = wanted & frozenset(terms(sentence))
    if not shared or len(shared) < SPOKEN * len(wanted):
        return False
    return bool(shared & (_negated(claim) ^ _negated(sentence)))


def _negated(text: str) -> frozenset[str]:
    """Return the words within reach of a negation, in its clause."""
    found: set[str] = set()
    for mark in _NOT.finditer(text):
        clause = _CLAUSE.split(text[mark.end() :], maxsplit=1)[0]
        found.update(terms(" ".join(clause.split()[:REACH])))
    return frozenset(found)
