"""In which threads are texts embedded? In few; whoever leaves does not wait for one to end."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

import anyio
from anyio import from_thread, to_thread

T = TypeVar("T")


class Workers:
    """Places for threads; one is held until its thread has really ended.

    Args:
        places: Threads at once.
    """

    def __init__(self, places: int) -> None:
        self._count = places
        self._places: anyio.Semaphore | None = None
        self._limiter: anyio.CapacityLimiter | None = None

    async def run(self, work: Callable[[], T]) -> T:
        """Run work in a thread when a place is free, in the order of asking."""
        if self._places is None or self._limiter is None:
            self._places = anyio.Semaphore(self._count, max_value=self._count)
            self._limiter = anyio.CapacityLimiter(self._count + 64)  # abandoned ones are beside it
        places = self._places
        await places.acquire()
        begun = False

        def held() -> T:
            nonlocal begun
            begun = True
            try:
                return work()
            finally:
                with suppress(RuntimeError):  # the loop has ended
                    from_thread.run_sync(places.release)

        try:
            return await to_thread.run_sync(held, abandon_on_cancel=True, limiter=self._limiter)
        except BaseException:
            if not begun:
                places.release()
            raise
