"""Every route that takes a budget heeds `X-Budget`, also while others wait for their turn."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import anyio
import pytest
from asgi_client import Client, House, house_of
from estate_tools import TOOLS, Slow
from patience import GUARD_S

from headwater import AsyncHeadwater
from headwater.app.settings import Settings
from headwater.entries.http.operations import BUDGET, operations
from headwater.entries.wire.opening import Opening

STEPS = [{"id": "a", "tool": "test.echo"}, {"id": "slow", "tool": "test.slow", "args": {}}]
BODIES: dict[str, Any] = {
    "/v1/ask": {"question": "how many items per type?"},
    "/v1/runs": {"steps": STEPS},
    "/v1/tools/{name}": {},
    "/v1/runs/{run_id}/again": {},
}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def slow() -> Slow:
    return Slow()


@pytest.fixture
async def house(slow: Slow) -> AsyncIterator[House]:
    settings = Settings(prepare=False, questions_at_once=1, reads_at_once=1)
    async with AsyncHeadwater.open("memory:", packs=[[*TOOLS, slow.tool]], settings=settings) as hw:
        yield await house_of(hw)


@pytest.fixture
async def reader(house: House) -> Client:
    return await house.someone("reader")


async def target_of(path: str, house: House, client: Client, slow: Slow) -> str:
    """Return where to ask; to ask again, a run of theirs in which something is missing."""
    if "{run_id}" not in path:
        return path.format(name="test.slow")
    begun = await client.send("POST", "/v1/runs?background=true", {"steps": STEPS})
    with anyio.fail_after(GUARD_S):
        await slow.began.wait()
        record = await house.hw.live.finish(begun.json["run_id"])
    assert record.status == "partial"
    return path.format(run_id=record.run_id)


def test_every_route_that_takes_one_is_tried_here() -> None:
    table = operations(None, Opening(), described=dict)  # type: ignore[arg-type]
    assert {one.path for one in table if BUDGET in one.parameters} == set(BODIES)


@pytest.mark.parametrize("path", BODIES)
@pytest.mark.parametrize(
    ("written", "status", "code"),
    [
        ("soon", 400, "http.bad_header"),
        ("", 400, "http.bad_header"),
        ("99", 422, "ask.bad_budget"),
        ("0", 422, "ask.bad_budget"),
        ("-1", 422, "ask.bad_budget"),
        ("nan", 422, "ask.bad_budget"),
        ("inf", 422, "ask.bad_budget"),
    ],
)
async def test_a_budget_that_is_none_is_refused(
    house: House, reader: Client, slow: Slow, path: str, written: str, status: int, code: str
) -> None:
    target = await target_of(path, house, reader, slow)
    reply = await reader.send("POST", target, BODIES[path], headers={"X-Budget": written})
    assert (reply.status, reply.code) == (status, code)


@pytest.mark.parametrize("path", [path for path in BODIES if path != "/v1/ask"])
async def test_the_work_ends_with_the_budget(
    house: House, reader: Client, slow: Slow, path: str
) -> None:
    target = await target_of(path, house, reader, slow)
    with anyio.fail_after(GUARD_S):
        reply = await reader.send("POST", target, BODIES[path], headers={"X-Budget": "0.5"})
    assert reply.status in {200, 504}, reply.body
    assert b"limit.deadline" in reply.body


@pytest.mark.parametrize("path", ["/v1/ask", "/v1/runs"])
async def test_a_run_in_the_background_has_the_budget(reader: Client, path: str) -> None:
    target = f"{path}?background=true"
    reply = await reader.send("POST", target, BODIES[path], headers={"X-Budget": "0.25"})
    assert (reply.status, reply.json["budget_s"]) == (202, 0.25)


async def test_events_are_told_for_as_long_as_the_budget(reader: Client) -> None:
    headers = {"accept": "text/event-stream", "X-Budget": "0.5"}
    with anyio.fail_after(GUARD_S):
        reply = await reader.send("POST", "/v1/runs", {"steps": STEPS}, headers=headers)
    last = reply.body.strip().splitlines()[-1].removeprefix(b"data: ")
    assert json.loads(last)["status"] == "partial"


@pytest.mark.parametrize("path", ["/v1/ask", "/v1/tools/{name}"])
async def test_a_budget_is_checked_before_anybody_waits(
    house: House, reader: Client, slow: Slow, path: str
) -> None:
    other = await house.someone("reader")
    full = {"/v1/ask": "/v1/runs", "/v1/tools/{name}": "/v1/tools/test.slow"}[path]
    body = {"steps": STEPS} if full == "/v1/runs" else {}
    async with other.open("POST", full, body):
        with anyio.fail_after(GUARD_S):
            await slow.began.wait()
        for written in ("99", "0"):
            target = path.format(name="test.echo")
            reply = await reader.send("POST", target, BODIES[path], headers={"X-Budget": written})
            assert (reply.status, reply.code) == (422, "ask.bad_budget")
