"""How does one thread carry out units of work on its own SQLite connection?

The connection is opened, used and closed here and nowhere else. It is always rolled back
before it is used again; where that fails it is thrown away. Only reads that were asked for before
a snapshot was taken, and follow one that read it well, share that snapshot. Next:
`headwater.stores.sql.sqlite_connection`
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError

from headwater.errors import StoreFault
from headwater.stores.sql.sqlite_connection import wrapped
from headwater.stores.sql.sqlite_faults import fault_of, file_identity, replaced
from headwater.stores.sql.sqlite_job import (
    Answers,
    Job,
    Stopped,
    WatchedConnection,
    deadline_passed,
)
from headwater.stores.sql.sqlite_queue import JobQueue, Seat

BUSY_STEP_S = 0.005
BUSY_LIMIT_S = 10.0
"""How long to wait for another process's transaction, within the caller's deadline."""


class SqliteThread:
    """A daemon thread that takes jobs from a queue until it is closed.

    Args:
        engine: Makes the connection, in this thread, when the first job comes.
        path: The database's file, for messages.
        jobs: Where jobs are taken from; readers share one.
        seat: Its place there.
        answers: Where results go.
        writes: Begin each transaction as a writer, and commit it when its work returns.
        on_end: Called at the thread's end.
    """

    def __init__(
        self,
        engine: Engine,
        path: Path,
        jobs: JobQueue,
        *,
        seat: Seat,
        answers: Answers,
        writes: bool,
        on_end: Callable[[], None],
    ) -> None:
        self.current: Job | None = None
        self._engine = engine
        self._path = path
        self._jobs = jobs
        self._seat = seat
        self._answers = answers
        self._writes = writes
        self._on_end = on_end
        self._connection: Connection | None = None
        self._file: tuple[int, int] | None = None
        self._idle = threading.Event()
        self._begun = False
        self._snapshot_at: float | None = None
        """When the transaction that is open for the next read began; None where there is none."""
        self._changes = 0
        self._over = False
        name = "headwater-sqlite-writer" if writes else "headwater-sqlite-reader"
        self._thread = threading.Thread(target=self._serve, name=name, daemon=True)

    def start(self) -> None:
        """Start taking jobs."""
        self._thread.start()

    def alive(self) -> bool:
        """Tell whether the thread still runs."""
        return self._thread.is_alive() and not self._over

    def _serve(self) -> None:
        try:
            while (job := self._next()) is not None:
                self._carry_out(job)
                del job  # its result must not live until the next one comes
        finally:
            self._disconnect()
            self._over = True
            self._on_end()

    def _next(self) -> Job | None:
        """Return the next job; no snapshot is held while there is none."""
        if self._snapshot_at is not None:
            job = self._jobs.take_at_once(self._seat)
            if job is not None:
                return job
            self._make_clean()
        return self._jobs.take(self._seat)

    def _carry_out(self, job: Job) -> None:
        self.current = job
        job.started = True
        if job.stopped:
            self.current = None
            return
        result, error = None, None
        try:
            result = self._attempt(job)
        except BaseException as caught:  # noqa: BLE001, ASYNC103  it is the caller's: delivered, not kept
            error = self._told(caught, job)
        self.current = None
        self._answers.give(job, result, error)

    def _attempt(self, job: Job) -> Any:
        give_up_at = time.monotonic() + BUSY_LIMIT_S
        while True:
            try:
                return self._transact(job)
            except (sqlite3.OperationalError, OperationalError) as error:
                if not self._may_repeat(error) or time.monotonic() >= give_up_at:
                    raise
            job.check()
            self._idle.wait(BUSY_STEP_S)

    def _may_repeat(self, error: sqlite3.OperationalError | OperationalError) -> bool:
        """Tell whether another process was in the way before the work had any effect."""
        original = error.orig if isinstance(error, OperationalError) else error
        code = getattr(original, "sqlite_errorcode", 0)
        return code & 0xFF == sqlite3.SQLITE_BUSY and not (self._begun and self._writes)

    def _transact(self, job: Job) -> Any:
        self._begun = False
        if self._snapshot_at is not None and job.asked_at > self._snapshot_at:
            self._make_clean()  # what was written before it was asked for must be seen
        connection, driver = self._connected()
        driver.job = job
        shared = False
        try:
            job.check()
            if self._snapshot_at is None:
                self._begin(driver)
            self._begun = True
            result = job.work(connection)
            if self._writes:
                self._commit(connection, job)
            shared = self._may_share(driver)
        except BaseException as error:
            # A cursor that a failed frame still holds would keep its snapshot open.
            traceback.clear_frames(error.__traceback__)
            raise
        else:
            return result
        finally:
            driver.job = None
            if not shared:
                self._make_clean()

    def _begin(self, driver: WatchedConnection) -> None:
        if self._writes:
            driver.execute("BEGIN IMMEDIATE")
            return
        began_at = time.monotonic()  # the snapshot is taken later, by the first statement
        driver.execute("BEGIN")
        self._snapshot_at, self._changes = began_at, driver.total_changes

    def _may_share(self, driver: WatchedConnection) -> bool:
        """Tell whether a read that waits may go on in the transaction of the one just done."""
        return (
            not self._writes
            and len(self._jobs) > 0
            and driver.in_transaction
            and driver.total_changes == self._changes
        )

    def _commit(self, connection: Connection, job: Job) -> None:
        job.check()
        if not job.decide():
            raise Stopped
        driver = wrapped(connection)
        driver.job = None
        if connection.in_transaction():
            connection.commit()
        if driver.in_transaction:
            driver.execute("COMMIT")

    def _make_clean(self) -> None:
        """End the transaction, or the connection where that fails."""
        self._snapshot_at = None
        if self._connection is None:
            return
        try:
            self.roll_back(self._connection, wrapped(self._connection))
        except Exception:  # noqa: BLE001  whatever it was, this connection is not used again
            self._disconnect()

    def roll_back(self, connection: Connection, driver: WatchedConnection) -> None:
        """End whatever transaction a job left open."""
        connection.rollback()  # whatever it says of itself: after a commit that failed it says no
        if driver.in_transaction:
            driver.execute("ROLLBACK")

    def _told(self, error: BaseException, job: Job) -> BaseException:
        """Explain an error, or give it as it is: if the thread died here, all would wait."""
        try:
            return self._explain(error, job)
        except Exception:  # noqa: BLE001  whatever it was, the first error says more
            return error

    def _explain(self, error: BaseException, job: Job) -> BaseException:
        fault = fault_of(error, path=self._path)
        if isinstance(fault, Stopped) or (fault is not error and job.stopped):
            # A caller who was cancelled reads this no more; one whose database was closed does.
            message = f"{self._path} was closed meanwhile; open it again"
            return StoreFault(message, code="store.closed")
        if isinstance(fault, StoreFault) and job.over():
            return deadline_passed()
        return fault

    def _connected(self) -> tuple[Connection, WatchedConnection]:
        if self._connection is None:
            try:
                self._connection = self._engine.connect()
            except OperationalError as error:
                raise error.orig or error from None
            self._file = file_identity(self._path)
        elif self._writes and file_identity(self._path) != self._file:
            raise replaced(self._path)  # what is written to a file without a name is lost
        return self._connection, wrapped(self._connection)

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(Exception):
                connection.invalidate()
            with contextlib.suppress(Exception):
                connection.close()
