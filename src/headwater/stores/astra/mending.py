"""Does Astra DB hold vectors of passages that are gone, or lack some? It looks at ids alone.

Passages never come back and their ids only rise, so what is gone is gone for ever: a passage that
is written meanwhile is none of those looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from headwater.model.principal import Principal
from headwater.ports.documents import Documents
from headwater.stores.astra.client import AsyncAstraClient
from headwater.stores.astra.finding import IN_VALUES
from headwater.stores.astra.passage_documents import document_of

PAGE_IDS = 2_000


class Span(NamedTuple):
    """Passages that are there, ascending: all of those above `after_id` up to the last one."""

    after_id: int
    ids: tuple[int, ...]

    @property
    def within(self) -> list[dict[str, Any]]:
        """Return the filters of what lies in it."""
        return [{"passage": {"$gt": self.after_id}}, {"passage": {"$lte": self.ids[-1]}}]


def spans_of(after_id: int, ids: Sequence[int]) -> Iterator[Span]:
    """Cut ids into as many as a filter takes."""
    for at in range(0, len(ids), IN_VALUES):
        part = tuple(ids[at : at + IN_VALUES])
        yield Span(after_id, part)
        after_id = part[-1]


async def remove_between(
    client: AsyncAstraClient, collections: Sequence[str], span: Span, *, tenant: str
) -> int:
    """Remove what a span has of passages that are gone, and return how many vectors that were."""
    others = {"$and": [{"tenant": tenant}, *span.within, {"passage": {"$nin": list(span.ids)}}]}
    return sum([await client.delete_many(name, others) for name in collections])


async def remove_after(
    client: AsyncAstraClient,
    collections: Sequence[str],
    last_id: int,
    *,
    documents: Documents,
    principal: Principal,
) -> int:
    """Remove what there is of passages beyond the last one, where they are not new."""
    removed = 0
    for name in collections:
        beyond = {"$and": [{"tenant": principal.tenant}, {"passage": {"$gt": last_id}}]}
        found = await client.find(name, beyond, projection={"passage": 1})
        ids = sorted({int(one["passage"]) for one in found})
        for at in range(0, len(ids), IN_VALUES):
            part = ids[at : at + IN_VALUES]
            living = {one.id for one in await documents.passages(part, principal=principal)}
            gone = [one for one in part if one not in living]
            wanted = {"tenant": principal.tenant, "passage": {"$in": gone}}
            removed += await client.delete_many(name, wanted) if gone else 0
    return removed


async def lacking(
    client: AsyncAstraClient,
    collection: str,
    span: Span,
    *,
    vectors: Mapping[int, bytes],
    model: str,
    tenant: str,
) -> dict[int, bytes]:
    """Return those of a span's vectors that are not there."""
    own = {"$and": [{"tenant": tenant}, {"model": model}, *span.within]}
    if await client.count(collection, own) >= len(vectors):
        return {}
    names = {document_of(one, model=model, tenant=tenant)["_id"]: one for one in vectors}
    fetched = await client.batch_fetch_by_ids(collection, names)
    return {names[one]: vectors[names[one]] for one in fetched.missing}
