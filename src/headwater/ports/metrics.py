"""What the inside needs of metrics and their samples; it stores none itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from headwater.model.load import LoadCount, Rows
from headwater.model.metric import (
    AggregateQuery,
    ItemSamples,
    MetricInfo,
    MetricRecord,
    MetricValue,
    SampleRecord,
    Series,
    SeriesQuery,
)
from headwater.model.principal import Principal
from headwater.model.window import Window


class Metrics(Protocol):
    """A tenant's metrics; samples of deleted items never appear."""

    async def catalogue(self, *, ci: int | None, principal: Principal) -> list[MetricInfo]:
        """Return the metrics known, by name; with `ci` those that it has samples of."""
        ...

    async def aggregate(self, query: AggregateQuery, *, principal: Principal) -> MetricValue:
        """Aggregate samples over a window.

        Raises:
            UsageError: `metric.unknown` with close names; `rate` of a gauge; a bad filter.
        """
        ...

    async def series(self, query: SeriesQuery, *, principal: Principal) -> Series | None:
        """Return one item's points, or None where there is no such item.

        Raises:
            UsageError: `metric.unknown` with close names.
        """
        ...

    async def samples(
        self,
        metric: str,
        *,
        ci_ids: Sequence[int] | None,
        window: Window,
        limit: int,
        principal: Principal,
    ) -> list[ItemSamples]:
        """Return raw samples by item id; `limit` bounds samples in all, whole items first.

        Raises:
            UsageError: `metric.unknown` with close names.
            LimitError: `limit.samples` where there are more than `limit`.
        """
        ...

    async def batch(
        self, after: tuple[int, int], *, limit: int, principal: Principal
    ) -> tuple[list[SampleRecord], tuple[int, int]]:
        """Return a page of all samples for an export, and where the next page starts.

        Start with `(0, -(2**63))`; a page shorter than `limit` is the last.
        """
        ...

    async def load(
        self, rows: Rows[MetricRecord], *, replace: bool, principal: Principal
    ) -> LoadCount:
        """Add and update metrics by name, all or nothing."""
        ...

    async def load_samples(
        self, rows: Rows[SampleRecord], *, replace: bool, principal: Principal
    ) -> LoadCount:
        """Add and update samples by metric, item and instant, all or nothing.

        A metric not declared becomes a gauge without a unit. Unknown codes are bad lines.
        """
        ...
