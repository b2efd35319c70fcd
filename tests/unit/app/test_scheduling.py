"""What is done again and again, from the app's door: each kind is done; what cannot be is not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from patience import GUARD_S

from headwater import AsyncHeadwater
from headwater.app.scheduling import MOST_EACH
from headwater.app.settings import Settings
from headwater.errors import HeadwaterError
from headwater.model.job import Job
from headwater.model.principal import Principal

SOON, LATER = "* * * * * *", "0 3 * * *"
ADMIN = Principal("default", "ann", ("admin",))
OPERATOR = Principal("default", "olga", ("operator",))
OTHERS = Principal("others", "otto", ("admin",))
PLAN = {"steps": [{"id": "find", "tool": "ci.search", "args": {"keywords": ["x"]}}]}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def hw(tmp_path: Path) -> AsyncIterator[AsyncHeadwater]:
    settings = Settings(jobs=True, prepare=False, jobs_at_once=5)
    url = f"sqlite:///{tmp_path}/estate.db"
    async with AsyncHeadwater.open(url, settings=settings) as hw:
        yield hw


async def first_job(hw: AsyncHeadwater, kind: str) -> Job:
    """Return the first job of a kind that has ended."""
    with anyio.fail_after(GUARD_S):
        while True:
            for job in await hw.jobs.recent(limit=100, principal=ADMIN):
                if job.kind == kind and job.status not in {"queued", "running"}:
                    return job
            await anyio.sleep(0.05)


async def run_ids(hw: AsyncHeadwater) -> set[str]:
    """Return the runs that jobs were."""
    return {one.result["run_id"] for one in await hw.jobs.recent() if one.result}


async def test_what_is_scheduled_is_done(hw: AsyncHeadwater, tmp_path: Path) -> None:
    bundle, notes = tmp_path / "bundle", tmp_path / "notes"
    for folder in (bundle, notes):
        await anyio.Path(folder).mkdir()
    await anyio.Path(bundle / "items.jsonl").write_text('{"code": "x-1", "name": "x", "type": "t"}')
    await anyio.Path(notes / "a.md").write_text("# Restarting x\n\nTurn it off and on.")
    doings: dict[str, dict[str, Any]] = {
        "load_path": {"load": str(bundle), "replace": True},
        "ingest_path": {"ingest": str(notes)},
        "run": {"run": PLAN, "budget_s": 30.0},
        "scan": {"scan": True},
    }
    for kind, do in doings.items():
        made = await hw.jobs.schedule(kind, cron=SOON, do=do, principal=ADMIN)
        assert (made.kind, made.made_by, made.tenant) == (kind, "ann", "default")
    ended = {kind: await first_job(hw, kind) for kind in doings}
    for kind in doings:
        assert (await hw.jobs.unschedule(kind, principal=ADMIN)).name == kind
    assert {job.status for job in ended.values()} == {"succeeded"}, ended
    assert ended["load_path"].principal == "schedule load_path"
    result = ended["run"].result or {}
    found = await hw.live.find(result["run_id"], principal=OPERATOR)
    assert (found.run.principal, found.run.status) == ("schedule run", "complete")
    assert (await hw.ci.get_by_code(code="x-1")).name == "x"
    shown = hw.health.metrics()
    assert 'headwater_job_seconds_count{kind="scan",status="succeeded"}' in shown
    assert 'headwater_database_connections_limit{file="estate.db"} 5.0' in shown
    assert 'headwater_database_waiting{file="estate.runs.db"} 0.0' in shown
    assert (await hw.documents.recent(principal=ADMIN)).total == 1


async def test_a_question_is_asked_again_and_again_as_runs_of_its_own(hw: AsyncHeadwater) -> None:
    await hw.jobs.schedule("count", cron=SOON, do={"ask": "how many items per type?"})
    with anyio.fail_after(GUARD_S):
        while len(await run_ids(hw)) < 2:
            await first_job(hw, "run")
    await hw.jobs.unschedule("count")


WRONG: list[tuple[str, dict[str, Any]]] = [
    ("schedule.bad_task", {"do": {}}),
    ("schedule.bad_task", {"do": {"scan": False}}),
    ("schedule.bad_task", {"do": {"scan": "yes"}}),
    ("schedule.bad_task", {"do": {"scan": True, "ask": "x"}}),
    ("schedule.bad_task", {"do": {"delete": "all"}}),
    ("schedule.bad_task", {"do": {"load": "relative"}}),
    ("schedule.bad_task", {"do": {"ingest": "/a\0b"}}),
    ("schedule.bad_cron", {"cron": "often"}),
    ("schedule.bad_zone", {"zone": "Mars/Olympus"}),
    ("schedule.bad_zone", {"zone": "../../etc/passwd"}),
    ("schedule.bad_name", {"name": ""}),
    ("schedule.bad_name", {"name": "x" * 65}),
    ("schedule.bad_name", {"name": "a\nb"}),
    ("ask.bad_budget", {"do": {"ask": "x", "budget_s": 99.0}}),
    ("tool.unknown", {"do": {"run": {"steps": [{"id": "a", "tool": "no.such"}]}}}),
    ("access.denied", {"do": {"load": "/etc"}, "principal": OPERATOR}),
    ("access.denied", {"do": {"ingest": "/etc"}, "principal": OTHERS}),
    ("tenant.unknown", {"tenant": "others", "principal": OPERATOR}),
    ("tenant.unknown", {"tenant": "default", "principal": OTHERS}),
]


async def test_what_cannot_be_scheduled_is_refused(hw: AsyncHeadwater) -> None:
    for code, given in WRONG:
        whole = {"cron": LATER, "do": {"scan": True}, "principal": ADMIN, "name": "n", **given}
        with pytest.raises(HeadwaterError) as error:
            await hw.jobs.schedule(whole.pop("name"), **whole)
        assert error.value.code == code, given
        assert await hw.jobs.schedules() == []


async def test_a_schedule_is_of_its_tenant_and_there_once(hw: AsyncHeadwater) -> None:
    async def code_of(name: str, who: Principal, tenant: str | None = None) -> str:
        try:
            await hw.jobs.schedule(
                name, cron=LATER, do={"scan": True}, tenant=tenant, principal=who
            )
        except HeadwaterError as error:
            return error.code
        return ""

    assert await code_of("n", OPERATOR) == ""
    assert await code_of("n", ADMIN) == "schedule.exists"
    assert await code_of("n", ADMIN, "others") == ""
    assert await code_of("n", OTHERS) == "schedule.exists"
    (theirs,) = await hw.jobs.schedules(principal=OTHERS)
    assert (theirs.tenant, theirs.made_by) == ("others", "ann")
    assert (await hw.jobs.unschedule("n", principal=OTHERS)).tenant == "others"
    assert [one.tenant for one in await hw.jobs.schedules()] == ["default"]
    with pytest.raises(HeadwaterError, match="no schedule"):
        await hw.jobs.unschedule("n", principal=OTHERS)
    for number in range(1, MOST_EACH):
        assert await code_of(f"n{number}", OPERATOR) == ""
    assert await code_of("one more", OPERATOR) == "schedule.too_many"
