"""How does the loop hand units of work to SQLite's threads, under deadline and cancellation?

One writer and several readers, one hop there and one back. It writes no SQL of its own. Next:
`headwater.stores.sql.sqlite_thread`
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Self, TypeVar

import anyio
from sqlalchemy import Connection

from headwater.errors import DeadlineExceeded, LimitError, StoreFault
from headwater.model.gauge import Gauge
from headwater.stores.sql.schema import Schema, bring_up
from headwater.stores.sql.sqlite_connection import open_engine
from headwater.stores.sql.sqlite_job import Answers, Job
from headwater.stores.sql.sqlite_queue import JobQueue
from headwater.stores.sql.sqlite_thread import SqliteThread

T = TypeVar("T")
READERS = 4
MAX_WAITING = 1000
"""Jobs that may wait for a thread, for readers and for the writer."""
ROLLBACK_S = 0.02
"""How long a cancelled caller waits for its rollback; then the thread alone sees to it."""
CLOSE_S = 2.0
DEADLINE_GRACE_S = 0.01
"""The caller's own scope goes first; the thread's deadline is for a loop that is held up."""


class SqliteDatabase:
    """A SQLite file as a `Database`: make one with `open`, end it with `close`.

    Args:
        path: The file; it is created where there is none, its folder is not.
        readers: Threads, and so connections, that read at the same time.
        max_waiting: Jobs that may wait for a thread before more are refused.
        setup: Statements run on each new connection.
        thread: What carries jobs out.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        readers: int = READERS,
        max_waiting: int = MAX_WAITING,
        setup: tuple[str, ...] = (),
        thread: type[SqliteThread] = SqliteThread,
    ) -> None:
        self.path = Path(path)
        self._loop = asyncio.get_running_loop()
        self._ended = asyncio.Event()
        self._running = 1 + readers
        self._max_waiting = max_waiting
        self._closed = False
        self._reads = JobQueue(readers)
        self._writes = JobQueue(1)
        self._answers = Answers()
        engine = open_engine(self.path, setup=setup)
        self._engine = engine
        self._threads = [
            thread(
                engine,
                self.path,
                queue,
                seat=seat,
                answers=self._answers,
                writes=queue is self._writes,
                on_end=self._thread_ended,
            )
            for queue in (self._writes, self._reads)
            for seat in queue.seats
        ]
        for each in self._threads:
            each.start()

    @classmethod
    async def open(
        cls,
        path: str | Path,
        *,
        schema: Schema = "estate",
        readers: int = READERS,
        setup: tuple[str, ...] = (),
        thread: type[SqliteThread] = SqliteThread,
    ) -> Self:
        """Open or create a file and bring its tables up to date.

        Raises:
            UsageError: `store.not_a_database`, `store.newer_schema`, `store.no_folder`.
            StoreFault: `store.read_only`, `store.full`, `store.busy`, `store.corrupt`.
        """
        database = cls(path, readers=readers, setup=setup, thread=thread)
        try:
            await bring_up(database, schema, where=str(database.path))
        except BaseException:
            with anyio.CancelScope(shield=True):  # bounded: close takes at most CLOSE_S
                await database.close()
            raise
        return database

    async def read(self, work: Callable[[Connection], T], *, tenant: str | None = None) -> T:
        """Run a unit of work that only reads, on one consistent snapshot.

        Raises:
            DeadlineExceeded: `store.deadline`.
            LimitError: `store.overloaded`, too many wait already.
            StoreFault: the database failed.
        """
        return await self._run(work, self._reads, tenant=tenant)

    async def write(self, work: Callable[[Connection], T], *, tenant: str | None = None) -> T:
        """Run a unit of work that writes: committed as a whole, or not at all.

        A caller cancelled in the very moment of the commit cannot know which of the two it was.

        Raises:
            DeadlineExceeded: `store.deadline`; nothing is written.
            LimitError: `store.overloaded`, too many wait already; nothing is written.
            StoreFault: the database failed; nothing is written.
        """
        return await self._run(work, self._writes, tenant=tenant)

    async def load(self, work: Callable[[Connection], T], *, tenant: str | None = None) -> T:
        """Run a unit of work that writes what it reads elsewhere: here as any that writes.

        Raises:
            DeadlineExceeded: as `write`.
            StoreFault: as `write`.
        """
        return await self.write(work, tenant=tenant)

    def gauges(self) -> list[Gauge]:
        """Return how much of the pool is in use, and how many wait, under the file's name."""
        resting = self._reads.resting + self._writes.resting
        told = (
            ("connections_in_use", len(self._threads) - resting, "Connections that a job holds."),
            ("connections_limit", len(self._threads), "Connections to the database at most."),
            ("waiting", len(self._reads) + len(self._writes), "Jobs that wait for a connection."),
        )
        labels = {"file": self.path.name}
        return [
            Gauge(name=f"headwater_database_{name}", value=value, help=text, labels=labels)
            for name, value, text in told
        ]

    async def close(self) -> None:
        """Stop what runs, refuse what waits and end the threads, within two seconds."""
        if not self._closed:
            self._closed = True
            self._refuse([*self._reads.close(), *self._writes.close()])
            for thread in self._threads:
                if (job := thread.current) is not None:
                    job.stop()
        with anyio.move_on_after(CLOSE_S):
            await self._ended.wait()
        self._engine.dispose()

    @property
    def abandoned(self) -> int:
        """Count the threads that outlived `close`; they end with the process."""
        return sum(each.alive() for each in self._threads) if self._closed else 0

    async def _run(
        self, work: Callable[[Connection], T], queue: JobQueue, *, tenant: str | None
    ) -> T:
        """Carry a job out when it is its tenant's turn, which is all that its tenant is for here.

        A file has no second wall: each statement names its tenant.
        """
        if self._closed:
            message = f"{self.path} was closed; open it again"
            raise StoreFault(message, code="store.closed")
        if len(queue) >= self._max_waiting:
            message = f"{self._max_waiting} calls wait for {self.path} already; try again later"
            raise LimitError(message, code="store.overloaded", retry_safe=True)
        remaining_s = anyio.current_effective_deadline() - anyio.current_time()
        job = Job(work, deadline_at=time.monotonic() + remaining_s + DEADLINE_GRACE_S)
        queue.put(job, tenant=tenant)
        try:
            result: T = await job.result()
        except asyncio.CancelledError:
            if job.stop():
                with anyio.move_on_after(ROLLBACK_S, shield=True):
                    await job.ended()
            raise
        except DeadlineExceeded:
            # The scope whose deadline it was may be late to say so: it goes first.
            await anyio.sleep(DEADLINE_GRACE_S)
            raise
        return result

    def _refuse(self, jobs: Iterable[Job]) -> None:
        message = f"{self.path} was closed before its turn came; open it again"
        for job in jobs:
            job.settle(None, StoreFault(message, code="store.closed"))

    def _thread_ended(self) -> None:
        with suppress(RuntimeError):  # the loop was closed: nobody waits
            self._loop.call_soon_threadsafe(self._count_ended)

    def _count_ended(self) -> None:
        self._running -= 1
        if self._running == 0:
            self._ended.set()
