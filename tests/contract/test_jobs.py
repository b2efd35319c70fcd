"""Durable work behaves as its port says: claimed by one, and left to others by the dead."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import anyio
import pytest
from patience import GUARD_S
from ulid import ULID

from contract.estates import MINE, OTHERS
from headwater.errors import LimitError, UsageError
from headwater.model.job import Job, Task
from headwater.ports.jobs import Claim, Jobs
from headwater.services.jobs import DbosJobs

TASK = Task(kind="load", principal=MINE, payload={"deep": [1, None, {"x": "ü"}]})


@pytest.fixture(params=["sqlite", "postgresql"])
def adapter(request: pytest.FixtureRequest) -> str:
    """Name the database under test."""
    return str(request.param)


@pytest.fixture
def url(jobs_url: str) -> str:
    """Give a database without jobs."""
    return jobs_url


class Place:
    """Where jobs are opened."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.folder = folder

    @asynccontextmanager
    async def opened(self, shared: str = "jobs") -> AsyncIterator[Jobs]:
        """Open the jobs of a folder."""
        async with DbosJobs.open(self.url, folder=self.folder / shared, at_once=2) as jobs:
            yield jobs


@pytest.fixture
def place(url: str, tmp_path: Path) -> Place:
    """Give a place without jobs."""
    return Place(url, tmp_path)


async def submitted(jobs: Jobs, task: Task = TASK) -> Job:
    """Keep a job with an id of its own."""
    return await jobs.submit(task, job_id=f"j-{ULID()}", principal=task.principal)


async def claimed(claims: AsyncIterator[Claim]) -> Claim:
    """Return the next claim."""
    with anyio.fail_after(GUARD_S):
        return await anext(claims)


async def until(jobs: Jobs, job: Job, fits: Callable[[Job], object]) -> Job:
    """Return a job once it is as it should become."""
    with anyio.fail_after(GUARD_S):
        while True:
            found = await jobs.get(job.id, principal=MINE)
            assert found is not None
            if fits(found):
                return found
            await anyio.sleep(0.02)


async def ended(jobs: Jobs, job: Job) -> Job:
    """Return a job once it has ended."""
    return await until(jobs, job, lambda found: found.status not in {"queued", "running"})


async def test_a_job_is_claimed_told_of_and_ended(place: Place) -> None:
    async with place.opened() as jobs:
        job = await submitted(jobs)
        assert (job.kind, job.status, job.tenant, job.principal) == (
            "load", "queued", "mine", MINE.name,
        )  # fmt: skip
        async with jobs.claims() as claims:
            claim = await claimed(claims)
            assert (claim.job_id, claim.task) == (job.id, TASK)
            claim.tell({"rows": 7})
            found = await until(jobs, job, lambda found: found.progress)
            assert (found.status, found.progress) == ("running", {"rows": 7})
            claim.end(result={"loaded": 7})
            done = await ended(jobs, job)
        assert (done.status, done.result, done.error) == ("succeeded", {"loaded": 7}, None)
        assert done.progress == {"rows": 7}
        assert done.ended_at is not None


async def test_a_job_may_fail_and_nobody_else_sees_it(place: Place) -> None:
    facts = {"code": "load.bad_line", "fault": "asker", "message": "line 3"}
    async with place.opened() as jobs, jobs.claims() as claims:
        job = await submitted(jobs)
        (await claimed(claims)).end(error=facts)
        done = await ended(jobs, job)
        assert (done.status, done.result, done.error) == ("failed", None, facts)
        assert await jobs.get(job.id, principal=OTHERS) is None
        assert await jobs.recent(limit=9, principal=OTHERS) == []
        assert await jobs.get("j-nothing", principal=MINE) is None
        other = await submitted(jobs)
        (await claimed(claims)).end(result={})
        recent = await jobs.recent(limit=9, principal=MINE)
        assert [one.id for one in recent] == [other.id, job.id]
        assert len(await jobs.recent(limit=1, principal=MINE)) == 1


async def test_a_cancelled_job_is_revoked_and_stays_cancelled(place: Place) -> None:
    async with place.opened() as jobs:
        queued = await submitted(jobs)
        await jobs.cancel(queued.id, principal=MINE)
        async with jobs.claims() as claims:
            job = await submitted(jobs)
            claim = await claimed(claims)
            assert claim.job_id == job.id
            await jobs.cancel(job.id, principal=OTHERS)
            assert (await jobs.get(job.id, principal=MINE)).status == "running"
            await jobs.cancel(job.id, principal=MINE)
            with anyio.fail_after(GUARD_S):
                await claim.revoked()
            claim.end(error={"code": "job.cancelled"})
            assert (await ended(jobs, job)).status == "cancelled"
        assert (await jobs.get(queued.id, principal=MINE)).status == "cancelled"


async def test_what_a_process_leaves_undone_is_claimed_by_the_next(place: Place) -> None:
    async with place.opened() as jobs, jobs.claims() as claims:
        job = await submitted(jobs)
        first = await claimed(claims)
        waiting = await submitted(jobs)
    async with place.opened() as jobs, jobs.claims() as claims:
        again = {claim.job_id: claim for claim in [await claimed(claims), await claimed(claims)]}
        assert set(again) == {job.id, waiting.id}
        assert again[job.id].task == first.task
        for claim in again.values():
            claim.end(result={})
        assert (await ended(jobs, job)).status == "succeeded"


async def test_a_process_with_another_folder_is_given_no_job(place: Place) -> None:
    async with place.opened() as jobs:
        job = await submitted(jobs)
    async with place.opened("elsewhere") as jobs, jobs.claims() as claims:
        with anyio.move_on_after(0.5) as scope:
            await anext(claims)
        assert scope.cancelled_caught
        assert (await jobs.get(job.id, principal=MINE)).status == "queued"


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    """Give an upload."""
    for part in parts:
        yield part


async def test_an_upload_is_kept_until_it_is_dropped(place: Place) -> None:
    async with place.opened() as jobs:
        size_bytes = await jobs.keep(chunks(b"ab", b"", b"c"), job_id="j-1", most_bytes=3)
        assert size_bytes == 3
        path = anyio.Path(jobs.kept("j-1"))
        assert await path.read_bytes() == b"abc"
        await jobs.drop("j-1")
        assert not await path.exists()


async def test_an_upload_that_is_too_large_or_breaks_off_leaves_nothing(place: Place) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"a"
        message = "the sender went away"
        raise ConnectionError(message)

    async with place.opened() as jobs:
        with pytest.raises(LimitError) as raised:
            await jobs.keep(chunks(b"ab", b"cd"), job_id="j-1", most_bytes=3)
        assert raised.value.code == "job.too_large"
        with pytest.raises(ConnectionError):
            await jobs.keep(broken(), job_id="j-2", most_bytes=3)
    assert [one.name async for one in anyio.Path(place.folder / "jobs" / "uploads").iterdir()] == []


async def test_old_jobs_are_forgotten(place: Place) -> None:
    async with place.opened() as jobs, jobs.claims() as claims:
        job = await submitted(jobs)
        (await claimed(claims)).end(result={})
        await ended(jobs, job)
        waiting = await submitted(jobs)
        claim = await claimed(claims)
        assert await jobs.prune(before=datetime.now(UTC) - timedelta(hours=1)) == 0
        assert await jobs.prune(before=datetime.now(UTC) + timedelta(hours=1)) == 1
        left = [one.id for one in await jobs.recent(limit=9, principal=MINE)]
        assert left == [waiting.id]
        claim.end(result={})


async def test_what_was_kept_goes_with_its_jobs_end_or_when_it_was_broken_off(place: Place) -> None:
    async with place.opened() as jobs, jobs.claims() as claims:
        job, waiting = await submitted(jobs), await submitted(jobs)
        for job_id in (job.id, waiting.id, "j-young", "j-old"):
            await jobs.keep(chunks(b"x"), job_id=job_id, most_bytes=9)
        day_ago = (datetime.now(UTC) - timedelta(days=1, minutes=1)).timestamp()
        os.utime(jobs.kept("j-old").parent, (day_ago, day_ago))
        by_id = {claim.job_id: claim for claim in [await claimed(claims), await claimed(claims)]}
        by_id[job.id].end(result={})
        await ended(jobs, job)
        await jobs.prune(before=datetime.now(UTC) - timedelta(days=9))
        uploads = anyio.Path(place.folder / "jobs" / "uploads")
        assert {one.name async for one in uploads.iterdir()} == {waiting.id, "j-young"}
        by_id[waiting.id].end(result={})


async def test_jobs_are_open_once_in_a_process(place: Place) -> None:
    async with place.opened():
        with pytest.raises(UsageError) as raised:
            async with place.opened():
                pass
    assert raised.value.code == "jobs.twice"
    async with place.opened():
        pass
