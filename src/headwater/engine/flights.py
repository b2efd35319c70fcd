"""Whether the same call is under way already, and whose task it is; it calls nothing itself."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Hashable
from types import TracebackType
from typing import Any, Self

import anyio

from headwater.engine.reaper import Crew
from headwater.errors import DeadlineExceeded


class Flights:
    """Equal calls share one flight: the first leads, the others wait for what it brings.

    A leader does quick work itself; where it leaves without a result (its own deadline was
    earlier, or its asker went away) the next in line leads. Work that takes longer is carried by
    the app, and lasts as long as its last waiter (`docs/decisions/flights.md`).
    """

    def __init__(self) -> None:
        self._under_way: dict[Hashable, Flight] = {}

    def share(self, key: Hashable | None) -> Flight:
        """Return a flight for this key to be held by `with`; None is never shared."""
        return Flight(self._under_way, key)


class Flight:
    """Lead, or where it `waits` for another that leads, await the `landing`.

    A leader that does the work itself sets what it `brought`.
    """

    __slots__ = (
        "_carried",
        "_crew",
        "_key",
        "_landed",
        "_under_way",
        "_waiters",
        "brought",
        "error",
        "waits",
    )

    def __init__(self, under_way: dict[Hashable, Flight], key: Hashable | None) -> None:
        self._under_way = under_way
        self._key = key
        self._landed: anyio.Event | None = None
        self._crew: Crew | None = None
        self.brought: Any = None
        self.error: Exception | None = None
        self.waits = False

    def __enter__(self) -> Self:
        """Lead, unless another does."""
        if self._key in self._under_way:
            self.waits = True
        elif self._key is not None:
            self._under_way[self._key] = self
        return self

    async def landing(self, deadline_at: float = -math.inf) -> bool:
        """Wait while another leads; return whether it brought something, else lead.

        Work that the app carries gets the time until `deadline_at` as well. That another ran out
        of time is nothing that it brought: it may have had less.
        """
        key = self._key
        while (leader := self._under_way.get(key)) is not None:
            await leader.wait(deadline_at)
            error = leader.error
            if leader.brought is not None or not isinstance(error, DeadlineExceeded | None):
                self.brought, self.error = leader.brought, error
                return True
        self._under_way[key] = self
        self.waits = False
        return False

    async def carry(
        self, crew: Crew, work: Callable[..., Awaitable[Any]], *args: Any, deadline_at: float
    ) -> Any:
        """Let the app do the work for as long as anyone waits, and return what it gives, or None.

        Raises:
            Exception: what the work raised.
        """
        self._carried = anyio.CancelScope(deadline=deadline_at)
        self._landed, self._waiters = anyio.Event(), 0
        crew.start(self._fly, work, args)
        self._crew = crew
        await self.wait(deadline_at)
        return self.result()

    async def wait(self, deadline_at: float) -> None:
        """Wait for the end; the last one to leave before ends the work that the app carries."""
        self._landed = self._landed or anyio.Event()
        if self._crew is None:
            await self._landed.wait()
            return
        self._carried.deadline = max(self._carried.deadline, deadline_at)
        self._waiters += 1
        try:
            await self._landed.wait()
        finally:
            self._waiters -= 1
            if not self._waiters and not self._landed.is_set():
                self._forget()
                await self._crew.dismiss()  # noqa: ASYNC102 (shielded and bounded in there)

    async def _fly(self, work: Callable[..., Awaitable[Any]], args: tuple[Any, ...]) -> None:
        try:
            with self._carried:
                self.brought = await work(*args)
        except Exception as error:  # noqa: BLE001 (it is raised again by whoever waits)
            self.error = error
        finally:
            self._land()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Land what its leader did itself: whoever waits gets the result, the error or the lead."""
        if self.waits or self._crew is not None or self._key is None:
            return
        if isinstance(error, Exception):
            self.error = error
        self._land()

    def _land(self) -> None:
        self._forget()
        if self._landed is not None:
            self._landed.set()

    def _forget(self) -> None:
        if self._under_way.get(self._key) is self:
            del self._under_way[self._key]

    def land(self, result: Any) -> None:
        """Keep the result of a leader that did the work itself."""
        self.brought = result

    def result(self) -> Any:
        """Return what the leader brought.

        Raises:
            Exception: what the leader raised.
        """
        if self.error is not None:
            raise self.error
        return self.brought
