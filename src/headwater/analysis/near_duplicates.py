"""Which texts say the same in nearly the same words? It does not know what they mean."""

from __future__ import annotations

from collections.abc import Sequence

from headwater.model.text import tokens

WIDTH = 3
"""Words of a shingle."""
ALIKE = 0.8
"""The least resemblance of two texts of which one is shown."""

Shingles = frozenset[tuple[str, ...]]


def shingles(text: str) -> Shingles:
    """Return the runs of three words of a text; a shorter text is one run."""
    found = tokens(text)
    if len(found) <= WIDTH:
        return frozenset([tuple(found)]) if found else frozenset()
    return frozenset(tuple(found[at : at + WIDTH]) for at in range(len(found) - WIDTH + 1))


def resemblance(first: Shingles, second: Shingles) -> float:
    """Return the share of runs that both have, from 0 to 1.

    Broder, On the resemblance and containment of documents (1997). Two texts without words are
    alike.
    """
    either = len(first | second)
    return len(first & second) / either if either else 1.0


def fold(texts: Sequence[str], *, alike: float = ALIKE) -> list[int]:
    """Return for each text the place of the first that it resembles: its own where it is new.

    Earlier texts stand for later ones, so the best come first.
    """
    kept: list[tuple[int, Shingles]] = []
    places: list[int] = []
    for at, text in enumerate(texts):
        own = shingles(text)
        first = next((place for place, one in kept if resemblance(own, one) >= alike), at)
        if first == at:
            kept.append((at, own))
        places.append(first)
    return places
