"""Every adapter behind its ports, on every loop that it runs on."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest

from contract.estates import Ports
from headwater.stores.memory.cache import MemoryCache
from headwater.stores.memory.estate import MemoryEstate
from headwater.stores.memory.history import MemoryHistory
from headwater.stores.memory.inventory import MemoryInventory
from headwater.stores.memory.keys import MemoryKeys
from headwater.stores.memory.metrics import MemoryMetrics
from headwater.stores.memory.relations import MemoryRelations
from headwater.stores.memory.rules import MemoryRules
from headwater.stores.memory.run_log import MemoryRunLog
from headwater.stores.memory.versions import MemoryVersions
from headwater.stores.sql.history import SqlHistory
from headwater.stores.sql.inventory import SqlInventory
from headwater.stores.sql.keys import SqlKeys
from headwater.stores.sql.metrics import SqlMetrics
from headwater.stores.sql.relations import SqlRelations
from headwater.stores.sql.rules import SqlRules
from headwater.stores.sql.run_log import SqlRunLog
from headwater.stores.sql.sqlite_database import SqliteDatabase
from headwater.stores.sql.versions import SqlVersions

SCHEMAS = ("estate", "runs")


@pytest.fixture(params=["memory", "memory-trio", "sqlite"])
def adapter(request: pytest.FixtureRequest) -> str:
    """Name the adapter under test, and the loop where it is not asyncio."""
    return str(request.param)


@pytest.fixture
def anyio_backend(adapter: str) -> str:
    """Run on the loop that the adapter's name says."""
    return "trio" if adapter.endswith("trio") else "asyncio"


@pytest.fixture(scope="session")
def empty_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make SQLite files with empty tables once, to be copied: setting up the schema takes long."""
    folder = tmp_path_factory.mktemp("empty")

    async def make() -> None:
        for schema in SCHEMAS:
            database = await SqliteDatabase.open(folder / f"{schema}.db", schema=schema)
            await database.close()

    anyio.run(make)
    return folder


@pytest.fixture
async def estate(adapter: str, empty_files: Path, tmp_path: Path) -> AsyncIterator[Ports]:
    """Give the ports of an empty estate."""
    if adapter == "sqlite":
        async with sqlite_ports(empty_files, tmp_path) as ports:
            yield ports
    else:
        yield memory_ports()


@pytest.fixture
async def memory() -> Ports:
    """Give the ports of an empty estate in memory, to compare others with."""
    return memory_ports()


@pytest.fixture
async def sqlite(empty_files: Path, tmp_path: Path) -> AsyncIterator[Ports]:
    """Give the ports of an empty estate in SQLite."""
    async with sqlite_ports(empty_files, tmp_path) as ports:
        yield ports


def memory_ports() -> Ports:
    """Make an empty estate in memory."""
    estate = MemoryEstate()
    return Ports(
        inventory=MemoryInventory(estate),
        relations=MemoryRelations(estate),
        metrics=MemoryMetrics(estate),
        history=MemoryHistory(estate),
        rules=MemoryRules(estate),
        versions=MemoryVersions(estate),
        run_log=MemoryRunLog(),
        cache=MemoryCache(),
        keys=MemoryKeys(),
    )


@asynccontextmanager
async def sqlite_ports(empty_files: Path, folder: Path) -> AsyncIterator[Ports]:
    """Open an empty estate in SQLite."""
    for schema in SCHEMAS:
        await anyio.to_thread.run_sync(
            shutil.copy, empty_files / f"{schema}.db", folder / f"{schema}.db"
        )
    estate = await SqliteDatabase.open(folder / "estate.db")
    runs = await SqliteDatabase.open(folder / "runs.db", schema="runs")
    try:
        yield Ports(
            inventory=SqlInventory(estate),
            relations=SqlRelations(estate),
            metrics=SqlMetrics(estate),
            history=SqlHistory(estate),
            rules=SqlRules(estate),
            versions=SqlVersions(estate),
            run_log=SqlRunLog(runs),
            cache=MemoryCache(),
            keys=SqlKeys(estate),
        )
    finally:
        await estate.close()
        await runs.close()
