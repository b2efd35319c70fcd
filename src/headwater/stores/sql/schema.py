"""Are a database's tables those of this version? If not, they are brought up to date.

It knows the revisions by name only; Alembic is imported when there is something to do.
"""

from __future__ import annotations

from typing import Literal

from sqlalchemy import Connection, MetaData, inspect, text

from headwater.errors import UsageError
from headwater.stores.sql.database import Database
from headwater.stores.sql.migrations.first import make_first
from headwater.stores.sql.near_vectors import near_ready
from headwater.stores.sql.planner_hints import write_hints
from headwater.stores.sql.run_tables import runs
from headwater.stores.sql.server_schema import alone, finish, version_table
from headwater.stores.sql.text_index import ensure_text_index, index_ready
from headwater.stores.sql.webhook_tables import webhook

Schema = Literal["estate", "runs"]
REVISIONS: dict[Schema, tuple[str, ...]] = {
    "estate": tuple(f"estate_{number:04}" for number in range(1, 7)),
    "runs": ("runs_0001", "runs_0002", "runs_0003", "runs_0004"),
}
"""All revisions of each schema, the newest last."""

METADATA: dict[Schema, MetaData] = {"estate": webhook.metadata, "runs": runs}


async def bring_up(database: Database, schema: Schema, *, where: str) -> None:
    """Bring a database's tables up to date; `where` names it in messages.

    Raises:
        UsageError: `store.newer_schema`, `store.not_ours`.
        StoreFault: the database failed.
    """

    def current(connection: Connection) -> bool:
        return _is_current(connection, schema, where) and (
            schema != "estate" or (index_ready(connection) and near_ready(connection))
        )

    def work(connection: Connection) -> None:
        with alone(connection):
            # Another process may have done it since.
            if not _is_current(connection, schema, where):
                _make_or_upgrade(connection, schema)
                if schema == "estate":
                    write_hints(connection)
            if schema == "estate":
                ensure_text_index(connection)
            finish(connection)

    if not await database.read(current, tenant=None):
        await database.load(work, tenant=None)


def _make_or_upgrade(connection: Connection, schema: Schema) -> None:
    if connection.dialect.name == "sqlite" and not inspect(connection).get_table_names():
        make_first(connection, schema)
        return
    from headwater.stores.sql.migrations.run import upgrade

    drop_unfinished(connection, schema)
    upgrade(connection, schema)


def _is_current(connection: Connection, schema: Schema, where: str) -> bool:
    tables = set(inspect(connection).get_table_names())
    table = version_table(connection, schema)
    if table not in tables:
        known = set(METADATA[schema].tables)
        if tables & known if connection.dialect.name != "sqlite" else tables:
            message = f"{where} holds tables of another program; name another database"
            raise UsageError(message, code="store.not_ours")
        return False
    found = connection.execute(text(f"SELECT version_num FROM {table}")).scalar()  # noqa: S608  our own
    revisions = REVISIONS[schema]
    if found is not None and found not in revisions:
        message = (
            f"{where} has the schema {found!r}, this version knows {schema} up to "
            f"{revisions[-1]!r}; upgrade headwater or name another database"
        )
        raise UsageError(message, code="store.newer_schema")
    return bool(found == revisions[-1])


def drop_unfinished(connection: Connection, schema: Schema) -> None:
    """Take away the tables of a first set-up that was cut off, on MariaDB, which keeps them."""
    table = version_table(connection, schema)
    if connection.dialect.name != "mysql" or not inspect(connection).has_table(table):
        return
    if connection.execute(text(f"SELECT 1 FROM {table}")).first() is None:  # noqa: S608  our own
        METADATA[schema].drop_all(connection)
