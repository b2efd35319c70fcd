"""Which thread takes the next unit of work? One while it keeps up, others where it is held up.

Threads share the interpreter: four that take short jobs get half as many done as one. Everything
here is called without waiting for a lock; a thread that has nothing to do waits for its own bell.
Tenants take turns, so that nobody waits behind all that another one asked.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from heapq import heappop, heappush
from itertools import count
from queue import SimpleQueue

from headwater.policy.fair_order import FairOrder
from headwater.stores.sql.sqlite_job import Job

LONG_S = 0.005
"""A job that takes longer holds up those behind it; no less than a turn of the interpreter's lock,
or a thread that only waits for the loop would be taken for one at work."""


class Seat:
    """One thread's place at the queue."""

    __slots__ = ("bell", "since_s")

    def __init__(self) -> None:
        self.bell: SimpleQueue[None] = SimpleQueue()
        self.since_s: float | None = None
        """When its job began, on the monotonic clock; None while it rests."""


class JobQueue:
    """Jobs in a fair order, and the threads that rest meanwhile.

    Args:
        threads: How many take jobs.
        long_s: Seconds after which a job is held to be long.
    """

    def __init__(self, threads: int, *, long_s: float = LONG_S) -> None:
        self.seats = [Seat() for _ in range(threads)]
        self._order = FairOrder()
        self._arrivals = count()
        self._jobs: list[tuple[int, int, Job]] = []
        """A heap. No two arrivals are equal, so that jobs are never compared: what compares numbers
        alone is not interrupted by another thread."""
        self._resting: deque[Seat] = deque()
        self._closed = False
        self._long_s = long_s
        self._loop = asyncio.get_running_loop()
        self._look: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        """Count the jobs that wait."""
        return len(self._jobs)

    @property
    def resting(self) -> int:
        """Count the threads that have nothing to do."""
        return len(self._resting)

    # Called on the loop.

    def put(self, job: Job, *, tenant: str | None = None) -> None:
        """Add a job of a tenant, and wake a thread where all rest."""
        if not self._jobs:
            self._order.nothing_waits()
        heappush(self._jobs, (self._order.number(tenant), next(self._arrivals), job))
        if len(self._resting) == len(self.seats):
            self._wake()
        elif self._look is None:
            self._look = self._loop.call_later(self._long_s, self._help)

    def close(self) -> list[Job]:
        """Send the threads away when their jobs end; return the jobs that wait."""
        self._closed = True
        if self._look is not None:
            self._look.cancel()
        waiting = [job for _, _, job in sorted(self._jobs)]
        self._jobs.clear()
        while self._wake():
            pass
        return waiting

    def _help(self) -> None:
        """Wake one more thread where those at work are all held up, as long as jobs wait."""
        self._look = None
        if not self._jobs or self._closed:
            return
        if not self._keeps_up(None):
            self._wake()
        self._look = self._loop.call_later(self._long_s, self._help)

    def _wake(self) -> bool:
        try:
            self._resting.pop().bell.put(None)
        except IndexError:
            return False
        return True

    # Called in a thread.

    def take(self, seat: Seat) -> Job | None:
        """Wait for a job and return it; None at the end."""
        seat.since_s = None  # before looking at others, or two would rest because of each other
        rests = self._keeps_up(seat)  # a helper is needed no more
        while True:
            job = None if rests else self._next(seat)
            if job is not None or self._closed:
                return job
            self._rest(seat, jobs=not rests)
            rests = False

    def take_at_once(self, seat: Seat) -> Job | None:
        """Return a job where one waits and this thread is needed for it, else None."""
        seat.since_s = None
        return None if self._keeps_up(seat) else self._next(seat)

    def _next(self, seat: Seat) -> Job | None:
        if self._closed:
            return None
        try:
            number, _, job = heappop(self._jobs)
        except IndexError:
            return None
        self._order.taken(number)
        seat.since_s = time.monotonic()
        return job

    def _rest(self, seat: Seat, *, jobs: bool) -> None:
        """Wait for the bell, unless a job (where they matter) or the end came just before."""
        self._resting.append(seat)
        if self._closed or (jobs and self._jobs):
            try:
                self._resting.remove(seat)
            except ValueError:
                pass  # the bell is being rung
            else:
                return
        seat.bell.get()

    def _keeps_up(self, but: Seat | None) -> bool:
        """Tell whether a thread other than this one is at work on a job that is not long."""
        since_s = time.monotonic() - self._long_s
        return any(
            seat.since_s is not None and seat.since_s > since_s
            for seat in self.seats
            if seat is not but
        )
