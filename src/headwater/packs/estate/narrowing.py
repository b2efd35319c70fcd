"""Which candidates of a term the other terms speak for: "rack A at site B"; it scores nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from headwater.model.item import Candidate, ConfigurationItem
from headwater.model.principal import Principal
from headwater.model.relation import Direction, ExpandQuery
from headwater.model.text import tokens
from headwater.ports.inventory import Inventory
from headwater.ports.relations import Relations

SURE = 0.9
"""From this score on a candidate is an exact match: only equally good ones compete with it."""
FIRM = 0.7
"""Below this score a candidate is too vague to narrow others."""
MAX_MEANT = 20
"""The most meanings of another term that are looked for."""
MAX_WALKED = 60
"""The most candidates to walk from; for more the walk is from what the other term means."""
MAX_TARGETS = 3
PLACE_TYPES = (
    "located_in", "located_at", "part_of", "member_of", "contained_in", "belongs_to", "runs_on",
    "hosted_on", "hosted_by", "deployed_on",
)  # fmt: skip
"""Relations that lead from an item to where it is."""
PLACE_DEPTH = 4
MAX_AROUND = 5_000


async def narrow(
    candidates: Sequence[Candidate],
    others: Sequence[tuple[str, Sequence[Candidate]]],
    *,
    inventory: Inventory,
    relations: Relations,
    principal: Principal,
) -> tuple[list[Candidate], list[str]]:
    """Return what remains of a term's candidates, and the terms that left fewer.

    `others` are the other terms, each with what it may mean, best first. A candidate remains
    where its own data name another term or what that means, or where it is joined to it or lies
    in it. A term that would leave none leaves all.
    """
    rivals = contenders(candidates)
    left_by: list[str] = []
    if len(rivals) <= 1:
        return list(candidates), left_by
    ids = [one.id for one in rivals if one.id is not None]
    items = {item.id: item for item in await inventory.get_many(ids, principal=principal)}
    for term, meanings in others:
        meant = contenders(meanings, items_only=False)[:MAX_MEANT]
        meant = [one for one in meant if one.score >= FIRM]
        kept = {ci for ci, item in items.items() if names_any(item, term, meant=meant)}
        targets = {one.id for one in meant if one.kind == "item" and one.id is not None}
        if not kept and targets:
            kept = await _joined(items, targets, relations=relations, principal=principal)
        left = [one for one in rivals if one.id in kept]
        if left and len(left) < len(rivals):
            rivals = left
            left_by.append(term)
    return (rivals if left_by else list(candidates)), left_by


def contenders(candidates: Sequence[Candidate], *, items_only: bool = True) -> list[Candidate]:
    """Return the candidates that others may decide between.

    Where the best is an exact match those are its equals in score; where it is a firm one, all
    firm ones; otherwise all.
    """
    if not candidates or (items_only and candidates[0].kind != "item"):
        return []
    best = candidates[0]
    if best.score >= SURE:
        rivals = [one for one in candidates if standing(one) == standing(best)]
    else:
        rivals = [one for one in candidates if one.score >= FIRM] or list(candidates)
    return [one for one in rivals if one.kind == "item" or not items_only]


def standing(one: Candidate) -> tuple[float, bool]:
    """Return what decides between candidates: the score, then whether case was right, too."""
    return one.score, one.term in {one.code, one.name}


def names_any(item: ConfigurationItem, term: str, *, meant: Iterable[Candidate]) -> bool:
    """Tell whether an item's own data name a term or what it means: its location, a tag..."""
    texts = [tokens(text) for text in _texts(item)]
    own = [tokens(item.code), tokens(item.name)]
    if any(_in_a_row(tokens(term), words) for words in texts + own):
        return True
    return any(_names(item, one, texts=texts) for one in meant if one.id != item.id)


def _names(item: ConfigurationItem, meant: Candidate, *, texts: list[list[str]]) -> bool:
    if meant.kind == "item":
        wanted = [tokens(meant.name), tokens(meant.code or "")]
        return any(_in_a_row(one, words) for words in texts for one in wanted)
    if meant.key is None:
        return False
    if meant.key.startswith("tags."):
        return item.tags.get(meant.key.removeprefix("tags.")) == meant.name
    return bool(getattr(item, meant.key, None) == meant.name)


def _texts(item: ConfigurationItem) -> list[str]:
    """Return the texts that say where an item is and what it belongs to; not its own names."""
    own = [text for text in (item.owner, item.location, item.category) if text]
    return own + list(item.tags.values()) + _leaves(item.attributes)


def _leaves(value: Any) -> list[str]:
    """Return the texts within attributes; storing bounds how deep they nest."""
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return [text for one in inner for text in _leaves(one)]


def _in_a_row(wanted: list[str], words: list[str]) -> bool:
    size = len(wanted)
    return size > 0 and any(words[at : at + size] == wanted for at in range(len(words) - size + 1))


async def _joined(
    items: Iterable[int], targets: set[int], *, relations: Relations, principal: Principal
) -> set[int]:
    """Return the items that are joined to a target or lie in one, walking from the fewer side."""
    rivals = set(items)
    if len(rivals) <= MAX_WALKED:
        joined = set()
        for ci in rivals:
            near = await _around(ci, "out", relations=relations, principal=principal)
            joined |= {ci} if near & targets else set()
        return joined
    within: set[int] = set()
    for ci in sorted(targets)[:MAX_TARGETS]:
        within |= await _around(ci, "in", relations=relations, principal=principal)
    return rivals & within


async def _around(
    ci: int, way: Direction, *, relations: Relations, principal: Principal
) -> set[int]:
    """Return the items joined to one, and those that it lies in (out) or that lie in it (in)."""
    walks: tuple[tuple[Direction, tuple[str, ...], int], ...] = (
        ("both", (), 1),
        (way, PLACE_TYPES, PLACE_DEPTH),
    )
    near: set[int] = set()
    for direction, types, depth in walks:
        query = ExpandQuery(
            root=ci,
            direction=direction,
            types=types,
            depth=depth,
            max_nodes=MAX_AROUND,
            max_edges=1,
        )
        graph = await relations.expand(query, principal=principal)
        near |= set() if graph is None else {node.id for node in graph.nodes}
    return near - {ci}
