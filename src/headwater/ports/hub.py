"""What the inside needs to tell all replicas something at once; it sends nothing itself."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol


class Hub(Protocol):
    """Small messages by channel, to whoever listens at the time; nothing is kept for later.

    A message is plain JSON of at most 64 KiB. Messages of one sender on one channel arrive in
    order. A listener that does not read loses messages, counted, and never holds up a sender.
    """

    async def publish(self, channel: str, message: Mapping[str, Any]) -> None:
        """Tell everyone who listens to this channel, in every process.

        Raises:
            StoreFault: `hub.unreachable`; `retry_safe` is true.
        """
        ...

    def heard(self, channel: str) -> bool:
        """Tell whether anyone may listen to this channel now: true where that is not known."""
        ...

    def listen(self, channel: str) -> AbstractAsyncContextManager[AsyncIterator[Mapping[str, Any]]]:
        """Listen to a channel from the moment the block is entered until it is left.

        A message `{"hub": "gap"}` says that some were lost before the next one. Nothing but the
        iterator's own step may hold a cancel scope: the block is left in whichever task.
        """
        ...
