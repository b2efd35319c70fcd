"""Which passages are about what an item hangs together with? It judges none of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from headwater.analysis.asked_terms import asked_terms, terms
from headwater.analysis.words import words
from headwater.model.document import LaneRank, Passage
from headwater.model.item import ItemName
from headwater.model.principal import Principal
from headwater.model.relation import ExpandQuery
from headwater.packs.knowledge.finding import Ranked, names_of, spread
from headwater.ports.inventory import Inventory
from headwater.ports.relations import Relations

GRAPH = "graph"
PER_HOP = 0.8
"""What a passage counts of an item one relation further away."""
OWN = 0.3
"""What a passage counts that has none of the question's words."""
MOST_ROOTS = 8
MOST_NODES = 100
MOST_TERMS = 6
PER_TERM = 5
SURE = 0.79
"""The least score of an item that a word of the question is taken to name: its beginning."""
MOST_PASSAGES = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """An item that was reached, and over how many relations at least."""

    id: int
    code: str
    name: str
    type: str
    distance: int


async def find_roots(
    query: str, passages: Iterable[Passage], *, inventory: Inventory, principal: Principal
) -> list[ItemName]:
    """Return the items that a query's words name, then those of the passages, best first."""
    found: dict[int, ItemName] = {}
    plain = [word for word in query.split() if terms(word)]
    for word in list(dict.fromkeys(one.strip(".,;:?!'\"()") for one in plain))[:MOST_TERMS]:
        for one in await inventory.candidates(word, limit=PER_TERM, principal=principal):
            if one.kind == "item" and one.score >= SURE and one.id is not None:
                found.setdefault(one.id, ItemName(one.id, one.code or one.name, one.name))
    for passage in passages:
        for item in passage.items:
            found.setdefault(item.id, item)
    return list(found.values())[:MOST_ROOTS]


async def reach(
    roots: Sequence[int], *, hops: int, relations: Relations, principal: Principal
) -> tuple[list[Reached], bool]:
    """Return the items within so many relations of a root, nearest first, and if some are cut."""
    found: dict[int, Reached] = {}
    cut = False
    for root in roots:
        query = ExpandQuery(root=root, direction="both", depth=hops, max_nodes=MOST_NODES)
        graph = await relations.expand(query, principal=principal)
        if graph is None:
            continue
        cut = cut or graph.truncated
        for node in graph.nodes:
            held = found.get(node.id)
            if held is None or node.depth < held.distance:
                found[node.id] = Reached(
                    id=node.id, code=node.code, name=node.name, type=node.type, distance=node.depth
                )
    return sorted(found.values(), key=lambda one: (one.distance, one.id)), cut


def rank_near(
    passages: Sequence[Passage],
    reached: Sequence[Reached],
    *,
    query: str,
    roots: Sequence[ItemName],
) -> list[Ranked]:
    """Return passages by how near their items are and how much of the question they have.

    A passage has the words of its headings, of its items with their types, and of what it was
    reached from: the runbook of orders-db suits "the database behind checkout".
    """
    near = {one.id: one for one in reached}
    weights = asked_terms(query)
    given = frozenset(word for root in roots for word in words(f"{root.code} {root.name}"))
    scored = [
        (_nearness(one, near) * _suiting(one, near, weights=weights, given=given), one)
        for one in passages
        if any(item.id in near for item in one.items)
    ]
    scored.sort(key=lambda pair: (-pair[0], pair[1].id))
    return [
        Ranked(passage=one, score=score, why={GRAPH: LaneRank(rank, round(score, 6))})
        for rank, (score, one) in enumerate(spread(scored), 1)
    ]


def _nearness(passage: Passage, near: Mapping[int, Reached]) -> float:
    return PER_HOP ** min(near[item.id].distance for item in passage.items if item.id in near)


def _suiting(
    passage: Passage,
    near: Mapping[int, Reached],
    *,
    weights: Mapping[str, float],
    given: frozenset[str],
) -> float:
    total = sum(weights.values())
    if not total:
        return 1.0
    about = " ".join(
        f"{near[item.id].code} {near[item.id].name} {near[item.id].type}"
        for item in passage.items
        if item.id in near
    )
    held = frozenset(words(f"{passage.text} {passage.section} {about}")).union(
        given, *names_of(passage.document)
    )
    share = sum(weights[word] for word in sorted(weights.keys() & held)) / total
    return OWN + (1 - OWN) * share
