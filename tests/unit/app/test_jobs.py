"""Background jobs from the app's door: uploads are loaded, runs carried out, errors typed."""

import io
import json
import zipfile
from functools import partial

import anyio
import pytest
from anyio import fail_after
from patience import GUARD_S

from headwater import AsyncHeadwater, tool
from headwater.app.settings import Settings
from headwater.errors import LimitError, UsageError
from headwater.model.principal import Principal

LINES = "application/x-ndjson"
OTHERS = Principal("others")
READER = Principal(name="reader", roles=("reader",))


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/estate.db"


@pytest.fixture
def settings():
    return Settings(jobs=True, prepare=False)


@pytest.fixture
async def hw(url, settings):
    async with AsyncHeadwater.open(url, settings=settings, packs=[tools()]) as hw:
        yield hw


def tools():
    @tool(name="test.cancelled", description="Wait.", idempotent=True, role="reader")
    async def cancelled() -> str:
        await anyio.sleep_forever()

    return [cancelled]


async def chunks(data, size=1000):
    for start in range(0, len(data), size):
        yield data[start : start + size]


def lines_of(bundle):
    """Return a bundle as NDJSON."""
    lines = []
    for part in ("items", "relations", "history"):
        rows = (bundle / f"{part}.jsonl").read_text("utf-8").splitlines()
        lines += [{"part": part, **json.loads(row)} for row in rows]
    for line in (bundle / "samples.csv").read_text("utf-8").splitlines()[1:]:
        metric, ci, at, value = line.split(",")
        sample = {"metric": metric, "ci": ci, "at": at, "value": float(value)}
        lines.append({"part": "samples", **sample})
    return "".join(json.dumps(line) + "\n" for line in lines).encode()


def zip_of(bundle):
    """Return a bundle as a zip."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for one in sorted(bundle.iterdir()):
            packed.write(one, f"estate/{one.name}")
    return file.getvalue()


async def until(fits):
    """Return what a look gives once it gives something; nothing tells when that will be."""
    with fail_after(GUARD_S):
        while True:
            found = await fits()
            if found:
                return found
            await anyio.sleep(0.02)


async def running(hw):
    return (await hw.live.recent(status="running")).runs


async def none_running(hw):
    return not await running(hw)


async def ended(hw, job, **options):
    with fail_after(GUARD_S):
        while job.status in {"queued", "running"}:
            await anyio.sleep(0.02)
            job = await hw.jobs.find(job.id, **options)
    return job


async def test_an_upload_is_loaded_and_leaves_nothing(hw, bundle, tmp_path):
    for media_type, data in (("application/zip", zip_of(bundle)), (LINES, lines_of(bundle))):
        job = await ended(hw, await hw.jobs.load(chunks(data), media_type=media_type))
        assert (job.status, job.error) == ("succeeded", None)
        counts = {name: count["read"] for name, count in job.result["counts"].items()}
        assert counts == {"items": 3, "relations": 2, "samples": 60, "history": 1}
        assert job.progress["rows"] == 66
    assert job.result["counts"]["items"]["added"] == 0
    assert (await hw.ci.search(limit=1)).total == 3
    uploads = anyio.Path(tmp_path / "estate.jobs" / "uploads")

    async def nothing_left():
        return not [one async for one in uploads.iterdir()]

    await until(nothing_left)


@pytest.mark.parametrize(
    ("data", "options", "code"),
    [
        (b'{"part": "items", "code": "a"}', {}, "load.bad_line"),
        (b'{"part": "x"}', {}, "load.bad_line"),
        (b"", {}, "load.not_a_bundle"),
        (b"PK", {"media_type": "application/zip"}, "upload.not_a_zip"),
        (b"[]", {"media_type": "application/json", "kind": "csv"}, "load.unknown_kind"),
    ],
)
async def test_what_is_wrong_with_an_upload_is_told_as_every_error(hw, data, options, code):
    job = await hw.jobs.load(chunks(data), **({"media_type": LINES, "kind": "bundle"} | options))
    job = await ended(hw, job)
    assert (job.status, job.error["code"], job.error["fault"]) == ("failed", code, "asker")
    assert (await hw.ci.search(limit=1)).total == 0


async def test_bad_lines_are_counted_where_they_are_to_be_skipped(hw):
    lines = (
        b'{"part": "items", "code": "a"}\n{"part": "items", "code": "b", "name": "b", "type": "t"}'
    )
    job = await hw.jobs.load(chunks(lines), media_type=LINES, skip_bad=True)
    job = await ended(hw, job)
    assert job.result["counts"]["items"]["added"] == 1
    assert (job.result["bad_total"], job.result["bad_lines"][0]["line"]) == (1, 1)


async def test_an_upload_that_may_not_come_in_leaves_no_job(hw, settings, url):
    with pytest.raises(UsageError) as raised:
        await hw.jobs.load(chunks(b"x"), media_type="text/plain")
    assert raised.value.code == "upload.unknown_type"
    with pytest.raises(UsageError) as raised:
        await hw.jobs.load(chunks(b"x"), media_type=LINES, principal=READER)
    assert raised.value.code == "access.denied"
    await hw.live.drain(within_s=0.1)
    with pytest.raises(LimitError) as raised:
        await hw.jobs.load(chunks(b"x"), media_type=LINES)
    assert raised.value.code == "limit.stopping"
    assert await hw.jobs.recent() == []


async def test_an_upload_may_not_be_larger_than_the_installation_allows(url):
    settings = Settings(jobs=True, prepare=False, upload_bytes=1_000)
    async with AsyncHeadwater.open(url, settings=settings) as hw:
        with pytest.raises(LimitError) as raised:
            await hw.jobs.load(chunks(b"x" * 1001), media_type=LINES)
        assert raised.value.code == "job.too_large"
        assert await hw.jobs.recent() == []


async def test_jobs_are_a_tenants_own(hw):
    job = await hw.jobs.load(chunks(b"{}"), media_type=LINES)
    for what in (hw.jobs.find, hw.jobs.cancel):
        with pytest.raises(UsageError) as raised:
            await what(job.id, principal=OTHERS)
        assert raised.value.code == "job.unknown"
    assert await hw.jobs.recent(principal=OTHERS) == []
    assert [one.id for one in await hw.jobs.recent()] == [job.id]
    await ended(hw, job)


async def test_a_tenants_load_is_its_own(hw, bundle):
    load = hw.jobs.load(chunks(lines_of(bundle)), media_type=LINES, principal=OTHERS)
    job = await ended(hw, await load, principal=OTHERS)
    assert job.status == "succeeded"
    assert (await hw.ci.search(limit=1)).total == 0
    found = await hw.call("ci.search", {"limit": 1}, principal=OTHERS)
    assert found.value["total"] == 3


async def test_a_question_and_a_plan_run_as_jobs(hw, bundle):
    await hw.load(bundle)
    plan = {"steps": [{"id": "a", "tool": "ci.search", "args": {"limit": 1}}]}
    for asked in ({"question": "what breaks if orders-db fails?"}, {"plan": plan}):
        job = await ended(hw, await hw.jobs.run(**asked))
        assert (job.status, job.result["status"]) == ("succeeded", "complete")
        state = await hw.live.find(job.result["run_id"])
        assert state.result.summary == job.result["summary"]
    with pytest.raises(UsageError) as raised:
        await hw.jobs.run(plan={"steps": [{"id": "a", "tool": "no.such"}]})
    assert raised.value.code == "tool.unknown"
    with pytest.raises(UsageError) as raised:
        await hw.jobs.run()
    assert raised.value.code == "run.nothing_asked"


async def test_a_cancelled_job_is_given_up_at_once(hw):
    plan = {"steps": [{"id": "a", "tool": "test.cancelled"}]}
    job = await hw.jobs.run(plan=plan, budget_s=60)
    await until(partial(running, hw))
    job = await hw.jobs.cancel(job.id)
    assert (await ended(hw, job)).status == "cancelled"
    await until(partial(none_running, hw))
    (run,) = (await hw.live.recent()).runs
    assert run.status == "failed"


async def test_a_run_that_was_stopped_with_its_client_goes_on_in_the_next(url, settings, bundle):
    plan = {
        "steps": [
            {"id": "find", "tool": "ci.search", "args": {"limit": 1}},
            {"id": "slow", "tool": "test.cancelled", "within_s": 1},
        ]
    }
    async with AsyncHeadwater.open(url, settings=settings, packs=[tools()]) as hw:
        job = await hw.jobs.run(plan=plan, budget_s=60)
        (run,) = await until(partial(running, hw))
        with fail_after(GUARD_S):
            async with hw.live.follow(run.run_id) as events:
                async for event in events:
                    if event.kind == "step.ended":
                        break
    async with AsyncHeadwater.open(url, settings=settings, packs=[tools()]) as hw:
        job = await ended(hw, job)
        assert (job.status, job.result["status"]) == ("succeeded", "partial")
        assert job.result["goes_on_from"] == run.run_id
        events = (await hw.explain(job.result["run_id"])).events
        assert [one.step for one in events if one.kind == "step.kept"] == ["find"]


async def test_without_jobs_none_are_taken(url):
    async with AsyncHeadwater.open(url, settings=Settings(prepare=False)) as hw:
        for what in (hw.jobs.recent(), hw.jobs.find("j-1"), hw.jobs.run(question="x")):
            with pytest.raises(UsageError) as raised:
                await what
            assert raised.value.code == "jobs.off"
