"""What the inside needs of durable work; it decides none of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from headwater.model.job import Job, Task
from headwater.model.principal import Principal
from headwater.ports.outbox import Outbox
from headwater.ports.schedules import Schedules


class Claim(Protocol):
    """A job that this process is to do now: exactly one claim of a job is alive anywhere.

    A process that is killed leaves its claims to another, or to its own restart: the same job is
    claimed again, from its beginning. A claim that is never ended when the app closes stays too.
    """

    @property
    def job_id(self) -> str:
        """Return the job's id."""
        ...

    @property
    def task(self) -> Task:
        """Return what is to be done."""
        ...

    def tell(self, progress: Mapping[str, Any]) -> None:
        """Tell how far it is, as plain JSON; the last one told within half a second is kept."""
        ...

    async def revoked(self) -> None:
        """Wait until somebody cancels the job."""
        ...

    def end(
        self, *, result: Mapping[str, Any] | None = None, error: Mapping[str, Any] | None = None
    ) -> None:
        """End the job with a result, or with the facts of an error."""
        ...


class Jobs(Protocol):
    """Durable work, each tenant's own."""

    @property
    def schedules(self) -> Schedules:
        """Return what begins jobs again and again."""
        ...

    @property
    def outbox(self) -> Outbox:
        """Return what is kept to be sent, in the same place."""
        ...

    async def submit(self, task: Task, *, job_id: str, principal: Principal) -> Job:
        """Keep a job, to be claimed by this process or another; it is durable on return.

        Raises:
            StoreFault: `jobs.unreachable`.
        """
        ...

    async def get(self, job_id: str, *, principal: Principal) -> Job | None:
        """Return the tenant's job, or None."""
        ...

    async def recent(self, *, limit: int, principal: Principal) -> list[Job]:
        """Return the tenant's newest jobs, newest first."""
        ...

    async def cancel(self, job_id: str, *, principal: Principal) -> None:
        """Cancel the tenant's job, queued or running; one that has ended stays as it is."""
        ...

    def claims(self) -> AbstractAsyncContextManager[AsyncIterator[Claim]]:
        """Take jobs to be done here, until the block is left; what is not ended stays."""
        ...

    async def keep(self, chunks: AsyncIterator[bytes], *, job_id: str, most_bytes: int) -> int:
        """Keep what is to be worked on, durably, and return its bytes.

        Raises:
            LimitError: `job.too_large`.
            StoreFault: `jobs.no_room` where it cannot be written.
        """
        ...

    def kept(self, job_id: str) -> Path:
        """Return where what was kept for a job is; work files of the job belong beside it."""
        ...

    async def drop(self, job_id: str) -> None:
        """Remove what was kept for a job, and its work files."""
        ...

    async def prune(self, *, before: datetime) -> int:
        """Forget jobs that ended before an instant, and remove what was kept for any that ended."""
        ...
