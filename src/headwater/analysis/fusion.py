"""Which of the things that several searches found is the best? It searches nothing itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

OFFSET = 60
"""How much the first places are held together: the k of the paper, and its value."""


@dataclass(frozen=True, slots=True)
class Fused:
    """Something found, its score over all lanes, and its place from 1 in each that found it."""

    id: int
    score: float
    ranks: Mapping[str, int]


def fuse(
    lanes: Mapping[str, Sequence[int]], *, weights: Mapping[str, float] | None = None
) -> list[Fused]:
    """Return what the lanes found, best first, equal ones by id.

    The score is the sum over lanes of `weight / (60 + rank)`: reciprocal rank fusion (Cormack,
    Clarke and Buettcher, SIGIR 2009). It needs no scores, so lanes need not be comparable. A lane
    that names something twice counts its first place. `weights` are 1 where they are left out.
    """
    ranks: dict[int, dict[str, int]] = {}
    for lane in sorted(lanes):
        for rank, one in enumerate(dict.fromkeys(lanes[lane]), 1):
            ranks.setdefault(one, {})[lane] = rank
    given = weights or {}
    found = [
        Fused(one, sum(given.get(lane, 1.0) / (OFFSET + rank) for lane, rank in held.items()), held)
        for one, held in ranks.items()
    ]
    return sorted(found, key=lambda one: (-one.score, one.id))
