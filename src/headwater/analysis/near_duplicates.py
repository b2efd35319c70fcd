"""Which texts say the same in nearly the same words? It does not know what they mean."""

from __future__ import annotations

from collections import Counter
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
    kept: dict[int, int] = {}
    holders: dict[tuple[str, ...], list[int]] = {}
    places: list[int] = []
    for at, text in enumerate(texts):
        own = shingles(text)
        shared = Counter(place for one in own for place in holders.get(one, ()))
        alike_to = (
            place
            for place, size in kept.items()
            if (both := shared[place]) >= alike * (len(own) + size - both)
        )
        first = next(alike_to, at)
        if first == at:
            kept[at] = len(own)
            for one in own:
                holders.setdefault(one, []).append(at)
        places.append(first)
    return places
