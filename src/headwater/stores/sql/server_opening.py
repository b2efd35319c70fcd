"""How is a database of a server opened? Its tables are brought up to date, then it is used.

What makes tables is the address's user; units of work may be somebody lesser.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from headwater.errors import UsageError
from headwater.stores.sql.row_security import role_of_work
from headwater.stores.sql.schema import METADATA, bring_up
from headwater.stores.sql.server import Address, Server
from headwater.stores.sql.server_database import POOL, ServerDatabase, open_database


@asynccontextmanager
async def open_server(address: Address, *, size: int = POOL) -> AsyncIterator[ServerDatabase]:
    """Give an estate and its runs in one database of a server, and close it at the end.

    Raises:
        UsageError: `store.not_ours`, `store.newer_schema`, `store.not_allowed`,
            `store.no_row_security`.
        StoreFault: the server cannot be reached, or failed.
    """
    server, role = make_server(address), None
    async with open_database(server, size=1) as first:
        for schema in METADATA:
            await bring_up(first, schema, where=str(address))
        if server.drivername == "postgresql":
            role = await _role(first)
    async with open_database(make_server(address, role), size=size) as database:
        yield database


def make_server(address: Address, role: str | None = None) -> Server:
    """Return how a database of a server is spoken to."""
    # Drivers are imported for the server that is used, and only then.
    if address.scheme == "postgresql":
        from headwater.stores.sql.postgresql_server import PostgresqlServer

        return PostgresqlServer(address, role=role)
    from headwater.stores.sql.mariadb_server import MariadbServer

    return MariadbServer(address)


async def _role(database: ServerDatabase) -> str | None:
    try:
        return await database.read(role_of_work, tenant=None)
    except PermissionError as error:
        message = f"{database.server.address}: {error}"
        raise UsageError(message, code="store.no_row_security") from error
