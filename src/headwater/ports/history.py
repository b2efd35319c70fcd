"""What the inside needs of the history of items; it stores none itself."""

from __future__ import annotations

from typing import Protocol

from headwater.model.history import HistoryEntry, HistoryPage, HistoryQuery, HistoryRecord
from headwater.model.load import LoadCount, Rows
from headwater.model.principal import Principal


class History(Protocol):
    """What happened to a tenant's items; entries of deleted items never appear."""

    async def recent(self, query: HistoryQuery, *, principal: Principal) -> HistoryPage:
        """Return the newest entries that match, with the true total.

        Raises:
            UsageError: a severity, field or operator that is not known, by name.
        """
        ...

    async def batch(self, after_id: int, *, limit: int, principal: Principal) -> list[HistoryEntry]:
        """Return up to `limit` entries with an id above `after_id`, by id: a page of an export."""
        ...

    async def load(
        self, rows: Rows[HistoryRecord], *, replace: bool, principal: Principal
    ) -> LoadCount:
        """Add and update entries, all or nothing.

        An entry is known by its item, kind, instant and title. Unknown codes are bad lines.
        """
        ...
