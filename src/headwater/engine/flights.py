"""Whether the same call is under way already, and whose task it is; it calls nothing itself."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Hashable
from types import TracebackType
from typing import Any, Self

import anyio

from headwater.engine.reaper import Crew
from headwater.errors import DeadlineExceeded
from headwater.toolkit.cited import Cited


class Flights:
    """Equal calls share one flight: the first leads, the others wait for what it brings.

    A leader does quick work itself; where it leaves without a result (its own deadline was
    earlier, or its asker went away) the next in line leads. Work that takes longer is carried by
    the app, and lasts as long as its last waiter (`docs/decisions/flights.md`).
    """

    def __init__(self) -> None:
        self._under_way: dict[Hashable, Flight] = {}

    def share(self, key: Hashable | None, *, time_s: float = math.inf) -> Flight:
        """Return a flight for this key to be held by `with`; None is never shared.

        `time_s` is what whoever shares it has for it.
        """
        return Flight(self._under_way, key, time_s)


class Flight:
    """Lead, or where it `waits` for another that leads, await the `landing`.

    A leader that does the work itself sets what it `brought`.
    """

    __slots__ = (
        "_carried",
        "_crew",
        "_key",
        "_landed",
        "_time_s",
        "_under_way",
        "_waiters",
        "brought",
        "error",
        "waits",
    )

    def __init__(
        self, under_way: dict[Hashable, Flight], key: Hashable | None, time_s: float
    ) -> None:
        self._under_way = under_way
        self._key = key
        self._time_s = time_s
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
        of time is nothing that it brought: it may have had less. Nor is what is not to be kept
        (`Cited.keep`), for whoever has more time left than it had.
        """
        key = self._key
        while (leader := self._under_way.get(key)) is not None:
            await leader.wait(deadline_at)
            error = leader.error
            found = leader.brought is not None and not leader.may_bring_more(deadline_at)
            if found or not isinstance(error, DeadlineExceeded | None):
                self.brought, self.error = leader.brought, error
                return True
        self._under_way[key] = self
        self.waits = False
        return False

    def may_bring_more(self, deadline_at: float) -> bool:
        """Tell whether what it brought lacks something that more time than it had may bring."""
        brought = self.brought
        lacks = isinstance(brought, Cited) and not brought.keep
        return lacks and deadline_at - anyio.current_time() > self._time_s

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
