"""How runs reach the run log: behind the answer, in batches; it decides nothing about them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import anyio

from headwater.engine.journal import Outlet
from headwater.errors import HeadwaterError
from headwater.model.event import Event, RunRecord
from headwater.ports.run_log import RunLog
from headwater.ports.telemetry import Telemetry

LOG = logging.getLogger(__name__)
GATHER_S = 0.2
"""How long events gather before they are written; a crash may lose as much of a run's story."""
WRITE_S = 3.0
"""How long one write may take: a connection that carries nothing any more is given up by then."""
MOST_TOGETHER = 5_000
"""Events of one write."""
PRUNE_S = 600.0
MOST_STORIES = 10_000
"""Runs under way whose events are remembered; the oldest go first."""


class RunWriter:
    """The app's background task that writes what the journals put into the outlet.

    Args:
        outlet: Where runs and events wait.
        run_log: Where they go.
        keep: How long runs are kept.
        keep_count: How many runs of each tenant are kept.
        telemetry: Told of each run that has ended, or None.
    """

    def __init__(
        self,
        outlet: Outlet,
        run_log: RunLog,
        *,
        keep: timedelta,
        keep_count: int,
        telemetry: Telemetry | None = None,
    ) -> None:
        self._outlet = outlet
        self._run_log = run_log
        self._keep = keep
        self._keep_count = keep_count
        self._one_at_a_time = anyio.Lock()
        self._telemetry = telemetry
        self._stories: dict[str, list[Event]] = {}
        """The events so far of runs under way, for the telemetry."""
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
        """Write everything that waits; what cannot be written waits on, and the fault is told.

        Whoever waited while another found the log out of reach does not try once more.
        """
        faults = self.faults
        async with self._one_at_a_time:
            for _ in range(1 + self._outlet.waiting // MOST_TOGETHER):
                if self.faults == faults:
                    await self._write()

    async def _write(self) -> None:
        """Write some of what waits, or have it wait on."""
        runs, events = self._outlet.take(MOST_TOGETHER)
        if not runs and not events:
            return
        try:
            with anyio.fail_after(WRITE_S):
                await self._run_log.write(runs, events)
        except (HeadwaterError, TimeoutError) as error:
            self.faults += 1
            self._outlet.put_back(runs, events)
            why = str(error) or f"nothing was written within {WRITE_S:g} s"
            LOG.warning("the run log is behind by %d events: %s", self._outlet.waiting, why)
            return
        except BaseException:  # whoever waited for it left; what waits is not theirs
            self._outlet.put_back(runs, events)
            raise
        if self._telemetry is not None:
            self._tell(self._telemetry, runs, events)

    def _tell(
        self, telemetry: Telemetry, runs: Sequence[RunRecord], events: Sequence[Event]
    ) -> None:
        """Tell of the runs that have ended, each with all of its events."""
        for event in events:
            self._stories.setdefault(event.run_id, []).append(event)
        for run in runs:
            if run.status is not None:
                telemetry.ran(run, self._stories.pop(run.run_id, []))
        while len(self._stories) > MOST_STORIES:
            self._stories.pop(next(iter(self._stories)))

    async def _prune(self) -> None:
        try:
            before = datetime.now(UTC) - self._keep
            await self._run_log.prune(before=before, keep=self._keep_count)
        except HeadwaterError as error:
            self.faults += 1
            LOG.warning("old runs were not dropped: %s", error)
