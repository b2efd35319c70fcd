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
MAX_WALKED = 60
PLACE_TYPES = (
    "located_in", "located_at", "part_of", "member_of", "contained_in", "belongs_to", "runs_on",
    "hosted_on", "hosted_by", "deployed_on",
)  # fmt: skip
"""Relations that lead from an item to where it is."""
PLACE_DEPTH = 4
MAX_AROUND = 500


async def narrow(
    candidates: Sequence[Candidate],
    others: Sequence[Sequence[Candidate]],
    *,
    inventory: Inventory,
    relations: Relations,
    principal: Principal,
) -> tuple[list[Candidate], list[str]]:
    """Return what remains of a term's candidates, and the terms that left fewer.

    A candidate remains where its own data name what another term means, or where it is joined to
    it, or lies in it. A term that would leave none leaves all.
    """
    rivals = contenders(candidates)
    left_by: list[str] = []
    if len(rivals) <= 1:
        return list(candidates), left_by
    ids = [one.id for one in rivals if one.id is not None]
    items = {item.id: item for item in await inventory.get_many(ids, principal=principal)}
    around: dict[int, set[int]] = {}
    for other in others:
        meant = [one for one in contenders(other, items_only=False) if one.score >= FIRM]
        kept = {one.id for one in rivals if names_any(items.get(one.id or 0), meant)}
        targets = {one.id for one in meant if one.kind == "item" and one.id is not None}
        if not kept and targets and len(rivals) <= MAX_WALKED:
            for one in rivals:
                if one.id is not None and one.id not in around:
                    around[one.id] = await _around(one.id, relations=relations, principal=principal)
            kept = {one.id for one in rivals if one.id and around[one.id] & (targets - {one.id})}
        if kept and len(kept) < len(rivals):
            rivals = [one for one in rivals if one.id in kept]
            left_by.append(other[0].term)
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


def names_any(item: ConfigurationItem | None, meant: Iterable[Candidate]) -> bool:
    """Tell whether an item's own data name one of these: its location, a tag, an attribute..."""
    return item is not None and any(_names(item, one) for one in meant if one.id != item.id)


def _names(item: ConfigurationItem, meant: Candidate) -> bool:
    if meant.kind == "item":
        wanted = [tokens(meant.name), tokens(meant.code or "")]
        return any(_in_a_row(one, tokens(text)) for text in _texts(item) for one in wanted if one)
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
    return any(words[at : at + size] == wanted for at in range(len(words) - size + 1))


async def _around(ci: int, *, relations: Relations, principal: Principal) -> set[int]:
    """Return the items joined to one, and those that it lies in, whatever their depth."""
    walks: tuple[tuple[Direction, tuple[str, ...], int], ...] = (
        ("both", (), 1),
        ("out", PLACE_TYPES, PLACE_DEPTH),
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
