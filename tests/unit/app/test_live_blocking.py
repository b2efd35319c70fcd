"""Blocking callers begin, follow and end runs, and load in the background, as async ones do."""

import json
import time

import anyio
import pytest
from patience import GUARD_S

from headwater import Headwater, tool
from headwater.app.settings import Settings
from headwater.errors import CalledFromEventLoop, LimitError, UsageError

PLAN = {"steps": [{"id": "a", "tool": "test.wait"}]}


@tool(name="test.wait", description="Wait.", idempotent=True, role="reader")
async def wait() -> str:
    await anyio.sleep_forever()


@pytest.fixture
def hw(tmp_path):
    settings = Settings(jobs=True, prepare=False, upload_bytes=1_000)
    with Headwater.open(f"sqlite:///{tmp_path}/estate.db", packs=[[wait]], settings=settings) as hw:
        yield hw


def test_a_run_is_begun_followed_and_ended(hw):
    begun = hw.live.begin(plan=PLAN, budget_s=30)
    with hw.live.follow(begun.run_id) as events:
        kinds = [next(events).kind]
        record = hw.live.cancel(begun.run_id)
        kinds += [event.kind for event in events]
    assert (record.status, kinds[0], kinds[-1]) == ("failed", "run.started", "run.answered")
    assert hw.live.find(begun.run_id).code == "run.cancelled"
    assert hw.live.recent(status="failed").total == 1


def test_a_block_left_early_leaves_nothing_behind(hw):
    with hw.live.subscribe() as events:
        begun = hw.live.begin(plan=PLAN, budget_s=30)
        assert next(events).run_id == begun.run_id
    assert hw.live.finish(begun.run_id).status == "failed"


def test_what_is_wrong_is_raised_where_it_was_asked(hw):
    with pytest.raises(UsageError) as raised, hw.live.follow("r-nothing"):
        pass
    assert raised.value.code == "run.unknown"
    with pytest.raises(LimitError):
        hw.jobs.load(iter([b"x" * 2_000]), media_type="application/x-ndjson")
    with pytest.raises(AttributeError):
        hw.live.nothing  # noqa: B018
    assert {"begin", "follow", "cancel"} <= set(dir(hw.live))


def test_an_upload_comes_from_any_iterable(hw):
    lines = [{"part": "items", "code": code, "name": code, "type": "t"} for code in "abc"]
    job = hw.jobs.load(
        (json.dumps(line).encode() + b"\n" for line in lines), media_type="application/x-ndjson"
    )
    until = time.monotonic() + GUARD_S
    while job.status in {"queued", "running"} and time.monotonic() < until:
        job = hw.jobs.find(job.id)
    assert job.result["counts"]["items"]["added"] == 3


def test_a_loop_is_never_stalled(hw):
    async def ask():
        for call in (hw.live.recent, hw.jobs.recent):
            with pytest.raises(CalledFromEventLoop):
                call()
        with pytest.raises(CalledFromEventLoop), hw.live.follow("r-1"):
            pass

    anyio.run(ask)


def test_a_closed_client_ends_whoever_follows(tmp_path):
    with Headwater.open(f"sqlite:///{tmp_path}/estate.db", packs=[[wait]]) as hw:
        begun = hw.live.begin(plan=PLAN, budget_s=30)
        following = hw.live.follow(begun.run_id)
        events = following.__enter__()
        next(events)
    with pytest.raises(UsageError) as raised:
        list(events)
    assert raised.value.code == "client.closed"
    following.__exit__(None, None, None)
