"""How a run is watched while it runs, and asked to end now; it changes nothing else."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator

import anyio

from headwater.model.event import Event

MOST_WAITING = 10_000
"""Events kept for a watcher who does not read; further ones are dropped and counted."""


class AnswerNow:
    """Where a run is asked for its answer now, in its own loop, before it runs or while it does."""

    def __init__(self) -> None:
        self.asked = False
        self._scope: anyio.CancelScope | None = None

    def ask(self) -> None:
        """End what the run still waits for."""
        self.asked = True
        if self._scope is not None:
            self._scope.cancel()

    def ends(self, scope: anyio.CancelScope) -> None:
        """Name the scope that ends when somebody asks, as somebody may have already."""
        self._scope = scope
        if self.asked:
            scope.cancel()


class Watch:
    """A live view of one run: iterate over it for the events, until the run has ended.

    Make it inside the event loop in which the run is asked.
    """

    def __init__(self) -> None:
        self.dropped = 0
        self.now = AnswerNow()
        self._events: deque[Event] = deque()
        self._news = anyio.Event()
        self._closed = False

    def finish(self) -> None:
        """Ask for the answer now, with what is there."""
        self.now.ask()

    @property
    def finished(self) -> bool:
        """Tell whether somebody has asked for the answer now."""
        return self.now.asked

    def tell(self, event: Event) -> None:
        """Pass an event on; it never waits."""
        if self._closed or len(self._events) >= MOST_WAITING:
            self.dropped += 1
            return
        self._events.append(event)
        self._news.set()

    def close(self) -> None:
        """End the view: whoever iterates gets what is left, and then the end."""
        self._closed = True
        self._news.set()

    async def next(self) -> Event | None:
        """Wait for the next event and return it; None once the run has ended and all are given."""
        while not self._events:
            if self._closed:
                return None
            if self._news.is_set():  # what was told before is read; others may wait already
                self._news = anyio.Event()
            await self._news.wait()
        return self._events.popleft()

    async def __aiter__(self) -> AsyncIterator[Event]:
        """Give the events as they happen."""
        while (event := await self.next()) is not None:
            yield event
