"""Where plain functions run so that they never hold up the loop; it decides no deadline."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import anyio
from anyio.lowlevel import EventLoopToken, current_token

from headwater.engine.gate import Place
from headwater.errors import LimitError
from headwater.policy.limiter import Limiter


@dataclass(slots=True)
class Job:
    """One function to run in a thread, and what came of it."""

    function: Callable[[], Any]
    token: EventLoopToken
    done: anyio.Event
    limiter: Limiter
    result: Any = None
    error: BaseException | None = None
    abandoned: bool = False


@dataclass(slots=True)
class Share:
    """One tool's threads: a place is held until its thread has really ended."""

    limiter: Limiter
    abandoned: int = 0


@dataclass(slots=True)
class Threads:
    """Daemon threads for blocking tools, so many for each tool, so that none starves another.

    A thread that does not end by its deadline is abandoned: it keeps its tool's place until it
    ends, is counted, and is never waited for, not even at the end of the process.

    Args:
        each: Threads of one tool at once, abandoned ones included.
    """

    each: int = 8
    _shares: dict[str, Share] = field(default_factory=dict)
    _idle: queue.SimpleQueue[_Worker] = field(default_factory=queue.SimpleQueue)
    _closed: bool = False

    @property
    def abandoned(self) -> int:
        """Return how many threads run on after their deadline."""
        return sum(share.abandoned for share in self._shares.values())

    async def run(self, tool: str, function: Callable[[], Any]) -> Any:
        """Run a function in one of the tool's threads and return what it returns.

        Raises:
            LimitError: `limit.threads` where all of the tool's threads hang.
        """
        share = self._shares.setdefault(tool, Share(Limiter(self.each)))
        if share.abandoned >= self.each:
            message = (
                f"all {self.each} threads of {tool} still run past their deadlines; "
                "make the tool return, or give it a time limit of its own"
            )
            raise LimitError(message, code="limit.threads", retry_safe=False)
        place = Place(share.limiter, required=True).__enter__()
        if place.waits:
            await place.turn()
        job = Job(function, current_token(), anyio.Event(), share.limiter)
        self._worker().jobs.put((job, share))
        try:
            await job.done.wait()
        finally:
            if not job.done.is_set():
                job.abandoned = True
                share.abandoned += 1
        if job.error is not None:
            raise job.error
        return job.result

    def close(self) -> None:
        """Let idle threads end; abandoned ones are left alone until they are idle."""
        self._closed = True
        while True:
            try:
                self._idle.get_nowait().jobs.put(None)
            except queue.Empty:
                return

    def _worker(self) -> _Worker:
        try:
            return self._idle.get_nowait()
        except queue.Empty:
            worker = _Worker(self)
            worker.start()
            return worker

    def rest(self, worker: _Worker) -> None:
        """Take a thread back that has nothing to do; once closed, let it end."""
        self._idle.put(worker)
        if self._closed:
            self.close()


class _Worker(threading.Thread):
    """One daemon thread that runs jobs one after the other."""

    def __init__(self, threads: Threads) -> None:
        super().__init__(name="headwater-tool", daemon=True)
        self.jobs: queue.SimpleQueue[tuple[Job, Share] | None] = queue.SimpleQueue()
        self._threads = threads

    def run(self) -> None:
        """Run jobs until told to end."""
        while (given := self.jobs.get()) is not None:
            job, share = given
            try:
                job.result = job.function()
            except BaseException as error:  # noqa: BLE001, ASYNC103 (it is raised again by whoever waits)
                job.error = error
            self._threads.rest(self)
            try:
                _soon(job.token)(_ended, job, share)
            except RuntimeError:
                return  # the loop is gone, and with it whoever waited


def _soon(token: EventLoopToken) -> Callable[..., object]:
    """Return a function that has the loop call another soon, without waiting until it has.

    `anyio.from_thread` waits, and would for ever where the loop ends before its turn comes.
    """
    native: Any = token.native_token
    own = getattr(native, "call_soon_threadsafe", None)  # asyncio's; trio's has another name
    told: Callable[..., object] = native.run_sync_soon if own is None else own
    return told


def _ended(job: Job, share: Share) -> None:
    """Take note, in the loop, that a thread has ended, and give its place to the next."""
    if job.abandoned:
        share.abandoned -= 1
    job.done.set()
    following = job.limiter.leave()
    if isinstance(following, anyio.Event):
        following.set()
