"""What one WebSocket may do: who does not read is cut off, closing words sent or not."""

from __future__ import annotations

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import InvalidState
from websockets.http11 import Request

DROP_S = 5.0
"""Seconds for a client that is dropped to read why."""
EXTENSION = "headwater.drop"
"""Under which name an app finds `drop` in the extensions of a scope."""


class LiveSocket(WebSocketsSansIOProtocol):
    """A WebSocket that the app can drop though its client does not read."""

    def handle_connect(self, event: Request) -> None:
        """Begin a connection, and tell the app how to drop it."""
        super().handle_connect(event)
        if hasattr(self, "scope"):
            extensions = self.scope["extensions"] or {}
            extensions[EXTENSION] = {"call": self.drop}

    def drop(self, code: int, reason: str) -> None:
        """Close with a code without waiting for the client, who is cut off a little later."""
        if not (self.close_sent or self.transport.is_closing()):
            try:
                self.conn.send_close(code, reason)
            except InvalidState:  # closed already
                return
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.close_sent = True
        self.loop.call_later(DROP_S, self.transport.abort)

    def keepalive_timeout(self) -> None:
        """Close where the client answers no ping, read or not."""
        super().keepalive_timeout()
        self.loop.call_later(DROP_S, self.transport.abort)
