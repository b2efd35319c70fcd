"""How background jobs are asked for, looked up and cancelled; it does none of them.

Next: `headwater.app.job_worker.JobWorker.work`
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from ulid import ULID

from headwater.app import carrying, checking
from headwater.app.parts import Parts
from headwater.app.records import new_run_id
from headwater.app.scheduling import check_count, check_name, reached, task_of
from headwater.app.supplies import check_documents_type, check_media_type
from headwater.errors import UsageError
from headwater.model.job import Job, Task
from headwater.model.principal import Principal
from headwater.model.schedule import Due, Schedule
from headwater.ports.jobs import Jobs

MOST_LISTED = 1_000


class BackgroundJobs:
    """The background jobs of a tenant; reached as `hw.jobs`.

    Args:
        parts: What lives as long as the app.
        principal: Who asks where a method is not told.
    """

    def __init__(self, parts: Parts, principal: Principal) -> None:
        self._parts = parts
        self._principal = principal

    async def load(
        self,
        chunks: AsyncIterator[bytes],
        *,
        media_type: str,
        kind: str | None = None,
        replace: bool = False,
        skip_bad: bool = False,
        principal: Principal | None = None,
    ) -> Job:
        """Load an upload in the background: a bundle as a zip or as NDJSON, or a NetBox dump.

        The upload is on the disk when this returns. A line of NDJSON is a line of a bundle's file
        with one field more, `part`: `items`, `relations`, `metrics`, `samples`, `history`, `rules`.

        Args:
            chunks: The upload.
            media_type: `application/zip`, `application/x-ndjson` or `application/json`.
            kind: `bundle` or `netbox`; by its looks where it is left out.
            replace: Remove what the source no longer has.
            skip_bad: Count and list bad lines instead of refusing their file.
            principal: Whose estate.

        Raises:
            UsageError: `jobs.off`, `upload.unknown_type`.
            LimitError: `job.too_large`, `limit.stopping`.
            StoreFault: `jobs.unreachable`, `jobs.no_room`.
        """
        who = checking.allow(checking.who_asks(principal, self._principal), "load")
        self._jobs()
        payload = {
            "media_type": check_media_type(media_type),
            "kind": kind,
            "replace": bool(replace),
            "skip_bad": bool(skip_bad),
        }
        return await self._kept("load", chunks, payload, principal=who)

    async def ingest(
        self,
        chunks: AsyncIterator[bytes],
        *,
        media_type: str = "",
        title: str | None = None,
        tags: Mapping[str, str] | None = None,
        items: Sequence[str] = (),
        source: str | None = None,
        principal: Principal | None = None,
    ) -> Job:
        """Take in an upload in the background: one document, or a zip of a folder of them.

        The upload is on the disk when this returns. A process that is killed leaves the job to
        another, which leaves what was taken in by then as it is.

        Args:
            chunks: The upload.
            media_type: Of the document, or `application/zip`; else its content tells.
            title: Of the document, instead of its own.
            tags: Of every document, beside its own.
            items: Codes of items that every document is about.
            source: What it is known by, or what stands before the paths in a zip.
            principal: Whose documents.

        Raises:
            UsageError: `jobs.off`, `document.unknown_type`.
            LimitError: `job.too_large`, `limit.stopping`.
            StoreFault: `jobs.unreachable`, `jobs.no_room`.
        """
        who = checking.allow(checking.who_asks(principal, self._principal), "ingest")
        self._jobs()
        payload = {
            "media_type": check_documents_type(media_type),
            "title": title,
            "tags": dict(tags or {}),
            "items": list(items),
            "source": source,
        }
        return await self._kept("ingest", chunks, payload, principal=who)

    async def run(
        self,
        *,
        plan: Mapping[str, Any] | None = None,
        question: str | None = None,
        budget_s: float | None = None,
        principal: Principal | None = None,
    ) -> Job:
        """Run a plan or a question as a job: a process that is killed leaves it to another.

        The result has the `run_id`, `status` and `summary` of the run. After a kill the steps that
        had succeeded are kept, and the others are run again where their tools may be called twice.

        Raises:
            UsageError: `jobs.off`, `run.nothing_asked`, or what is wrong with what is asked.
            LimitError: `limit.stopping`.
            StoreFault: `jobs.unreachable`.
        """
        who = checking.allow(checking.who_asks(principal, self._principal), "jobs")
        jobs = self._jobs()
        self._parts.under_way.check_open()
        carrying.work_of(
            self._parts, plan=plan, question=question, budget_s=budget_s, principal=who
        )
        payload = {
            "plan": plan,
            "question": question,
            "budget_s": budget_s,
            "run_id": new_run_id(),
        }
        task = Task(kind="run", principal=who, payload=payload)
        return await jobs.submit(task, job_id=new_job_id(), principal=who)

    async def find(self, job_id: str, *, principal: Principal | None = None) -> Job:
        """Return a job: its status, how far it is, and its result once it has one.

        Raises:
            UsageError: `job.unknown`, `jobs.off`.
        """
        who = checking.allow(checking.who_asks(principal, self._principal), "jobs")
        job = await self._jobs().get(str(job_id), principal=who)
        if job is None:
            message = f"there is no job {ascii(job_id)[:80]}"
            raise UsageError(message, code="job.unknown")
        return job

    async def recent(self, *, limit: int = 20, principal: Principal | None = None) -> list[Job]:
        """List the tenant's newest jobs, newest first.

        Raises:
            UsageError: `run.bad_limit`, `jobs.off`.
        """
        who = checking.allow(checking.who_asks(principal, self._principal), "jobs")
        wanted = min(checking.check_limit(limit), MOST_LISTED)
        return await self._jobs().recent(limit=wanted, principal=who)

    async def cancel(self, job_id: str, *, principal: Principal | None = None) -> Job:
        """End a job, and return it; what it has committed stays.

        Raises:
            UsageError: `job.unknown`, `jobs.off`.
        """
        job = await self.find(job_id, principal=principal)
        who = checking.who_asks(principal, self._principal)
        await self._jobs().cancel(job.id, principal=who)
        return await self.find(job_id, principal=principal)

    async def schedule(
        self,
        name: str,
        *,
        cron: str,
        do: Mapping[str, Any],
        zone: str = "UTC",
        tenant: str | None = None,
        principal: Principal | None = None,
    ) -> Schedule:
        """Have a job begun whenever a cron line says so, until `unschedule`; see `Doing`.

        Each instant begins one job, whichever of the processes sees it first, and none while the
        one before goes on. Its runs are those of an operator called `schedule NAME`.

        Args:
            name: What it is called, 1 to 64 printable characters.
            cron: Minute, hour, day of the month, month, day of the week; seconds may stand first.
            do: `{"scan": true}`, `{"ask": QUESTION}`, `{"run": PLAN}`, `{"load": PATH}` or
                `{"ingest": PATH}`. Paths are of the server; only an admin of `default` names one.
            zone: In which zone the line is read, such as `Europe/Berlin`.
            tenant: For whom; the principal's own where it is left out.
            principal: Who asks.

        Raises:
            UsageError: `schedule.exists`, `schedule.bad_name`, `schedule.bad_cron`,
                `schedule.bad_zone`, `schedule.bad_task`, `schedule.too_many`, `jobs.off`.
            StoreFault: `jobs.unreachable`.
        """
        who = checking.allow(checking.who_asks(principal, self._principal), "schedules")
        whose = reached(who, tenant)
        schedules = self._jobs().schedules
        task = task_of(self._parts, check_name(name), do, who=who, tenant=whose)
        check_count(await schedules.all_(principal=task.principal))
        due = Due(name=name, cron=cron, zone=zone, task=task, made_by=who.name)
        made = await schedules.add(due)
        if made is None:
            message = f"there is a schedule {name!a} already; remove it first"
            raise UsageError(message, code="schedule.exists")
        return made

    async def schedules(
        self, *, tenant: str | None = None, principal: Principal | None = None
    ) -> list[Schedule]:
        """List the tenant's schedules by name.

        Raises:
            UsageError: `jobs.off`, `tenant.unknown`.
        """
        who = checking.allow(checking.who_asks(principal, self._principal), "schedules")
        whose = Principal(tenant=reached(who, tenant), name=who.name)
        return await self._jobs().schedules.all_(principal=whose)

    async def unschedule(
        self, name: str, *, tenant: str | None = None, principal: Principal | None = None
    ) -> Schedule:
        """Remove a schedule, and return it; jobs that it began go on.

        Raises:
            UsageError: `schedule.unknown`, `jobs.off`, `tenant.unknown`.
        """
        who = checking.allow(checking.who_asks(principal, self._principal), "schedules")
        whose = Principal(tenant=reached(who, tenant), name=who.name)
        found = await self._jobs().schedules.remove(str(name), principal=whose)
        if found is None:
            message = f"there is no schedule {ascii(name)[:80]}; see `headwater schedules list`"
            raise UsageError(message, code="schedule.unknown")
        return found

    async def _kept(
        self,
        kind: str,
        chunks: AsyncIterator[bytes],
        payload: Mapping[str, Any],
        *,
        principal: Principal,
    ) -> Job:
        """Keep an upload, and then the job that is to be done with it."""
        jobs = self._jobs()
        self._parts.under_way.check_open()
        job_id = new_job_id()
        size_bytes = await jobs.keep(
            chunks, job_id=job_id, most_bytes=self._parts.settings.upload_bytes
        )
        told = {**payload, "size_bytes": size_bytes}
        task = Task(kind=kind, principal=principal, payload=told)
        return await jobs.submit(task, job_id=job_id, principal=principal)

    def _jobs(self) -> Jobs:
        if self._parts.jobs is None:
            message = "background jobs are off here; `headwater serve` has them, or HEADWATER_JOBS"
            raise UsageError(message, code="jobs.off")
        return self._parts.jobs


def new_job_id() -> str:
    """Return an id that nobody else has."""
    return f"j-{ULID()}"
