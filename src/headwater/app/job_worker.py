"""How this process does background jobs: claim by claim, each to its end or left to another.

Next: `headwater.app.loading.load`
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import anyio
from anyio import to_thread
from ulid import ULID

from headwater.app.ingesting import Said
from headwater.app.job_runs import carry_run
from headwater.app.library import take_in
from headwater.app.loading import load
from headwater.app.parts import Parts
from headwater.app.supplies import (
    documents_at,
    documents_sent,
    host_supply,
    supply_of,
    unpack,
)
from headwater.errors import EngineBug, HeadwaterError, StoreFault, UsageError
from headwater.model.ingest import Brought
from headwater.model.load import LoadReport, Progress, Supply
from headwater.ports.jobs import Claim, Jobs

LOG = logging.getLogger(__name__)
TELL_S = 0.25
SETTLE_S = 5.0
"""Seconds for a job's end to be durable, before what was kept for it is removed."""
LOOK_S = 0.1
PRUNE_S = 3600.0
CANCELLED = "job.cancelled"
MOST_BAD_LINES = 100
"""Bad lines listed in a job's result; all are counted."""


class JobWorker:
    """The app's background task that does the jobs this process claims.

    Args:
        parts: What lives as long as the app.
        jobs: Where claims come from.
    """

    def __init__(self, parts: Parts, jobs: Jobs) -> None:
        self._parts = parts
        self._jobs = jobs
        self._doers: dict[str, Callable[[Claim], Awaitable[Mapping[str, Any]]]] = {
            "load": self._load,
            "load_path": self._load_path,
            "scan": self._scan,
            "ingest": self._ingest,
            "ingest_path": self._ingest_path,
            "run": self._run,
        }

    async def work(self) -> None:
        """Do what is claimed, until cancelled; what has not ended by then is left to another."""
        async with self._jobs.claims() as claims, anyio.create_task_group() as group:
            group.start_soon(self._prune, name="prune jobs")
            async for claim in claims:
                group.start_soon(self._do, claim, name=f"job {claim.job_id}")

    async def _do(self, claim: Claim) -> None:
        """Do one job, and end its claim; a job that somebody cancels is given up at once."""
        began_at = anyio.current_time()
        end = partial(self._end, claim, began_at)
        async with anyio.create_task_group() as group:
            group.start_soon(self._give_up_when_revoked, claim, end, group.cancel_scope)
            try:
                end(result=await self._doer(claim)(claim))
            except HeadwaterError as error:
                if self._parts.under_way.stopping:
                    return  # whoever takes the claim next does the job
                end(error=_facts(error))
            except Exception as error:
                LOG.exception("job %s ended with a defect of Headwater", claim.job_id)
                bug = EngineBug(f"{type(error).__name__}: {error}", code="engine.unforeseen")
                end(error=_facts(bug))
            group.cancel_scope.cancel()
        await self._settle(claim)

    async def _give_up_when_revoked(
        self, claim: Claim, end: Callable[..., None], scope: anyio.CancelScope
    ) -> None:
        await claim.revoked()
        message = "somebody cancelled the job; what it had committed stays"
        end(error={"code": CANCELLED, "fault": "asker", "message": message})
        scope.cancel()

    def _end(
        self,
        claim: Claim,
        began_at: float,
        *,
        result: Mapping[str, Any] | None = None,
        error: Mapping[str, Any] | None = None,
    ) -> None:
        """End a claim, and take note of how long that took."""
        claim.end(result=result, error=error)
        code = None if error is None else error["code"]
        status = {None: "succeeded", CANCELLED: "cancelled"}.get(code, "failed")
        elapsed_s = anyio.current_time() - began_at
        self._parts.telemetry.worked(claim.task.kind, status, elapsed_s)

    async def _settle(self, claim: Claim) -> None:
        """Remove what was kept for a job once its end is durable, and not before."""
        with anyio.move_on_after(SETTLE_S):
            while True:
                job = await self._jobs.get(claim.job_id, principal=claim.task.principal)
                if job is None or job.status not in {"queued", "running"}:
                    await self._jobs.drop(claim.job_id)
                    return
                await anyio.sleep(LOOK_S)

    def _doer(self, claim: Claim) -> Callable[[Claim], Awaitable[Mapping[str, Any]]]:
        doer = self._doers.get(claim.task.kind)
        if doer is None:
            message = f"this version does no jobs of the kind {claim.task.kind!r}"
            raise UsageError(message, code="job.unknown_kind")
        return doer

    async def _load(self, claim: Claim) -> Mapping[str, Any]:
        """Unpack an upload and load it; a second time it finds done what the first one did."""
        payload = claim.task.payload
        upload, folder = await self._laid_out(claim)
        most_bytes = self._parts.settings.unpacked_bytes
        found = await to_thread.run_sync(
            lambda: unpack(upload, folder, media_type=payload["media_type"], most_bytes=most_bytes),
            abandon_on_cancel=True,
        )
        return await self._load_found(claim, found)

    async def _load_path(self, claim: Claim) -> Mapping[str, Any]:
        """Load what a path of this machine has."""
        return await self._load_found(claim, Path(claim.task.payload["path"]))

    async def _load_found(self, claim: Claim, found: Path) -> Mapping[str, Any]:
        payload = claim.task.payload
        supply = await to_thread.run_sync(supply_of, found, payload["kind"])
        how = {"replace": payload["replace"], "skip_bad": payload["skip_bad"]}
        return await self._load_supply(claim, supply, **how)

    async def _scan(self, claim: Claim) -> Mapping[str, Any]:
        """Load what this host tells of itself."""
        supply = await to_thread.run_sync(host_supply, abandon_on_cancel=True)
        return await self._load_supply(claim, supply, replace=True)

    async def _load_supply(
        self, claim: Claim, supply: Supply, *, replace: bool, skip_bad: bool = False
    ) -> Mapping[str, Any]:
        async with _telling(claim) as progress:
            report = await load(
                self._parts.stores,
                supply,
                principal=claim.task.principal,
                lease=self._parts.versions,
                replace=replace,
                skip_bad=skip_bad,
                progress=progress,
            )
        return _report_of(report)

    async def _ingest(self, claim: Claim) -> Mapping[str, Any]:
        """Take in what was uploaded; documents taken in before a kill are left as they are."""
        payload = claim.task.payload
        upload, folder = await self._laid_out(claim)
        brought = await to_thread.run_sync(
            lambda: documents_sent(
                upload,
                folder,
                media_type=payload["media_type"],
                source=payload["source"],
                most_bytes=self._parts.settings.unpacked_bytes,
            ),
            abandon_on_cancel=True,
        )
        said = Said(title=payload["title"], tags=payload["tags"], items=tuple(payload["items"]))
        return await self._take_in(claim, brought, said)

    async def _ingest_path(self, claim: Claim) -> Mapping[str, Any]:
        """Take in the documents at a path of this machine; what has not changed is left."""
        path = Path(claim.task.payload["path"])
        brought = await to_thread.run_sync(lambda: documents_at(path, source=None))
        return await self._take_in(claim, brought, Said(title=None, tags={}, items=()))

    async def _take_in(self, claim: Claim, brought: Brought, said: Said) -> Mapping[str, Any]:
        async with _telling(claim) as progress:
            report = await take_in(
                self._parts, brought, said=said, progress=progress, principal=claim.task.principal
            )
        return asdict(report)

    async def _laid_out(self, claim: Claim) -> tuple[Path, Path]:
        """Return where a job's upload is, and an empty folder for what is in it."""
        upload = self._jobs.kept(claim.job_id)
        if not await anyio.Path(upload).exists():
            message = "what was uploaded is gone from this process's folder of jobs; send it again"
            raise StoreFault(message, code="job.upload_gone")
        folder = upload.with_name(f"work-{ULID()}")
        await anyio.Path(folder).mkdir()
        return upload, folder

    async def _run(self, claim: Claim) -> Mapping[str, Any]:
        """Carry a run out; one that a schedule begins is known by the job's id."""
        task = claim.task
        named = {"run_id": f"r-{claim.job_id.removeprefix('j-')}", **task.payload}
        return await carry_run(self._parts, replace(task, payload=named))

    async def _prune(self) -> None:
        """Forget old jobs."""
        while True:
            before = datetime.now(UTC) - timedelta(days=self._parts.settings.jobs_keep_days)
            try:
                await self._jobs.prune(before=before)
            except HeadwaterError as error:
                LOG.warning("old jobs were not forgotten: %s", error)
            await anyio.sleep(PRUNE_S)


@asynccontextmanager
async def _telling(claim: Claim) -> AsyncIterator[Progress]:
    """Tell how far a job is, for as long as this block takes, and once at its end."""
    progress = Progress()
    raised: HeadwaterError | None = None
    async with anyio.create_task_group() as group:
        group.start_soon(_tell, claim, progress, name="tell progress")
        try:
            yield progress
        except HeadwaterError as error:
            raised = error  # raised below, not in a group's wrapping
        group.cancel_scope.cancel()
    if raised is not None:
        raise raised
    claim.tell(_progress_of(progress))


async def _tell(claim: Claim, progress: Progress) -> None:
    while True:
        claim.tell(_progress_of(progress))
        await anyio.sleep(TELL_S)


def _progress_of(progress: Progress) -> dict[str, Any]:
    return {
        "part": progress.part,
        "rows": progress.rows_read,
        "bytes": progress.bytes_read,
        "total_bytes": progress.total_bytes,
    }


def _report_of(report: LoadReport) -> dict[str, Any]:
    listed = report.bad_lines[:MOST_BAD_LINES]
    return {
        "source": report.source,
        "counts": {name: asdict(count) for name, count in report.counts.items()},
        "bad_lines": [asdict(line) for line in listed],
        "bad_total": report.bad_total,
        "elapsed_s": report.elapsed_s,
    }


def _facts(error: HeadwaterError) -> dict[str, Any]:
    return {"code": error.code, "fault": error.fault, "message": error.message}
