"""What is one unit of work on its way to SQLite's thread and back? It opens no connection."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from sqlalchemy import Connection

from headwater.errors import DeadlineExceeded

Work = Callable[[Connection], Any]


class Stopped(Exception):  # noqa: N818  a condition, not an error; it never leaves the thread
    """Say that the caller of a job has gone."""


def deadline_passed() -> DeadlineExceeded:
    """Make the error of a job whose time is over."""
    message = "the deadline passed while the database was working; give it more time"
    return DeadlineExceeded(message, code="store.deadline")


class Job:
    """A unit of work, its deadline, and where its result goes.

    `asked_at` and `deadline_at` are on the monotonic clock. Whether a write is committed or given
    up is decided once, by whoever takes the verdict first: the thread before it commits, or the
    caller.
    """

    __slots__ = ("_ended", "_future", "_loop", "_verdict", "asked_at", "deadline_at", "started",
                 "stopped", "work")  # fmt: skip

    def __init__(self, work: Work, *, deadline_at: float) -> None:
        self.work = work
        self.asked_at = time.monotonic()
        self.deadline_at = deadline_at
        self.started = False
        self.stopped = False
        self._verdict = threading.Lock()
        self._loop = asyncio.get_running_loop()
        self._future: asyncio.Future[Any] = self._loop.create_future()
        self._ended: asyncio.Future[None] | None = None

    # Called on the loop.

    async def result(self) -> Any:
        """Wait for the job and return what its work returned, or raise what it raised."""
        return await self._future

    def stop(self) -> bool:
        """Give the job up; tell whether its thread still has to finish or roll back."""
        self._verdict.acquire(blocking=False)
        self.stopped = True
        return self.started

    async def ended(self) -> None:
        """Wait until the thread has rolled back."""
        if self._ended is None:
            self._ended = self._loop.create_future()
        await self._ended

    def settle(self, result: Any, error: BaseException | None) -> None:
        """Let the caller go on with the result, or with the error."""
        if self._ended is not None and not self._ended.done():
            self._ended.set_result(None)
        if self._future.done():
            return
        if error is None:
            self._future.set_result(result)
        else:
            self._future.set_exception(error)

    # Called in the thread.

    def check(self) -> None:
        """Stop here if nobody waits any more.

        Raises:
            Stopped: the caller has gone.
            DeadlineExceeded: the time given has passed.
        """
        if self.stopped:
            raise Stopped
        if time.monotonic() >= self.deadline_at:
            raise deadline_passed()

    def over(self) -> bool:
        """Tell whether nobody waits any more; SQLite asks this while it works."""
        return self.stopped or time.monotonic() >= self.deadline_at

    def decide(self) -> bool:
        """Take the verdict: from here on the work counts, and a caller comes too late."""
        return self._verdict.acquire(blocking=False)


class Answers:
    """What became of jobs, handed over to the loop: many at a time where they come fast.

    Make one on the loop.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._given: deque[tuple[Job, Any, BaseException | None]] = deque()
        self._rung = False

    def give(self, job: Job, result: Any, error: BaseException | None) -> None:
        """Hand a job's result over, from any thread; a loop that was closed waits no more."""
        self._given.append((job, result, error))
        if not self._rung:  # else the loop has not begun to look yet
            self._rung = True
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._look)

    def _look(self) -> None:
        self._rung = False
        while self._given:
            job, result, error = self._given.popleft()
            job.settle(result, error)


class WatchedConnection(sqlite3.Connection):
    """A connection that looks at its job before each statement and, by SQLite, within it."""

    job: Job | None = None

    def cursor(self, factory: Any = sqlite3.Cursor) -> Any:
        """Open a cursor, unless nobody waits for its statement any more."""
        if self.job is not None:
            self.job.check()
        return super().cursor(factory)

    def over(self) -> bool:
        """Tell SQLite's progress handler whether to stop."""
        return self.job is not None and self.job.over()
