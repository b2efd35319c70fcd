"""Which version of each port's data a tenant has, in SQL; it keeps no data itself."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, bindparam, select, text

from headwater.model.principal import Principal
from headwater.stores.sql.database import Database
from headwater.stores.sql.plain_rows import all_rows
from headwater.stores.sql.tables import data_version

PORTS = ("inventory", "relations", "metrics", "history", "rules", "documents", "vectors", "work")
WORK = ("teams", "projects", "workitems", "sessions", "activities")
"""Ports whose data has one number: who is in a team decides on all of them, and they show names of
items. It is a sum of two that only rise, so it rises with either."""

_OF_TENANT = select(data_version.c.port, data_version.c.number).where(
    data_version.c.tenant_id == bindparam("tenant")
)
_OF_PORT = _OF_TENANT.with_only_columns(data_version.c.number).where(
    data_version.c.port == bindparam("of_port")
)
_FIRST = "INSERT INTO data_version (tenant_id, port, number) VALUES (:tenant, :of_port, 1) "
_RAISE = text(
    f"{_FIRST} ON CONFLICT (tenant_id, port) DO UPDATE SET number = data_version.number + 1"
)
_RAISE_KNOWN = text(
    "UPDATE data_version SET number = number + 1 WHERE tenant_id = :tenant AND port = :of_port"
)
_NOUGHT = "INSERT INTO data_version (tenant_id, port, number) VALUES (:tenant, :of_port, 0) "
_MAKE = text(f"{_NOUGHT} ON CONFLICT (tenant_id, port) DO NOTHING")
_MAKE_ON_MARIADB = text(f"{_NOUGHT} ON DUPLICATE KEY UPDATE number = number")
_RAISE_ON_MARIADB = text(f"{_FIRST} ON DUPLICATE KEY UPDATE number = number + 1")


class SqlVersions:
    """Tell the numbers that every load raises."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def current(self, *, principal: Principal) -> Mapping[str, int]:
        """Return the tenant's number for each port, 0 where it was never written."""

        def work(connection: Connection) -> dict[str, int]:
            return dict(all_rows(connection, _OF_TENANT, {"tenant": principal.tenant}))

        numbers = await self._database.read(work, tenant=principal.tenant)
        known = {port: numbers.get(port, 0) for port in PORTS}
        return known | dict.fromkeys(WORK, known["work"] + known["inventory"])


def version_of(connection: Connection, port: str, *, principal: Principal) -> int:
    """Return the tenant's number for a port, within a unit of work."""
    values = {"tenant": principal.tenant, "of_port": port}
    rows = all_rows(connection, _OF_PORT, values)
    return int(rows[0][0]) if rows else 0


def raise_version(connection: Connection, port: str, *, principal: Principal) -> None:
    """Raise a port's number, first of all in the unit of work that writes its data.

    So two who write the same tenant's data do it one after the other, wherever several can write.
    """
    statement = _RAISE_ON_MARIADB if connection.dialect.name == "mysql" else _RAISE
    connection.execute(statement, {"tenant": principal.tenant, "of_port": port})


def raise_known_version(connection: Connection, port: str, *, principal: Principal) -> bool:
    """Raise a port's number as `raise_version` does, if it has one; tell whether it has.

    Of many who would make the first one and are refused, some would wait for each other on
    MariaDB: for them `make_version` makes it, in a unit of work that nothing else is done in.
    """
    values = {"tenant": principal.tenant, "of_port": port}
    return connection.execute(_RAISE_KNOWN, values).rowcount > 0


def make_version(connection: Connection, port: str, *, principal: Principal) -> None:
    """Give a port its first number, nought, unless it has one."""
    statement = _MAKE_ON_MARIADB if connection.dialect.name == "mysql" else _MAKE
    connection.execute(statement, {"tenant": principal.tenant, "of_port": port})
