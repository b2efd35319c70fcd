"""What SQLite files in a bad state lead to: a fault that names what to change, and no loss."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest
from patience import GUARD_S
from sqlalchemy import Connection, text

from headwater.errors import HeadwaterError, StoreFault, UsageError
from headwater.model.item import ItemRecord
from headwater.model.load import Rows
from headwater.model.principal import Principal
from headwater.stores.sql.inventory import SqlInventory
from headwater.stores.sql.sqlite_database import SqliteDatabase

ME = Principal()


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "estate.db"


def numbered(count: int, *, start: int = 0) -> Rows[ItemRecord]:
    rows: Rows[ItemRecord] = Rows("items.jsonl")
    rows.records = [
        (number, ItemRecord(code=f"c{number}", name=f"n{number}", type="host"))
        for number in range(start, start + count)
    ]
    return rows


async def refused(path: Path) -> HeadwaterError:
    with pytest.raises(HeadwaterError) as caught:
        await SqliteDatabase.open(path)
    assert str(path) in caught.value.message or str(path.parent) in caught.value.message
    return caught.value


async def test_a_file_that_is_no_database_is_refused_by_name(path: Path) -> None:
    content = b"these are not the pages of a database\n" * 100
    await anyio.Path(path).write_bytes(content)
    assert (await refused(path)).code == "store.not_a_database"
    assert await anyio.Path(path).read_bytes() == content


async def test_another_programs_database_is_left_alone(path: Path) -> None:
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE recipe (name)")
    other.commit()
    other.close()
    assert (await refused(path)).code == "store.not_ours"


async def test_a_newer_schema_is_refused(path: Path) -> None:
    await (await SqliteDatabase.open(path)).close()
    other = sqlite3.connect(path)
    other.execute("UPDATE alembic_version SET version_num = 'estate_9999'")
    other.commit()
    other.close()
    error = await refused(path)
    assert isinstance(error, UsageError)
    assert error.code == "store.newer_schema"
    assert "upgrade" in error.message


async def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    assert (await refused(tmp_path / "no" / "estate.db")).code == "store.no_folder"


async def test_a_folder_in_the_files_place_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "estate.db"
    folder.mkdir()
    assert (await refused(folder)).code == "store.is_folder"


async def test_a_path_too_long_for_the_system_is_refused_and_keeps_nobody_waiting(
    tmp_path: Path,
) -> None:
    with anyio.fail_after(GUARD_S):
        assert (await refused(tmp_path / ("d/" * 3000) / "estate.db")).code == "store.no_folder"


async def test_a_file_removed_while_it_is_open_takes_no_more_writes(tmp_path: Path) -> None:
    """A write to a file without a name would be acknowledged, and lost."""
    database = await SqliteDatabase.open(tmp_path / "estate.db", readers=1)
    add = text("INSERT INTO data_version (tenant_id, port, number) VALUES ('t', 'a', 1)")
    await anyio.Path(tmp_path / "estate.db").unlink()
    with pytest.raises(StoreFault) as refused:
        await database.write(lambda connection: connection.execute(add).rowcount)
    assert refused.value.code == "store.replaced"
    await database.close()


@pytest.fixture
def for_everyone() -> Iterator[Path]:
    """Give a folder that others may enter: pytest closes its own whenever it starts anywhere."""
    with tempfile.TemporaryDirectory() as made:
        Path(made).chmod(0o755)
        yield Path(made)


READ_ONLY = """
import os, sys
import anyio
from headwater.errors import StoreFault
from headwater.stores.sql.sqlite_database import SqliteDatabase
os.setgroups([]); os.setgid(65534); os.setuid(65534)
async def main():
    try:
        await SqliteDatabase.open(sys.argv[1])
    except StoreFault as error:
        print(error.code, error.message)
anyio.run(main)
"""


@pytest.mark.skipif(os.getuid() != 0, reason="needs root, to become someone with fewer rights")
@pytest.mark.parametrize("exists", [True, False])
async def test_a_read_only_folder_is_named(for_everyone: Path, exists: bool) -> None:
    folder = for_everyone / "locked"
    folder.mkdir()
    path = folder / "estate.db"
    if exists:
        await (await SqliteDatabase.open(path)).close()
        path.chmod(0o444)
    folder.chmod(0o555)
    done = await anyio.run_process([sys.executable, "-c", READ_ONLY, str(path)], check=False)
    assert done.stdout.decode().startswith("store.read_only"), done.stderr.decode()
    assert str(folder) in done.stdout.decode()


async def test_a_full_disk_is_said_and_nothing_is_lost(path: Path) -> None:
    database = await SqliteDatabase.open(path)
    await SqlInventory(database).load(numbered(10), replace=False, principal=ME)
    await database.close()

    tight = await SqliteDatabase.open(path, setup=("PRAGMA max_page_count = 80",))
    inventory = SqlInventory(tight)
    with pytest.raises(StoreFault) as caught:
        await inventory.load(numbered(20_000), replace=False, principal=ME)
    assert caught.value.code == "store.full"
    assert len(await inventory.batch(0, limit=100, principal=ME)) == 10
    await inventory.load(numbered(1, start=11), replace=False, principal=ME)
    assert len(await inventory.batch(0, limit=100, principal=ME)) == 11
    await tight.close()


async def test_a_damaged_file_is_said_to_be_damaged(path: Path) -> None:
    database = await SqliteDatabase.open(path)
    await SqlInventory(database).load(numbered(2_000), replace=False, principal=ME)
    await database.close()
    content = bytearray(await anyio.Path(path).read_bytes())
    content[8192:] = b"\xa5" * (len(content) - 8192)
    await anyio.Path(path).write_bytes(bytes(content))

    async def read_all() -> None:
        damaged = await SqliteDatabase.open(path)
        try:
            await SqlInventory(damaged).batch(0, limit=2_000, principal=ME)
        finally:
            await damaged.close()

    with pytest.raises(StoreFault) as caught:
        await read_all()
    assert caught.value.code == "store.corrupt"


async def test_a_write_waits_for_another_process_within_its_deadline(path: Path) -> None:
    database = await SqliteDatabase.open(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    started_at = time.monotonic()
    with anyio.fail_after(GUARD_S), anyio.move_on_after(0.2) as scope:
        await SqlInventory(database).load(numbered(1), replace=False, principal=ME)
    assert scope.cancelled_caught
    assert time.monotonic() - started_at > 0.15

    async with anyio.create_task_group() as group:
        with anyio.fail_after(GUARD_S):

            async def load() -> None:
                await SqlInventory(database).load(numbered(1), replace=False, principal=ME)

            group.start_soon(load)
            await anyio.sleep(0.05)
            other.execute("COMMIT")
    assert len(await SqlInventory(database).batch(0, limit=10, principal=ME)) == 1
    other.close()
    await database.close()


LOADER = """
import sys
import anyio
from headwater.model.item import ItemRecord
from headwater.model.load import Rows
from headwater.model.principal import Principal
from headwater.stores.sql.inventory import SqlInventory
from headwater.stores.sql.sqlite_database import SqliteDatabase
def records():
    for number in range(10**9):
        if number == 9000:
            print("half way", flush=True)
        yield number, ItemRecord(code=f"new{number}", name="n", type="host")
async def main():
    database = await SqliteDatabase.open(sys.argv[1])
    rows = Rows("items.jsonl")
    rows.records = records()
    await SqlInventory(database).load(rows, replace=True, principal=Principal())
anyio.run(main)
"""


async def test_a_kill_in_the_middle_of_a_load_loses_nothing_that_was_there(path: Path) -> None:
    database = await SqliteDatabase.open(path)
    await SqlInventory(database).load(numbered(50), replace=False, principal=ME)
    await database.close()
    async with await anyio.open_process(
        [sys.executable, "-c", LOADER, str(path)], stderr=subprocess.DEVNULL
    ) as child:
        assert child.stdout is not None
        with anyio.fail_after(GUARD_S):
            assert b"half way" in await child.stdout.receive()
        child.send_signal(signal.SIGKILL)
        await child.wait()

    database = await SqliteDatabase.open(path)
    found = await SqlInventory(database).batch(0, limit=1_000, principal=ME)
    assert [each.code for each in found] == [f"c{number}" for number in range(50)]
    await SqlInventory(database).load(numbered(1, start=60), replace=False, principal=ME)
    await database.close()


async def test_two_processes_may_make_one_file_at_once(path: Path) -> None:
    program = LOADER.replace("10**9", "40").replace("new{number}", "{sys.argv[2]}{number}")
    program = program.replace("replace=True", "replace=False")

    async def load(name: str) -> None:
        command = [sys.executable, "-c", program, str(path), name]
        with anyio.fail_after(GUARD_S):
            await anyio.run_process(command)

    async with anyio.create_task_group() as group:
        group.start_soon(load, "a")
        group.start_soon(load, "b")
    database = await SqliteDatabase.open(path)
    assert len(await SqlInventory(database).batch(0, limit=100, principal=ME)) == 80
    await database.close()


async def test_a_process_with_a_busy_thread_still_ends(path: Path) -> None:
    program = """
import sys, threading, anyio
from sqlalchemy import text
from headwater.stores.sql.sqlite_database import SqliteDatabase
SQL = text("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n")
begun = threading.Event()
def work(connection):
    begun.set()
    connection.execute(SQL)
async def main():
    database = await SqliteDatabase.open(sys.argv[1])
    async with anyio.create_task_group() as group:
        group.start_soon(database.read, work)
        await anyio.to_thread.run_sync(begun.wait)
        sys.exit(7)
anyio.run(main)
"""
    with anyio.fail_after(GUARD_S):
        command = [sys.executable, "-c", program, str(path)]
        done = await anyio.run_process(command, check=False)
    assert done.returncode != 0  # it ended, and not by itself


async def test_opening_a_file_that_is_up_to_date_needs_no_migration(path: Path) -> None:
    await (await SqliteDatabase.open(path)).close()
    program = """
import sys, anyio
from headwater.stores.sql.sqlite_database import SqliteDatabase
async def main():
    await (await SqliteDatabase.open(sys.argv[1])).close()
anyio.run(main)
print("alembic" in sys.modules)
"""
    done = await anyio.run_process([sys.executable, "-c", program, str(path)])
    assert done.stdout.decode().strip() == "False"


async def test_what_was_loaded_without_a_text_index_is_found_with_one(path: Path) -> None:
    database = await SqliteDatabase.open(path)
    inventory = SqlInventory(database)

    def unbuild(connection: Connection) -> None:
        connection.execute(text("DROP TABLE item_text"))

    await database.write(unbuild)
    await inventory.load(numbered(5), replace=False, principal=ME)
    await database.close()

    database = await SqliteDatabase.open(path)

    def found(connection: Connection) -> int:
        query = text("SELECT count(*) FROM item_text WHERE item_text MATCH 'c3'")
        return connection.execute(query).scalar_one()

    assert await database.read(found) == 1
    await database.close()
