"""Short units of work do not wait behind long ones, and threads do not crowd for them."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from random import Random

import anyio
import pytest
from patience import GUARD_S
from sqlalchemy import Connection

from headwater.stores.sql.sqlite_database import SqliteDatabase
from headwater.stores.sql.sqlite_job import Job
from headwater.stores.sql.sqlite_queue import JobQueue, Seat


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "estate.db"


@pytest.fixture
async def held(path: Path) -> AsyncIterator[SqliteDatabase]:
    """Give a database of three readers, of which one is held up."""
    database = await SqliteDatabase.open(path, readers=3)
    begun, release = threading.Event(), threading.Event()

    def hold(_: Connection) -> None:
        begun.set()
        release.wait(GUARD_S)

    async with anyio.create_task_group() as group:
        group.start_soon(database.read, hold)
        await anyio.to_thread.run_sync(begun.wait, GUARD_S)
        yield database
        release.set()
    await database.close()


def who(_: Connection) -> int:
    return threading.get_ident()


async def test_one_short_job_behind_a_long_one_is_done_meanwhile(held: SqliteDatabase) -> None:
    with anyio.fail_after(GUARD_S / 2):
        assert await held.read(who)


async def test_many_short_jobs_behind_long_ones_are_done_meanwhile(held: SqliteDatabase) -> None:
    begun, release = threading.Event(), threading.Event()
    done: list[int] = []

    def hold(_: Connection) -> None:
        begun.set()
        release.wait(GUARD_S)

    async def short() -> None:
        done.append(await held.read(who))

    with anyio.fail_after(GUARD_S / 2):
        async with anyio.create_task_group() as group:
            group.start_soon(held.read, hold)  # two of three are held up now
            await anyio.to_thread.run_sync(begun.wait, GUARD_S)
            async with anyio.create_task_group() as shorts:
                for _ in range(200):
                    shorts.start_soon(short)
            release.set()
    assert len(done) == 200
    assert len(set(done)) == 1


def taker(queue: JobQueue, seat: Seat, taken: list[int]) -> threading.Thread:
    """Start a thread that takes jobs and notes its own name for each."""

    def work() -> None:
        while queue.take(seat) is not None:
            taken.append(threading.get_ident())

    thread = threading.Thread(target=work, name="headwater-taker")
    thread.start()
    return thread


async def until(true: Callable[[], bool]) -> None:
    while not true():
        await anyio.lowlevel.checkpoint()


async def test_short_jobs_go_to_one_thread_while_it_keeps_up() -> None:
    queue, job = JobQueue(3, long_s=60), Job(lambda _: None, deadline_at=0.0)
    taken: list[int] = []
    threads = [taker(queue, seat, taken) for seat in queue.seats]
    with anyio.fail_after(GUARD_S):
        for so_far in (20, 40):
            await until(lambda: queue.resting == 3)
            for _ in range(20):
                queue.put(job)
            await until(lambda so_far=so_far: len(taken) == so_far)
    assert queue.close() == []
    for thread in threads:
        await anyio.to_thread.run_sync(thread.join, GUARD_S)
    assert len(set(taken[:20])) == len(set(taken[20:])) == 1


async def test_a_tenant_does_not_wait_behind_all_that_another_one_asked() -> None:
    queue = JobQueue(1)
    (seat,) = queue.seats
    asked = [("noisy", number) for number in range(50)] + [("quiet", 0), (None, 0), ("quiet", 1)]
    for tenant, number in asked:
        job = Job(lambda _: None, deadline_at=float(number))
        queue.put(job, tenant=tenant)
        job.work = tenant  # type: ignore[assignment]
    taken = [queue.take_at_once(seat) for _ in asked]
    whose = [(job.work, job.deadline_at) for job in taken if job is not None]
    assert sorted(whose, key=repr) == sorted(asked, key=repr)
    assert [number for tenant, number in whose if tenant == "noisy"] == list(range(50))
    assert max(whose.index(("quiet", 0)), whose.index((None, 0))) <= 3
    assert whose.index(("quiet", 1)) <= 6
    assert queue.close() == []


async def test_nothing_is_lost_or_left_waiting_in_any_mixture(path: Path) -> None:
    database, dice = await SqliteDatabase.open(path, readers=4), Random(5)
    done: list[int] = []

    async def call(number: int) -> None:
        for each in range(15):
            wait_s = dice.choice([0, 0, 0, 0.001, 0.012])
            give_up_s = dice.choice([GUARD_S, GUARD_S, 0.004])

            def work(_: Connection, wait_s: float = wait_s, own: int = each) -> int:
                if wait_s:
                    threading.Event().wait(wait_s)
                return own

            with anyio.move_on_after(give_up_s):
                assert await database.read(work) == each
        done.append(number)

    with anyio.fail_after(GUARD_S):
        async with anyio.create_task_group() as group:
            for number in range(40):
                group.start_soon(call, number)
    assert len(done) == 40
    await database.close()
