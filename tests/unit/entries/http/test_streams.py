"""Streams of events end with the key that opened them, and always have a status."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import anyio
import pytest
from asgi_client import ADMIN, House, house_of
from estate_tools import TOOLS, Slow
from patience import GUARD_S, PROMPT_S

from headwater import AsyncHeadwater
from headwater.app.settings import Settings
from headwater.entries.http.streams import EventStream

STEPS = [{"id": "a", "tool": "test.slow"}]
EVENTS = {"accept": "text/event-stream"}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def slow() -> Slow:
    return Slow()


@pytest.fixture
async def house(slow: Slow) -> AsyncIterator[House]:
    settings = Settings(prepare=False)
    async with AsyncHeadwater.open("memory:", packs=[[*TOOLS, slow.tool]], settings=settings) as hw:
        yield await house_of(hw)


async def revoke_elsewhere(house: House, key_id: str) -> None:
    """Revoke a key as another process does: nobody here is told."""
    keys = house.hw._parts.stores.keys
    await keys.revoke(key_id, tenant=None, at=datetime.now(UTC))


async def test_a_question_asked_aloud_ends_with_its_key(house: House, slow: Slow) -> None:
    made = await house.hw.access.create_key(role="reader", principal=ADMIN)
    body = {"steps": STEPS, "budget_s": 30}
    async with house.client(made.key).open("POST", "/v1/runs", body, headers=EVENTS) as stream:
        with anyio.fail_after(GUARD_S):
            await stream.until(b"event: step.started")
        await revoke_elsewhere(house, made.id)
        with anyio.fail_after(PROMPT_S):
            await stream.ended.wait()
    assert b"access.unauthenticated" in stream.reply.body
    assert b"event: result" not in stream.reply.body
    assert slow.cancelled_at is not None


async def test_a_run_followed_ends_with_the_followers_key_and_goes_on(house: House) -> None:
    mine = await house.someone("reader")
    begun = await mine.send(
        "POST", "/v1/runs?background=true", {"steps": STEPS, "budget_s": 30}
    )  # fmt: skip
    run_id = begun.json["run_id"]
    made = await house.hw.access.create_key(role="reader", principal=ADMIN)
    path = f"/v1/runs/{run_id}/events"
    async with house.client(made.key).open("GET", path) as stream:
        with anyio.fail_after(GUARD_S):
            await stream.until(b"event: step.started")
        await revoke_elsewhere(house, made.id)
        with anyio.fail_after(PROMPT_S):
            await stream.ended.wait()
    assert b"access.unauthenticated" in stream.reply.body
    assert (await mine.send("GET", f"/v1/runs/{run_id}")).json["run"]["status"] is None


async def test_a_stream_in_which_nothing_was_told_is_empty_and_no_defect() -> None:
    sent: list[dict[str, Any]] = []

    async def nothing(tell: Any) -> None:
        del tell

    async def send(message: Any) -> None:
        sent.append(message)

    await EventStream(nothing)({}, None, send)  # type: ignore[arg-type]
    assert (sent[0]["type"], sent[0]["status"]) == ("http.response.start", 200)
    assert b"".join(one["body"] for one in sent[1:]) == b""
    assert sent[-1]["more_body"] is False
