"""Which passages suit a query best, all lanes taken together? It says nothing of their truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from headwater.analysis.fusion import Fused, fuse
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
FURTHER = 0.5
"""What a further passage of a document counts, beside its first: so others come into sight."""
LEAST_NAME = 2
"""Words of a document's name that have to be in a query, for the query to name it."""


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
    """The passages found, best first.

    `total` counts them before the cut, `searched` all passages that there are.
    """

    ranked: list[Ranked]
    folded: list[Folded]
    lanes: Lanes
    total: int
    searched: int = 0


async def find_passages(
    query: str, *, shelf: Shelf, within: PassageFilter = EVERYTHING, limit: int
) -> Found:
    """Return the passages that suit a query best, at most `limit`.

    Raises:
        HeadwaterError: where no lane succeeded.
    """
    counts = await shelf.documents.counts(principal=shelf.principal)
    if not counts.passages:  # neither embeds nor searches
        return Found(ranked=[], folded=[], lanes=Lanes(), total=0)
    depth = min(max(4 * limit, LEAST_DEPTH), MOST_DEPTH)
    lanes = await ask_lanes(query, shelf=shelf, within=within, limit=depth)
    orders = {name: [one.passage_id for one in found] for name, found in lanes.found.items()}
    ids = [one.id for one in fuse(orders)]
    read = await shelf.documents.passages(ids, principal=shelf.principal)
    passages = {one.id: one for one in read}
    orders[NAME] = _named(query, read)
    fused = [one for one in fuse(orders) if one.id in passages]
    scores = {
        name: {one.passage_id: one.score for one in found} for name, found in lanes.found.items()
    }
    ranked = [_ranked(one, passages[one.id], scores) for one in fused]
    return replace(_cut(ranked, lanes, limit=limit), searched=counts.passages)


def _ranked(fused: Fused, passage: Passage, scores: Mapping[str, Mapping[int, float]]) -> Ranked:
    why = {
        name: LaneRank(rank, round(scores.get(name, {}).get(fused.id, 1.0), 6))
        for name, rank in fused.ranks.items()
    }
    return Ranked(passage=passage, score=fused.score, why=why)


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
    stem = PurePosixPath(document.source.replace("\\", "/")).stem
    return frozenset(words(document.title)), frozenset(words(stem))


def _cut(ranked: list[Ranked], lanes: Lanes, *, limit: int) -> Found:
    """Put each document's best passage first, fold what says the same, and cut."""
    ordered = spread(ranked)
    looked, kept, folded = 0, list[Ranked](), list[Folded]()
    while len(kept) < limit and looked < len(ordered):
        looked = 2 * max(looked, limit)
        kept, folded = _folded(ordered[:looked])
    shown = kept[:limit]
    into = {one.passage.id for one in shown}
    hidden = [one for one in folded if one.into in into]
    return Found(ranked=shown, folded=hidden, lanes=lanes, total=len(ranked) - len(hidden))


def _folded(ranked: Sequence[Ranked]) -> tuple[list[Ranked], list[Folded]]:
    """Return the passages that say something of their own, and those that do not."""
    passages = [one.passage for one in ranked]
    places = fold([f"{one.document.title} {one.section} {one.text}" for one in passages])
    kept = [one for at, one in enumerate(ranked) if places[at] == at]
    folded = [
        Folded(passage_id=one.id, into=passages[places[at]].id, document=one.document)
        for at, one in enumerate(passages)
        if places[at] != at
    ]
    return kept, folded


def spread(ranked: Sequence[Ranked]) -> list[Ranked]:
    """Return passages anew by score, each further one of a document at half the one before."""
    seen: dict[int, int] = {}
    found: list[Ranked] = []
    for one in ranked:
        before = seen.get(one.passage.document.id, 0)
        seen[one.passage.document.id] = before + 1
        found.append(replace(one, score=one.score * FURTHER**before))
    return sorted(found, key=lambda one: (-one.score, one.passage.id))


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
