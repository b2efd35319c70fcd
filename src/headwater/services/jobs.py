"""How jobs are kept and handed out, by DBOS on SQLite or PostgreSQL; it does none of them.

DBOS blocks and has threads of its own: it is asked in threads only, and a job that it starts waits
in DBOS's thread until whoever took the claim has ended it. There is one DBOS in a process.
"""

from __future__ import annotations

import functools
import logging
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any, TypeVar

import anyio
from anyio import from_thread, to_thread
from anyio.lowlevel import EventLoopToken, current_token
from anyio.streams.memory import MemoryObjectSendStream
from dbos import DBOS, DBOSPortableJSONSerializer
from dbos import error as dbos_errors
from sqlalchemy.exc import SQLAlchemyError
from ulid import ULID

from headwater.errors import LimitError, StoreFault, UsageError
from headwater.model.job import Job, JobStatus, Task
from headwater.model.principal import Principal
from headwater.services.job_claim import DbosClaim, Stopped
from headwater.services.job_folder import JobFolder

T = TypeVar("T")
LOG = logging.getLogger(__name__)
APP = "headwater"
FORMAT = "headwater-jobs-1"
"""The format of jobs, for DBOS the version of the app: a release that keeps it takes them over."""
WORKFLOW = "headwater.job"
POLL_S = 0.1
LOOK_S = 5.0
"""Seconds between two looks whether another worker has died."""
MOST_TRIES = 50
"""How often a job is begun that takes its process with it, before it has failed."""
MOST_WAITING = 16
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
        at_once: Jobs that this process does at once.
    """

    def __init__(self, folder: JobFolder, *, at_once: int) -> None:
        self._folder = folder
        self._at_once = at_once
        self._worker = f"w-{ULID()}"
        self._queue = f"jobs-{folder.id}"
        self._token: EventLoopToken | None = None
        self._taken: MemoryObjectSendStream[DbosClaim] | None = None
        self._claims: set[DbosClaim] = set()
        self._begun = threading.Event()
        self._closing = False

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str, *, folder: Path, at_once: int) -> AsyncIterator[DbosJobs]:
        """Open the jobs in a database, and close them at the end of the block.

        Raises:
            UsageError: `jobs.twice` where this process has jobs open already.
            StoreFault: `jobs.unreachable`.
        """
        if not _ONE.acquire(blocking=False):
            message = "this process has background jobs open already; open them in another"
            raise UsageError(message, code="jobs.twice")
        try:
            jobs = cls(await to_thread.run_sync(JobFolder, folder), at_once=at_once)
            try:
                await _ask(functools.partial(jobs._launch, url))
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
            }
        )

        def work(arguments: dict[str, Any]) -> dict[str, Any]:
            return self._work(arguments)

        DBOS.workflow(name=WORKFLOW, max_recovery_attempts=MOST_TRIES)(work)
        DBOS.listen_queues([self._queue])
        self._folder.enter(self._worker)
        DBOS.launch()

    def _close(self) -> None:
        self._closing = True
        self._begun.set()
        for claim in tuple(self._claims):
            claim.abandon()
        DBOS.destroy(destroy_registry=True)
        self._folder.leave()

    async def submit(self, task: Task, *, job_id: str, principal: Principal) -> Job:
        """Keep a job, to be claimed by this process or another; it is durable on return."""
        told = {"kind": task.kind, "name": principal.name, "roles": list(principal.roles)}
        options: Any = {
            "workflow_name": WORKFLOW,
            "queue_name": self._queue,
            "workflow_id": job_id,
            "app_version": FORMAT,
            "authenticated_user": principal.tenant,
        }
        arguments = told | {"tenant": principal.tenant, "payload": dict(task.payload)}
        await _ask(lambda: DBOS.enqueue_workflow_with_options(options, arguments))
        job = await self.get(job_id, principal=principal)
        if job is None:
            raise StoreFault(f"job {job_id} was kept and is not there", code="jobs.unreachable")
        return job

    async def get(self, job_id: str, *, principal: Principal) -> Job | None:
        """Return the tenant's job, or None."""
        found = await _ask(
            lambda: list(_list(workflow_ids=[job_id], user=principal.tenant, progress=True))
        )
        return found[0] if found else None

    async def recent(self, *, limit: int, principal: Principal) -> list[Job]:
        """Return the tenant's newest jobs, newest first."""
        wanted: dict[str, Any] = {"limit": limit, "sort_desc": True, "user": principal.tenant}
        return await _ask(lambda: list(_list(**wanted)))

    async def cancel(self, job_id: str, *, principal: Principal) -> None:
        """Cancel the tenant's job, queued or running; one that has ended stays as it is."""
        if await self.get(job_id, principal=principal) is not None:
            await _ask(lambda: DBOS.cancel_workflow(job_id))
            for claim in tuple(self._claims):
                if claim.job_id == job_id:
                    claim.revoke()

    @asynccontextmanager
    async def claims(self) -> AsyncIterator[AsyncIterator[DbosClaim]]:
        """Take jobs to be done here, until the block is left; what is not ended stays."""
        self._token = current_token()
        self._taken, taken = anyio.create_memory_object_stream[DbosClaim](MOST_WAITING)
        async with anyio.create_task_group() as group, self._taken, taken:
            group.start_soon(self._look_after_the_dead, name="jobs of dead workers")
            await _ask(self._listen)
            self._begun.set()
            yield taken
            group.cancel_scope.cancel()

    def _listen(self) -> None:
        DBOS.register_queue(
            self._queue, worker_concurrency=self._at_once, polling_interval_sec=POLL_S
        )

    async def _look_after_the_dead(self) -> None:
        """Hand on the jobs of processes that have ended, whoever they were."""
        while True:
            try:
                await _ask(self._recover)
            except (StoreFault, OSError) as error:
                LOG.warning("the jobs of dead workers wait: %s", error)
            await anyio.sleep(LOOK_S)

    def _recover(self) -> None:
        for worker in self._folder.dead():
            DBOS._recover_pending_workflows([worker])  # noqa: SLF001 (its only way to hand on)
            self._folder.bury(worker)

    def _work(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Do a job, in a thread of DBOS's: wait until somebody has ended its claim."""
        result: dict[str, Any] = DBOS.run_step({"name": "work"}, self._wait, arguments)
        return result

    def _wait(self, arguments: dict[str, Any]) -> dict[str, Any]:
        task = Task(
            kind=arguments["kind"],
            principal=Principal(
                tenant=arguments["tenant"],
                name=arguments["name"],
                roles=tuple(arguments["roles"]),
            ),
            payload=arguments["payload"],
        )
        self._begun.wait()
        if self._closing or self._token is None or self._taken is None:
            raise Stopped
        claim = DbosClaim(str(DBOS.workflow_id), task, token=self._token)
        self._claims.add(claim)
        try:
            try:
                from_thread.run(self._taken.send, claim, token=self._token)
            except (anyio.BrokenResourceError, anyio.ClosedResourceError, RuntimeError) as error:
                raise Stopped from error
            return claim.wait()
        finally:
            self._claims.discard(claim)

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
        return await _ask(functools.partial(self._prune, before))

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


async def _ask(work: Callable[[], T]) -> T:
    """Ask DBOS something, in a thread.

    Raises:
        StoreFault: `jobs.unreachable`.
    """
    try:
        return await to_thread.run_sync(work)
    except (SQLAlchemyError, dbos_errors.DBOSException) as error:
        message = f"the database of background jobs failed: {type(error).__name__}"
        raise StoreFault(message, code="jobs.unreachable", retry_safe=True) from error


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
