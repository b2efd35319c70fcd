"""Whether requests may still come in here, and how many are inside; it turns nobody away itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import anyio

from headwater.errors import LimitError

ELSEWHERE_S = 1.0
"""Seconds after which who is turned away by a server that stops may ask another."""


class Opening:
    """The doors of one server: open until it stops. Make it inside the event loop."""

    def __init__(self) -> None:
        self.inside = 0
        self._closing = anyio.Event()
        self._empty = anyio.Event()

    @property
    def stopping(self) -> bool:
        """Tell whether the server stops."""
        return self._closing.is_set()

    def check(self) -> None:
        """Refuse to let anybody in once the server stops.

        Raises:
            LimitError: `limit.stopping`.
        """
        if self.stopping:
            message = "this server stops and takes no more requests; ask another, or again"
            raise LimitError(message, code="limit.stopping", retry_after_s=ELSEWHERE_S)

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Count one request as inside."""
        self.inside += 1
        try:
            yield
        finally:
            self.inside -= 1
            if not self.inside:
                self._empty.set()

    def close(self) -> None:
        """Let nobody in any more; whoever only listens is to leave."""
        self._closing.set()

    async def closing(self) -> None:
        """Wait until the server stops."""
        await self._closing.wait()

    async def empty(self) -> None:
        """Wait until nobody is inside."""
        while self.inside:
            self._empty = anyio.Event()
            await self._empty.wait()

    async def until_closing(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do something that may never end, until it has ended or the server stops."""
        async with anyio.create_task_group() as group:

            async def leave() -> None:
                await self._closing.wait()
                group.cancel_scope.cancel()

            group.start_soon(leave)
            await work()
            group.cancel_scope.cancel()
