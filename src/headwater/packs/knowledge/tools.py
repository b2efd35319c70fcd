"""What do the documents say? Find, fetch and answer from passages; it writes no sentence itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from headwater.model.document import KnowledgeHit, Passage
from headwater.model.evidence import Evidence
from headwater.model.moment import Asked
from headwater.model.principal import Principal
from headwater.packs.citing import MAX_RECORDS, told
from headwater.packs.knowledge.arguments import Dates, Items, Query, Tags, find_within
from headwater.packs.knowledge.finding import Folded, find_passages, hit_of, passage_records
from headwater.packs.knowledge.lanes import LaneReport, Shelf
from headwater.ports.documents import Documents
from headwater.ports.embedder import Embedder
from headwater.ports.inventory import Inventory
from headwater.ports.vectors import Vectors
from headwater.toolkit.cited import Cited
from headwater.toolkit.tool import tool

PassageId = Annotated[int, Field(ge=0, le=2**63 - 1, strict=True)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hits:
    """Passages found, best first.

    `total` counts those that any lane found. `lanes` says how each lane ended; `folded` names the
    passages left out because a hit says nearly the same.
    """

    hits: list[KnowledgeHit]
    total: int
    truncated: bool
    lanes: list[LaneReport]
    folded: list[Folded]


@dataclass(frozen=True, slots=True, kw_only=True)
class Passages:
    """Passages by id in the order asked, and the ids that are none."""

    passages: list[Passage]
    missing: list[int]


@tool(
    name="knowledge.search",
    description="Find the passages of documents that suit a query, by words and by meaning.",
    role="reader",
    idempotent=True,
)
async def search(  # noqa: PLR0913 - a tool's parameters are its arguments
    query: Query,
    *,
    limit: Annotated[int, Field(ge=1, le=50)] = 10,
    tags: Tags = {},  # noqa: B006 - never changed; pydantic copies it
    items: Items = None,
    dates: Dates = None,
    documents: Documents,
    vectors: Vectors,
    embedder: Embedder,
    inventory: Inventory,
    asked: Asked,
    principal: Principal,
) -> Cited[Hits]:
    """Give the best passages, each document's best before its further ones."""
    shelf = Shelf(documents=documents, vectors=vectors, embedder=embedder, principal=principal)
    within = await find_within(
        tags=tags,
        items=items,
        dates=dates,
        asked_at=asked.at,
        inventory=inventory,
        principal=principal,
    )
    found = await find_passages(query, shelf=shelf, within=within.filter, limit=limit)
    hits = Hits(
        hits=[hit_of(one) for one in found.ranked],
        total=found.total,
        truncated=found.total > len(found.ranked),
        lanes=found.lanes.reports,
        folded=found.folded,
    )
    asked_for = told("documents", query=query, tags=list(tags.items()), of=items, dates=dates)
    evidence = Evidence(
        source="documents",
        count=found.total,
        unit="passages",
        records=_records([one.passage for one in found.ranked]),
        query=asked_for + within.named.note + found.lanes.gap,
        truncated=hits.truncated,
    )
    return Cited(hits, (evidence,))


@tool(
    name="knowledge.fetch",
    description="Give passages of documents by id, whole and in the order asked.",
    role="reader",
    idempotent=True,
    cacheable=True,
)
async def fetch(
    ids: Annotated[Sequence[PassageId], Field(min_length=1, max_length=200)],
    *,
    documents: Documents,
    principal: Principal,
) -> Cited[Passages]:
    """Give each passage once for every time that its id is asked for, or name it missing."""
    read = await documents.passages(list(dict.fromkeys(ids)), principal=principal)
    by_id = {one.id: one for one in read}
    value = Passages(
        passages=[by_id[one] for one in ids if one in by_id],
        missing=[one for one in dict.fromkeys(ids) if one not in by_id],
    )
    evidence = Evidence(
        source="documents",
        count=len(read),
        unit="passages",
        records=_records(read),
        query=told("passages", ids=[str(one) for one in ids]),
    )
    return Cited(value, (evidence,))


def _records(passages: Sequence[Passage]) -> tuple[str, ...]:
    return tuple(passage_records(passages))[:MAX_RECORDS]
