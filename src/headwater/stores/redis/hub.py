"""How the replicas of a service tell each other something, through Redis; nothing is kept.

What is published reaches this process' listeners by a hub of its own, and the others through
Redis, so that losing Redis takes nothing from those who are here. A connection of its own listens,
owned by one task; after it broke, every listener is told of the gap.
"""

from __future__ import annotations

import json
import logging
import math
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import anyio

from headwater.errors import StoreFault
from headwater.ports.hub import Hub
from headwater.stores.redis.connecting import Address
from headwater.stores.redis.line import PROBE_S, Line

LOG = logging.getLogger(__name__)
BEAT_S = 1.0
"""Seconds between two signs of life that are asked of Redis."""
SILENCE_S = 2.5
"""After so long without one, the connection is given up."""
GAP: Mapping[str, Any] = {"hub": "gap"}


class RedisHub:
    """Small messages by channel, to whoever listens in any replica; `serve` has to run meanwhile.

    Args:
        line: The way to Redis for what is published.
        address: Where another connection is made, which listens.
        own: The hub that this process' listeners hear; nobody else publishes to it.
    """

    def __init__(self, line: Line, *, address: Address, own: Hub) -> None:
        self.lost = False
        """Whether the others were not heard at the last try."""
        self.unsent = 0
        """How many messages reached nobody but this process."""
        self._line = line
        self._address = address
        self._own = own
        self._name = secrets.token_hex(8)
        self._prefix = f"{address.prefix}hub:"
        self._listeners: Counter[str] = Counter()
        self._subscribed: dict[str, anyio.Event] = {}
        """By channel, whether Redis has said that it is listened to."""
        self._changes: list[tuple[str, str]] = []
        self._news = anyio.Event()

    async def publish(self, channel: str, message: Mapping[str, Any]) -> None:
        """Tell everyone who listens to this channel, in every process.

        Whoever listens in this one is told in any case.

        Raises:
            StoreFault: `hub.unreachable`; `retry_safe` is true.
        """
        await self._own.publish(channel, message)
        told = json.dumps({"by": self._name, "message": message}, separators=(",", ":"))
        try:
            await self._line.ask("PUBLISH", self._prefix + channel, told)
        except StoreFault as error:
            self.unsent += 1
            text = f"the other replicas are not told: {error.message}"
            raise StoreFault(text, code="hub.unreachable", retry_safe=True) from error

    def heard(self, channel: str) -> bool:
        """Tell whether anyone may listen: of other replicas only Redis knows."""
        return not self._line.lost or self._own.heard(channel)

    @asynccontextmanager
    async def listen(self, channel: str) -> AsyncIterator[AsyncIterator[Mapping[str, Any]]]:
        """Listen to a channel from the moment the block is entered until it is left.

        A message `{"hub": "gap"}` says that some were lost before the next one. While Redis is
        lost, this process alone is heard, and the gap is told of when it is back.
        """
        async with self._own.listen(channel) as listener:
            self._listeners[channel] += 1
            try:
                await self._subscribe(channel)
                yield listener
            finally:
                self._listeners[channel] -= 1
                if not self._listeners[channel]:
                    del self._listeners[channel], self._subscribed[channel]
                    self._change("UNSUBSCRIBE", channel)

    async def serve(self) -> None:
        """Own the connection that listens, and make another where it broke, until cancelled."""
        while True:
            tried_at = anyio.current_time()
            try:
                async with self._address.connect() as connection:
                    await self._attend(connection)
            except* Exception as broken:  # noqa: BLE001 - noise breaks a parser anyhow
                self._lose(broken.exceptions[0])
            await anyio.sleep_until(tried_at + PROBE_S)

    async def _subscribe(self, channel: str) -> None:
        """Have Redis listen to a channel, and wait a moment until it does."""
        if channel not in self._subscribed:
            self._subscribed[channel] = anyio.Event()
            self._change("SUBSCRIBE", channel)
        if not self.lost:
            with anyio.move_on_after(self._address.within_s):
                await self._subscribed[channel].wait()

    def _change(self, what: str, channel: str) -> None:
        self._changes.append((what, self._prefix + channel))
        self._news.set()

    async def _attend(self, connection: Any) -> None:
        """Listen on a new connection until it breaks, to all that somebody listens to."""
        self._changes = [("SUBSCRIBE", self._prefix + channel) for channel in self._listeners]
        async with anyio.create_task_group() as group:
            group.start_soon(self._speak, connection)
            await self._hear(connection)

    async def _speak(self, connection: Any) -> None:
        """Say what is to be listened to from now on, and ask for signs of life."""
        while True:
            self._news = anyio.Event()
            changes, self._changes = self._changes, []
            await connection.send_packed_command(
                connection.pack_commands([*changes, ("PING",)]), check_health=False
            )
            with anyio.move_on_after(BEAT_S):
                await self._news.wait()

    async def _hear(self, connection: Any) -> None:
        """Take what Redis says until it falls silent."""
        while True:
            with anyio.fail_after(SILENCE_S):
                said = await connection.read_response(timeout=math.inf)
            match said:
                case [b"message", bytes(channel), bytes(told)]:
                    await self._hand_on(self._channel(channel), told)
                case [b"subscribe", bytes(channel), _]:
                    self._confirmed(self._channel(channel))
                case [b"unsubscribe", _, _]:
                    pass
                case b"PONG" | [b"pong", _]:
                    # It came after every channel that was to be listened to again.
                    await self._found()
                case _:
                    raise ConnectionError(f"it says {said!r:.100}")

    def _channel(self, named: bytes) -> str:
        return named.decode(errors="replace").removeprefix(self._prefix)

    def _confirmed(self, channel: str) -> None:
        if channel in self._subscribed:
            self._subscribed[channel].set()

    async def _hand_on(self, channel: str, told: bytes) -> None:
        """Tell this process' listeners what another replica said."""
        try:
            said = json.loads(told)
            by, message = said["by"], said["message"]
        except (ValueError, TypeError, KeyError):
            LOG.warning("on the channel %s somebody says what is no message of ours", channel)
            return
        if by != self._name:
            await self._own.publish(channel, message)

    async def _found(self) -> None:
        if not self.lost:
            return
        self.lost = False
        LOG.info("Redis at %s is heard again", self._address.shown)
        for channel in list(self._listeners):
            await self._own.publish(channel, GAP)

    def _lose(self, error: Exception) -> None:
        if not self.lost:
            why = str(error) or type(error).__name__
            LOG.warning("the other replicas are not heard: %s", why)
        self.lost = True
        for channel in self._subscribed:
            self._subscribed[channel] = anyio.Event()
