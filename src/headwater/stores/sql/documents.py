"""Which documents and passages there are, in SQL, and which have a question's words?

Words are found in an index that this process keeps (`docs/decisions/passage-index.md`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from anyio import to_thread
from sqlalchemy import Connection, bindparam, func, select

from headwater.analysis.document_records import check_document
from headwater.analysis.word_index import NO_WORDS, IndexedPassage, WordIndex
from headwater.analysis.words import asked_words
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
from headwater.stores.sql.database import Database
from headwater.stores.sql.document_load import drop_document, prepare, put_document, unchanged
from headwater.stores.sql.gone_rows import spans_of
from headwater.stores.sql.held_index import MOST_BYTES, HeldIndexes, Reading
from headwater.stores.sql.id_lists import listed
from headwater.stores.sql.passage_filters import documents_within, filter_values
from headwater.stores.sql.passage_rows import (
    BY_ITEMS,
    DOCUMENT,
    document_of,
    get_document,
    ids_of_document,
    passages_by_id,
)
from headwater.stores.sql.tables import document, passage
from headwater.stores.sql.tables import passage_words as words

_OF_TENANT = words.c.tenant_id == bindparam("tenant")
_READING = Reading(
    port="documents",
    page=select(words.c.passage_id, words.c.document_id, words.c.length, words.c.words)
    .where(_OF_TENANT, words.c.passage_id > bindparam("after_id"))
    .order_by(words.c.passage_id)
    .limit(bindparam("page_rows")),
    spans=spans_of(words.c.passage_id, _OF_TENANT),
    row=lambda row: IndexedPassage(*row),
    size=lambda row: len(row.words),
)
_NEWEST = (document.c.updated_at.desc(), document.c.id.desc())
_OWN = document.c.tenant_id == bindparam("tenant")
_ANY = select(document.c.id).where(_OWN).limit(1)
_DOCUMENTS = select(func.count()).select_from(document).where(_OWN)
_SUM = select(func.coalesce(func.sum(document.c.passages), 0)).where(_OWN)
_PASSAGES = (
    select(func.count()).select_from(passage).where(passage.c.tenant_id == bindparam("tenant"))
)
_IDS = (
    select(passage.c.id)
    .where(passage.c.tenant_id == bindparam("tenant"), passage.c.id > bindparam("after_id"))
    .order_by(passage.c.id)
    .limit(bindparam("page_rows"))
)
SUMMED = 20_000
"""Documents whose passages are summed up: of more, counting the passages takes less time."""


class SqlDocuments:
    """A tenant's documents, cut into passages, found by their words.

    Args:
        database: Where they are kept.
        index_bytes: What the indexes of this process take at most; a tenant whose own would be
            larger is searched by reading all words each time.
        keeps_vectors: Whether vectors are searched in this database; else they are elsewhere.
    """

    def __init__(
        self, database: Database, *, index_bytes: int = MOST_BYTES, keeps_vectors: bool = True
    ) -> None:
        self._database = database
        self._keeps_vectors = keeps_vectors
        self._indexes: HeldIndexes[WordIndex, IndexedPassage] = HeldIndexes(
            database, _READING, empty=NO_WORDS, most_bytes=index_bytes
        )

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

        def look(connection: Connection) -> Placed | None:
            return unchanged(connection, record, principal=principal)

        if same := await self._database.read(look, tenant=principal.tenant):
            return same
        prepared = await to_thread.run_sync(prepare, record, passages, here)

        def work(connection: Connection) -> Placed:
            return put_document(connection, prepared, principal=principal)

        return await self._database.write(work, tenant=principal.tenant)

    async def get(self, ref: DocumentRef, *, principal: Principal) -> Document | None:
        """Return the document with this id (a whole number) or source (text), or None."""

        def work(connection: Connection) -> Document | None:
            return get_document(connection, ref, principal.tenant)

        return await self._database.read(work, tenant=principal.tenant)

    async def recent(
        self, *, limit: int, within: PassageFilter, principal: Principal
    ) -> DocumentPage:
        """Return the documents that were put last, newest first, with the true total."""
        limit = max(limit, 0)
        values = filter_values(within, principal.tenant)
        page = documents_within(DOCUMENT, within).order_by(*_NEWEST).limit(limit)
        count = documents_within((func.count(document.c.id),), within)

        def work(connection: Connection) -> DocumentPage:
            total = connection.execute(count, values).scalar_one()
            found = [document_of(row) for row in connection.execute(page, values)]
            return DocumentPage(documents=found, total=total, truncated=total > limit)

        return await self._database.read(work, tenant=principal.tenant)

    async def remove(self, ref: DocumentRef, *, principal: Principal) -> tuple[int, ...] | None:
        """Remove a document and what belongs to it; return its passages' ids, None if absent."""

        def work(connection: Connection) -> tuple[int, ...] | None:
            return drop_document(connection, ref, principal=principal)

        return await self._database.write(work, tenant=principal.tenant)

    async def passages(self, ids: Sequence[int], *, principal: Principal) -> list[Passage]:
        """Return the passages with these ids, in the order given; unknown ids are left out."""

        def work(connection: Connection) -> list[Passage]:
            return passages_by_id(connection, ids, principal.tenant)

        return await self._database.read(work, tenant=principal.tenant)

    async def passage_ids(self, *, after_id: int, limit: int, principal: Principal) -> list[int]:
        """Return up to `limit` ids of the passages that there are above an id, ascending."""
        values = {"tenant": principal.tenant, "after_id": after_id, "page_rows": max(limit, 0)}

        def work(connection: Connection) -> list[int]:
            return list(connection.execute(_IDS, values).scalars())

        return await self._database.read(work, tenant=principal.tenant)

    async def of_document(self, document_id: int, *, principal: Principal) -> list[Passage]:
        """Return a document's passages in order; none where there is no such document."""

        def work(connection: Connection) -> list[Passage]:
            ids = ids_of_document(connection, document_id, principal.tenant)
            return passages_by_id(connection, ids, principal.tenant)

        return await self._database.read(work, tenant=principal.tenant)

    async def by_items(
        self, item_ids: Sequence[int], *, limit: int, principal: Principal
    ) -> list[Passage]:
        """Return passages of these living items, those that name one themselves first."""
        values: dict[str, Any] = {
            "tenant": principal.tenant,
            "item_ids": listed(item_ids),
            "page_rows": max(limit, 0),
        }

        def work(connection: Connection) -> list[Passage]:
            ids = connection.execute(BY_ITEMS, values).scalars().all()
            return passages_by_id(connection, ids, principal.tenant)

        return await self._database.read(work, tenant=principal.tenant)

    async def search(
        self, query: str, *, limit: int, within: PassageFilter, principal: Principal
    ) -> list[PassageScore]:
        """Return the passages that have any of a query's words, best by BM25 first, then by id."""
        index, among = await self._indexes.current("words", within, principal=principal)
        if index is None:
            index = await self._only(asked_words(query), principal=principal)

        def work() -> list[tuple[int, float]]:
            return index.search(query, limit=limit, among=among)

        return [PassageScore(*each) for each in await self._indexes.in_thread(work)]

    async def is_empty(self, *, principal: Principal) -> bool:
        """Tell whether the tenant has no document at all."""
        values = {"tenant": principal.tenant}

        def work(connection: Connection) -> bool:
            return connection.execute(_ANY, values).first() is None

        return await self._database.read(work, tenant=principal.tenant)

    async def counts(self, *, principal: Principal) -> DocumentCounts:
        """Return how many documents and passages the tenant has."""
        values = {"tenant": principal.tenant}

        def work(connection: Connection) -> DocumentCounts:
            documents = connection.execute(_DOCUMENTS, values).scalar_one()
            passages = _SUM if documents <= SUMMED else _PASSAGES
            return DocumentCounts(documents, int(connection.execute(passages, values).scalar_one()))

        return await self._database.read(work, tenant=principal.tenant)

    async def _only(self, asked: Sequence[str], *, principal: Principal) -> WordIndex:
        """Read all and keep an index of the words asked for alone."""
        index = NO_WORDS
        async for rows in self._indexes.pages("words", principal=principal):
            held = index

            def work(held: WordIndex = held, rows: list[IndexedPassage] = rows) -> WordIndex:
                return held.with_more(rows, only=asked)

            index = await self._indexes.in_thread(work)
        return index
