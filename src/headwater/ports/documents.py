"""What the inside needs of documents and their passages; it stores none itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

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


class Documents(Protocol):
    """A tenant's documents, cut into passages, found by their words.

    The words of a text are those of `analysis/words.py`, in the memory store and in all others.
    """

    async def put(
        self,
        record: DocumentRecord,
        passages: Sequence[PassageRecord],
        *,
        vectors: Embedded | None = None,
        principal: Principal,
    ) -> Placed:
        """Keep a document by its source, in one transaction that replaces the version before.

        With the old passages go their words, items and vectors: none of them is found after it.
        The new ones come with the `vectors` given, where vectors are kept in the same place: so
        a document is found by words and by meaning, or not at all. Where version, title, type,
        tags and items are as held, nothing is written and the passages held stay (`unchanged`).
        A document changed keeps its id.

        Raises:
            UsageError: `document.bad`, naming what cannot be kept; `vector.bad`, as
                `ports/vectors.py` has it.
        """
        ...

    async def get(self, ref: DocumentRef, *, principal: Principal) -> Document | None:
        """Return the document with this id (a whole number) or source (text), or None."""
        ...

    async def recent(
        self, *, limit: int, within: PassageFilter, principal: Principal
    ) -> DocumentPage:
        """Return the documents that were put last, newest first, with the true total.

        A document passes a filter of items where any of its passages does.
        """
        ...

    async def remove(self, ref: DocumentRef, *, principal: Principal) -> tuple[int, ...] | None:
        """Remove a document and all that belongs to it; return its passages' ids, None if absent.

        A store of vectors elsewhere has yet to forget these ids.
        """
        ...

    async def passages(self, ids: Sequence[int], *, principal: Principal) -> list[Passage]:
        """Return the passages with these ids, in the order given; unknown ids are left out."""
        ...

    async def passage_ids(self, *, after_id: int, limit: int, principal: Principal) -> list[int]:
        """Return up to `limit` ids of the passages that there are above an id, ascending."""
        ...

    async def of_document(self, document_id: int, *, principal: Principal) -> list[Passage]:
        """Return a document's passages in order; none where there is no such document."""
        ...

    async def by_items(
        self, item_ids: Sequence[int], *, limit: int, principal: Principal
    ) -> list[Passage]:
        """Return passages of these living items.

        First those that name one themselves, then those of documents about one; of these the
        documents written last (`at`) first, each in order.
        """
        ...

    async def search(
        self, query: str, *, limit: int, within: PassageFilter, principal: Principal
    ) -> list[PassageScore]:
        """Return the passages that have any of a query's words, best by BM25 first, then by id.

        Title and section count too. Words that are everywhere weigh next to nothing, by their
        rarity among this tenant's passages alone. Filters apply before the cut. A text without
        words finds nothing.
        """
        ...

    async def is_empty(self, *, principal: Principal) -> bool:
        """Tell whether the tenant has no document at all; it counts none."""
        ...

    async def counts(self, *, principal: Principal) -> DocumentCounts:
        """Return how many documents and passages the tenant has."""
        ...
