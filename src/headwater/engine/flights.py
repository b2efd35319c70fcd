"""Whether the same call is under way already; it calls nothing itself."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

import anyio

from headwater.errors import HeadwaterError


class Flight:
    """One call under way, and what came of it."""

    __slots__ = ("error", "landed", "result", "waiters")

    def __init__(self) -> None:
        self.landed: anyio.Event | None = None
        self.waiters = 0
        self.result: Any = None
        self.error: HeadwaterError | None = None

    @property
    def ended(self) -> bool:
        """Tell whether it brought a result or an error that others can use."""
        return self.result is not None or self.error is not None


class Flights:
    """Equal calls share one flight: the first leads, the others wait for what it brings.

    Where the leader leaves without a result (its own deadline was earlier, or its asker went
    away) the next in line leads, so that nobody suffers from another's haste. Handing the work
    itself over would cost every call a task of its own (`docs/decisions/flights.md`).
    """

    def __init__(self) -> None:
        self._under_way: dict[str, Flight] = {}

    def share(self, key: str | None) -> Boarding:
        """Return a flight for this key to be held by `async with`; None is never shared."""
        return Boarding(self._under_way, key)


class Boarding:
    """Lead a flight, or wait for the one under way; `joined` tells which."""

    __slots__ = ("_flight", "_key", "_under_way", "joined")

    def __init__(self, under_way: dict[str, Flight], key: str | None) -> None:
        self._under_way = under_way
        self._key = key
        self._flight: Flight | None = None
        self.joined = False

    async def __aenter__(self) -> Self:
        """Wait while another leads; come back as a passenger that landed, or as the leader."""
        if self._key is None:
            return self
        while (flight := self._under_way.get(self._key)) is not None:
            if flight.landed is None:
                flight.landed = anyio.Event()
            await flight.landed.wait()
            if flight.ended:
                self._flight = flight
                self.joined = True
                return self
        self._flight = self._under_way[self._key] = Flight()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Land the flight: whoever waits gets the result, the error, or the lead."""
        if self._key is None or self._flight is None or self.joined:
            return
        if isinstance(error, HeadwaterError):
            self._flight.error = error
        del self._under_way[self._key]
        if self._flight.landed is not None:
            self._flight.landed.set()

    def land(self, result: Any) -> None:
        """Keep the leader's result for those who wait."""
        if self._flight is not None:
            self._flight.result = result

    def result(self) -> Any:
        """Return what the leader brought.

        Raises:
            HeadwaterError: what the leader raised.
        """
        if self._flight is None:
            return None
        if self._flight.error is not None:
            raise self._flight.error
        return self._flight.result
