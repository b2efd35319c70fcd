"""How blocking callers reach async code: one loop in one background thread; it knows no app."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import inspect
import os
import sys
import threading
import weakref
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from typing import Any, Generic, TypeVar

from anyio import to_thread

from headwater.errors import CalledFromEventLoop, UsageError

EntityT = TypeVar("EntityT")
CLOSE_S = 10.0
"""Seconds for closing; what has not ended by then is left to the end of the process."""


class _Job:
    """One coroutine function to run in the loop, and what came of it."""

    __slots__ = ("done", "error", "keywords", "result", "task", "work")

    def __init__(self, work: Callable[..., Awaitable[Any]], keywords: dict[str, Any]) -> None:
        self.work = work
        self.keywords = keywords
        self.done = threading.Lock()
        self.done.acquire()
        self.result: Any = None
        self.error: BaseException | None = None
        self.task: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Run it and wake whoever waits."""
        try:
            self.result = await self.work(**self.keywords)
        except asyncio.CancelledError:  # noqa: ASYNC103 (raised again as the waiter's)
            message = "the client was closed while this call was under way"
            self.error = UsageError(message, code="client.closed")
        except BaseException as error:  # noqa: BLE001, ASYNC103 (it is raised again in the waiting thread)
            self.error = error
        self.done.release()


class Bridge(Generic[EntityT]):
    """Keeps something open in a loop of its own, and calls its methods for any thread.

    Args:
        open_it: Returns the async context manager to enter in the loop; what it gives is
            `entity`, valid until `close`.

    Raises:
        CalledFromEventLoop: at once, where the thread runs an event loop.
        Exception: what opening it raised.
    """

    def __init__(
        self, open_it: Callable[[], AbstractAsyncContextManager[EntityT]], *, twin: str
    ) -> None:
        refuse_in_loop(twin)
        self._twin = twin
        self._process = os.getpid()
        self._jobs: set[_Job] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._waiting: deque[_Job] = deque()
        self._bell_in, self._bell_out = os.pipe()
        os.set_blocking(self._bell_in, False)
        os.set_blocking(self._bell_out, False)
        self._loop = asyncio.new_event_loop()
        self._ended = threading.Event()
        self._opened = threading.Event()
        self._failure: BaseException | None = None
        self._closing: asyncio.Event | None = None
        self._entity: EntityT | None = None
        thread = threading.Thread(
            target=self._keep, args=(open_it,), name="headwater-loop", daemon=True
        )
        thread.start()
        self._opened.wait()
        if self._failure is not None:
            self._ended.wait(CLOSE_S)
            raise self._failure
        atexit.register(_close_quietly, weakref.ref(self))

    @property
    def entity(self) -> EntityT:
        """Return what is kept open."""
        if self._entity is None or self._ended.is_set():
            message = f"this client is closed; open another with {self._twin.split('.')[0]}.open"
            raise UsageError(message, code="client.closed")
        return self._entity

    def call(self, method: str, **keywords: Any) -> Any:
        """Run a method of the entity in the loop and return what it returns.

        Raises:
            CalledFromEventLoop: at once, where the thread runs an event loop.
            UsageError: `client.closed`, or `client.forked` in a child process.
            Exception: what the method raised.
        """
        refuse_in_loop(f"{self._twin}.{method}")
        return self._wait(_Job(getattr(self.entity, method), keywords))

    def do(self, method: str, work: Callable[[], Awaitable[Any]]) -> Any:
        """Run a coroutine function in the loop, as part of a method; it raises as `call` does."""
        refuse_in_loop(f"{self._twin}.{method}")
        return self._wait(_Job(work, {}))

    def _wait(self, job: _Job) -> Any:
        """Hand a job to the loop and wait until it has ended."""
        if os.getpid() != self._process:
            message = "this client belongs to the parent process; open another after the fork"
            raise UsageError(message, code="client.forked")
        self._jobs.add(job)
        try:
            self._waiting.append(job)
            self._ring()
            if self._ended.is_set():
                self._fail(job)
            job.done.acquire()
        except BaseException:
            self._cancel(job)
            raise
        finally:
            self._jobs.discard(job)
        if job.error is not None:
            raise job.error
        return job.result

    def close(self) -> None:
        """Close what is kept open and end the loop; calls under way are cancelled."""
        if self._ended.is_set() or os.getpid() != self._process:
            return
        atexit.unregister(_close_quietly)
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._begin_closing)
        self._ended.wait(CLOSE_S)

    def _fail(self, job: _Job) -> None:
        """Wake a caller whose job the loop did not end before it ended itself."""
        with contextlib.suppress(RuntimeError):  # not locked: it has ended after all
            if job.done.locked():
                message = "the client was closed while this call was under way"
                job.error = job.error or UsageError(message, code="client.closed")
                job.done.release()

    def __del__(self) -> None:
        """Close the pipe only now, so that no late caller writes to another's descriptor."""
        with contextlib.suppress(OSError, AttributeError):
            os.close(self._bell_in)
            os.close(self._bell_out)

    def _ring(self) -> None:
        """Wake the loop by a pipe of ours: half the cost of `call_soon_threadsafe`."""
        with contextlib.suppress(BlockingIOError):  # full: the loop has enough to wake up for
            os.write(self._bell_out, b"!")

    def _start(self) -> None:
        """Start what waits, in the loop; the bridge owns each task until it has ended."""
        os.read(self._bell_in, 65536)
        while self._waiting:
            job = self._waiting.popleft()
            job.task = self._loop.create_task(job.run())
            self._tasks.add(job.task)
            job.task.add_done_callback(self._tasks.discard)

    def _cancel(self, job: _Job) -> None:
        def cancel() -> None:
            if job.task is not None:
                job.task.cancel()

        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(cancel)

    def _begin_closing(self) -> None:
        """Start nothing more, and cancel what runs."""
        self._loop.remove_reader(self._bell_in)
        for task in tuple(self._tasks):
            task.cancel()
        if self._closing is not None:
            self._closing.set()

    def _keep(self, open_it: Callable[[], AbstractAsyncContextManager[EntityT]]) -> None:
        """Run the loop in this thread until closing; nobody who waits is left behind."""
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._live(open_it))
        except BaseException as error:  # noqa: BLE001, ASYNC103 (it is raised again by whoever opened)
            self._failure = error
        finally:
            self._ended.set()
            self._opened.set()
            for job in tuple(self._jobs):
                self._fail(job)
            with contextlib.suppress(RuntimeError):
                self._loop.run_until_complete(self._loop.shutdown_asyncgens())
                self._loop.close()

    async def _live(self, open_it: Callable[[], AbstractAsyncContextManager[EntityT]]) -> None:
        self._closing = asyncio.Event()
        self._loop.add_reader(self._bell_in, self._start)
        async with open_it() as self._entity:
            self._opened.set()
            await self._closing.wait()
            if self._tasks:
                await asyncio.wait(self._tasks, timeout=CLOSE_S / 2)


def refuse_in_loop(twin: str) -> None:
    """Refuse a blocking call in a thread that runs an event loop.

    Raises:
        CalledFromEventLoop: naming the async twin.
    """
    trio = sys.modules.get("trio")
    if asyncio._get_running_loop() is None and not (  # noqa: SLF001 (public, but raises: 10x slower)
        trio is not None and trio.lowlevel.in_trio_run()
    ):
        return
    message = f"a blocking call would stall the running event loop; use `await Async{twin}(...)`"
    raise CalledFromEventLoop(message, code="client.called_from_loop")


@contextlib.contextmanager
def each(
    bridge: Bridge[Any], method: str, open_it: Callable[[], AbstractAsyncContextManager[Any]]
) -> Iterator[Iterator[Any]]:
    """Open a block of the loop for a thread, and give what there is to iterate over in it.

    The steps of the block run in several tasks, so nothing in it may hold a cancel scope between
    them.
    """
    block = open_it()
    items = bridge.do(method, block.__aenter__)

    def iterate() -> Iterator[Any]:
        end = object()
        while (item := bridge.do(method, lambda: anext(items, end))) is not end:
            yield item

    try:
        yield iterate()
    finally:
        with contextlib.suppress(UsageError):  # the client was closed meanwhile, and this with it
            bridge.do(method, lambda: block.__aexit__(None, None, None))


def with_async_iterators(
    signature: inspect.Signature, given: tuple[Any, ...], named: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return arguments with async iterators where a method takes some and was given others."""
    takes = [name for name, one in signature.parameters.items() if "AsyncIt" in str(one.annotation)]
    places = [name for name in signature.parameters if name != "self"]
    return (
        tuple(_awaited(one) if places[at] in takes else one for at, one in enumerate(given)),
        {name: _awaited(one) if name in takes else one for name, one in named.items()},
    )


def _awaited(items: Any) -> Any:
    """Return an async iterator over what a thread gives, item by item, each in a thread."""
    if hasattr(items, "__aiter__"):
        return items

    async def give() -> AsyncIterator[Any]:
        end = object()
        iterator = iter(items)
        while (item := await to_thread.run_sync(next, iterator, end)) is not end:
            yield item

    return give()


def _close_quietly(reference: weakref.ref[Bridge[Any]]) -> None:
    bridge = reference()
    if bridge is not None:
        bridge.close()
