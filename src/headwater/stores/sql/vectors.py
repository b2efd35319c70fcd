"""Which passages are nearest to a vector, in SQL? Found in an index that this process keeps.

Exactly, or where there are very many nearly so (`graph_index`); on a PostgreSQL that has pgvector,
by that (`near_vectors`). It makes no vectors (`docs/decisions/passage-index.md`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import anyio
from anyio.lowlevel import checkpoint
from sqlalchemy import Connection, bindparam, delete, exists, func, select

from headwater.analysis.embeddings import FLOAT_BYTES, check_vector
from headwater.analysis.vector_index import NO_VECTORS, IndexedVector
from headwater.analysis.word_index import Among
from headwater.analysis.words import best_first
from headwater.model.document import Mended, PassageFilter, PassageScore
from headwater.model.principal import Principal
from headwater.stores.sql.database import Database
from headwater.stores.sql.gone_rows import spans_of
from headwater.stores.sql.graph_index import EXACT_VECTORS, GraphIndex
from headwater.stores.sql.held_index import MOST_BYTES, HeldIndexes, Reading
from headwater.stores.sql.id_lists import among, listed
from headwater.stores.sql.near_vectors import Nearest, find_near, has_near
from headwater.stores.sql.passage_filters import find_among
from headwater.stores.sql.plain_rows import all_rows
from headwater.stores.sql.tables import document, passage
from headwater.stores.sql.tables import passage_vector as vector_table
from headwater.stores.sql.vector_load import OF_MODEL, ONE, write_vectors
from headwater.stores.sql.versions import raise_version

_OF_TENANT = vector_table.c.tenant_id == bindparam("tenant")
_OF_IDS = among(vector_table.c.passage_id, "ids")
_READING = Reading(
    port="vectors",
    page=select(
        vector_table.c.id,
        vector_table.c.passage_id,
        vector_table.c.document_id,
        vector_table.c.vector,
    )
    .where(*OF_MODEL, vector_table.c.id > bindparam("after_id"))
    .order_by(vector_table.c.id)
    .limit(bindparam("page_rows")),
    spans=spans_of(vector_table.c.id, *OF_MODEL),
    row=lambda row: IndexedVector(*row),
    size=lambda row: len(row.vector),
)
_COUNT = select(func.count()).select_from(vector_table).where(*OF_MODEL)
_FETCH = select(vector_table.c.passage_id, vector_table.c.vector).where(*OF_MODEL, _OF_IDS)
_PASSAGES = select(passage.c.id, passage.c.document_id).where(
    passage.c.tenant_id == bindparam("tenant"), among(passage.c.id, "ids")
)
_MISSING = (
    select(passage.c.id)
    .where(
        passage.c.tenant_id == bindparam("tenant"),
        ~exists().where(*OF_MODEL, vector_table.c.passage_id == passage.c.id),
    )
    .order_by(passage.c.id)
    .limit(bindparam("page_rows"))
)
_ALL = select(func.coalesce(func.sum(document.c.passages), 0)).where(
    document.c.tenant_id == bindparam("tenant")
)
_DROP = delete(vector_table).where(_OF_TENANT, _OF_IDS)
_DROP_OTHERS = delete(vector_table).where(_OF_TENANT, vector_table.c.model != bindparam("name"))


class SqlVectors:
    """A vector for each passage and model, compared with those of the same model only.

    Args:
        database: Where they are kept.
        index_bytes: What the indexes of this process take at most; a tenant whose own would be
            larger is searched by reading all vectors each time.
        exact_vectors: How many of one model are all compared; of more usearch, where it is
            installed, finds nearly all of the nearest.
    """

    def __init__(
        self,
        database: Database,
        *,
        index_bytes: int = MOST_BYTES,
        exact_vectors: int = EXACT_VECTORS,
    ) -> None:
        self._database = database
        self._indexes: HeldIndexes[GraphIndex, IndexedVector] = HeldIndexes(
            database, _READING, empty=GraphIndex(above=exact_vectors), most_bytes=index_bytes
        )
        self._near: bool | None = None

    async def put(self, vectors: Mapping[int, bytes], *, model: str, principal: Principal) -> None:
        """Keep a vector for each passage id, in one transaction; one held is replaced.

        Raises:
            UsageError: `vector.bad` where a vector is of another size, not finite, or zero.
        """
        if not vectors:
            return

        def work(connection: Connection) -> None:
            _put(connection, vectors, model=model, principal=principal)

        await self._database.write(work, tenant=principal.tenant)

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

        Raises:
            UsageError: `vector.bad` where it is of another size than those held, or not finite.
        """
        asked = check_vector(vector)
        if await self._has_near(principal.tenant):
            found = await self._find_near(asked, model, limit, within=within, principal=principal)
            if found is not None:
                return [PassageScore(*each) for each in found]
        index, among = await self._indexes.current(model, within, principal=principal)
        if index is None:
            found = await self._read_all(asked, model, limit, among=among, principal=principal)
            return [PassageScore(*each) for each in found]
        if index.rows:
            check_vector(asked, dimensions=index.dimensions)

        best: list[tuple[int, float]] = []

        async def one(rows: slice) -> None:
            work = partial(index.search, asked, limit=limit, among=among, rows=rows)
            best.extend(await self._indexes.in_thread(work))

        async with anyio.create_task_group() as group:
            for rows in index.parts:
                group.start_soon(one, rows, name="vectors of a part")
        return [PassageScore(*each) for each in best_first(best, limit)]

    async def fetch(
        self, ids: Sequence[int], *, model: str, principal: Principal
    ) -> dict[int, bytes]:
        """Return the vectors of these passages by id; those that have none are left out."""
        values = {"tenant": principal.tenant, "name": model, "ids": listed(ids)}

        def work(connection: Connection) -> dict[int, bytes]:
            return {number: bytes(one) for number, one in connection.execute(_FETCH, values)}

        return await self._database.read(work, tenant=principal.tenant)

    async def missing(self, *, model: str, limit: int, principal: Principal) -> list[int]:
        """Return up to `limit` passages, by id, that have no vector of this model."""
        values = {"tenant": principal.tenant, "name": model, "page_rows": max(limit, 0)}

        def work(connection: Connection) -> list[int]:
            held = connection.execute(_COUNT, values).scalar_one()
            if held == connection.execute(_ALL, values).scalar_one():  # far quicker than to look
                return []
            return list(connection.execute(_MISSING, values).scalars())

        return await self._database.read(work, tenant=principal.tenant)

    async def remove(self, ids: Sequence[int], *, principal: Principal) -> None:
        """Forget the vectors of these passages, of all models; unknown ids are passed over."""

        def work(connection: Connection) -> None:
            raise_version(connection, "vectors", principal=principal)
            connection.execute(_DROP, {"tenant": principal.tenant, "ids": listed(ids)})

        await self._database.write(work, tenant=principal.tenant)

    async def keep_only(self, *, model: str, principal: Principal) -> int:
        """Forget the vectors of all other models and return how many those were."""

        def work(connection: Connection) -> int:
            raise_version(connection, "vectors", principal=principal)
            values = {"tenant": principal.tenant, "name": model}
            return connection.execute(_DROP_OTHERS, values).rowcount

        return await self._database.write(work, tenant=principal.tenant)

    async def mend(self, *, model: str, principal: Principal) -> Mended:
        """Return that nothing was to be done: they go with their passages."""
        await checkpoint()
        return Mended()

    async def _has_near(self, tenant: str) -> bool:
        if self._near is None:
            self._near = await self._database.read(has_near, tenant=tenant)
        return self._near

    async def _find_near(
        self,
        asked: bytes,
        model: str,
        limit: int,
        *,
        within: PassageFilter,
        principal: Principal,
    ) -> list[tuple[int, float]] | None:
        """Return what PostgreSQL finds by itself, None where it has not all vectors."""
        values = {"tenant": principal.tenant, "name": model}

        def work(connection: Connection) -> list[tuple[int, float]] | None:
            held = connection.execute(ONE, values).scalar()
            if held is None:
                return []
            check_vector(asked, dimensions=len(held) // FLOAT_BYTES)
            among = find_among(connection, within, principal.tenant)
            return find_near(connection, Nearest(asked, model, limit, among, principal.tenant))

        return await self._database.read(work, tenant=principal.tenant)

    async def _read_all(
        self, asked: bytes, model: str, limit: int, *, among: Among, principal: Principal
    ) -> list[tuple[int, float]]:
        """Compare with all, some at a time, and keep the best."""
        best: list[tuple[int, float]] = []
        async for rows in self._indexes.pages(model, principal=principal):
            if rows:
                check_vector(asked, dimensions=len(rows[0].vector) // FLOAT_BYTES)

            def work(rows: list[IndexedVector] = rows) -> list[tuple[int, float]]:
                return NO_VECTORS.with_more(rows).search(asked, limit=limit, among=among)

            best = best_first([*best, *await self._indexes.in_thread(work)], limit)
        return best


def _put(
    connection: Connection, vectors: Mapping[int, bytes], *, model: str, principal: Principal
) -> None:
    raise_version(connection, "vectors", principal=principal)
    values = {"tenant": principal.tenant, "ids": listed(vectors)}
    living = dict(all_rows(connection, _PASSAGES, values))
    write_vectors(connection, vectors, living, model=model, tenant=principal.tenant)
