"""How jobs are kept and handed out, by DBOS on SQLite or PostgreSQL; it does none of them.

DBOS blocks and has threads of its own: it is asked in threads only. There is one DBOS in a process,
so what is to be sent is kept by the same one, in a lane of its own.
"""

from __future__ import annotations

import functools
import logging
import threading
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any

import anyio
from anyio import to_thread
from dbos import DBOS, DBOSPortableJSONSerializer
from ulid import ULID

from headwater.errors import LimitError, StoreFault, UsageError
from headwater.model.job import Job, JobStatus, Task
from headwater.model.principal import Principal
from headwater.services.asking_dbos import ask
from headwater.services.job_claim import DbosClaim
from headwater.services.job_folder import JobFolder
from headwater.services.job_lane import FORMAT, Lane
from headwater.services.outbox import NOTICE, DbosOutbox
from headwater.services.schedules import DbosSchedules

LOG = logging.getLogger(__name__)
APP = "headwater"
WORKFLOW = "headwater.job"
SCHEDULES_S = 5.0
"""Seconds between two looks which schedules there are; in the first minute it looks each second."""
STOP_S = 0.05
"""Seconds in which DBOS sees that it is to end: that thread sleeps so long each time, and no more,
as nobody waits for its notifications. By default a closing took up to a second."""
END_S = 2.0
"""Seconds for threads that write down the end of their work, when all is closed."""
WORKING = "dbos-executor-"
"""How DBOS' threads that do work are called."""
LOOK_S = 5.0
"""Seconds between two looks whether another worker has died."""
UPLOADING = timedelta(days=1)
"""How long an upload may take before its job is kept; one that took longer was broken off."""
STATUSES: Mapping[str, JobStatus] = {
    "DELAYED": "queued",
    "ENQUEUED": "queued",
    "PENDING": "running",
    "CANCELLED": "cancelled",
    "SUCCESS": "succeeded",
}
_ONE = threading.Lock()


class DbosJobs:
    """Durable work, each tenant's own.

    Args:
        folder: Where uploads are, and which processes share this work.
        at_once: Jobs that this process does at once; 0 for none, as where it only keeps them.
        notices_at_once: Notices that it sends at once.
    """

    def __init__(self, folder: JobFolder, *, at_once: int, notices_at_once: int) -> None:
        self._folder = folder
        self._worker = f"w-{ULID()}"
        self._lane = Lane(WORKFLOW, f"jobs-{folder.id}", at_once=at_once)
        notices = Lane(NOTICE, f"notices-{folder.id}", at_once=notices_at_once)
        self._lanes = (self._lane, notices)
        self.outbox = DbosOutbox(notices)
        self.schedules = DbosSchedules(self._lane)
        self._works = at_once > 0

    @classmethod
    @asynccontextmanager
    async def open(
        cls, url: str, *, folder: Path, at_once: int, notices_at_once: int = 4
    ) -> AsyncIterator[DbosJobs]:
        """Open the jobs in a database, and close them at the end of the block.

        Raises:
            UsageError: `jobs.twice` where this process has jobs open already.
            StoreFault: `jobs.unreachable`.
        """
        if not _ONE.acquire(blocking=False):
            message = "this process has background jobs open already; open them in another"
            raise UsageError(message, code="jobs.twice")
        try:
            held = await to_thread.run_sync(JobFolder, folder)
            jobs = cls(held, at_once=at_once, notices_at_once=notices_at_once)
            try:
                await ask(functools.partial(jobs._launch, url))
                yield jobs
            finally:
                with anyio.CancelScope(shield=True):
                    await to_thread.run_sync(jobs._close)
        finally:
            _ONE.release()

    def _launch(self, url: str) -> None:
        logging.getLogger("dbos").addHandler(logging.NullHandler())  # or it makes one of its own
        DBOS(
            config={
                "name": APP,
                "system_database_url": url,
                "application_version": FORMAT,
                "executor_id": self._worker,
                "serializer": DBOSPortableJSONSerializer(),
                "log_level": "ERROR",
                "use_listen_notify": False,
                "sys_db_pool_size": 5,
                "scheduler_polling_interval_sec": SCHEDULES_S,
                "notification_listener_polling_interval_sec": STOP_S,
            }
        )

        for lane in self._lanes:
            lane.register()
        self.schedules.register()
        DBOS.listen_queues([lane.queue for lane in self._lanes] if self._works else [])
        self._folder.enter(self._worker)
        DBOS.launch()

    def _close(self) -> None:
        for lane in self._lanes:
            lane.close()
        DBOS.destroy(destroy_registry=True)
        # DBOS does not wait for threads that write down how work ended, with the database open.
        give_up_at = time.monotonic() + END_S
        for thread in threading.enumerate():
            if thread.name.startswith(WORKING):
                thread.join(max(0.0, give_up_at - time.monotonic()))
        self._folder.leave()

    async def submit(self, task: Task, *, job_id: str, principal: Principal) -> Job:
        """Keep a job, to be claimed by this process or another; it is durable on return."""
        told = Task(kind=task.kind, principal=principal, payload=task.payload)
        await ask(lambda: self._lane.keep(told, job_id=job_id))
        job = await self.get(job_id, principal=principal)
        if job is None:
            raise StoreFault(f"job {job_id} was kept and is not there", code="jobs.unreachable")
        return job

    async def get(self, job_id: str, *, principal: Principal) -> Job | None:
        """Return the tenant's job, or None."""
        found = await ask(
            lambda: list(_list(workflow_ids=[job_id], user=principal.tenant, progress=True))
        )
        return found[0] if found else None

    async def recent(self, *, limit: int, principal: Principal) -> list[Job]:
        """Return the tenant's newest jobs, newest first."""
        wanted: dict[str, Any] = {"limit": limit, "sort_desc": True, "user": principal.tenant}
        return await ask(lambda: list(_list(**wanted)))

    async def cancel(self, job_id: str, *, principal: Principal) -> None:
        """Cancel the tenant's job, queued or running; one that has ended stays as it is."""
        if await self.get(job_id, principal=principal) is not None:
            await ask(lambda: DBOS.cancel_workflow(job_id))
            for claim in tuple(self._lane.claimed):
                if claim.job_id == job_id:
                    claim.revoke()

    @asynccontextmanager
    async def claims(self) -> AsyncIterator[AsyncIterator[DbosClaim]]:
        """Take jobs to be done here, until the block is left; what is not ended stays."""
        async with anyio.create_task_group() as group, self._lane.claims() as taken:
            if self._works:
                group.start_soon(self._look_after_the_dead, name="jobs of dead workers")
                await ask(lambda: self.schedules.make_up(datetime.now(UTC)))
            yield taken
            group.cancel_scope.cancel()

    async def _look_after_the_dead(self) -> None:
        """Hand on the jobs of processes that have ended, whoever they were."""
        while True:
            try:
                await ask(self._recover)
            except (StoreFault, OSError) as error:
                LOG.warning("the jobs of dead workers wait: %s", error)
            await anyio.sleep(LOOK_S)

    def _recover(self) -> None:
        for worker in self._folder.dead():
            DBOS._recover_pending_workflows([worker])  # noqa: SLF001 (its only way to hand on)
            self._folder.bury(worker)

    async def keep(self, chunks: AsyncIterator[bytes], *, job_id: str, most_bytes: int) -> int:
        """Keep what is to be worked on, durably, and return its bytes."""
        size_bytes = 0
        with _writing():
            file: IO[bytes] = await to_thread.run_sync(self._folder.begin_upload, job_id)
        try:
            async for chunk in chunks:
                size_bytes = _within(size_bytes + len(chunk), most_bytes)
                with _writing():
                    await to_thread.run_sync(file.write, chunk)
            with _writing():
                await to_thread.run_sync(self._folder.end_upload, job_id, file)
        except BaseException:
            with anyio.CancelScope(shield=True):
                await to_thread.run_sync(file.close)
                await self.drop(job_id)
            raise
        return size_bytes

    def kept(self, job_id: str) -> Path:
        """Return where what was kept for a job is."""
        return self._folder.upload_of(job_id)

    async def drop(self, job_id: str) -> None:
        """Remove what was kept for a job, and its work files."""
        await to_thread.run_sync(self._folder.drop, job_id)

    async def prune(self, *, before: datetime) -> int:
        """Forget jobs that ended before an instant, and remove what was kept for any that ended."""
        return await ask(functools.partial(self._prune, before))

    def _prune(self, before: datetime) -> int:
        ended = DBOS.list_workflows(
            completed_before=before.isoformat(), load_input=False, load_output=False
        )
        DBOS.delete_workflows([one.workflow_id for one in ended])
        for job_id, since_s in self._folder.jobs():
            known = DBOS.get_workflow_status(job_id)
            given_up = known is None and since_s < (datetime.now(UTC) - UPLOADING).timestamp()
            if given_up or (known is not None and known.completed_at is not None):
                self._folder.drop(job_id)
        return len(ended)


def _list(*, progress: bool = False, **wanted: Any) -> Iterator[Job]:
    for one in DBOS.list_workflows(name=WORKFLOW, **wanted):
        told = DBOS.get_all_events(one.workflow_id) if progress else {}
        yield _job_of(one, told.get("progress") or {})


def _job_of(found: Any, progress: Mapping[str, Any]) -> Job:
    arguments = found.input["args"][0]
    output = found.output if isinstance(found.output, dict) else {}
    status: JobStatus = STATUSES.get(found.status, "failed")
    error = output.get("error")
    if status == "failed":  # it never came to an end of its own
        message = f"begun {found.recovery_attempts} times, each ended with its process"
        error = {"code": "job.gave_up", "fault": "engine", "message": message}
    return Job(
        id=found.workflow_id,
        kind=arguments["kind"],
        tenant=arguments["tenant"],
        principal=arguments["name"],
        status="failed" if error else status,
        progress=output.get("progress") or progress,
        result=output.get("result"),
        error=error,
        created_at=_instant(found.created_at),
        ended_at=found.completed_at and _instant(found.completed_at),
    )


def _instant(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC)


@contextmanager
def _writing() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        message = f"an upload cannot be kept ({error.strerror}); make room, or set another folder"
        raise StoreFault(message, code="jobs.no_room") from error


def _within(size_bytes: int, most_bytes: int) -> int:
    if size_bytes > most_bytes:
        message = f"over {most_bytes:,} bytes; send less, or raise the limit"
        raise LimitError(message, code="job.too_large")
    return size_bytes
