"""What the names in a question stand for; it asks nobody which of several is meant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, get_args

from pydantic import Field

from headwater.model.evidence import Evidence
from headwater.model.item import Candidate
from headwater.model.principal import Principal
from headwater.model.resolution import Resolution, TermResolution
from headwater.packs.arguments import Text
from headwater.packs.citing import MAX_RECORDS, told
from headwater.packs.estate.finding import Kind, find_candidates
from headwater.packs.estate.narrowing import narrow, standing
from headwater.ports.inventory import Inventory
from headwater.ports.metrics import Metrics
from headwater.ports.relations import Relations
from headwater.ports.rules import Rules
from headwater.toolkit.cited import Cited
from headwater.toolkit.tool import tool

Terms = Annotated[Sequence[Text], Field(min_length=1, max_length=20)]
Kinds = Annotated[
    Sequence[Kind] | None, Field(description="What the terms may stand for; null is anything.")
]


@tool(
    name="estate.resolve",
    description="Tell what names stand for: items, metrics, rules, types, owners, locations, tags.",
    role="reader",
    idempotent=True,
    cacheable=True,
)
async def resolve(
    terms: Terms,
    *,
    kinds: Kinds = None,
    limit: Annotated[int, Field(ge=1, le=50, description="The most for each term.")] = 10,
    inventory: Inventory,
    relations: Relations,
    metrics: Metrics,
    rules: Rules,
    principal: Principal,
) -> Cited[Resolution]:
    """Give each term's candidates, best first; terms narrow each other ("rack A at site B")."""
    wanted = frozenset(get_args(Kind) if kinds is None else kinds)
    found = await find_candidates(
        terms,
        wanted,
        always_values=kinds is not None,
        inventory=inventory,
        metrics=metrics,
        rules=rules,
        principal=principal,
    )
    resolved = []
    for index, term in enumerate(terms):
        others = [
            (terms[place], meanings) for place, meanings in enumerate(found) if place != index
        ]
        left, by = await narrow(
            found[index], others, inventory=inventory, relations=relations, principal=principal
        )
        resolved.append(_resolution(term, left, narrowed_by=by, limit=limit))
    empty = False
    if not any(found):
        # Every item has a type, and a total would count them all.
        empty = not await inventory.vocabulary(principal=principal)
    value = Resolution(terms=resolved, estate_empty=empty)
    return Cited(value, (_evidence(value),))


def _resolution(
    term: str, candidates: list[Candidate], *, narrowed_by: list[str], limit: int
) -> TermResolution:
    return TermResolution(
        term=term,
        candidates=candidates[:limit],
        ambiguous=_is_ambiguous(candidates),
        total=len(candidates),
        narrowed_by=narrowed_by,
    )


def _is_ambiguous(candidates: list[Candidate]) -> bool:
    """Tell whether the first two are as good as each other, and of one kind."""
    if len(candidates) <= 1:
        return False
    first, second = candidates[:2]
    return (standing(first), first.kind) == (standing(second), second.kind)


def _evidence(value: Resolution) -> Evidence:
    best = [one.candidates[0] for one in value.terms if one.candidates]
    return Evidence(
        count=sum(one.total for one in value.terms),
        unit="candidates",
        records=tuple(
            f"ci {one.id} {one.code}" if one.kind == "item" else f"{one.kind} {one.name}"
            for one in best[:MAX_RECORDS]
        ),
        query=told("resolve", terms=[one.term for one in value.terms]),
        truncated=any(one.total > len(one.candidates) for one in value.terms),
    )
