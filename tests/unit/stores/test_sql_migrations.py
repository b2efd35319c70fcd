"""A database of the first version, with data in it, is brought up to date on every server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest
from contract.estates import MINE, at
from contract.places import sql_ports
from patience import GUARD_S
from servers import Servers
from sqlalchemy import Connection, inspect, text

from headwater.errors import UsageError
from headwater.model.event import Event
from headwater.model.query import ItemQuery
from headwater.stores.sql.addresses import read_address
from headwater.stores.sql.database import Database
from headwater.stores.sql.migrations.run import upgrade
from headwater.stores.sql.server_database import open_database
from headwater.stores.sql.server_opening import make_server, open_server
from headwater.stores.sql.sqlite_database import SqliteDatabase

ITEM = (
    "INSERT INTO configuration_item (id, tenant_id, code, name, type, created_at, updated_at, "
    "tags, attributes) VALUES (7, 'mine', 'web', 'Web', 'host', 1, 1, '{}', '{}')"
)
RUN = (
    "INSERT INTO run (tenant_id, run_id, principal, kind, text, asked_at, budget_s) "
    "VALUES ('mine', 'r1', 'olga', 'ask', 'why?', 1, 2.5)"
)
KINDS = ("sqlite", "postgresql", "mariadb")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def first_estate(connection: Connection) -> None:
    upgrade(connection, "estate", revision="estate_0001")
    connection.execute(text(ITEM))


def first_runs(connection: Connection) -> None:
    upgrade(connection, "runs", revision="runs_0001")
    connection.execute(text(RUN))


class Files:
    """The place of a test's databases, of whichever kind."""

    def __init__(self, kind: str, folder: Path, servers: Servers) -> None:
        self.kind = kind
        self._folder = folder
        self._servers = servers

    @asynccontextmanager
    async def made_by_the_first_version(self) -> AsyncIterator[str]:
        """Make the tables of the first version, and give where they are."""
        if self.kind == "sqlite":
            for name, work in (("estate", first_estate), ("runs", first_runs)):
                database = SqliteDatabase(self._folder / f"{name}.db")
                await database.write(work)
                await database.close()
            yield ""
            return
        make = self._servers.postgresql if self.kind == "postgresql" else self._servers.mariadb
        with make() as url:
            async with open_database(make_server(read_address(url)), size=1) as database:
                await database.load(first_estate, tenant=None)
                await database.load(first_runs, tenant=None)
            yield url

    @asynccontextmanager
    async def opened(self, url: str) -> AsyncIterator[tuple[Database, Database]]:
        """Open the databases as this version does."""
        if url:
            async with open_server(read_address(url)) as database:
                yield database, database
            return
        estate = await SqliteDatabase.open(self._folder / "estate.db")
        runs = await SqliteDatabase.open(self._folder / "runs.db", schema="runs")
        try:
            yield estate, runs
        finally:
            await estate.close()
            await runs.close()


@pytest.fixture(params=KINDS)
def files(request: pytest.FixtureRequest, tmp_path: Path, servers: Servers) -> Files:
    return Files(request.param, tmp_path, servers)


async def test_what_the_first_version_kept_is_there_and_goes_on(files: Files) -> None:
    async with files.made_by_the_first_version() as url:
        for seq in (1, 2):  # the second time there is nothing to bring up
            async with files.opened(url) as (estate, runs):
                ports = sql_ports(estate, runs)
                found = await ports.inventory.get("web", principal=MINE)
                assert found is not None
                assert found.id == 7
                listed = await ports.inventory.search(ItemQuery(), principal=MINE)
                assert listed.total == 1
                event = Event(run_id="r1", seq=seq, offset_s=0, kind="k", where="w")
                await ports.run_log.write([], [event])
                events = await ports.run_log.events("r1", principal=MINE)
                assert [each.seq for each in events] == list(range(1, seq + 1))
                assert await ports.keys.tenants()
        async with files.opened(url) as (estate, runs):
            assert await sql_ports(estate, runs).run_log.prune(before=at(0), keep=9) == 1


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
async def test_processes_that_open_at_once_make_the_tables_once(
    kind: str, servers: Servers
) -> None:
    make = servers.postgresql if kind == "postgresql" else servers.mariadb
    with make() as url, anyio.fail_after(GUARD_S):

        async def open_one() -> None:
            async with open_server(read_address(url), size=1) as database:
                await sql_ports(database, database).versions.current(principal=MINE)

        async with anyio.create_task_group() as group:
            for _ in range(4):
                group.start_soon(open_one)


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
async def test_tables_of_another_program_are_left_alone(kind: str, servers: Servers) -> None:
    make = servers.postgresql if kind == "postgresql" else servers.mariadb
    with make() as url:
        async with open_database(make_server(read_address(url)), size=1) as database:
            await database.write(
                lambda c: c.exec_driver_sql("CREATE TABLE tag (x int)"), tenant=None
            )
            with pytest.raises(UsageError) as caught:
                async with open_server(read_address(url)):
                    pass
            assert caught.value.code == "store.not_ours"
            tables = await database.read(lambda c: inspect(c).get_table_names(), tenant=None)
            assert tables == ["tag"]


async def test_a_set_up_that_was_cut_off_begins_again_on_mariadb(servers: Servers) -> None:
    def half(connection: Connection) -> None:
        upgrade(connection, "estate", revision="estate_0001")
        connection.exec_driver_sql("DELETE FROM estate_version")

    with servers.mariadb() as url:
        async with open_database(make_server(read_address(url)), size=1) as database:
            await database.load(half, tenant=None)
        async with open_server(read_address(url)) as database:
            ports = sql_ports(database, database)
            assert (await ports.inventory.search(ItemQuery(), principal=MINE)).total == 0
