"""How an estate is brought in and taken out, part by part; it knows no source and no store.

Next: `ports/inventory.py`
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Protocol, TypeVar

import anyio
from anyio import to_thread

from headwater.engine.versions_lease import LeasedVersions
from headwater.model.history import HistoryEntry
from headwater.model.item import ConfigurationItem
from headwater.model.load import (
    MAX_LISTED,
    BadLine,
    LoadCount,
    LoadReport,
    Part,
    Progress,
    Rows,
    Supply,
)
from headwater.model.metric import MetricInfo, SampleRecord
from headwater.model.principal import Principal
from headwater.model.relation import RelationRecord
from headwater.model.rule import Rule
from headwater.ports.history import History
from headwater.ports.inventory import Inventory
from headwater.ports.metrics import Metrics
from headwater.ports.relations import Relations
from headwater.ports.rules import Rules

RecordT = TypeVar("RecordT")
PAGE = 5_000
SAMPLE_PAGE = 50_000
CLEAN_UP_S = 5.0


class Estate(Protocol):
    """The ports that hold an estate, by their names."""

    @property
    def inventory(self) -> Inventory:
        """Return where items are."""
        ...

    @property
    def relations(self) -> Relations:
        """Return where relations are."""
        ...

    @property
    def metrics(self) -> Metrics:
        """Return where metrics and samples are."""
        ...

    @property
    def history(self) -> History:
        """Return where history entries are."""
        ...

    @property
    def rules(self) -> Rules:
        """Return where rules are."""
        ...


class EstateWriter(Protocol):
    """What an export needs of a format; every method blocks and is called in a worker thread."""

    def items(self, batch: Sequence[ConfigurationItem]) -> None:
        """Write items."""
        ...

    def relations(self, batch: Sequence[RelationRecord]) -> None:
        """Write relations."""
        ...

    def metrics(self, batch: Sequence[MetricInfo]) -> None:
        """Write metrics."""
        ...

    def samples(self, batch: Sequence[SampleRecord]) -> None:
        """Write samples."""
        ...

    def history(self, batch: Sequence[HistoryEntry]) -> None:
        """Write history entries."""
        ...

    def rules(self, batch: Sequence[Rule]) -> None:
        """Write rules."""
        ...

    def save(self) -> tuple[Path, ...]:
        """Make what was written take effect at once, and return the files."""
        ...

    def discard(self) -> None:
        """Drop what was not saved."""
        ...


async def load(
    estate: Estate,
    supply: Supply,
    *,
    principal: Principal,
    lease: LeasedVersions | None = None,
    replace: bool = False,
    skip_bad: bool = False,
    progress: Progress | None = None,
) -> LoadReport:
    """Load what a source supplies: items, relations, metrics, samples, history, rules.

    Each part is all or nothing; the parts before a failed one stay, and loading again is safe.
    `replace` also removes what the source no longer has. `progress` may be read meanwhile. Calls
    of this process that go by the `lease` see what was loaded at once.

    Raises:
        UsageError: `load.bad_line`, unless bad lines are to be skipped, or what the source says.
        StoreFault: what the store says; the part at hand changed nothing.
    """
    work = _Load(supply, progress or Progress(), skip_bad=skip_bad)
    with nullcontext() if lease is None else lease.written(principal=principal):
        await _load_parts(work, estate, supply, replace=replace, principal=principal)
    return work.report()


async def _load_parts(
    work: _Load, estate: Estate, supply: Supply, *, replace: bool, principal: Principal
) -> None:
    await work.part(
        "items", supply.items, estate.inventory.load, replace=replace, principal=principal
    )
    await work.part(
        "relations", supply.relations, estate.relations.load, replace=replace, principal=principal
    )
    await work.part(
        "metrics", supply.metrics, estate.metrics.load, replace=replace, principal=principal
    )
    await work.part(
        "samples", supply.samples, estate.metrics.load_samples, replace=replace, principal=principal
    )
    await work.part(
        "history", supply.history, estate.history.load, replace=replace, principal=principal
    )
    await work.part("rules", supply.rules, estate.rules.load, replace=replace, principal=principal)


async def export(
    estate: Estate, writer: EstateWriter, *, principal: Principal, progress: Progress | None = None
) -> dict[str, int]:
    """Write a whole estate, page by page, and return how many rows each part has.

    The writer is saved when everything is written, and discarded where anything failed.

    Raises:
        StoreFault: what the store or the writer says; files already there are unchanged.
    """
    work = _Export(estate, writer, principal, progress=progress or Progress())
    try:
        await work.items()
        await work.relations()
        await work.metrics()
        await work.samples()
        await work.history()
        await work.rules()
        await to_thread.run_sync(writer.save)
    except BaseException:
        with anyio.move_on_after(CLEAN_UP_S, shield=True):
            await to_thread.run_sync(writer.discard)
        raise
    return work.counts


class _Store(Protocol[RecordT]):
    """A port's method that takes in rows."""

    def __call__(
        self, rows: Rows[RecordT], *, replace: bool, principal: Principal
    ) -> Awaitable[LoadCount]:
        """Load them, all or nothing."""
        ...


class _Load:
    """One load's counts as they come in."""

    def __init__(self, supply: Supply, progress: Progress, *, skip_bad: bool) -> None:
        parts = (
            supply.items,
            supply.relations,
            supply.metrics,
            supply.samples,
            supply.history,
            supply.rules,
        )
        progress.total_bytes = sum(part.size_bytes for part in parts if part is not None)
        self._supply = supply
        self._scope = None if supply.scope is None else set(supply.scope)
        self._progress = progress
        self._skip_bad = skip_bad
        self._started_s = time.monotonic()
        self._counts: dict[str, LoadCount] = {}
        self._bad: list[BadLine] = []
        self._bad_total = 0

    async def part(
        self,
        name: str,
        part: Part[RecordT] | None,
        store: _Store[RecordT],
        *,
        replace: bool,
        principal: Principal,
    ) -> None:
        """Let a store read a part, if the source has it, and take note of what it did."""
        if part is None:
            return
        progress = self._progress
        rows: Rows[RecordT] = Rows(part.file, skip_bad=self._skip_bad, scope=self._scope)
        rows.records = part.records(rows)
        progress.part, progress.file, progress.rows = name, part.file, rows
        may_remove = replace and part.replaceable
        self._counts[name] = await store(rows, replace=may_remove, principal=principal)
        progress.rows = None
        progress.done_rows += rows.read
        progress.done_bytes += rows.read_bytes
        self._bad_total += rows.bad_total
        self._bad += rows.bad_lines[: MAX_LISTED - len(self._bad)]

    def report(self) -> LoadReport:
        """Return what was done."""
        return LoadReport(
            source=self._supply.source,
            counts=self._counts,
            bad_lines=tuple(self._bad),
            bad_total=self._bad_total,
            elapsed_s=time.monotonic() - self._started_s,
        )


class _Export:
    """One export, a part a method."""

    def __init__(
        self, estate: Estate, writer: EstateWriter, principal: Principal, *, progress: Progress
    ) -> None:
        self._estate = estate
        self._writer = writer
        self._principal = principal
        self._progress = progress
        self.counts: dict[str, int] = {}

    async def items(self) -> None:
        """Write all items, by id."""
        after = 0
        while page := await self._page(
            "items", self._estate.inventory.batch(after, **self._paged())
        ):
            await to_thread.run_sync(self._writer.items, page)
            after = page[-1].id

    async def relations(self) -> None:
        """Write all relations, by id."""
        after = 0
        while page := await self._page(
            "relations", self._estate.relations.batch(after, **self._paged())
        ):
            records = [
                RelationRecord(
                    source=edge.source.code,
                    target=edge.target.code,
                    type=edge.type,
                    attributes=dict(attributes),
                )
                for edge, attributes in page
            ]
            await to_thread.run_sync(self._writer.relations, records)
            after = page[-1][0].id

    async def metrics(self) -> None:
        """Write all metrics, by name."""
        known = self._estate.metrics.catalogue(ci=None, principal=self._principal)
        await to_thread.run_sync(self._writer.metrics, await self._page("metrics", known))

    async def samples(self) -> None:
        """Write all samples, by series and instant."""
        after, more = (0, -(2**63)), True
        while more:
            page, after = await self._estate.metrics.batch(
                after, limit=SAMPLE_PAGE, principal=self._principal
            )
            self._count("samples", len(page))
            await to_thread.run_sync(self._writer.samples, page)
            more = len(page) == SAMPLE_PAGE

    async def history(self) -> None:
        """Write all history entries, by id."""
        after = 0
        while page := await self._page(
            "history", self._estate.history.batch(after, **self._paged())
        ):
            await to_thread.run_sync(self._writer.history, page)
            after = page[-1].id

    async def rules(self) -> None:
        """Write all rules, by code."""
        every = self._estate.rules.every(principal=self._principal)
        await to_thread.run_sync(self._writer.rules, await self._page("rules", every))

    def _paged(self) -> dict[str, Any]:
        return {"limit": PAGE, "principal": self._principal}

    async def _page(self, name: str, page: Awaitable[list[RecordT]]) -> list[RecordT]:
        found = await page
        self._count(name, len(found))
        return found

    def _count(self, name: str, rows: int) -> None:
        self._progress.part = name
        self._progress.done_rows += rows
        self.counts[name] = self.counts.get(name, 0) + rows
