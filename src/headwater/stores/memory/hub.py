"""How the apps of one process tell each other something; it reaches no other process."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import anyio
from anyio.lowlevel import checkpoint, current_token

MOST_WAITING = 10_000
"""Messages kept for a listener who does not read; further ones are dropped and counted."""
GAP: Mapping[str, Any] = {"hub": "gap"}


class MemoryHub:
    """Small messages by channel, to whoever listens in this process, in any of its loops.

    Args:
        most_waiting: Messages kept for each listener.
    """

    def __init__(self, most_waiting: int = MOST_WAITING) -> None:
        self.dropped = 0
        self._most_waiting = most_waiting
        # Loops in several threads come here: each step on these is one that no thread can divide.
        self._listeners: dict[str, dict[int, _Listener]] = {}

    async def publish(self, channel: str, message: Mapping[str, Any]) -> None:
        """Tell everyone who listens to this channel."""
        await checkpoint()
        for listener in tuple(self._listeners.get(channel, {}).values()):
            self.dropped += listener.tell(message)

    def heard(self, channel: str) -> bool:
        """Tell whether anyone listens to this channel now."""
        return bool(self._listeners.get(channel))

    @asynccontextmanager
    async def listen(self, channel: str) -> AsyncIterator[AsyncIterator[Mapping[str, Any]]]:
        """Listen to a channel from the moment the block is entered until it is left.

        A message `{"hub": "gap"}` says that some were lost before the next one.
        """
        listener = _Listener(self._most_waiting)
        self._listeners.setdefault(channel, {})[id(listener)] = listener
        try:
            yield listener
        finally:
            self._listeners[channel].pop(id(listener))


class _Listener:
    """What waits for one listener; told from any thread, read in the loop that made it."""

    def __init__(self, most_waiting: int) -> None:
        self._most_waiting = most_waiting
        self._waiting: deque[Mapping[str, Any]] = deque()
        self._lost = self._rung = False
        self._news = anyio.Event()
        self._wake = _waker(self._ring)

    def tell(self, message: Mapping[str, Any]) -> int:
        """Keep a message, or count it as lost."""
        if len(self._waiting) >= self._most_waiting:
            self._lost = True
            return 1
        if self._lost:
            self._lost = False
            self._waiting.append(GAP)
        self._waiting.append(message)
        if not self._rung:
            self._rung = True
            self._wake()
        return 0

    def _ring(self) -> None:
        self._rung = False
        self._news.set()

    def __aiter__(self) -> _Listener:
        """Give itself."""
        return self

    async def __anext__(self) -> Mapping[str, Any]:
        """Wait for the next message."""
        while not self._waiting:
            if self._news.is_set():
                self._news = anyio.Event()
            if not self._waiting:  # what another thread told before this line has rung already
                await self._news.wait()
        return self._waiting.popleft()


def _waker(ring: Callable[[], None]) -> Callable[[], None]:
    """Return a function that rings in the loop that runs now, from whichever thread."""
    native: Any = current_token().native_token
    soon = getattr(native, "call_soon_threadsafe", None) or native.run_sync_soon

    def wake() -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended, and its listener with it
            soon(ring)

    return wake
