"""Which version of each port's data a tenant has, in SQL; it keeps no data itself."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, bindparam, insert, select, update

from headwater.model.principal import Principal
from headwater.stores.sql.database import Database
from headwater.stores.sql.plain_rows import all_rows
from headwater.stores.sql.tables import data_version

PORTS = ("inventory", "relations", "metrics", "history", "rules", "documents", "vectors")

_OF_TENANT = select(data_version.c.port, data_version.c.number).where(
    data_version.c.tenant_id == bindparam("tenant")
)
_OF_PORT = _OF_TENANT.with_only_columns(data_version.c.number).where(
    data_version.c.port == bindparam("of_port")
)
_RAISE = (
    update(data_version)
    .where(data_version.c.tenant_id == bindparam("tenant"))
    .where(data_version.c.port == bindparam("of_port"))
    .values(number=data_version.c.number + 1)
)


class SqlVersions:
    """Tell the numbers that every load raises."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def current(self, *, principal: Principal) -> Mapping[str, int]:
        """Return the tenant's number for each port, 0 where it was never written."""

        def work(connection: Connection) -> dict[str, int]:
            return dict(all_rows(connection, _OF_TENANT, {"tenant": principal.tenant}))

        numbers = await self._database.read(work, tenant=principal.tenant)
        return {port: numbers.get(port, 0) for port in PORTS}


def version_of(connection: Connection, port: str, *, principal: Principal) -> int:
    """Return the tenant's number for a port, within a unit of work."""
    values = {"tenant": principal.tenant, "of_port": port}
    return connection.execute(_OF_PORT, values).scalar() or 0


def raise_version(connection: Connection, port: str, *, principal: Principal) -> None:
    """Raise a port's number, within the unit of work that writes its data."""
    values = {"tenant": principal.tenant, "of_port": port}
    if connection.execute(_RAISE, values).rowcount == 0:
        first = {"tenant_id": principal.tenant, "port": port, "number": 1}
        connection.execute(insert(data_version), first)
