"""What waits to be sent to one client: bounded, so that who does not read is dropped instead."""

from __future__ import annotations

from collections import deque

import anyio

MOST_MESSAGES = 256
MOST_BYTES = 1024 * 1024


class Outgoing:
    """Messages for a client, in order. Make it inside the event loop."""

    def __init__(self) -> None:
        self._messages: deque[str] = deque()
        self._bytes = 0
        self._news = anyio.Event()
        self._room = anyio.Event()

    def put(self, message: str) -> bool:
        """Queue a message; return False where too much waits. One alone may be of any size."""
        size = len(message)
        if self._messages and (
            len(self._messages) >= MOST_MESSAGES or self._bytes + size > MOST_BYTES
        ):
            return False
        self._messages.append(message)
        self._bytes += size
        self._news.set()
        return True

    async def put_within(self, message: str, *, within_s: float) -> bool:
        """Queue a message as soon as there is room; return False where there is none in time."""
        with anyio.move_on_after(within_s):
            while not self.put(message):
                await self._sent()
            return True
        return False

    async def empty(self) -> None:
        """Wait until everything is sent."""
        while self._messages:
            await self._sent()

    async def next(self) -> str:
        """Wait for the next message and return it; it counts as waiting until `sent`."""
        while not self._messages:
            self._news = anyio.Event()
            await self._news.wait()
        return self._messages[0]

    def sent(self) -> None:
        """Forget the message that `next` gave."""
        self._bytes -= len(self._messages.popleft())
        self._room.set()

    async def _sent(self) -> None:
        """Wait until one more is sent; whoever waits shares the event."""
        if self._room.is_set():
            self._room = anyio.Event()
        await self._room.wait()
