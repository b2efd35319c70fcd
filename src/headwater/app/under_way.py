"""Which runs this process carries out now, and how one of them is ended; it carries out none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import anyio

from headwater.engine.journal import Journal
from headwater.errors import LimitError

STOPPING_S = 5.0
"""Seconds after which whoever was refused by a stopping process may ask again, elsewhere."""


@dataclass(slots=True, eq=False)
class Running:
    """A run under way: its journal, the scope that ends it, and who asked for that."""

    journal: Journal
    scope: anyio.CancelScope
    cancelled_by: str | None = None


class UnderWay:
    """The runs of this process, from their first event to their last."""

    def __init__(self) -> None:
        self.stopping = False
        self._runs: dict[str, Running] = {}
        self._idle = anyio.Event()

    def __len__(self) -> int:
        """Count the runs under way."""
        return len(self._runs)

    def check_open(self) -> None:
        """Refuse a new run once the process is to stop.

        Raises:
            LimitError: `limit.stopping`.
        """
        if self.stopping:
            message = "this process is stopping and begins no more runs; ask another, or again"
            raise LimitError(
                message, code="limit.stopping", retry_safe=True, retry_after_s=STOPPING_S
            )

    @contextmanager
    def keep(self, journal: Journal) -> Iterator[None]:
        """Hold a run for as long as the block, which ends where somebody cancels the run.

        Raises:
            LimitError: `run.cancelled`, where somebody did.
        """
        run_id = journal.record.run_id
        with anyio.CancelScope() as scope:
            running = self._runs[run_id] = Running(journal, scope)
            try:
                yield
            finally:
                del self._runs[run_id]
                if not self._runs:
                    self._idle.set()
        if scope.cancelled_caught:
            message = f"cancelled by {running.cancelled_by}; ask again for what is missing"
            raise LimitError(message, code="run.cancelled")

    def finish(self, run_id: str, *, tenant: str) -> bool:
        """Ask a run for its answer now; tell whether the tenant has it under way here."""
        running = self._get(run_id, tenant)
        if running is not None:
            running.journal.now.ask()
        return running is not None

    def cancel(self, run_id: str, *, tenant: str, by: str) -> bool:
        """End a run without an answer; tell whether the tenant has it under way here."""
        running = self._get(run_id, tenant)
        if running is not None:
            _cancel(running, by)
        return running is not None

    def has(self, run_id: str, *, tenant: str) -> bool:
        """Tell whether the tenant has this run under way here."""
        return self._get(run_id, tenant) is not None

    def finish_all(self) -> None:
        """Ask every run for its answer now."""
        for running in tuple(self._runs.values()):
            running.journal.now.ask()

    def cancel_all(self, *, by: str) -> None:
        """End every run without an answer."""
        for running in tuple(self._runs.values()):
            _cancel(running, by)

    async def idle(self) -> None:
        """Wait until no run is under way."""
        while self._runs:
            if self._idle.is_set():
                self._idle = anyio.Event()
            await self._idle.wait()

    def _get(self, run_id: str, tenant: str) -> Running | None:
        running = self._runs.get(run_id)
        return running if running and running.journal.record.tenant == tenant else None


def _cancel(running: Running, by: str) -> None:
    running.cancelled_by = running.cancelled_by or by
    running.scope.cancel()
