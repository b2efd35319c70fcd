"""Which items, metrics, rules and values a term may mean, each by itself; it narrows nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

from headwater.model.item import Candidate
from headwater.model.principal import Principal
from headwater.packs.estate.matching import match_metrics, match_rules, match_values
from headwater.packs.estate.narrowing import SURE, standing
from headwater.ports.inventory import Inventory
from headwater.ports.metrics import Metrics
from headwater.ports.rules import Rules

Kind = Literal[
    "item", "metric", "rule", "type", "subtype", "category", "status", "criticality", "owner",
    "location", "tag",
]  # fmt: skip
VALUE_KINDS = frozenset(get_args(Kind)) - {"item", "metric", "rule"}
MAX_ITEMS = 200
"""Items fetched for a term; as many may be called the same before others narrow them."""
_PLACES: dict[str, int] = {kind: place for place, kind in enumerate(get_args(Kind))}


async def find_candidates(
    terms: Sequence[str],
    kinds: frozenset[Kind],
    *,
    always_values: bool,
    inventory: Inventory,
    metrics: Metrics,
    rules: Rules,
    principal: Principal,
) -> list[list[Candidate]]:
    """Return each term's candidates of these kinds, best first.

    The estate's values are read only where they are asked for by kind (`always_values`) or some
    term is no exact name of an item, metric or rule: reading them looks at every item.
    """
    catalogue = await metrics.catalogue(ci=None, principal=principal) if "metric" in kinds else []
    stored = await rules.every(principal=principal) if "rule" in kinds else []
    found: list[list[Candidate]] = []
    for term in terms:
        items: list[Candidate] = []
        if "item" in kinds:
            items = await inventory.candidates(term, limit=MAX_ITEMS, principal=principal)
        found.append(items + match_metrics(term, catalogue) + match_rules(term, stored))
    if kinds & VALUE_KINDS and (always_values or not all(map(_is_sure, found))):
        vocabulary = await inventory.vocabulary(principal=principal)
        values = [one for one in vocabulary if one.kind in kinds]
        found = [
            candidates + match_values(term, values)
            for term, candidates in zip(terms, found, strict=True)
        ]
    return [sorted(candidates, key=_rank) for candidates in found]


def _is_sure(candidates: Sequence[Candidate]) -> bool:
    return any(one.score >= SURE for one in candidates)


def _rank(one: Candidate) -> tuple[float, bool, int, int, str, str, int]:
    """Order by score, same case first, then kind, how many items carry it, and names."""
    score, same_case = standing(one)
    kind = _PLACES.get(one.kind, 0)
    return (-score, not same_case, kind, -(one.count or 0), one.name, one.key or "", one.id or 0)
