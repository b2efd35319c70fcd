"""How pages are fetched ahead of who reads them, in order; it fetches none itself."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Generic, TypeVar

import anyio

from headwater.errors import HeadwaterError

PageT = TypeVar("PageT")
_LAST = re.compile(r'<[^>]*[?&]page=(\d{1,9})(?:&[^>]*)?>;\s*rel="last"')
AHEAD = 2
"""How many times as many pages may wait for their reader as are fetched at once."""


def last_page_of(link: str) -> int | None:
    """Return the number of the last page, where a `Link` header tells it (RFC 8288).

    GitHub leaves it out of lists that are gone through by a cursor.
    """
    found = _LAST.search(link)
    return None if found is None or "after=" in link else int(found[1])


class Pages(Generic[PageT]):
    """Pages to come, in their order."""

    def __init__(self, numbers: Iterable[int], *, at_once: int) -> None:
        self._waiting = list(numbers)
        self._next = 0
        self._here: dict[int, PageT | HeadwaterError] = {}
        self._came = anyio.Event()
        self._room = anyio.Semaphore(at_once * (1 + AHEAD))
        self._numbers = iter(self._waiting)

    async def next(self) -> PageT | None:
        """Return the next page, or None after the last.

        Raises:
            HeadwaterError: what fetching this page ended in.
        """
        if self._next >= len(self._waiting):
            return None
        number = self._waiting[self._next]
        while number not in self._here:
            self._came = anyio.Event()
            await self._came.wait()
        found = self._here.pop(number)
        if isinstance(found, HeadwaterError):
            raise found
        self._next += 1
        self._room.release()
        return found

    async def work(self, fetch: Callable[[int], Awaitable[PageT]]) -> None:
        """Fetch one page after the other, until there is none left or one cannot be had."""
        while True:
            await self._room.acquire()
            number = next(self._numbers, None)
            if number is None:
                return
            try:
                self._here[number] = await fetch(number)
            except HeadwaterError as error:
                self._here[number] = error
                return
            finally:
                self._came.set()


@asynccontextmanager
async def fetched_ahead(
    fetch: Callable[[int], Awaitable[PageT]], numbers: Iterable[int], *, at_once: int
) -> AsyncIterator[Pages[PageT]]:
    """Fetch pages until the block is left, so many at once and only so far ahead of the reader."""
    pages: Pages[PageT] = Pages(numbers, at_once=at_once)
    raised: Exception | None = None
    async with anyio.create_task_group() as group:
        for _ in range(at_once):
            group.start_soon(pages.work, fetch)
        try:
            yield pages
        except Exception as error:  # noqa: BLE001 (raised below, not in a group's wrapping)
            raised = error
        group.cancel_scope.cancel()
    if raised is not None:
        raise raised
