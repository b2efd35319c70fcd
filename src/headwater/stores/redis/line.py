"""How commands reach Redis and replies their askers, many at once; what they mean is not known.

One task owns the one connection. It sends what has gathered in one go, reads all its replies, and
hands them over only where the last is the echo of this go's own number: a reply can never reach
the asker of another command. An asker who is cancelled leaves its command to the owner, who reads
the reply and drops it; the owner itself is cancelled only to end.
"""

from __future__ import annotations

import itertools
import logging
from collections import deque
from typing import Any

import anyio

from headwater.errors import StoreFault
from headwater.stores.redis.connecting import Address

LOG = logging.getLogger(__name__)
PROBE_S = 1.0
"""Seconds between two tries to reach a Redis that is lost."""
MOST_TOGETHER = 100
MOST_WAITING = 10_000
IDLE_S = 0.5
"""After so long without a command, whether the connection still stands is asked first."""


class Line:
    """Carries commands to one Redis and replies back; `serve` has to run meanwhile.

    Args:
        address: Where Redis is.
        idle_s: Seconds without a command after which a connection is tried first.
    """

    def __init__(self, address: Address, *, idle_s: float = IDLE_S) -> None:
        self.lost = False
        """Whether Redis was not reached at the last try: commands are then refused at once."""
        self.losses = 0
        """How often Redis was lost."""
        self.faults = 0
        """How many commands brought no reply."""
        self._address = address
        self._idle_s = idle_s
        self._waiting: deque[_Command] = deque()
        self._sent: list[_Command] = []
        self._news = anyio.Event()
        self._numbers = itertools.count(1)

    async def ask(self, *command: str | bytes | int) -> Any:
        """Return Redis' reply to a command, within the time that the address gives one.

        Raises:
            StoreFault: `redis.unreachable`, `redis.refused`.
        """
        asked = self._put(command)
        try:
            with anyio.move_on_after(self._address.within_s):
                await asked.settled.wait()
        finally:
            asked.left = True
        if not asked.settled.is_set():
            self.faults += 1
            raise self._unreachable(f"no reply within {self._address.within_s:g} s")
        return asked.result()

    def tell(self, *command: str | bytes | int) -> None:
        """Send a command and wait for no reply; later commands see what it did.

        Raises:
            StoreFault: `redis.unreachable`, where that is known at once.
        """
        self._put(command)

    async def serve(self) -> None:
        """Own the connection, and make another where it broke, until cancelled."""
        while True:
            stands = False
            try:
                async with self._address.connect() as connection:
                    stands = True
                    self._found()
                    await self._carry(connection)
            except Exception as error:  # noqa: BLE001 - noise on the wire breaks a parser anyhow
                if stands:
                    self._fail(self._sent, error)
                else:
                    self._lose(error)
                    await anyio.sleep(PROBE_S)

    async def _carry(self, connection: Any) -> None:
        """Send what gathers and hand out the replies, until the connection breaks."""
        used_at = anyio.current_time()
        while True:
            if not self._waiting:
                self._news = anyio.Event()
                await self._news.wait()
            with anyio.fail_after(self._address.within_s):
                if anyio.current_time() - used_at >= self._idle_s:
                    # Where it broke meanwhile, that costs those who ask now nothing: their
                    # commands have not been sent.
                    await self._exchange(connection)
                self._sent = self._taken()
                if self._sent:
                    await self._exchange(connection)
            used_at = anyio.current_time()

    def _taken(self) -> list[_Command]:
        """Take what is to be sent next; whoever left before asks for nothing any more."""
        count = min(len(self._waiting), MOST_TOGETHER)
        taken = [self._waiting.popleft() for _ in range(count)]
        return [one for one in taken if not one.left]

    async def _exchange(self, connection: Any) -> None:
        """Send commands together and settle each with its reply.

        Raises:
            ConnectionError: The replies are not those of these commands.
        """
        from redis.exceptions import ResponseError

        number = str(next(self._numbers)).encode()
        commands = [one.words for one in self._sent]
        packed = connection.pack_commands([*commands, ("ECHO", number)])
        await connection.send_packed_command(packed, check_health=False)
        replies: list[Any] = []
        for _ in range(len(commands) + 1):
            try:
                replies.append(await connection.read_response())
            except ResponseError as error:
                replies.append(error)
        if replies.pop() != number:
            raise ConnectionError("replies to other commands than those sent")
        for one, reply in zip(self._sent, replies, strict=True):
            one.settle(reply)
        self._sent = []

    def _put(self, words: tuple[str | bytes | int, ...]) -> _Command:
        if self.lost or len(self._waiting) >= MOST_WAITING:
            self.faults += 1
            raise self._unreachable("not reached" if self.lost else "too many commands wait")
        asked = _Command(words)
        self._waiting.append(asked)
        self._news.set()
        return asked

    def _found(self) -> None:
        if self.lost:
            LOG.info("Redis at %s is back", self._address.shown)
        self.lost = False

    def _lose(self, error: Exception) -> None:
        if not self.lost:
            self.losses += 1
            LOG.warning("Redis at %s is lost: %s", self._address.shown, _said(error))
        self.lost = True
        self._fail([*self._sent, *self._waiting], error)
        self._waiting.clear()

    def _fail(self, commands: list[_Command], error: Exception) -> None:
        for one in commands:
            if not one.left:
                self.faults += 1
            one.settle(self._unreachable(_said(error)))
        self._sent = []

    def _unreachable(self, why: str) -> StoreFault:
        message = f"Redis at {self._address.shown}: {why}; start it, or unset HEADWATER_REDIS"
        return StoreFault(message, code="redis.unreachable", retry_safe=True)


class _Command:
    """One command, until its reply."""

    def __init__(self, words: tuple[str | bytes | int, ...]) -> None:
        self.words = words
        self.left = False
        """Nobody waits for its reply any more."""
        self.settled = anyio.Event()
        self._reply: Any = None

    def settle(self, reply: Any) -> None:
        """Take the reply, or what came in its place."""
        if not self.settled.is_set():
            self._reply = reply
            self.settled.set()

    def result(self) -> Any:
        """Return the reply.

        Raises:
            StoreFault: `redis.unreachable`, `redis.refused`.
        """
        if isinstance(self._reply, StoreFault):
            raise self._reply
        if isinstance(self._reply, Exception):
            message = f"Redis refused {self.words[0]!s}: {_said(self._reply)}"
            raise StoreFault(message, code="redis.refused", retry_safe=False) from self._reply
        return self._reply


def _said(error: Exception) -> str:
    return str(error) or type(error).__name__
