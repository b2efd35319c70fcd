"""How many requests are read before the loop turns: a thousand that come at once hold nobody up."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

AT_ONCE = 32
"""Requests begun in one turn of the loop: some 10 ms of work."""


class Starts:
    """Begins what comes, in its order, a few in each turn of the loop."""

    def __init__(self) -> None:
        self._due: deque[Callable[[], object]] = deque()
        self._called = False

    def add(self, start: Callable[[], object], loop: asyncio.AbstractEventLoop) -> None:
        """Begin this when it is its turn, at the latest when all that came before have begun."""
        self._due.append(start)
        if not self._called:
            self._called = True
            loop.call_soon(self._some, loop)

    def _some(self, loop: asyncio.AbstractEventLoop) -> None:
        for _ in range(min(AT_ONCE, len(self._due))):
            self._due.popleft()()
        self._called = bool(self._due)
        if self._called:
            loop.call_soon(self._some, loop)
