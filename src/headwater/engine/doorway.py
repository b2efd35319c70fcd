"""How many go on in one turn of the loop? Those beyond go on in one of the next; it refuses nobody.

Where a thousand waited for the same thing, all of them go on in the turn in which it comes, and
hold up everything else for as long as a thousand beginnings take.
"""

from __future__ import annotations

import anyio
from anyio.lowlevel import checkpoint

AT_ONCE = 8
"""Some 10 ms of work, where each begins with a question's plan."""


class _Group:
    """Those who go on in the same turn."""

    __slots__ = ("count", "told")

    def __init__(self) -> None:
        self.count = 1
        self.told = anyio.Event()


class Doorway:
    """Lets a few through in one turn of the loop, in order of arrival.

    Args:
        at_once: How many, 1 and up.
    """

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._at_once = at_once
        self._room = at_once
        self._last: _Group | None = None

    async def enter(self) -> None:
        """Go on: at once, or where several did so by now, in one of the loop's next turns."""
        if self._room:
            self._room -= 1
            return
        last = self._last
        if last is not None and last.count < self._at_once:
            last.count += 1
            await last.told.wait()
        else:
            await self._lead(last)

    async def _lead(self, before: _Group | None) -> None:
        """Go on a turn after those before, and take those along who came meanwhile."""
        mine = self._last = _Group()
        try:
            if before is not None:
                await before.told.wait()
            await checkpoint()
        finally:
            mine.told.set()
            if self._last is mine:
                self._last, self._room = None, self._at_once - mine.count
