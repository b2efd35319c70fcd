"""Are a database's tables those of this version? If not, they are brought up to date.

It knows the revisions by name only; Alembic is imported when there is something to do.
"""

from __future__ import annotations

from typing import Literal

from sqlalchemy import Connection, inspect, text

from headwater.errors import UsageError
from headwater.stores.sql.database import Database
from headwater.stores.sql.planner_hints import write_hints
from headwater.stores.sql.text_index import ensure_text_index, index_ready

Schema = Literal["estate", "runs"]
REVISIONS: dict[Schema, tuple[str, ...]] = {
    "estate": ("estate_0001", "estate_0002"),
    "runs": ("runs_0001", "runs_0002"),
}
"""All revisions of each schema, the newest last."""


async def bring_up(database: Database, schema: Schema, *, where: str) -> None:
    """Bring a database's tables up to date; `where` names it in messages.

    Raises:
        UsageError: `store.newer_schema`, `store.not_ours`.
        StoreFault: the database failed.
    """

    def current(connection: Connection) -> bool:
        return _is_current(connection, schema, where) and (
            schema != "estate" or index_ready(connection)
        )

    def work(connection: Connection) -> None:
        # Another process may have done it since.
        if not _is_current(connection, schema, where):
            from headwater.stores.sql.migrations.run import upgrade

            upgrade(connection, schema)
            if schema == "estate":
                write_hints(connection)
        if schema == "estate":
            ensure_text_index(connection)

    if not await database.read(current, tenant=None):
        await database.write(work, tenant=None)


def _is_current(connection: Connection, schema: Schema, where: str) -> bool:
    tables = set(inspect(connection).get_table_names())
    if not tables:
        return False
    if "alembic_version" not in tables:
        message = f"{where} holds tables of another program; name another database"
        raise UsageError(message, code="store.not_ours")
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    revisions = REVISIONS[schema]
    if found is not None and found not in revisions:
        message = (
            f"{where} has the schema {found!r}, this version knows {schema} up to "
            f"{revisions[-1]!r}; upgrade headwater or name another database"
        )
        raise UsageError(message, code="store.newer_schema")
    return bool(found == revisions[-1])
