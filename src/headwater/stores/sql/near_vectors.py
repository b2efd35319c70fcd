"""Which vectors are nearest, by PostgreSQL's own index? By pgvector (HNSW), where it is there.

A vector is then kept twice: as bytes, which are the truth, and in the column `near`. Few that pass
a filter are all compared; of many the index finds nearly all of the nearest (Malkov and Yashunin,
"Efficient and robust approximate nearest neighbor search using HNSW graphs", 2016), in a scan that
goes on until enough of them pass.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any, NamedTuple

from sqlalchemy import Connection, TextClause, bindparam, text

from headwater.analysis.embeddings import FLOAT_BYTES, unpack
from headwater.analysis.word_index import Among
from headwater.analysis.words import best_first
from headwater.stores.sql.id_lists import ListOf

EXACT_ROWS = 2_000
"""Vectors that are all compared: a few milliseconds."""
MOST_DIMENSIONS = 2_000
"""What pgvector's index takes."""
_LEAST_EFFORT, _MOST_EFFORT = 200, 1_000
"""Candidates of a scan (`hnsw.ef_search`): more find more of the nearest, and take longer."""
MAKE_INDEX = "headwater_index_vectors"
_AVAILABLE = text(
    "SELECT 1 FROM pg_available_extensions WHERE name = 'vector' "
    "AND to_regclass('passage_vector') IS NOT NULL"
)
_COLUMN = text(
    "SELECT 1 FROM pg_attribute WHERE attrelid = to_regclass('passage_vector') "
    "AND attname = 'near' AND NOT attisdropped"
)
_HAS_INDEX = text("SELECT to_regclass(:index) IS NOT NULL")
_INDEX = text(f"SELECT {MAKE_INDEX}(:model, :dimensions, :index)")
_LACKING = text(
    "SELECT 1 FROM passage_vector WHERE tenant_id = :tenant AND model = :model "
    "AND near IS NULL LIMIT 1"
)
_AIM = text(
    "SELECT set_config('hnsw.ef_search', :effort, true), "
    "set_config('hnsw.iterative_scan', 'strict_order', true), "
    "set_config('hnsw.max_scan_tuples', '1000000', true), "
    "set_config('enable_sort', 'off', true)"
)
_SET_UP = (
    "ALTER TABLE passage_vector ADD COLUMN near vector",
    # The bytes are what is put out of the row, so that a scan does not fetch what it compares.
    "ALTER TABLE passage_vector ALTER COLUMN near SET STORAGE MAIN",
    "ALTER TABLE passage_vector ALTER COLUMN vector SET STORAGE EXTERNAL",
    "CREATE INDEX ix_near_lacking ON passage_vector (tenant_id, model) WHERE near IS NULL",
)
_MAKE_EXTENSION = """
DO $$ BEGIN
    CREATE EXTENSION IF NOT EXISTS vector;
EXCEPTION WHEN OTHERS THEN RAISE NOTICE 'no pgvector: %', SQLERRM;
END $$
"""
_MAKE_FUNCTION = f"""
CREATE OR REPLACE FUNCTION {MAKE_INDEX}(own_model text, dimensions int, index_name text)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$ BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('{MAKE_INDEX}'));
    EXECUTE format(
        'CREATE INDEX IF NOT EXISTS %I ON passage_vector USING hnsw '
        '((near::vector(%s)) vector_cosine_ops) WHERE model = %L AND vector_dims(near) = %s',
        index_name, dimensions, own_model, dimensions);
END $$
"""
_FILTERS = {
    "documents": " AND document_id = ANY (:documents)",
    "not_documents": " AND NOT document_id = ANY (:not_documents)",
    "passages": " AND passage_id = ANY (:passages)",
}


class Nearest(NamedTuple):
    """What is asked for."""

    vector: bytes
    model: str
    limit: int
    among: Among
    tenant: str


def near_ready(connection: Connection) -> bool:
    """Tell whether there is nothing to do for `make_near`."""
    if connection.dialect.name != "postgresql" or has_near(connection):
        return True
    return connection.execute(_AVAILABLE).first() is None


def make_near(connection: Connection) -> None:
    """Make what pgvector needs, where the server has it and lets us."""
    if near_ready(connection):
        return
    connection.exec_driver_sql(_MAKE_EXTENSION)
    made = "SELECT 1 FROM pg_extension WHERE extname = 'vector'"
    if connection.exec_driver_sql(made).first() is not None:
        for statement in (*_SET_UP, _MAKE_FUNCTION):
            connection.exec_driver_sql(statement)


def has_near(connection: Connection) -> bool:
    """Tell whether vectors are kept in pgvector's way, too."""
    return (
        connection.dialect.name == "postgresql" and connection.execute(_COLUMN).first() is not None
    )


def put_near(
    connection: Connection, vectors: Mapping[int, bytes], *, model: str, tenant: str
) -> None:
    """Keep vectors that were just written in pgvector's way, too, and see to their index."""
    size = len(next(iter(vectors.values()))) // FLOAT_BYTES
    if size > MOST_DIMENSIONS:
        return
    index = _index_of(model, size)
    if not connection.execute(_HAS_INDEX, {"index": index}).scalar_one():
        given = {"model": model, "dimensions": size, "index": index}
        connection.execute(_INDEX, given)
    values = [*vectors], [_written(vector) for vector in vectors.values()]
    connection.exec_driver_sql(
        "UPDATE passage_vector SET near = new.near::vector "
        "FROM unnest($1::bigint[], $2::text[]) AS new (passage_id, near) "
        "WHERE passage_vector.tenant_id = $3 AND passage_vector.model = $4 "
        "AND passage_vector.passage_id = new.passage_id",
        (*values, tenant, model),
    )


def find_near(connection: Connection, asked: Nearest) -> list[tuple[int, float]] | None:
    """Return ids of passages with their cosine, best first; None where not all are kept so."""
    own: dict[str, Any] = {"tenant": asked.tenant, "model": asked.model}
    size = len(asked.vector) // FLOAT_BYTES
    if size > MOST_DIMENSIONS or connection.execute(_LACKING, own).first() is not None:
        return None
    given = own | _filter_values(asked.among)
    filters = tuple(name for name in _FILTERS if name in given)
    passing = connection.execute(_count(filters), given).scalar_one()
    given |= {"asked": _written(asked.vector), "page_rows": max(asked.limit, 0)}
    statement = _exact(filters, size)
    if passing > EXACT_ROWS and asked.limit < EXACT_ROWS:
        _aim(connection, asked.limit)
        # The index is of one model and size, so these are written out.
        del given["model"]
        statement = _by_index(filters, size, asked.model)
    rows = connection.execute(statement, given)
    return best_first(((number, 1 - distance) for number, distance in rows), asked.limit)


def _aim(connection: Connection, limit: int) -> None:
    """Have the rest of the transaction go by the index: without statistics the planner may sort."""
    effort = min(max(_LEAST_EFFORT, 2 * limit), _MOST_EFFORT)
    connection.execute(_AIM, {"effort": str(effort)})


def _filter_values(among: Among) -> dict[str, list[int]]:
    values = {}
    if among.documents is not None:
        values["documents"] = [*among.documents]
    if among.not_documents:
        values["not_documents"] = [*among.not_documents]
    if among.passages is not None:
        values["passages"] = [*among.passages]
    return values


def _count(filters: tuple[str, ...]) -> TextClause:
    rows = f"SELECT 1 {_where(filters)} LIMIT {EXACT_ROWS + 1}"
    return _bound(f"SELECT count(*) FROM ({rows}) AS passing", filters)  # noqa: S608  our own


def _exact(filters: tuple[str, ...], size: int) -> TextClause:
    distance = f"near <=> {_asked(size)}"
    shown = f"SELECT passage_id, {distance} AS distance {_where(filters)}"
    # The sum keeps it from the index, which would not find all.
    return _bound(f"{shown} ORDER BY ({distance}) + 0, passage_id LIMIT :page_rows", filters)


def _by_index(filters: tuple[str, ...], size: int, model: str) -> TextClause:
    distance = f"near::vector({size}) <=> {_asked(size)}"
    own = "'" + model.replace("'", "''").replace(":", "\\:") + "'"
    where = f"{_where(filters).replace(':model', own)} AND vector_dims(near) = {size}"
    shown = f"SELECT passage_id, {distance} AS distance {where}"
    return _bound(f"{shown} ORDER BY {distance} LIMIT :page_rows", filters)


def _where(filters: tuple[str, ...]) -> str:
    conditions = "".join(_FILTERS[name] for name in filters)
    return f"FROM passage_vector WHERE tenant_id = :tenant AND model = :model{conditions}"


def _bound(statement: str, filters: tuple[str, ...]) -> TextClause:
    lists = (bindparam(name, type_=ListOf("whole")) for name in filters)
    return text(statement.replace("::", "\\:\\:")).bindparams(*lists)


def _asked(size: int) -> str:
    return f"CAST(CAST(:asked AS text) AS vector({size}))"


def _written(vector: bytes) -> str:
    return str(unpack(vector).tolist())


def _index_of(model: str, size: int) -> str:
    return f"ix_near_{blake2b(f'{size} {model}'.encode(), digest_size=8).hexdigest()}"
