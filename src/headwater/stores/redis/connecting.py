"""How one connection to Redis is made and always closed; what is said over it is not known here.

A connection belongs to one task from its making to its end, so that nobody's cancellation costs
it: in redis-py's pools each cancelled command closes one.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import anyio

from headwater.errors import UsageError

WITHIN_S = 0.25
"""Seconds that a command may take, or a connection to be made: what it saves is worth no more."""
CLOSE_S = 0.02


class Address:
    """Where Redis is, read from its URL.

    Args:
        url: `redis://`, `rediss://` or `unix://`, as redis-py reads it.
        within_s: Seconds that a command may take, or a connection to be made.

    Raises:
        UsageError: `redis.bad_url`.
    """

    def __init__(self, url: str, *, within_s: float = WITHIN_S) -> None:
        from redis.asyncio.connection import Connection, parse_url

        try:
            given: dict[str, Any] = dict(parse_url(url))
        except ValueError as error:
            message = f"{_shown(url)} is no address of Redis ({error}); write redis://HOST:PORT/0"
            raise UsageError(message, code="redis.bad_url") from error
        self._kind: type[Any] = given.pop("connection_class", Connection)
        self._given = given
        self.within_s = within_s
        self.shown = _shown(url)
        """The address without its password."""
        self.prefix = f"headwater:{given.get('db', 0)}:"
        """Before every key and channel; channels know no numbered databases, so it says which."""

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Any]:
        """Make a connection, and close it at the end whatever happened on it.

        Raises:
            TimeoutError: It takes longer than it may.
            RedisError: It is refused.
            OSError: There is no way.
        """
        from redis.asyncio.retry import Retry
        from redis.backoff import NoBackoff

        ours = {
            "protocol": 2,
            "retry": Retry(NoBackoff(), 0),
            "socket_timeout": None,
            "socket_connect_timeout": self.within_s,
            "client_name": "headwater",
            # Else it looks its own version up on disk, for each connection, in the loop.
            "driver_info": None,
        }
        connection = self._kind(**{**self._given, **ours})
        try:
            with anyio.fail_after(self.within_s):
                await connection.connect()
            yield connection
        finally:
            with anyio.move_on_after(CLOSE_S, shield=True):
                await connection.disconnect(nowait=True)


def _shown(url: str) -> str:
    try:
        parts = urlsplit(url)
        return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="").geturl()
    except ValueError:
        return "this"
