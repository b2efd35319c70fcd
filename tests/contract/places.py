"""Where the contract tests find an empty estate: in memory, in SQLite, on the real servers."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import anyio
from astra_standin import TOKEN, serving_in_thread
from servers import Servers

from contract.estates import Ports
from headwater.stores.astra import AsyncAstraClient
from headwater.stores.astra.vectors import AstraVectors
from headwater.stores.memory.activities import MemoryActivities
from headwater.stores.memory.cache import MemoryCache
from headwater.stores.memory.documents import MemoryDocuments
from headwater.stores.memory.embeddings import MemoryEmbeddings
from headwater.stores.memory.estate import MemoryEstate
from headwater.stores.memory.history import MemoryHistory
from headwater.stores.memory.inventory import MemoryInventory
from headwater.stores.memory.keys import MemoryKeys
from headwater.stores.memory.metrics import MemoryMetrics
from headwater.stores.memory.projects import MemoryProjects
from headwater.stores.memory.relations import MemoryRelations
from headwater.stores.memory.rules import MemoryRules
from headwater.stores.memory.run_log import MemoryRunLog
from headwater.stores.memory.sessions import MemorySessions
from headwater.stores.memory.teams import MemoryTeams
from headwater.stores.memory.vectors import MemoryVectors
from headwater.stores.memory.versions import MemoryVersions
from headwater.stores.memory.work_items import MemoryWorkItems
from headwater.stores.sql import phrase_index
from headwater.stores.sql.activities import SqlActivities
from headwater.stores.sql.addresses import read_address
from headwater.stores.sql.database import Database
from headwater.stores.sql.documents import SqlDocuments
from headwater.stores.sql.embeddings import SqlEmbeddings
from headwater.stores.sql.history import SqlHistory
from headwater.stores.sql.inventory import SqlInventory
from headwater.stores.sql.keys import SqlKeys
from headwater.stores.sql.metrics import SqlMetrics
from headwater.stores.sql.postgresql_server import PostgresqlServer
from headwater.stores.sql.projects import SqlProjects
from headwater.stores.sql.relations import SqlRelations
from headwater.stores.sql.rules import SqlRules
from headwater.stores.sql.run_log import SqlRunLog
from headwater.stores.sql.run_tables import runs
from headwater.stores.sql.server_database import ServerDatabase, open_database
from headwater.stores.sql.server_opening import make_server, open_server
from headwater.stores.sql.sessions import SqlSessions
from headwater.stores.sql.sqlite_database import SqliteDatabase
from headwater.stores.sql.tables import estate
from headwater.stores.sql.teams import SqlTeams
from headwater.stores.sql.vectors import SqlVectors
from headwater.stores.sql.versions import SqlVersions
from headwater.stores.sql.work_items import SqlWorkItems

MOST = 20
"""Vectors of texts that these estates keep."""
SCHEMAS = ("estate", "runs")
SERVERS = ("postgresql", "mariadb")
KEPT = {"tenant": " WHERE tenant_id <> 'default'"}
EMPTY = "".join(
    f"DELETE FROM {table.name}{KEPT.get(table.name, '')};"
    for metadata in (estate, runs, phrase_index.metadata)
    for table in metadata.sorted_tables
)


@dataclass(frozen=True, slots=True)
class Place:
    """A database of a server with our tables in it, and the role that units of work have there."""

    url: str
    role: str | None


@contextmanager
def server_place(servers: Servers, name: str) -> Iterator[Place]:
    """Make a database with our tables once, for many tests: that takes long."""
    made = servers.postgresql() if name == "postgresql" else servers.mariadb()
    with made as url:

        async def set_up() -> str | None:
            async with open_server(read_address(url)) as database:
                return getattr(database.server, "role", None)

        with ThreadPoolExecutor(1) as thread:  # we may stand in a loop ourselves
            role = thread.submit(anyio.run, set_up).result()
        yield Place(url, role)


@asynccontextmanager
async def emptied(place: Place) -> AsyncIterator[ServerDatabase]:
    """Give a database whose tables are empty again."""
    address = read_address(place.url)
    server = make_server(address)
    line = await server.connect()
    try:
        if isinstance(server, PostgresqlServer):
            await line.execute(EMPTY)
        else:
            await line.query(f"BEGIN NOT ATOMIC {EMPTY} END")
    finally:
        await server.end(line)
    async with open_database(make_server(address, place.role)) as database:
        yield database


@asynccontextmanager
async def server_ports(place: Place) -> AsyncIterator[Ports]:
    """Open an empty estate on a server."""
    async with emptied(place) as database:
        yield sql_ports(database, database)


def memory_ports() -> Ports:
    """Make an empty estate in memory."""
    held = MemoryEstate()
    return Ports(
        inventory=MemoryInventory(held),
        relations=MemoryRelations(held),
        metrics=MemoryMetrics(held),
        history=MemoryHistory(held),
        rules=MemoryRules(held),
        versions=MemoryVersions(held),
        run_log=MemoryRunLog(),
        cache=MemoryCache(),
        keys=MemoryKeys(),
        documents=MemoryDocuments(held),
        vectors=MemoryVectors(held),
        embeddings=MemoryEmbeddings(most=MOST),
        teams=MemoryTeams(held),
        projects=MemoryProjects(held),
        work_items=MemoryWorkItems(held),
        sessions=MemorySessions(held),
        activities=MemoryActivities(held),
    )


def sql_ports(of_estate: Database, of_runs: Database) -> Ports:
    """Put the ports' adapters in SQL before databases."""
    return Ports(
        inventory=SqlInventory(of_estate),
        relations=SqlRelations(of_estate),
        metrics=SqlMetrics(of_estate),
        history=SqlHistory(of_estate),
        rules=SqlRules(of_estate),
        versions=SqlVersions(of_estate),
        run_log=SqlRunLog(of_runs),
        cache=MemoryCache(),
        keys=SqlKeys(of_estate),
        documents=SqlDocuments(of_estate),
        vectors=SqlVectors(of_estate),
        embeddings=SqlEmbeddings(of_estate, most=MOST),
        teams=SqlTeams(of_estate),
        projects=SqlProjects(of_estate),
        work_items=SqlWorkItems(of_estate),
        sessions=SqlSessions(of_estate),
        activities=SqlActivities(of_estate),
    )


@asynccontextmanager
async def sqlite_ports(empty_files: Path, folder: Path) -> AsyncIterator[Ports]:
    """Open an empty estate in SQLite."""
    for schema in SCHEMAS:
        await anyio.to_thread.run_sync(
            shutil.copy, empty_files / f"{schema}.db", folder / f"{schema}.db"
        )
    of_estate = await SqliteDatabase.open(folder / "estate.db")
    of_runs = await SqliteDatabase.open(folder / "runs.db", schema="runs")
    try:
        yield sql_ports(of_estate, of_runs)
    finally:
        await of_estate.close()
        await of_runs.close()


@asynccontextmanager
async def astra_ports(empty_files: Path, folder: Path) -> AsyncIterator[Ports]:
    """Open an empty estate in SQLite, whose vectors the Data API's stand-in finds."""
    async with AsyncExitStack() as stack:
        ports = await stack.enter_async_context(sqlite_ports(empty_files, folder))
        of_estate = await SqliteDatabase.open(folder / "estate.db")
        stack.push_async_callback(of_estate.close)
        api = await anyio.to_thread.run_sync(stack.enter_context, serving_in_thread())
        client = AsyncAstraClient(api.url, token=TOKEN)
        await stack.enter_async_context(client)
        documents = SqlDocuments(of_estate, keeps_vectors=False)
        vectors = AstraVectors(client, kept=ports.vectors, documents=documents)
        yield replace(ports, documents=documents, vectors=vectors)
