"""Which keys were revoked just now, for whoever holds a line open by one; it revokes none.

One look serves all lines of a process, however many there are and whatever their keys.

Next: `ports/keys.py`
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import anyio

from headwater.errors import HeadwaterError
from headwater.ports.keys import Keys

LOG = logging.getLogger(__name__)
LOOK_S = 0.4
"""Seconds between two looks, while somebody waits: a line is closed within a second."""
BACK = timedelta(minutes=5)
"""How far back it looks, for clocks that differ, and for looks that failed."""


class Revocations:
    """Tells those who wait that their key was revoked, wherever that was.

    Args:
        keys: Where keys are.
        found: Called when keys were found to be revoked, before anyone is told.
    """

    def __init__(self, keys: Keys, found: Callable[[], None]) -> None:
        self._keys = keys
        self._found = found
        self._waiting: dict[str, set[anyio.Event]] = {}
        self._somebody = anyio.Event()

    async def of(self, key_id: str) -> None:
        """Wait until this key is revoked."""
        told = anyio.Event()
        waiting = self._waiting.setdefault(key_id, set())
        waiting.add(told)
        self._somebody.set()
        try:
            await told.wait()
        finally:
            waiting.discard(told)
            if not waiting and self._waiting.get(key_id) is waiting:
                del self._waiting[key_id]

    async def work(self) -> None:
        """Look again and again, while somebody waits, until cancelled."""
        while True:
            if not self._waiting:
                self._somebody = anyio.Event()
                await self._somebody.wait()
            await self._look()
            await anyio.sleep(LOOK_S)

    async def _look(self) -> None:
        try:
            revoked = await self._keys.revoked(since=datetime.now(UTC) - BACK)
        except HeadwaterError as error:
            LOG.warning("whether keys were revoked could not be seen: %s", error)
            return
        ended = revoked & self._waiting.keys()
        if ended:
            self._found()
        for key_id in ended:
            for told in self._waiting[key_id]:
                told.set()
