"""Schedules begin a job at each instant that is due: once, and none beside one that goes on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st
from patience import GUARD_S

from contract.estates import MINE, OTHERS
from headwater.errors import UsageError
from headwater.model.job import Task
from headwater.model.principal import Principal
from headwater.model.schedule import Due
from headwater.ports.jobs import Claim
from headwater.services.jobs import DbosJobs
from headwater.services.schedules import check_cron, job_id_of, missed

SOON = "* * * * * *"
NEVER_SOON = "0 0 1 1 *"


@pytest.fixture(params=["sqlite", "postgresql"])
def adapter(request: pytest.FixtureRequest) -> str:
    """Name the database under test."""
    return str(request.param)


@pytest.fixture
def url(jobs_url: str) -> str:
    """Give a database without jobs."""
    return jobs_url


def due(name: str = "nightly", *, cron: str = NEVER_SOON, who: Principal = MINE) -> Due:
    """Return what a schedule is made of."""
    task = Task(kind="scan", principal=who, payload={"deep": [1, None, "ü"]})
    return Due(name=name, cron=cron, zone="UTC", task=task, made_by="ann")


def opened(url: str, folder: Path, at_once: int = 2) -> Any:
    return DbosJobs.open(url, folder=folder / "jobs", at_once=at_once)


async def next_of(claims: AsyncIterator[Claim]) -> Claim:
    """Return the next claim."""
    with anyio.fail_after(GUARD_S):
        return await anext(claims)


async def test_a_schedule_is_a_tenants_own_and_kept(url: str, tmp_path: Path) -> None:
    async with opened(url, tmp_path, at_once=0) as jobs:
        made = await jobs.schedules.add(due())
        assert (made.name, made.tenant, made.cron, made.zone) == (
            "nightly", "mine", NEVER_SOON, "UTC",
        )  # fmt: skip
        assert (made.kind, made.payload, made.made_by) == ("scan", {"deep": [1, None, "ü"]}, "ann")
        assert made.last_at is None
        assert (made.next_at.month, made.next_at.day) == (1, 1)
        assert await jobs.schedules.add(due()) is None
        assert await jobs.schedules.add(due(who=OTHERS)) is not None
    async with opened(url, tmp_path, at_once=0) as jobs:
        await jobs.schedules.add(due("a/b %_"))
        assert [one.name for one in await jobs.schedules.all_(principal=MINE)] == [
            "a/b %_", "nightly",
        ]  # fmt: skip
        assert await jobs.schedules.remove("daily", principal=MINE) is None
        assert (await jobs.schedules.remove("nightly", principal=MINE)).name == "nightly"
        assert [one.tenant for one in await jobs.schedules.all_(principal=OTHERS)] == ["others"]


async def test_names_that_look_alike_when_put_together_are_told_apart(
    tmp_path: Path,
) -> None:
    async with opened(f"sqlite:///{tmp_path}/jobs.db", tmp_path, at_once=0) as jobs:
        a, b = Principal(tenant="a/b"), Principal(tenant="a")
        assert await jobs.schedules.add(due("c", who=a)) is not None
        assert await jobs.schedules.add(due("b/c", who=b)) is not None
        assert [one.name for one in await jobs.schedules.all_(principal=b)] == ["b/c"]
        assert await jobs.schedules.remove("c", principal=b) is None


async def last_at(jobs: DbosJobs) -> datetime:
    """Wait until the one schedule was due, and return when that was."""
    with anyio.fail_after(GUARD_S):
        while True:
            (found,) = await jobs.schedules.all_(principal=MINE)
            if found.last_at is not None:
                return found.last_at
            await anyio.sleep(0.05)


async def test_a_job_is_begun_when_it_is_due_and_none_beside_it(url: str, tmp_path: Path) -> None:
    async with opened(url, tmp_path) as jobs, jobs.claims() as claims:
        await jobs.schedules.add(due(cron=SOON))
        first = await next_of(claims)
        assert first.task == due().task
        seen = {await last_at(jobs)}
        with anyio.fail_after(GUARD_S):  # it is due again and again, and passed over
            while len(seen) < 3:
                seen.add(await last_at(jobs))
        assert len(await jobs.recent(limit=9, principal=MINE)) == 1
        first.end(result={})
        second = await next_of(claims)
        assert second.job_id != first.job_id
        await jobs.schedules.remove("nightly", principal=MINE)
        second.end(result={})


async def test_what_was_missed_while_nobody_was_there_is_made_up_for_once(
    url: str, tmp_path: Path
) -> None:
    later = datetime.now(UTC) + timedelta(hours=5, minutes=7)
    async with opened(url, tmp_path) as jobs:
        await jobs.schedules.add(due(cron="0 * * * *"))
        for _ in range(3):  # as three replicas do that are there again
            await anyio.to_thread.run_sync(jobs.schedules.make_up, later)
        async with jobs.claims() as claims:
            (await next_of(claims)).end(result={})
        assert len(await jobs.recent(limit=9, principal=MINE)) == 1


@pytest.mark.parametrize(
    "cron",
    [
        "", "x", "* * * *", "* * * * * * *", "61 * * * *", "* 25 * * *", "0 0 30 2 *", "@daily",
        "R * * * *", "h * * * *", "* * * * *\n", "*/0 * * * *", None, 7, "0 0 * * funday",
    ],
)  # fmt: skip
def test_what_is_no_cron_line_is_refused(cron: Any) -> None:
    with pytest.raises(UsageError) as error:
        check_cron(cron)
    assert error.value.code == "schedule.bad_cron"


@given(st.text(alphabet="0123456789*/,- jJaAnN", max_size=30))
def test_no_line_does_harm(cron: str) -> None:
    with suppress(UsageError):
        check_cron(cron)


@pytest.mark.parametrize(
    "cron", ["*/5 * * * *", "0 3 * * mon-fri", "30 0 3 1,15 jan *", "0 0 29 2 *"]
)
def test_a_cron_line_has_five_fields_or_six(cron: str) -> None:
    check_cron(cron)


def test_an_instants_job_has_one_id_and_sorts_by_time() -> None:
    at = datetime(2026, 1, 2, 3, tzinfo=UTC)
    assert job_id_of("w", at) == job_id_of("w", at)
    assert job_id_of("w", at) != job_id_of("v", at)
    assert job_id_of("w", at) < job_id_of("v", at + timedelta(seconds=1))


def test_a_zone_says_when_a_day_begins() -> None:
    found = {
        "schedule": "30 2 * * *",
        "cron_timezone": "Europe/Berlin",
        "last_fired_at": "2026-03-28T02:30:00+01:00",
        "context": {},
    }
    assert missed(found, datetime(2026, 3, 28, 12, tzinfo=UTC)) is None
    last = missed(found, datetime(2026, 3, 30, 12, tzinfo=UTC))
    assert last is not None
    assert last.astimezone(UTC) == datetime(2026, 3, 30, 0, 30, tzinfo=UTC)
