"""How are vectors written in SQL, beside those of the same model? It finds none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select

from headwater.analysis.embeddings import FLOAT_BYTES, check_vector
from headwater.stores.sql.bulk_rows import insert_rows
from headwater.stores.sql.id_lists import among, listed
from headwater.stores.sql.near_vectors import has_near, put_near
from headwater.stores.sql.tables import passage_vector

_COLUMNS = ("tenant_id", "model", "passage_id", "document_id", "vector")
OF_MODEL = (
    passage_vector.c.tenant_id == bindparam("tenant"),
    passage_vector.c.model == bindparam("name"),
)
ONE = select(passage_vector.c.vector).where(*OF_MODEL).limit(1)
_DROP = delete(passage_vector).where(*OF_MODEL, among(passage_vector.c.passage_id, "ids"))


def write_vectors(
    connection: Connection,
    vectors: Mapping[int, bytes],
    living: Mapping[int, int],
    *,
    model: str,
    tenant: str,
) -> None:
    """Write the vectors of passages that are there; `living` has their documents' ids.

    Raises:
        UsageError: `vector.bad` where one is of another size, not finite, or zero.
    """
    if not vectors:
        return
    values: dict[str, Any] = {"tenant": tenant, "name": model, "ids": listed(vectors)}
    first = connection.execute(ONE, values).scalar()
    size = len(first or next(iter(vectors.values()))) // FLOAT_BYTES
    checked = {number: check_vector(one, dimensions=size) for number, one in vectors.items()}
    connection.execute(_DROP, values)
    written = {number: one for number, one in checked.items() if number in living}
    rows = [(tenant, model, number, living[number], one) for number, one in written.items()]
    insert_rows(connection, passage_vector, _COLUMNS, rows=rows)
    if rows and has_near(connection):
        put_near(connection, written, model=model, tenant=tenant)
