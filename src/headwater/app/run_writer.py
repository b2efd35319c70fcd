"""How runs reach the run log: behind the answer, in batches; it decides nothing about them."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

import anyio

from headwater.engine.journal import Outlet
from headwater.errors import HeadwaterError
from headwater.ports.run_log import RunLog

LOG = logging.getLogger(__name__)
GATHER_S = 0.2
"""How long events gather before they are written; a crash may lose as much of a run's story."""
PRUNE_S = 600.0


class RunWriter:
    """The app's background task that writes what the journals put into the outlet.

    Args:
        outlet: Where runs and events wait.
        run_log: Where they go.
        keep: How long runs are kept.
        keep_count: How many runs of each tenant are kept.
    """

    def __init__(
        self, outlet: Outlet, run_log: RunLog, *, keep: timedelta, keep_count: int
    ) -> None:
        self._outlet = outlet
        self._run_log = run_log
        self._keep = keep
        self._keep_count = keep_count
        self._one_at_a_time = anyio.Lock()
        self.faults = 0

    async def work(self) -> None:
        """Write what gathers and drop what is old, until cancelled."""
        prune_at = anyio.current_time()
        while True:
            await self._outlet.something()
            await anyio.sleep(GATHER_S)
            await self.flush()
            if anyio.current_time() >= prune_at:
                await self._prune()
                prune_at = anyio.current_time() + PRUNE_S

    async def flush(self) -> None:
        """Write everything that waits; what cannot be written waits on, and the fault is told."""
        async with self._one_at_a_time:
            runs, events = self._outlet.take()
            if not runs and not events:
                return
            try:
                await self._run_log.write(runs, events)
            except HeadwaterError as error:
                self.faults += 1
                self._outlet.put_back(runs, events)
                LOG.warning("the run log is behind by %d events: %s", len(events), error)

    async def _prune(self) -> None:
        try:
            before = datetime.now(UTC) - self._keep
            await self._run_log.prune(before=before, keep=self._keep_count)
        except HeadwaterError as error:
            self.faults += 1
            LOG.warning("old runs were not dropped: %s", error)
