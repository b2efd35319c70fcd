"""Which passages are nearest to a vector, found by Astra DB? It makes no vectors.

Astra DB holds an index of what the estate keeps: the estate's own vectors are the truth, and tell
what is there (`docs/decisions/astra.md`). So a passage that is gone is found no more from the very
transaction in which it went, whatever Astra DB still has of it, and scores are exact.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import anyio

from headwater.analysis.embeddings import FLOAT_BYTES, check_vector, unpack
from headwater.analysis.instants import to_us
from headwater.analysis.words import best_first
from headwater.errors import HeadwaterError, StoreFault
from headwater.model.document import Mended, PassageFilter, PassageScore
from headwater.model.principal import Principal
from headwater.ports.documents import Documents
from headwater.ports.vectors import Vectors
from headwater.stores.astra.client import AsyncAstraClient, Filter
from headwater.stores.astra.commands import each
from headwater.stores.astra.faults import InsertIncomplete
from headwater.stores.astra.finding import IN_VALUES, VECTOR_PAGE
from headwater.stores.astra.mending import (
    PAGE_IDS,
    Span,
    lacking,
    remove_after,
    remove_between,
    spans_of,
)
from headwater.stores.astra.passage_documents import (
    COLLECTION,
    INDEXED,
    collection_of,
    document_of,
    filters_of,
)
from headwater.stores.astra.values import VECTOR

MORE = 20
"""Passages asked for beyond the limit: some may be gone, and equal ones are told apart by id."""
MOST_OF_ITEMS = 10_000
"""Passages of items that a filter goes by; of more, those that name an item themselves first."""
AT_ONCE = 8
EXISTS = "DOCUMENT_ALREADY_EXISTS"
IN_STEP_S = 3_600.0
"""For so long a tenant's vectors that were in step are not looked through again."""


class AstraVectors:
    """A vector for each passage and model, compared with those of the same model only.

    Args:
        client: Where the index is: in one collection for each size of vectors.
        kept: The estate's own vectors.
        documents: Whose passages they are.
    """

    def __init__(self, client: AsyncAstraClient, *, kept: Vectors, documents: Documents) -> None:
        self._client = client
        self._kept = kept
        self._documents = documents
        self._sizes: dict[tuple[str, str], int] = {}
        self._made: set[str] = set()
        self._in_step_until: dict[tuple[str, str], float] = {}

    async def check(self) -> None:
        """Ask for the collections.

        Raises:
            StoreFault: it is not there, or refuses.
        """
        try:
            await self._client.list_collections()
        except HeadwaterError as error:
            raise StoreFault(error.message, code=error.code, retry_safe=error.retry_safe) from error

    async def put(self, vectors: Mapping[int, bytes], *, model: str, principal: Principal) -> None:
        """Keep a vector for each passage id; one held is replaced.

        The estate has them once Astra DB has: what was cut off between is `missing` still.

        Raises:
            UsageError: `vector.bad` where a vector is of another size, not finite, or zero.
        """
        if not vectors:
            return
        own_size = len(next(iter(vectors.values()))) // FLOAT_BYTES
        size = await self._size(model, asked=own_size, principal=principal) or own_size
        checked = {number: check_vector(one, dimensions=size) for number, one in vectors.items()}
        with self._changing(principal):
            await self._send(checked, model=model, principal=principal)
            await self._kept.put(checked, model=model, principal=principal)

    async def search(
        self,
        vector: bytes,
        *,
        model: str,
        limit: int,
        within: PassageFilter,
        principal: Principal,
    ) -> list[PassageScore]:
        """Return the passages nearest by cosine (-1 to 1), best first, then by id.

        The API gives at most 1,000, whatever the limit.

        Raises:
            UsageError: `vector.bad` where it is of another size than those held, or not finite.
        """
        asked = check_vector(vector)
        size = await self._size(model, asked=len(asked) // FLOAT_BYTES, principal=principal)
        if size is None or limit < 1:
            return []
        check_vector(asked, dimensions=size)
        passages = None
        if within.items is not None:
            of_items = await self._documents.by_items(
                within.items, limit=MOST_OF_ITEMS, principal=principal
            )
            passages = [one.id for one in of_items]
        filters = filters_of(within, passages, model=model, tenant=principal.tenant)
        best: list[tuple[int, float]] = []

        async def one(wanted: Filter) -> None:
            best.extend(
                await self._nearest(asked, wanted, limit=limit, model=model, principal=principal)
            )

        await each(one, filters, at_once=AT_ONCE)
        return [PassageScore(*one) for one in best_first(best, limit)]

    async def fetch(
        self, ids: Sequence[int], *, model: str, principal: Principal
    ) -> dict[int, bytes]:
        """Return the vectors of these passages by id; those that have none are left out."""
        return await self._kept.fetch(ids, model=model, principal=principal)

    async def missing(self, *, model: str, limit: int, principal: Principal) -> list[int]:
        """Return up to `limit` passages, by id, that have no vector of this model."""
        return await self._kept.missing(model=model, limit=limit, principal=principal)

    async def remove(self, ids: Sequence[int], *, principal: Principal) -> None:
        """Forget the vectors of these passages, of all models; unknown ids are passed over."""
        with self._changing(principal):
            await self._kept.remove(ids, principal=principal)
            await self._forget(ids, principal=principal)

    async def _forget(self, ids: Sequence[int], *, principal: Principal) -> None:
        parts = [list(ids[at : at + IN_VALUES]) for at in range(0, len(ids), IN_VALUES)]
        await self._delete([{"passage": {"$in": one}} for one in parts], principal=principal)

    async def keep_only(self, *, model: str, principal: Principal) -> int:
        """Forget the vectors of all other models and return how many those were."""
        others = await self._kept.keep_only(model=model, principal=principal)
        await self._delete([{"model": {"$ne": model}}], principal=principal)
        return others

    async def mend(self, *, model: str, principal: Principal) -> Mended:
        """Remove what is here of passages that are gone, and send what is not here.

        Twenty requests or more for a thousand passages, so it is done once an hour, and after a
        change that failed.

        Raises:
            StoreFault: Astra DB is not reached.
        """
        key = principal.tenant, model
        if anyio.current_time() < self._in_step_until.get(key, 0.0):
            return Mended()
        collections, counts, last_id = await self._collections(), [0, 0], 0

        async def one(span: Span) -> None:
            removed = await remove_between(self._client, collections, span, tenant=principal.tenant)
            added = await self._send_lacking(span, model=model, principal=principal)
            counts[0] += removed  # others have counted while this one waited
            counts[1] += added

        while ids := await self._documents.passage_ids(
            after_id=last_id, limit=PAGE_IDS, principal=principal
        ):
            await each(one, list(spans_of(last_id, ids)), at_once=AT_ONCE)
            last_id = ids[-1]
        counts[0] += await remove_after(
            self._client, collections, last_id, documents=self._documents, principal=principal
        )
        self._in_step_until[key] = anyio.current_time() + IN_STEP_S
        return Mended(*counts)

    async def _send_lacking(self, span: Span, *, model: str, principal: Principal) -> int:
        vectors = await self._kept.fetch(span.ids, model=model, principal=principal)
        if not vectors:
            return 0
        name = await self._collection(len(next(iter(vectors.values()))) // FLOAT_BYTES)
        own = {"model": model, "tenant": principal.tenant}
        absent = await lacking(self._client, name, span, vectors=vectors, **own)
        await self._send(absent, model=model, principal=principal)
        return len(absent)

    async def _send(
        self, vectors: Mapping[int, bytes], *, model: str, principal: Principal
    ) -> None:
        """Have Astra DB hold the vectors of passages that are there."""
        made = await self._documents_of(vectors, model=model, principal=principal)
        if made:
            size = len(next(iter(vectors.values()))) // FLOAT_BYTES
            await self._insert(await self._collection(size), made)
            self._sizes[principal.tenant, model] = size

    @contextmanager
    def _changing(self, principal: Principal) -> Iterator[None]:
        """Take a tenant's vectors for out of step where a change does not come to its end."""
        own = {key: one for key, one in self._in_step_until.items() if key[0] == principal.tenant}
        for key in own:
            del self._in_step_until[key]
        yield
        self._in_step_until |= own

    async def _nearest(
        self,
        asked: bytes,
        wanted: Filter,
        *,
        limit: int,
        model: str,
        principal: Principal,
    ) -> list[tuple[int, float]]:
        """Return the nearest that are there still, with their exact scores."""
        most = min(limit + MORE, VECTOR_PAGE)
        while True:
            found = await self._client.vector_search(
                collection_of(len(asked) // FLOAT_BYTES),
                asked,
                limit=most,
                filter=wanted,
                projection={"passage": 1},
                include_similarity=False,
            )
            ids = [int(one["passage"]) for one in found]
            held = await self._kept.fetch(ids, model=model, principal=principal)
            if len(held) >= limit or len(ids) < most or most == VECTOR_PAGE:
                break
            most = min(2 * most, VECTOR_PAGE)
        values = unpack(asked)
        return [(number, float(unpack(one) @ values)) for number, one in held.items()]

    async def _documents_of(
        self, vectors: Mapping[int, bytes], *, model: str, principal: Principal
    ) -> list[dict[str, Any]]:
        """Return what Astra DB is to hold, of the passages that are there."""
        passages = await self._documents.passages(sorted(vectors), principal=principal)
        written: dict[int, dict[str, Any]] = {}
        for one in passages:
            number = one.document.id
            if number in written:
                continue
            document = await self._documents.get(number, principal=principal)
            if document is not None:
                tags = [f"{key}={value}" for key, value in document.tags.items()]
                written[number] = {"document": number, "tags": tags, "at": to_us(document.at)}
        return [
            document_of(one.id, model=model, tenant=principal.tenant)
            | written[one.document.id]
            | {VECTOR: vectors[one.id]}
            for one in passages
            if one.document.id in written
        ]

    async def _insert(self, collection: str, documents: Sequence[dict[str, Any]]) -> None:
        """Insert documents, and give those that are there already their new vector."""
        try:
            await self._client.insert_many(collection, documents)
        except InsertIncomplete as error:
            there = {one.id for one in error.failed if one.error_code == EXISTS}
            if len(there) < len(error.failed):
                raise
            again = [one for one in documents if one["_id"] in there]

            async def change(document: dict[str, Any]) -> None:
                new = {name: one for name, one in document.items() if name != "_id"}
                await self._client.update_one(collection, {"_id": document["_id"]}, {"$set": new})

            await each(change, again, at_once=AT_ONCE)

    async def _collection(self, size: int) -> str:
        name = collection_of(size)
        if name not in self._made:
            options = {"indexing": {"allow": list(INDEXED)}}
            await self._client.create_collection(name, dimension=size, options=options)
            self._made.add(name)
        return name

    async def _size(self, model: str, *, asked: int, principal: Principal) -> int | None:
        """Return the dimensions of a model's vectors, looked up where they are not as asked."""
        known = self._sizes.get((principal.tenant, model))
        if known is not None and known == asked:
            return known
        self._sizes.pop((principal.tenant, model), None)
        wanted = {"tenant": principal.tenant, "model": model}
        for name in await self._collections():
            held = await self._client.find_one(name, wanted, projection={"passage": 1})
            if held is not None:
                size = int(name.removeprefix(COLLECTION))
                self._sizes[principal.tenant, model] = size
                return size
        return None

    async def _collections(self) -> list[str]:
        names = await self._client.list_collections()
        return sorted(
            one
            for one in names
            if one.startswith(COLLECTION) and one.removeprefix(COLLECTION).isdigit()
        )

    async def _delete(self, filters: Sequence[Filter], *, principal: Principal) -> None:
        own = {"tenant": principal.tenant}
        pairs = [(name, {**own, **one}) for name in await self._collections() for one in filters]

        async def delete(pair: tuple[str, Filter]) -> None:
            await self._client.delete_many(*pair)

        await each(delete, pairs, at_once=AT_ONCE)
