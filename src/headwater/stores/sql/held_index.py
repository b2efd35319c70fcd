"""Where does a process keep an index of a tenant's rows, and how does it stay true? It ranks none.

Rows are only added, with higher ids than all before, or taken away. So an index is brought up to
date by reading the rows above the last id, and finding which of those held are gone. What was read
stays read when the caller leaves in the middle: the next one goes on from there.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Generic, NamedTuple, Protocol, Self, TypeVar

import anyio
import numpy as np
from anyio import to_thread
from sqlalchemy import Connection, Select

from headwater.analysis.embeddings import Ids
from headwater.analysis.word_index import Among
from headwater.model.document import PassageFilter
from headwater.model.principal import Principal
from headwater.stores.sql.database import Database
from headwater.stores.sql.gone_rows import Spans, gone_of
from headwater.stores.sql.passage_filters import find_among
from headwater.stores.sql.plain_rows import all_rows
from headwater.stores.sql.versions import version_of

PAGE_ROWS = 4_000
THREADS = 4
"""Threads of one adapter that search or build at the same time."""
MOST_BYTES = 1_000_000_000

RowT = TypeVar("RowT", bound=tuple[Any, ...])
RowT_contra = TypeVar("RowT_contra", contravariant=True)
T = TypeVar("T")


class Index(Protocol[RowT_contra]):
    """What is kept: it never changes, others are made of it."""

    @property
    def size_bytes(self) -> int:
        """Return the memory that it takes."""
        ...

    @property
    def rows(self) -> int:
        """Count the rows that are there."""
        ...

    def with_more(self, rows: Sequence[RowT_contra], /) -> Self:
        """Return an index with more rows."""
        ...

    @property
    def living(self) -> Ids:
        """Return the ids of the rows that are there, ascending."""
        ...

    def without(self, ids: Ids, /) -> Self:
        """Return an index without the rows that have one of these ids."""
        ...


IndexT = TypeVar("IndexT", bound=Index[Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading(Generic[RowT]):
    """How rows are read; all statements take `tenant` and what names the index.

    Args:
        port: Whose data version says that nothing changed.
        page: Rows with an id above `after_id`, by id, at most `page_rows`.
        spans: Their ids.
        row: Makes a row of what the driver gives.
        size: Of a row, in bytes.
    """

    port: str
    page: Select[Any]
    spans: Spans
    row: Callable[[tuple[Any, ...]], RowT]
    size: Callable[[RowT], int]


class _Page(NamedTuple):
    version: int
    rows: list[Any]
    is_last: bool
    gone: Ids | None


@dataclass(slots=True)
class _Held(Generic[IndexT]):
    """An index with what was read for the next one, which is complete at a version."""

    index: IndexT
    version: int = 0
    pending: list[Any] = field(default_factory=list)
    pending_bytes: int = 0
    last_id: int = 0
    lock: anyio.Lock = field(default_factory=anyio.Lock)


class HeldIndexes(Generic[IndexT, RowT]):
    """The indexes of a process, the last used ones, within a number of bytes."""

    def __init__(
        self,
        database: Database,
        reading: Reading[RowT],
        *,
        empty: IndexT,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self._database = database
        self._reading = reading
        self._empty = empty
        self._most_bytes = most_bytes
        self._held: dict[tuple[str, str], _Held[IndexT]] = {}
        self._threads: anyio.CapacityLimiter | None = None

    async def current(
        self, name: str, within: PassageFilter, *, principal: Principal
    ) -> tuple[IndexT | None, Among]:
        """Return the index as the data is now, None where it would be too large, and the filter."""
        key = principal.tenant, name
        held = self._held.pop(key, None) or _Held(self._empty)
        self._held[key] = held  # the last used one is the last

        def work(connection: Connection) -> tuple[int, Among]:
            version = version_of(connection, self._reading.port, principal=principal)
            return version, find_among(connection, within, principal.tenant)

        version, among = await self._database.read(work, tenant=principal.tenant)
        if version == held.version:
            return held.index, among
        async with held.lock:
            if held.version < version and not await self._catch_up(held, name, principal=principal):
                self._held.pop(key, None)
                return None, among
        self._make_room(held)
        return held.index, among

    async def pages(self, name: str, *, principal: Principal) -> AsyncIterator[list[RowT]]:
        """Give all rows, some at a time, for what is too large to be kept."""
        last_id = 0
        while True:
            page = await self._page(name, last_id, held=None, principal=principal)
            yield page.rows
            if page.is_last:
                return
            last_id = page.rows[-1][0]

    async def in_thread(self, work: Callable[[], T]) -> T:
        """Compute in a thread; a caller who leaves does not wait for it."""
        if self._threads is None:
            self._threads = anyio.CapacityLimiter(THREADS)
        return await to_thread.run_sync(work, limiter=self._threads, abandon_on_cancel=True)

    async def _catch_up(self, held: _Held[IndexT], name: str, *, principal: Principal) -> bool:
        """Read what is new and build the index of it; False where that is too large."""
        while True:
            page = await self._page(name, held.last_id, held=held, principal=principal)
            held.pending += page.rows
            held.pending_bytes += sum(map(self._reading.size, page.rows))
            if page.rows:
                held.last_id = page.rows[-1][0]
            if held.index.size_bytes + held.pending_bytes > self._most_bytes:
                return False
            if page.is_last:
                break
        gone = held.index.living[:0] if page.gone is None else page.gone
        same = not held.pending and not len(gone)
        work = partial(_extended, held.index, held.pending, gone)
        index = held.index if same else await self.in_thread(work)
        held.index, held.version = index, page.version
        held.pending, held.pending_bytes = [], 0
        return True

    async def _page(
        self, name: str, after_id: int, *, held: _Held[IndexT] | None, principal: Principal
    ) -> _Page:
        """Read rows; with the last ones the ids of those held that are gone."""
        reading = self._reading
        given: Mapping[str, Any] = {
            "tenant": principal.tenant,
            "name": name,
            "after_id": after_id,
            "page_rows": PAGE_ROWS,
        }

        def work(connection: Connection) -> _Page:
            version = version_of(connection, reading.port, principal=principal)
            rows = [reading.row(row) for row in all_rows(connection, reading.page, given)]
            is_last = len(rows) < PAGE_ROWS
            gone = None
            if is_last and held is not None:
                gone = gone_of(connection, reading.spans, given, held=_ids_of(held))
            return _Page(version, rows, is_last, gone)

        return await self._database.read(work, tenant=principal.tenant)

    def _make_room(self, newest: _Held[IndexT]) -> None:
        total = sum(held.index.size_bytes for held in self._held.values())
        for key, held in list(self._held.items()):
            if total <= self._most_bytes:
                return
            if held is not newest and not held.lock.locked():
                total -= held.index.size_bytes
                del self._held[key]


def _ids_of(held: _Held[IndexT]) -> Ids:
    pending = np.fromiter((row[0] for row in held.pending), np.int64, count=len(held.pending))
    return np.concatenate((held.index.living, pending))


def _extended(index: IndexT, rows: Sequence[Any], gone: Ids) -> IndexT:
    extended = index.with_more(rows)
    return extended.without(gone) if len(gone) else extended
