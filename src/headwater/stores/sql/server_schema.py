"""What does a server need besides its tables, and who makes them? One process at a time.

On PostgreSQL that is the wall between tenants and a function that lowers letters, on MariaDB a
sequence of ids. SQLite needs none of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, text

from headwater.errors import StoreFault
from headwater.stores.sql.bulk_rows import id_sequence
from headwater.stores.sql.dialect import LOWER
from headwater.stores.sql.near_vectors import make_near
from headwater.stores.sql.row_security import protect
from headwater.stores.sql.statistics import ANALYZE
from headwater.stores.sql.tables import item

LOCK = "headwater"
LOCK_S = 60
"""How long to wait for another process that makes the same tables."""
COLLATIONS = ("pg_c_utf8", "C.utf8", "C.UTF-8", "und-x-icu")
"""What knows the letters of all alphabets, the best first: one letter becomes one letter."""

_HAS_TABLE = text(
    "SELECT 1 FROM information_schema.tables WHERE table_schema = database() AND table_name = :name"
)


def version_table(connection: Connection, schema: str) -> str:
    """Return where Alembic notes a schema's revision; on a server both share a database."""
    return "alembic_version" if connection.dialect.name == "sqlite" else f"{schema}_version"


@contextmanager
def alone(connection: Connection) -> Iterator[None]:
    """Let nobody else change tables of this database meanwhile.

    Raises:
        StoreFault: `store.busy`.
    """
    if connection.dialect.name == "postgresql":
        lock = text("SELECT pg_advisory_xact_lock(hashtext(:name))")
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_S}s'")
        connection.execute(lock, {"name": LOCK})  # until the transaction ends
        yield
    elif connection.dialect.name == "mysql":
        got = connection.execute(text("SELECT GET_LOCK(:name, :wait)"), _mariadb_lock())
        if got.scalar() != 1:
            message = "another process has been making tables for a minute; try again"
            raise StoreFault(message, code="store.busy", retry_safe=True)
        try:
            yield
        finally:
            connection.execute(text("SELECT RELEASE_LOCK(:name)"), _mariadb_lock())
    else:
        yield


def finish(connection: Connection) -> None:
    """Make what belongs to the tables and is missing."""
    if connection.dialect.name == "postgresql":
        _make_lower(connection)
        _make_analyze(connection)
        make_near(connection)
        protect(connection)
    elif connection.dialect.name == "mysql":
        _make_sequence(connection)


def _make_sequence(connection: Connection) -> None:
    name = id_sequence(item)
    if connection.execute(_HAS_TABLE, {"name": name}).first() is None:
        first = "SELECT coalesce(max(id), 0) + 1 FROM configuration_item"
        start = int(connection.execute(text(first)).scalar_one())
        connection.exec_driver_sql(f"CREATE SEQUENCE {name} START WITH {start}")


def _mariadb_lock() -> dict[str, str | int]:
    return {"name": LOCK, "wait": LOCK_S}


def _make_lower(connection: Connection) -> None:
    known = text("SELECT collname FROM pg_collation WHERE collname = ANY (:names)")
    found = set(connection.execute(known, {"names": list(COLLATIONS)}).scalars())
    best = next((f' COLLATE "{name}"' for name in COLLATIONS if name in found), "")
    connection.exec_driver_sql(
        f"CREATE OR REPLACE FUNCTION {LOWER}(given text) RETURNS text LANGUAGE sql IMMUTABLE "
        f'PARALLEL SAFE RETURN lower(given{best}) COLLATE "C"'
    )


def _make_analyze(connection: Connection) -> None:
    schema = connection.execute(text("SELECT quote_ident(current_schema())")).scalar_one()
    connection.exec_driver_sql(
        f"CREATE OR REPLACE FUNCTION {ANALYZE}(given text) RETURNS void LANGUAGE plpgsql "
        f"SECURITY DEFINER SET search_path = {schema}, pg_temp "
        "AS $$ BEGIN EXECUTE format('ANALYZE %I', given); END $$"
    )
    connection.exec_driver_sql(f"REVOKE ALL ON FUNCTION {ANALYZE}(text) FROM PUBLIC")
