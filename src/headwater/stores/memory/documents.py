"""Which documents and passages there are, in memory; it keeps no vectors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from operator import attrgetter

from anyio import to_thread
from anyio.lowlevel import checkpoint

from headwater.analysis.document_records import check_document, same_document
from headwater.analysis.words import (
    Collection,
    PassageWords,
    asked_words,
    best_first,
    bm25,
    passage_words,
    rarity,
)
from headwater.model.document import (
    Document,
    DocumentCounts,
    DocumentPage,
    DocumentRecord,
    DocumentRef,
    Embedded,
    Passage,
    PassageFilter,
    PassageRecord,
    PassageScore,
    Placed,
)
from headwater.model.principal import Principal
from headwater.stores.memory.estate import Library, MemoryEstate, StoredPassage, Tenant
from headwater.stores.memory.library import drop, made_of, swap
from headwater.stores.memory.passages import passage_of, passing, passing_documents


class MemoryDocuments:
    """A tenant's documents, cut into passages, found by their words.

    Args:
        estate: Where they are.
        keeps_vectors: Whether vectors are searched in this estate; else they are elsewhere.
    """

    def __init__(self, estate: MemoryEstate, *, keeps_vectors: bool = True) -> None:
        self._estate = estate
        self._keeps_vectors = keeps_vectors
        self._words: dict[int, PassageWords] = {}

    async def put(
        self,
        record: DocumentRecord,
        passages: Sequence[PassageRecord],
        *,
        vectors: Embedded | None = None,
        principal: Principal,
    ) -> Placed:
        """Keep a document by its source with its vectors, in the place of the version before.

        Raises:
            UsageError: `document.bad`, naming what cannot be kept; `vector.bad`.
        """
        check_document(record, passages, vectors)
        here = vectors if self._keeps_vectors else None
        if unchanged := _unchanged(self._estate.of(principal).library, record):
            await checkpoint()
            return unchanged

        def work(tenant: Tenant) -> Placed:
            numbers = tuple(self._estate.next_id("passages") for _ in passages)
            held = tenant.library.documents.get(tenant.library.ids.get(record.source, 0))
            number = held.id if held else self._estate.next_id("documents")
            document = made_of(record, number, passages=len(passages), held=held)
            parts = dict(zip(numbers, passages, strict=True))
            removed = swap(tenant, document, parts, vectors=here)
            return Placed(
                document=_own(document),
                change="added" if held is None else "changed",
                passage_ids=numbers,
                removed_ids=removed,
                embedded=here is not None,
            )

        placed = await self._estate.write("documents", work, principal=principal)
        self._forget(placed.removed_ids)
        return placed

    async def get(self, ref: DocumentRef, *, principal: Principal) -> Document | None:
        """Return the document with this id (a whole number) or source (text), or None."""
        await checkpoint()
        library = self._estate.of(principal).library
        number = library.ids.get(ref) if isinstance(ref, str) else ref
        held = None if number is None else library.documents.get(number)
        return None if held is None else _own(held)

    async def recent(
        self, *, limit: int, within: PassageFilter, principal: Principal
    ) -> DocumentPage:
        """Return the documents that were put last, newest first, with the true total."""
        await checkpoint()
        tenant = self._estate.of(principal)
        documents = list(passing_documents(tenant, within))
        documents.sort(key=attrgetter("updated_at", "id"), reverse=True)
        limit = max(limit, 0)
        return DocumentPage(
            documents=[_own(each) for each in documents[:limit]],
            total=len(documents),
            truncated=len(documents) > limit,
        )

    async def remove(self, ref: DocumentRef, *, principal: Principal) -> tuple[int, ...] | None:
        """Remove a document and what belongs to it; return its passages' ids, None if absent."""
        document = await self.get(ref, principal=principal)
        if document is None:
            return None

        def work(tenant: Tenant) -> tuple[int, ...]:
            return drop(tenant, document.id)

        removed = await self._estate.write("documents", work, principal=principal)
        self._forget(removed)
        return removed

    async def passages(self, ids: Sequence[int], *, principal: Principal) -> list[Passage]:
        """Return the passages with these ids, in the order given; unknown ids are left out."""
        await checkpoint()
        tenant = self._estate.of(principal)
        held = tenant.library.passages
        return [passage_of(tenant, held[number]) for number in ids if number in held]

    async def passage_ids(self, *, after_id: int, limit: int, principal: Principal) -> list[int]:
        """Return up to `limit` ids of the passages that there are above an id, ascending."""
        await checkpoint()
        held = self._estate.of(principal).library.passages
        return sorted(number for number in held if number > after_id)[: max(limit, 0)]

    async def of_document(self, document_id: int, *, principal: Principal) -> list[Passage]:
        """Return a document's passages in order; none where there is no such document."""
        ids = self._estate.of(principal).library.parts.get(document_id, ())
        return await self.passages(ids, principal=principal)

    async def by_items(
        self, item_ids: Sequence[int], *, limit: int, principal: Principal
    ) -> list[Passage]:
        """Return passages of these living items, those that name one themselves first."""
        await checkpoint()
        tenant = self._estate.of(principal)
        codes = {item.code for ci in item_ids if (item := tenant.items.live(ci))}

        def named(stored: StoredPassage) -> bool:
            return not codes.isdisjoint(stored.record.items)

        found = list(passing(tenant, PassageFilter(items=tuple(item_ids))))
        found.sort(key=lambda stored: (stored.document_id, stored.position))
        found.sort(key=lambda stored: tenant.library.documents[stored.document_id].at, reverse=True)
        found.sort(key=named, reverse=True)
        return [passage_of(tenant, stored) for stored in found[: max(limit, 0)]]

    async def search(
        self, query: str, *, limit: int, within: PassageFilter, principal: Principal
    ) -> list[PassageScore]:
        """Return the passages that have any of a query's words, best by BM25 first, then by id."""
        asked = asked_words(query)
        tenant = self._estate.of(principal)
        found = await to_thread.run_sync(self._ranked, asked, tenant, within)
        return [PassageScore(*each) for each in best_first(found, limit)]

    async def is_empty(self, *, principal: Principal) -> bool:
        """Tell whether the tenant has no document at all."""
        await checkpoint()
        return not self._estate.of(principal).library.documents

    async def counts(self, *, principal: Principal) -> DocumentCounts:
        """Return how many documents and passages the tenant has."""
        await checkpoint()
        library = self._estate.of(principal).library
        return DocumentCounts(len(library.documents), len(library.passages))

    def _ranked(
        self, asked: Sequence[str], tenant: Tenant, within: PassageFilter
    ) -> list[tuple[int, float]]:
        """Score every passage that passes: nothing is indexed, so nothing can be left out."""
        library = tenant.library
        cut = {number: self._cut(library, one) for number, one in library.passages.items()}
        whole = Collection(len(cut), sum(one.length for one in cut.values()))
        holders = Counter(word for one in cut.values() for word in asked if word in one.weights)
        rarities = {word: rarity(count, whole) for word, count in sorted(holders.items())}
        found = []
        for stored in passing(tenant, within):
            own = cut[stored.id]
            score = bm25(rarities, own.weights, length=own.length, average=whole.average)
            if score > 0:
                found.append((stored.id, score))
        return found

    def _cut(self, library: Library, stored: StoredPassage) -> PassageWords:
        """Return a passage's words, cut once: an id stands for one text for ever."""
        known = self._words.get(stored.id)
        if known is None:
            title = library.documents[stored.document_id].title
            record = stored.record
            known = passage_words(record.text, title=title, section=record.section)
            self._words[stored.id] = known
        return known

    def _forget(self, removed: Sequence[int]) -> None:
        for number in removed:
            self._words.pop(number, None)


def _unchanged(library: Library, record: DocumentRecord) -> Placed | None:
    held = library.documents.get(library.ids.get(record.source, 0))
    if held is None or not same_document(held, record):
        return None
    return Placed(document=_own(held), change="unchanged", passage_ids=library.parts[held.id])


def _own(document: Document) -> Document:
    """Return a document that its reader may change without changing what is held."""
    return replace(document, tags=dict(document.tags))
