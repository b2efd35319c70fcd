"""How one client is sent text: in order, bounded, and dropped where they do not read."""

from __future__ import annotations

import contextlib

import anyio
from starlette.websockets import WebSocket, WebSocketDisconnect

from headwater.entries.ws.outgoing import Outgoing

NORMAL, GOING_AWAY, NO_TEXT, VIOLATION, SLOW = 1000, 1001, 1003, 1008, 1013
UNREAD_S = 5.0
"""Seconds for which a client may leave as many messages unread as are kept."""
CLOSE_S = 1.0
"""Seconds for a client to take the closing words."""


class Sender:
    """What is said to one client. Make it inside the event loop.

    Args:
        socket: The connection, accepted.
        scope: Cancelled where the line ends.
    """

    def __init__(self, socket: WebSocket, scope: anyio.CancelScope) -> None:
        self.said_at = anyio.current_time()
        """When the last text was sent, on the loop's clock."""
        self._socket = socket
        self._scope = scope
        self._outgoing = Outgoing()
        self._closing: tuple[int, str] | None = None

    async def say(self, text: str) -> None:
        """Queue a text; a client who leaves too many unread for too long is dropped."""
        if self._closing is None and not await self._outgoing.put_within(text, within_s=UNREAD_S):
            self.end(SLOW, "too slow: messages were not read")

    def end(self, code: int, reason: str) -> None:
        """End the line with a code; the first one counts."""
        if self._closing is None:
            self._closing = code, reason
            self._scope.cancel()

    async def send(self) -> None:
        """Send what is queued, until cancelled or the client is gone."""
        try:
            while True:
                await self._socket.send_text(await self._outgoing.next())
                self._outgoing.sent()
                self.said_at = anyio.current_time()
        except (WebSocketDisconnect, RuntimeError, OSError):
            self._scope.cancel()

    async def empty(self) -> None:
        """Wait until everything is sent, for a while."""
        with anyio.move_on_after(UNREAD_S):
            await self._outgoing.empty()

    async def close(self) -> None:
        """Close the line as `end` said, if it did; who does not read is cut off, where possible."""
        if self._closing is None:
            return
        code, reason = self._closing
        drop = self._socket.scope.get("extensions", {}).get("headwater.drop")
        if (code != SLOW or drop is None) and await self._closed(code, reason):
            return
        if drop is not None:
            drop["call"](code, reason)

    async def _closed(self, code: int, reason: str) -> bool:
        """Close in order; return whether the client took it, or was gone."""
        with (
            anyio.move_on_after(CLOSE_S, shield=True) as late,
            contextlib.suppress(WebSocketDisconnect, RuntimeError, OSError),
        ):
            await self._socket.close(code, reason)
        return not late.cancelled_caught
