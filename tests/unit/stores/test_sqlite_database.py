"""What a caller of SQLite's threads may count on, whatever happens to it."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random

import anyio
import pytest
from patience import GUARD_S
from sqlalchemy import Connection, text

from headwater.errors import DeadlineExceeded, HeadwaterError, LimitError, StoreFault
from headwater.stores.sql.sqlite_database import SqliteDatabase
from headwater.stores.sql.sqlite_job import WatchedConnection
from headwater.stores.sql.sqlite_thread import SqliteThread

ENDLESS = text(
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
)
ADD = text("INSERT INTO data_version (tenant_id, port, number) VALUES ('t', :port, 1)")
COUNT = text("SELECT count(*) FROM data_version")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "estate.db"


def count(connection: Connection) -> int:
    return connection.execute(COUNT).scalar_one()


def endless(connection: Connection) -> int:
    return connection.execute(ENDLESS).scalar_one()


def held() -> tuple[int, int]:
    """Count this process's descriptors and threads."""
    return len(list(Path("/proc/self/fd").iterdir())), threading.active_count()


class NeverRollsBack(SqliteThread):
    """The safeguard taken out."""

    def roll_back(self, connection: Connection, driver: WatchedConnection) -> None:
        """Leave whatever the job left."""


async def test_a_write_is_committed_when_its_work_returns(path: Path) -> None:
    database = await SqliteDatabase.open(path)
    await database.write(lambda connection: connection.execute(ADD, {"port": "a"}))
    assert await database.read(count) == 1
    await database.close()


async def test_a_write_that_fails_leaves_nothing(path: Path) -> None:
    database = await SqliteDatabase.open(path)

    def work(connection: Connection) -> None:
        connection.execute(ADD, {"port": "a"})
        raise LookupError("no")

    with pytest.raises(LookupError):
        await database.write(work)
    assert await database.read(count) == 0
    await database.close()


async def test_a_commit_that_fails_leaves_the_next_caller_unharmed(path: Path) -> None:
    database = await SqliteDatabase.open(path, setup=("PRAGMA foreign_keys = ON",))

    def refused(connection: Connection) -> None:
        connection.execute(ADD, {"port": "a"})
        connection.execute(text("CREATE TABLE one (id INTEGER PRIMARY KEY)"))
        connection.execute(
            text("CREATE TABLE two (id REFERENCES one(id) DEFERRABLE INITIALLY DEFERRED)")
        )
        connection.execute(text("INSERT INTO two VALUES (7)"))

    await database.write(lambda connection: connection.execute(ADD, {"port": "kept"}))
    with pytest.raises(Exception, match="FOREIGN KEY"):
        await database.write(refused)
    await database.write(lambda connection: connection.execute(ADD, {"port": "b"}))
    assert await database.read(count) == 2
    await database.close()


async def test_a_reader_sees_one_snapshot_while_others_write(path: Path) -> None:
    database = await SqliteDatabase.open(path)
    seen, written = threading.Event(), threading.Event()

    def work(connection: Connection) -> tuple[int, int]:
        before = count(connection)
        seen.set()
        written.wait(GUARD_S)
        return before, count(connection)

    async with anyio.create_task_group() as group:

        async def write() -> None:
            await anyio.to_thread.run_sync(seen.wait, GUARD_S)
            await database.write(lambda connection: connection.execute(ADD, {"port": "a"}))
            written.set()

        group.start_soon(write)
        with anyio.fail_after(GUARD_S):
            assert await database.read(work) == (0, 0)
    assert await database.read(count) == 1
    await database.close()


async def test_a_reader_cannot_leave_a_write_behind(path: Path) -> None:
    database = await SqliteDatabase.open(path, readers=1)
    await database.read(lambda connection: connection.execute(ADD, {"port": "a"}).rowcount)
    assert await database.read(count) == 0
    await database.close()


async def test_reads_that_wait_share_a_snapshot_and_later_ones_see_what_was_written(
    path: Path,
) -> None:
    database = await SqliteDatabase.open(path, readers=1)
    holding, both_wait, seen, written = (threading.Event() for _ in range(4))
    found: dict[str, int] = {}

    def hold(connection: Connection) -> int:
        holding.set()
        both_wait.wait(GUARD_S)
        return count(connection)

    def see(connection: Connection) -> int:
        before = count(connection)
        seen.set()
        written.wait(GUARD_S)
        return before

    async def read(name: str, work: Callable[[Connection], int]) -> None:
        found[name] = await database.read(work)

    async with anyio.create_task_group() as group:
        group.start_soon(read, "holds", hold)
        await anyio.to_thread.run_sync(holding.wait, GUARD_S)
        group.start_soon(read, "first", see)
        group.start_soon(read, "shares", count)
        await anyio.wait_all_tasks_blocked()
        both_wait.set()
        await anyio.to_thread.run_sync(seen.wait, GUARD_S)
        await database.write(lambda connection: connection.execute(ADD, {"port": "a"}))
        group.start_soon(read, "later", count)
        await anyio.wait_all_tasks_blocked()
        written.set()
    assert found == {"holds": 0, "first": 0, "shares": 0, "later": 1}
    await database.close()


async def test_what_a_reader_wrote_is_gone_for_the_reads_that_wait_behind_it(path: Path) -> None:
    database = await SqliteDatabase.open(path, readers=1)
    holding, all_wait = threading.Event(), threading.Event()
    found: list[int] = []

    def hold(connection: Connection) -> int:
        holding.set()
        all_wait.wait(GUARD_S)
        return connection.execute(ADD, {"port": "a"}).rowcount

    def add(connection: Connection) -> int:
        return connection.execute(ADD, {"port": "b"}).rowcount

    async def read(work: Callable[[Connection], int]) -> None:
        found.append(await database.read(work))

    async with anyio.create_task_group() as group:
        group.start_soon(read, hold)
        await anyio.to_thread.run_sync(holding.wait, GUARD_S)
        for work in (count, add, count, count):
            group.start_soon(read, work)
        await anyio.wait_all_tasks_blocked()
        all_wait.set()
    assert found == [1, 0, 1, 0, 0]
    await database.close()


@pytest.mark.parametrize("kind", ["read", "write"])
async def test_a_cancelled_statement_stops_and_its_caller_is_let_go(path: Path, kind: str) -> None:
    database = await SqliteDatabase.open(path, readers=1)
    with anyio.fail_after(GUARD_S), anyio.move_on_after(0.1) as scope:
        await getattr(database, kind)(endless)
    assert scope.cancelled_caught
    with anyio.fail_after(GUARD_S):  # the same connection serves the next caller
        assert await getattr(database, kind)(count) == 0
    await database.close()


async def test_a_deadline_holds_even_where_the_loop_is_held_up(path: Path) -> None:
    database = await SqliteDatabase.open(path, readers=1)
    ended = threading.Event()

    def work(connection: Connection) -> None:
        try:
            endless(connection)
        finally:
            ended.set()

    async def call() -> None:
        with suppress(DeadlineExceeded):
            await database.read(work)

    with anyio.move_on_after(0.1):
        async with anyio.create_task_group() as group:
            group.start_soon(call)
            await anyio.lowlevel.checkpoint()
            assert ended.wait(GUARD_S), "nobody could cancel meanwhile"
    await database.close()


async def test_a_deadline_that_the_thread_finds_first_has_a_code(path: Path) -> None:
    database = await SqliteDatabase.open(path, readers=1)
    caught: list[BaseException] = []

    def work(connection: Connection) -> None:
        connection.connection.driver_connection.job.deadline_at = 0.0
        count(connection)

    try:
        with anyio.fail_after(GUARD_S):
            await database.read(work)
    except DeadlineExceeded as error:
        caught.append(error)
    assert [error.code for error in caught if isinstance(error, HeadwaterError)] == [
        "store.deadline"
    ]
    await database.close()


async def test_a_job_cancelled_in_the_queue_never_starts(path: Path) -> None:
    database = await SqliteDatabase.open(path, readers=1)
    begun, release, started = threading.Event(), threading.Event(), []

    def hold(_: Connection) -> None:
        begun.set()
        release.wait(GUARD_S)

    async with anyio.create_task_group() as group:
        group.start_soon(database.read, hold)
        await anyio.to_thread.run_sync(begun.wait, GUARD_S)
        with anyio.move_on_after(0.05):
            await database.read(lambda _: started.append(1))
        release.set()
    assert await database.read(count) == 0
    assert started == []
    await database.close()


async def test_plain_code_between_statements_stops_at_its_next_one(path: Path) -> None:
    database = await SqliteDatabase.open(path, readers=1)
    rounds = []

    def work(connection: Connection) -> None:
        while True:
            rounds.append(count(connection))

    with anyio.move_on_after(0.05), anyio.fail_after(GUARD_S):
        await database.read(work)
    assert rounds
    assert await database.read(count) == 0
    await database.close()


async def test_one_callers_cancellation_never_stops_anothers_statement(path: Path) -> None:
    database = await SqliteDatabase.open(path, readers=1)
    rng = Random(7)
    short = text(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) "
        "SELECT count(*) FROM n"
    )
    with anyio.fail_after(GUARD_S):
        for _ in range(60):
            with anyio.move_on_after(rng.random() * 0.004):
                await database.read(endless)
            assert await database.read(lambda c: c.execute(short).scalar_one()) == 20000
    await database.close()


async def cancelled_writes(database: SqliteDatabase, *, tries: int, seed: int) -> set[str]:
    """Cancel writes of two rows at random moments; return those told to have succeeded."""
    rng, done = Random(seed), set()
    slow = text(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :rows) "
        "SELECT count(*) FROM n"
    )

    for number in range(tries):
        rows = rng.choice([0, 1_000, 30_000])

        def work(connection: Connection, number: int = number, rows: int = rows) -> None:
            connection.execute(ADD, {"port": f"{number}-first"})
            connection.execute(slow, {"rows": rows}).scalar_one()
            connection.execute(ADD, {"port": f"{number}-second"})

        patience_s = rng.choice([0.0, GUARD_S, *(rng.random() * 0.006 for _ in range(8))])
        with anyio.move_on_after(patience_s):  # at once, never, or at some moment
            await database.write(work)
            done.add(str(number))
    return done


def rows_by_number(connection: Connection) -> dict[str, int]:
    rows: dict[str, int] = {}
    for port in connection.execute(text("SELECT port FROM data_version")).scalars():
        number = port.split("-")[0]
        rows[number] = rows.get(number, 0) + 1
    return rows


async def check_cancelled_writes(path: Path, *, tries: int, seed: int) -> None:
    database = await SqliteDatabase.open(path)
    try:
        await database.read(count)
        await database.write(count)
        before = held()
        done = await cancelled_writes(database, tries=tries, seed=seed)
        written = await database.write(rows_by_number)
        assert set(written.values()) <= {2}, "a half of a transaction was kept"
        assert done <= set(written), "what was acknowledged is lost"
        assert 0 < len(done) < tries
        assert held() == before
        other = sqlite3.connect(path, timeout=GUARD_S)
        other.execute("BEGIN IMMEDIATE")  # no transaction was left open
        other.close()
    finally:
        await database.close()


async def test_what_was_cancelled_before_its_end_is_never_committed(path: Path) -> None:
    database = await SqliteDatabase.open(path)

    async def cancelled(number: int) -> None:
        begun, left = threading.Event(), threading.Event()

        def work(connection: Connection) -> None:
            connection.execute(ADD, {"port": f"{number}"})
            begun.set()
            left.wait(GUARD_S)

        async with anyio.create_task_group() as group:
            group.start_soon(database.write, work)
            await anyio.to_thread.run_sync(begun.wait, GUARD_S)
            group.cancel_scope.cancel()
            with anyio.CancelScope(shield=True):
                await anyio.wait_all_tasks_blocked()  # the caller was told
                left.set()

    try:
        for number in range(50):
            await cancelled(number)
        assert await database.read(count) == 0
    finally:
        await database.close()


async def test_cancelled_transactions_leave_no_trace(path: Path) -> None:
    await check_cancelled_writes(path, tries=500, seed=1)


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_ten_thousand_cancelled_transactions_leave_no_trace(path: Path) -> None:
    await check_cancelled_writes(path, tries=10_000, seed=2)


async def test_without_the_rollback_the_next_caller_would_suffer(path: Path) -> None:
    await (await SqliteDatabase.open(path)).close()
    database = SqliteDatabase(path, thread=NeverRollsBack)

    def work(connection: Connection) -> None:
        connection.execute(ADD, {"port": "a"})
        raise LookupError("no")

    with pytest.raises(LookupError):
        await database.write(work)
    with pytest.raises(StoreFault):
        await database.write(count)
    await database.close()


async def test_cancelled_opening_gains_no_descriptors_and_no_threads(path: Path) -> None:
    rng = Random(3)
    await (await SqliteDatabase.open(path)).close()
    before = held()
    for _ in range(100):
        with anyio.move_on_after(rng.random() * 0.006):
            database = await SqliteDatabase.open(path)
            with anyio.CancelScope(shield=True):
                await database.close()
    with anyio.fail_after(GUARD_S):
        while threading.active_count() > before[1]:  # noqa: ASYNC110 (the system tells nobody)
            await anyio.sleep(0.001)
    assert held() <= before


async def test_too_many_waiting_calls_are_refused(path: Path) -> None:
    await (await SqliteDatabase.open(path)).close()
    database = SqliteDatabase(path, readers=1, max_waiting=2)
    release, started = threading.Event(), anyio.Event()
    codes: list[str] = []

    async def call() -> None:
        try:
            await database.read(lambda _: release.wait(GUARD_S))
        except LimitError as error:
            codes.append(error.code)

    async with anyio.create_task_group() as group:
        for _ in range(6):
            group.start_soon(call)
        while not codes:  # noqa: ASYNC110 (nothing to wait on)
            await anyio.sleep(0.001)
        started.set()
        release.set()
    assert set(codes) == {"store.overloaded"}
    await database.close()


async def test_closing_stops_what_runs_and_refuses_what_comes(path: Path) -> None:
    database = await SqliteDatabase.open(path, readers=1)
    codes: list[str] = []

    async def call() -> None:
        try:
            await database.read(endless)
        except StoreFault as error:
            codes.append(error.code)

    async with anyio.create_task_group() as group:
        group.start_soon(call)
        group.start_soon(call)
        await anyio.sleep(0.05)  # one runs, one waits
        with anyio.fail_after(GUARD_S):
            await database.close()
    await call()
    assert codes == ["store.closed"] * 3
    await database.close()
    assert database.abandoned == 0
