"""Which passages suit a query best, all lanes taken together? It says nothing of their truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePosixPath

from headwater.analysis.fusion import fuse
from headwater.analysis.near_duplicates import fold
from headwater.analysis.words import words
from headwater.model.document import (
    EVERYTHING,
    DocumentName,
    KnowledgeHit,
    LaneRank,
    Passage,
    PassageFilter,
)
from headwater.packs.knowledge.lanes import NAME, Lanes, Shelf, ask_lanes

LEAST_DEPTH, MOST_DEPTH = 50, 200
"""How many passages each lane brings at least and at most, before they are taken together."""
MORE = 45
"""Passages that are read beyond three times as many as are shown: some are folded away."""
FURTHER = 0.5
"""What a further passage of a document counts, beside its first: so others come into sight."""
TOGETHER, BEHIND = 2, 0.01
"""Passages of a document after which its further ones stand behind those of all others: so one
document cannot crowd the others out, whatever it says how often."""
LEAST_NAME = 2
"""Words of a document's name that have to be in a query, for the query to name it."""


Scored = tuple[float, Passage]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """A passage found, its score, and its place in each lane that had it."""

    passage: Passage
    score: float
    why: dict[str, LaneRank]


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """A passage that is not shown because one that is says nearly the same."""

    passage_id: int
    into: int
    document: DocumentName


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The passages found, best first; `total` counts them before the cut."""

    ranked: list[Ranked]
    folded: list[Folded]
    lanes: Lanes
    total: int


async def find_passages(
    query: str, *, shelf: Shelf, within: PassageFilter = EVERYTHING, limit: int
) -> Found:
    """Return the passages that suit a query best, at most `limit`.

    Raises:
        HeadwaterError: where no lane succeeded.
    """
    if await shelf.documents.is_empty(principal=shelf.principal):  # neither embeds nor searches
        return Found(ranked=[], folded=[], lanes=Lanes(), total=0)
    depth = min(max(4 * limit, LEAST_DEPTH), MOST_DEPTH)
    lanes = await ask_lanes(query, shelf=shelf, within=within, limit=depth)
    orders = {name: [one.passage_id for one in found] for name, found in lanes.found.items()}
    ids = [one.id for one in fuse(orders)]
    read = await shelf.documents.passages(ids[: 3 * limit + MORE], principal=shelf.principal)
    passages = {one.id: one for one in read}
    orders[NAME] = _named(query, read)
    fused = [one for one in fuse(orders) if one.id in passages]
    scores = {
        name: {one.passage_id: one.score for one in found} for name, found in lanes.found.items()
    }
    places = {one.id: one.ranks for one in fused}
    ordered = spread([(one.score, passages[one.id]) for one in fused])

    def ranked(score: float, passage: Passage) -> Ranked:
        why = {
            name: LaneRank(rank, round(scores.get(name, {}).get(passage.id, 1.0), 6))
            for name, rank in places[passage.id].items()
        }
        return Ranked(passage=passage, score=score, why=why)

    kept, folded = _cut(ordered, limit)
    return Found(
        ranked=[ranked(*one) for one in kept],
        folded=folded,
        lanes=lanes,
        total=len(ids) - len(folded),
    )


def _named(query: str, passages: Sequence[Passage]) -> list[int]:
    """Return the passages of documents whose whole name is in the query, the longest name first."""
    asked = set(words(query))
    lengths: dict[int, int] = {}
    for one in passages:
        if one.document.id not in lengths:
            lengths[one.document.id] = max(
                len(name) if len(name) >= LEAST_NAME and name <= asked else 0
                for name in names_of(one.document)
            )
    found = [one for one in passages if lengths[one.document.id]]
    return [one.id for one in sorted(found, key=lambda one: -lengths[one.document.id])]


def names_of(document: DocumentName) -> tuple[frozenset[str], ...]:
    """Return the words of a document's title, and of its file's name without its ending."""
    return _names(document.title, document.source)


@lru_cache(maxsize=4096)
def _names(title: str, source: str) -> tuple[frozenset[str], ...]:
    stem = PurePosixPath(source.replace("\\", "/")).stem
    return frozenset(words(title)), frozenset(words(stem))


def _cut(ordered: Sequence[Scored], limit: int) -> tuple[list[Scored], list[Folded]]:
    """Return the first passages that say something of their own, and those folded into them."""
    looked, kept, folded = 0, list[Scored](), list[Folded]()
    while len(kept) < limit and looked < len(ordered):
        looked = 2 * max(looked, limit)
        kept, folded = _folded(ordered[:looked])
    shown = {one.id for _, one in kept[:limit]}
    return kept[:limit], [one for one in folded if one.into in shown]


def _folded(ordered: Sequence[Scored]) -> tuple[list[Scored], list[Folded]]:
    passages = [one for _, one in ordered]
    places = fold([f"{one.document.title} {one.section} {one.text}" for one in passages])
    kept = [one for at, one in enumerate(ordered) if places[at] == at]
    folded = [
        Folded(passage_id=one.id, into=passages[places[at]].id, document=one.document)
        for at, one in enumerate(passages)
        if places[at] != at
    ]
    return kept, folded


def spread(scored: Sequence[Scored]) -> list[Scored]:
    """Return passages anew by score, each further one of a document at half the one before.

    From the third of a document on they stand behind the first two of all others.
    """
    seen: dict[int, int] = {}
    found: list[Scored] = []
    for score, one in scored:
        before = seen.get(one.document.id, 0)
        seen[one.document.id] = before + 1
        found.append((score * FURTHER**before * (BEHIND if before >= TOGETHER else 1.0), one))
    return sorted(found, key=lambda pair: (-pair[0], pair[1].id))


def hit_of(one: Ranked) -> KnowledgeHit:
    """Return a passage as tools give it."""
    passage = one.passage
    return KnowledgeHit(
        document=passage.document,
        passage=passage.text,
        passage_id=passage.id,
        section=passage.section,
        page=passage.page,
        start=passage.start,
        end=passage.end,
        score=round(one.score, 6),
        why=dict(one.why),
        items=passage.items,
    )
