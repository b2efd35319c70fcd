"""Which words of a passage or a question are compared, and what is each worth? It stores none.

Every store cuts words and scores them by what is here, so that all rank alike.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from headwater.model.text import tokens

K1, B = 1.2, 0.75
"""BM25's own: how soon a word's repetition stops to count, how much a long text is held back."""
TITLE_WEIGHT, SECTION_WEIGHT = 2, 2
"""How often a word in the title or in the headings counts, beside one in the text."""
MAX_WORD = 64
"""Characters of a word; the rest of a longer one is not compared."""
MAX_ASKED = 200
"""Different words of one query; the first ones are taken."""

_COMPOUND = re.compile(r"[A-Za-z0-9]*[a-z0-9][A-Z][A-Za-z0-9]*")
_PART = re.compile(r"[A-Z]+(?![a-z0-9])|[A-Z]?[a-z0-9]+")
_VOWEL = re.compile(r"[aeiouy]")
_SHORTEST = 4
"""Letters of a word that is cut at all."""


@dataclass(frozen=True, slots=True)
class PassageWords:
    """The words of one passage: how much each counts, and how many there are."""

    weights: Mapping[str, int]
    length: int


@dataclass(frozen=True, slots=True)
class Collection:
    """How many passages are searched, and how many words they have together."""

    passages: int
    length: int

    @property
    def average(self) -> float:
        """Return the words of a passage on average, never zero."""
        return max(self.length, 1) / max(self.passages, 1)


def words(text: str) -> list[str]:
    """Return a text's words, those within `KubePodCrashLooping` too, each without its ending."""
    found = [stem(token[:MAX_WORD]) for token in tokens(text)]
    for compound in _COMPOUND.findall(text):
        found += [stem(part.lower()[:MAX_WORD]) for part in _PART.findall(compound)]
    return found


def passage_words(text: str, *, title: str, section: str) -> PassageWords:
    """Return the words of a passage with those of its title and headings."""
    weights = Counter(words(text))
    length = weights.total()
    for heading, weight in ((title, TITLE_WEIGHT), (section, SECTION_WEIGHT)):
        for word in words(heading):
            weights[word] += weight
            length += 1
    return PassageWords(weights, length)


def asked_words(query: str) -> tuple[str, ...]:
    """Return the different words of a query, sorted, so that sums come out alike everywhere."""
    return tuple(sorted(list(dict.fromkeys(words(query)))[:MAX_ASKED]))


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """Take the endings -s, -ing, -ed and -e off an English word; others are kept as they are."""
    if len(word) < _SHORTEST or not (word.isascii() and word.isalpha()):
        return word
    if word.endswith("ies") and len(word) > _SHORTEST:
        word = f"{word[:-3]}y"
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in ("ing", "ed"):
        left = word.removesuffix(ending)
        if left != word and len(left) >= _SHORTEST - 1 and _VOWEL.search(left):
            twice = left[-1] == left[-2] and left[-1] not in "lsz"
            return (left[:-1] if twice else left).removesuffix("e")
    return word.removesuffix("e") if len(word) >= _SHORTEST else word


def rarity(holders: int, collection: Collection) -> float:
    """Return what a word held by so many passages is worth: ln(1 + (N - n + 1/2) / (n + 1/2)).

    Robertson and Zaragoza, The Probabilistic Relevance Framework (2009), as Lucene has it: it is
    never below zero.
    """
    return math.log1p((collection.passages - holders + 0.5) / (holders + 0.5))


def bm25(
    rarities: Mapping[str, float], weights: Mapping[str, int], *, length: int, average: float
) -> float:
    """Score a passage by the words asked for (with their rarity) that it holds."""
    slow = K1 * (1 - B + B * length / average)
    score = 0.0
    for word, worth in rarities.items():
        held = weights.get(word, 0)
        if held:
            score += worth * held * (K1 + 1) / (held + slow)
    return score


def best_first(scores: Iterable[tuple[int, float]], limit: int) -> list[tuple[int, float]]:
    """Return the best of some scored ids, equal ones by id."""
    ordered = sorted(scores, key=lambda each: (-each[1], each[0]))
    return ordered[: max(limit, 0)]
