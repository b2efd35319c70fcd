"""Whether the client still listens: where it goes away, what answers it is cancelled at once.

It also bounds what a client may send.
"""

from __future__ import annotations

import anyio
from anyio.abc import TaskGroup

from headwater.entries.wire.asgi import App, Message, Receive, Scope, Send
from headwater.errors import UsageError

GONE = "http.disconnect"
LEAVING = "headwater.leaving"
"""Under which name a server's extension stands that calls back, or no more (None), when the client
goes away. Where there is none a task of its own waits for that, which takes another 100 us."""


class Incoming:
    """What a client sends, within bounds.

    Args:
        receive: Gives what the client sends.
        first: What was received already.
        most_bytes: What a body may hold.
    """

    def __init__(self, receive: Receive, *, first: Message, most_bytes: int) -> None:
        self._receive = receive
        self._first: Message | None = first
        self._left_bytes = most_bytes
        self._most_bytes = most_bytes

    async def receive(self) -> Message:
        """Return the next part of the body; after the last one wait until the client goes away.

        Raises:
            UsageError: `http.too_large`.
        """
        message, self._first = self._first, None
        if message is None:
            message = await self._receive()
        self._left_bytes -= len(message.get("body", b""))
        if self._left_bytes < 0:
            raise too_large(self._most_bytes)
        return message


class Listening:
    """What a client sends, and that it went away, told by `receive` alone.

    Args:
        receive: Gives what the client sends.
        group: Cancelled when the client goes away.
        more: Whether there is more of the body to come.
    """

    def __init__(self, receive: Receive, group: TaskGroup, *, more: bool) -> None:
        self._receive = receive
        self._group = group
        self._more = more
        self._gone = anyio.Event()
        if not more:
            group.start_soon(self._watch)

    async def receive(self) -> Message:
        """Return the next part of the body; after the last one wait until the client goes away."""
        if not self._more:
            await self._gone.wait()
            return {"type": GONE}
        message = await self._receive()
        self._more = message["type"] == "http.request" and bool(message.get("more_body"))
        if message["type"] == GONE:
            self._leave()
        elif not self._more:
            self._group.start_soon(self._watch)
        return message

    async def _watch(self) -> None:
        while (await self._receive())["type"] != GONE:
            pass
        self._leave()

    def _leave(self) -> None:
        self._gone.set()
        self._group.cancel_scope.cancel()


def too_large(most_bytes: int) -> UsageError:
    """Make the error of a body that is too large."""
    message = f"the body is larger than {most_bytes:,} bytes; send less at once"
    return UsageError(message, code="http.too_large")


async def while_listening(
    app: App, scope: Scope, *, receive: Receive, send: Send, most_bytes: int
) -> None:
    """Let an app answer until it has, or until the client goes away."""
    first = await receive()
    if first["type"] == GONE:
        return
    leaving = scope.get("extensions", {}).get(LEAVING)
    if leaving is None:
        async with anyio.create_task_group() as group:
            more = bool(first.get("more_body"))
            source = Listening(receive, group, more=more).receive
            incoming = Incoming(source, first=first, most_bytes=most_bytes)
            await app(scope, incoming.receive, send)
            group.cancel_scope.cancel()
        return
    incoming = Incoming(receive, first=first, most_bytes=most_bytes)
    with anyio.CancelScope() as stay:
        leaving["call"](stay.cancel)
        try:
            await app(scope, incoming.receive, send)
        finally:
            leaving["call"](None)
