"""Whether the same call is under way already; it calls nothing itself."""

from __future__ import annotations

from collections.abc import Hashable
from types import TracebackType
from typing import Any, Self

import anyio

from headwater.errors import HeadwaterError


class Flights:
    """Equal calls share one flight: the first leads, the others wait for what it brings.

    Where the leader leaves without a result (its own deadline was earlier, or its asker went
    away) the next in line leads, so that nobody suffers from another's haste. Handing the work
    itself over would cost every call a task of its own (`docs/decisions/flights.md`).
    """

    def __init__(self) -> None:
        self._under_way: dict[Hashable, Flight] = {}

    def share(self, key: Hashable | None) -> Flight:
        """Return a flight for this key to be held by `with`; None is never shared."""
        return Flight(self._under_way, key)


class Flight:
    """Lead, or where it `waits` for another that leads, await the `landing`."""

    __slots__ = ("_key", "_under_way", "brought", "error", "landed", "waits")

    def __init__(self, under_way: dict[Hashable, Flight], key: Hashable | None) -> None:
        self._under_way = under_way
        self._key = key
        self.landed: anyio.Event | None = None
        self.brought: Any = None
        self.error: HeadwaterError | None = None
        self.waits = False

    def __enter__(self) -> Self:
        """Lead, unless another does."""
        if self._key in self._under_way:
            self.waits = True
        elif self._key is not None:
            self._under_way[self._key] = self
        return self

    async def landing(self) -> bool:
        """Wait while another leads; return whether it brought something, else lead."""
        key = self._key
        while (leader := self._under_way.get(key)) is not None:
            if leader.landed is None:
                leader.landed = anyio.Event()
            await leader.landed.wait()
            if leader.brought is not None or leader.error is not None:
                self.brought, self.error = leader.brought, leader.error
                return True
        self._under_way[key] = self
        self.waits = False
        return False

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Land the flight: whoever waits gets the result, the error, or the lead."""
        if self.waits or self._key is None:
            return
        if isinstance(error, HeadwaterError):
            self.error = error
        del self._under_way[self._key]
        if self.landed is not None:
            self.landed.set()

    def land(self, result: Any) -> None:
        """Keep the leader's result for those who wait."""
        self.brought = result

    def result(self) -> Any:
        """Return what the leader brought.

        Raises:
            HeadwaterError: what the leader raised.
        """
        if self.error is not None:
            raise self.error
        return self.brought
