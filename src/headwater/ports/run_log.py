"""What the inside needs to remember of runs; it stores none itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from headwater.model.event import Event, RunRecord
from headwater.model.principal import Principal
from headwater.model.run_state import RunQuery


class RunLog(Protocol):
    """Runs and their events, each tenant's own.

    A run that is private is there for its asker and the tenant's admins only.
    """

    async def write(self, runs: Sequence[RunRecord], events: Sequence[Event]) -> None:
        """Save runs (a later row of a run replaces the earlier) and append events, in one go.

        An event already there (same run and number) is left as it was.
        """
        ...

    async def get(self, run_id: str, *, principal: Principal) -> RunRecord | None:
        """Return the tenant's run, or None."""
        ...

    async def recent(self, *, limit: int, principal: Principal) -> list[RunRecord]:
        """Return the tenant's newest runs, newest first."""
        ...

    async def page(self, query: RunQuery, *, principal: Principal) -> tuple[list[RunRecord], int]:
        """Return the tenant's runs that fit, newest first, and how many fit, `before` left out."""
        ...

    async def events(self, run_id: str, *, after: int = -1, principal: Principal) -> list[Event]:
        """Return the run's events with higher numbers than `after`, in order.

        There are none where it is not the tenant's.
        """
        ...

    async def prune(self, *, before: datetime, keep: int) -> int:
        """Drop runs asked before an instant, and all but the newest `keep` of each tenant."""
        ...
