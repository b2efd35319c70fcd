"""What the memory adapters share: each tenant's data, and how it is written; it answers nothing.

A load works on copies in a thread of its own and puts them in place at its end, so that a reader
sees all of it or nothing, and a load that fails or is cancelled leaves no trace.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any, TypeVar

import anyio
import anyio.from_thread
import anyio.to_thread

from headwater.model.document import Document, PassageRecord
from headwater.model.item import ConfigurationItem, ItemName
from headwater.model.load import Rows
from headwater.model.metric import MetricRecord
from headwater.model.principal import Principal
from headwater.model.relation import Direction
from headwater.model.rule import Rule
from headwater.stores.memory.work import Work

ResultT = TypeVar("ResultT")
RecordT = TypeVar("RecordT")
ROWS_BETWEEN_CHECKS = 500


@dataclass(frozen=True, slots=True)
class StoredRelation:
    """A relation between two items by id; `key` tells parallel ones of a type apart."""

    id: int
    source: int
    target: int
    type: str
    key: str
    attributes: dict[str, Any]


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """A history entry with its item's id and its instants in epoch us."""

    id: int
    ci: int
    kind: str
    at_us: int
    ended_us: int | None
    severity: str | None
    title: str
    summary: str | None
    actor: str | None
    attributes: dict[str, Any]


@dataclass(slots=True)
class Items:
    """Items by id, deleted ones too; codes lead to ids for ever, so that a code revives its id."""

    by_id: dict[int, ConfigurationItem] = field(default_factory=dict)
    ids: dict[str, int] = field(default_factory=dict)
    deleted: set[int] = field(default_factory=set)

    def owned(self, ci: int, scope: set[str] | None) -> bool:
        """Tell whether an item, deleted or not, is from one of the sources; None is any."""
        return scope is None or self.by_id[ci].source in scope

    def live(self, ci: int) -> ConfigurationItem | None:
        """Return the item with this id unless it was deleted."""
        return None if ci in self.deleted else self.by_id.get(ci)

    def live_id(self, code: str) -> int | None:
        """Return the id of the item with this code unless it was deleted."""
        ci = self.ids.get(code)
        return None if ci is None or ci in self.deleted else ci

    def every(self) -> Iterator[ConfigurationItem]:
        """Give the items that were not deleted."""
        return (item for ci, item in self.by_id.items() if ci not in self.deleted)


@dataclass(slots=True)
class Joins:
    """Relations by what makes them one, and by the item they leave and enter."""

    by_key: dict[tuple[int, int, str, str], StoredRelation] = field(default_factory=dict)
    leaving: dict[int, list[StoredRelation]] = field(default_factory=dict)
    entering: dict[int, list[StoredRelation]] = field(default_factory=dict)

    def at(self, ci: int, direction: Direction) -> list[tuple[StoredRelation, int]]:
        """Return the relations that a walk in a direction may take from an item, and where to."""
        out = [(each, each.target) for each in self.leaving.get(ci, ())]
        back = [(each, each.source) for each in self.entering.get(ci, ())]
        return {"out": out, "in": back, "both": out + back}[direction]


@dataclass(slots=True)
class Samples:
    """Metrics by name, and the samples of each metric and item by instant, in order of time."""

    metrics: dict[str, MetricRecord] = field(default_factory=dict)
    series: dict[tuple[str, int], dict[int, float]] = field(default_factory=dict)
    series_ids: dict[tuple[str, int], int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StoredPassage:
    """A passage with its document's id and its place there from 0."""

    id: int
    document_id: int
    position: int
    record: PassageRecord


@dataclass(slots=True)
class Library:
    """Documents by id and source, and their passages by id and document."""

    documents: dict[int, Document] = field(default_factory=dict)
    ids: dict[str, int] = field(default_factory=dict)
    passages: dict[int, StoredPassage] = field(default_factory=dict)
    parts: dict[int, tuple[int, ...]] = field(default_factory=dict)


@dataclass(slots=True)
class Tenant:
    """All that one tenant has; a write puts a new value in a field's place, never changes one."""

    items: Items = field(default_factory=Items)
    joins: Joins = field(default_factory=Joins)
    samples: Samples = field(default_factory=Samples)
    entries: dict[tuple[int, str, int, str], StoredEntry] = field(default_factory=dict)
    rules: dict[str, Rule] = field(default_factory=dict)
    library: Library = field(default_factory=Library)
    vectors: dict[str, dict[int, bytes]] = field(default_factory=dict)
    work: Work = field(default_factory=Work)
    versions: dict[str, int] = field(default_factory=dict)


class MemoryEstate:
    """Hold the estates of all tenants, each apart from the others."""

    def __init__(self) -> None:
        self._tenants: dict[str, Tenant] = {}
        self._numbers: dict[str, Iterator[int]] = {}
        self._lock = anyio.Lock()

    def of(self, principal: Principal) -> Tenant:
        """Return the tenant's data; that of one never written is empty and kept by nobody."""
        return self._tenants.get(principal.tenant) or Tenant()

    def every(self) -> dict[str, Tenant]:
        """Return all tenants' data, by their names."""
        return dict(self._tenants)

    def next_id(self, port: str) -> int:
        """Return a number that no row of any tenant has in this port."""
        return next(self._numbers.setdefault(port, count(1)))

    async def write(
        self, port: str, work: Callable[[Tenant], ResultT], *, principal: Principal
    ) -> ResultT:
        """Run a write in a thread, one at a time, and raise the port's version at its end.

        `work` makes its changes aside and puts them in place as the last thing it does.
        """

        def transaction() -> ResultT:
            tenant = self.of(principal)
            result = work(tenant)
            tenant.versions[port] = tenant.versions.get(port, 0) + 1
            self._tenants[principal.tenant] = tenant
            return result

        async with self._lock:
            return await anyio.to_thread.run_sync(transaction)


def watched(rows: Rows[RecordT]) -> Iterator[tuple[int, RecordT]]:
    """Give the rows of a load, and stop between two of them when its caller was cancelled."""
    for number, row in enumerate(rows):
        if number % ROWS_BETWEEN_CHECKS == 0:
            anyio.from_thread.check_cancelled()
        yield row


def name_of(item: ConfigurationItem) -> ItemName:
    """Return the three names of an item."""
    return ItemName(item.id, item.code, item.name)


def now() -> datetime:
    """Return the wall clock's instant in UTC."""
    return datetime.now(UTC)
