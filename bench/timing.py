"""How figures are taken: contestants turn by turn in one run, medians of the rounds; no bar."""

from __future__ import annotations

import asyncio
import gc
import statistics
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import Any, TypeVar

EntityT = TypeVar("EntityT")


def interleaved(contestants: Mapping[str, Callable[[], float]], *, rounds: int) -> dict[str, float]:
    """Return each contestant's median over rounds in which every one has its turn.

    Each call gives one figure, such as seconds a call. One round before is not counted.
    """
    taken: dict[str, list[float]] = {name: [] for name in contestants}
    for number in range(rounds + 1):
        for name, contestant in contestants.items():
            gc.collect()
            figure = contestant()
            if number:
                taken[name].append(figure)
    return {name: statistics.median(figures) for name, figures in taken.items()}


def seconds(work: Callable[[], object]) -> float:
    """Return how long some work takes."""
    started_s = time.perf_counter()
    work()
    return time.perf_counter() - started_s


def percentile(figures: list[float], share: float) -> float:
    """Return the figure below which this share (0 to 1) of them lies, by the nearest rank."""
    ordered = sorted(figures)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class Loop:
    """One event loop that is entered again and again, with what is kept open in it."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner()

    def run(self, work: Coroutine[Any, Any, EntityT]) -> EntityT:
        """Run one coroutine to its end."""
        return self._runner.run(work)

    @contextmanager
    def open(self, made: AbstractAsyncContextManager[EntityT]) -> Iterator[EntityT]:
        """Keep an async context manager open, in a task of its own, until the block ends."""
        opened, ended = self._runner.run(_opened(made))
        try:
            yield opened
        finally:
            self._runner.run(ended())

    def close(self) -> None:
        """Close the loop."""
        self._runner.close()


async def _opened(
    made: AbstractAsyncContextManager[EntityT],
) -> tuple[EntityT, Callable[[], Coroutine[Any, Any, None]]]:
    ready: asyncio.Future[EntityT] = asyncio.get_running_loop().create_future()
    enough = asyncio.Event()

    async def keep() -> None:
        try:
            async with made as entity:
                ready.set_result(entity)
                await enough.wait()
        except BaseException as error:
            if ready.done():
                raise
            ready.set_exception(error)

    task = asyncio.get_running_loop().create_task(keep())

    async def end() -> None:
        enough.set()
        await task

    return await ready, end


async def each(call: Callable[[int], Awaitable[object]], numbers: range) -> float:
    """Return the seconds a call takes, made once for each number, one after the other.

    The loop turns every few calls, as it does wherever something else happens as well.
    """
    started_s = time.perf_counter()
    for number in numbers:
        await call(number)
        if number % 20 == 0:
            await asyncio.sleep(0)
    return (time.perf_counter() - started_s) / len(numbers)


async def nothing() -> None:
    """Do nothing."""


def a_loop_a_call(calls: int) -> float:
    """Return the seconds that `asyncio.run` takes a call: the yardstick of the first bars."""
    return seconds(lambda: [asyncio.run(nothing()) for _ in range(calls)]) / calls
