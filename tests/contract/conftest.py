"""Every adapter behind its ports, on every loop that it runs on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import anyio
import pytest
from servers import Servers

from contract.estates import Ports
from contract.places import (
    SCHEMAS,
    SERVERS,
    Place,
    astra_ports,
    memory_ports,
    server_place,
    server_ports,
    sqlite_ports,
)
from headwater.services.jobs import DbosJobs
from headwater.stores.sql.sqlite_database import SqliteDatabase


@pytest.fixture(params=["memory", "memory-trio", "sqlite", *SERVERS])
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


@pytest.fixture(scope="session")
def on_postgresql(servers: Servers) -> Iterator[Place]:
    """Make a database of PostgreSQL with empty tables once."""
    with server_place(servers, "postgresql") as place:
        yield place


@pytest.fixture(scope="session")
def on_mariadb(servers: Servers) -> Iterator[Place]:
    """Make a database of MariaDB with empty tables once."""
    with server_place(servers, "mariadb") as place:
        yield place


@pytest.fixture(scope="session")
def jobs_on_postgresql(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Make a database of PostgreSQL with the tables of jobs once, to be copied."""
    folder = tmp_path_factory.mktemp("jobs")

    async def set_up(url: str) -> None:
        async with DbosJobs.open(url, folder=folder, at_once=0):
            pass

    with servers.postgresql() as url:
        with ThreadPoolExecutor(1) as thread:  # we may stand in a loop ourselves
            thread.submit(anyio.run, set_up, url).result()
        yield url


@pytest.fixture
def jobs_url(adapter: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """Give a database without jobs."""
    if adapter == "sqlite":
        yield f"sqlite:///{tmp_path}/jobs.db"
        return
    template = request.getfixturevalue("jobs_on_postgresql")
    servers: Servers = request.getfixturevalue("servers")
    with servers.postgresql(template) as made:
        yield made


@pytest.fixture
def place(adapter: str, request: pytest.FixtureRequest) -> Place | None:
    """Give the database of the server under test, if it is one."""
    if adapter not in SERVERS:
        return None
    found: Place = request.getfixturevalue(f"on_{adapter}")
    return found


@pytest.fixture
async def estate(
    adapter: str, place: Place | None, empty_files: Path, tmp_path: Path
) -> AsyncIterator[Ports]:
    """Give the ports of an empty estate."""
    if place is not None:
        async with server_ports(place) as ports:
            yield ports
    elif adapter == "astra":
        async with astra_ports(empty_files, tmp_path) as ports:
            yield ports
    elif adapter == "sqlite":
        async with sqlite_ports(empty_files, tmp_path) as ports:
            yield ports
    else:
        yield memory_ports()


@pytest.fixture
async def memory() -> Ports:
    """Give the ports of an empty estate in memory, to compare others with."""
    return memory_ports()
