"""The ports of repositories over each database, empty, for the contract tests beside it."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import anyio

from contract.places import Place, emptied
from headwater.ports.credentials import Credentials
from headwater.ports.deliveries import Deliveries
from headwater.ports.repositories import Repositories
from headwater.stores.memory.credentials import MemoryCredentials
from headwater.stores.memory.deliveries import MemoryDeliveries
from headwater.stores.memory.repositories import MemoryRepositories
from headwater.stores.sql.credentials import SqlCredentials
from headwater.stores.sql.database import Database
from headwater.stores.sql.deliveries import SqlDeliveries
from headwater.stores.sql.repositories import SqlRepositories
from headwater.stores.sql.sqlite_database import SqliteDatabase


@dataclass(frozen=True, slots=True, kw_only=True)
class RepositoryPorts:
    """The ports, of one database."""

    credentials: Credentials
    repositories: Repositories
    deliveries: Deliveries


@asynccontextmanager
async def repository_ports(
    adapter: str, place: Place | None, empty_files: Path, folder: Path
) -> AsyncIterator[RepositoryPorts]:
    """Open the ports of an adapter."""
    if place is not None:
        async with emptied(place) as database:
            yield in_sql(database)
    elif adapter == "sqlite":
        path = folder / "estate.db"
        await anyio.to_thread.run_sync(shutil.copy, empty_files / "estate.db", path)
        opened = await SqliteDatabase.open(path)
        try:
            yield in_sql(opened)
        finally:
            await opened.close()
    else:
        yield RepositoryPorts(
            credentials=MemoryCredentials(),
            repositories=MemoryRepositories(),
            deliveries=MemoryDeliveries(),
        )


def in_sql(database: Database) -> RepositoryPorts:
    """Put the adapters in SQL before a database."""
    return RepositoryPorts(
        credentials=SqlCredentials(database),
        repositories=SqlRepositories(database),
        deliveries=SqlDeliveries(database),
    )
