"""A line ends within a second of its key, wherever that was revoked, and with it what it asked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import anyio
import pytest
from patience import GUARD_S, PROMPT_S
from socket_client import connected

from headwater import AsyncHeadwater, tool
from headwater.app.settings import Settings
from headwater.entries.wire.opening import Opening
from headwater.entries.ws.live import Live
from headwater.model.principal import Principal
from headwater.ports.keys import Keys

ADMIN = Principal(name="setup")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@dataclass
class Two:
    """Two processes on one estate: lines are open at one, keys are revoked at the other."""

    here: AsyncHeadwater
    app: Live
    elsewhere: Keys
    cancelled: anyio.Event


@pytest.fixture
async def two(tmp_path: Path) -> AsyncIterator[Two]:
    url, settings, cancelled = f"sqlite:///{tmp_path}/e.db", Settings(prepare=False), anyio.Event()

    @tool(name="test.slow", description="Takes long.", role="reader")
    async def slow() -> str:
        try:
            await anyio.sleep(30)
        finally:
            cancelled.set()
        return "slept"

    async with (
        AsyncHeadwater.open(url, packs=[[slow]], settings=settings) as here,
        AsyncHeadwater.open(url, settings=settings) as there,
    ):
        yield Two(here, Live(here, Opening()), there._parts.stores.keys, cancelled)


async def test_a_thousand_quiet_lines_end_with_their_keys(two: Two) -> None:
    """Each tenth key is revoked: its lines end, and no other."""
    made = [await two.here.access.create_key(role="reader", principal=ADMIN) for _ in range(100)]
    async with anyio.create_task_group() as group:
        closed: set[int] = set()
        began, ended = anyio.Event(), anyio.Event()
        under_way = 0

        async def line(number: int) -> None:
            nonlocal under_way
            async with connected(two.app, key=made[number % 100].key) as socket:
                await socket.next("welcome")
                under_way += 1
                if under_way == 1_000:
                    began.set()
                while socket.closed is None:
                    with suppress(TimeoutError):
                        await socket.closing()
                assert socket.closed[0] == 1008
                closed.add(number)
                if len(closed) == 100:
                    ended.set()

        for number in range(1_000):
            group.start_soon(line, number)
        with anyio.fail_after(GUARD_S):
            await began.wait()
        for one in made[::10]:
            await two.elsewhere.revoke(one.id, tenant=None, at=datetime.now(UTC))
        with anyio.fail_after(GUARD_S):
            await ended.wait()
            await anyio.sleep(0.2)
        group.cancel_scope.cancel()
    assert {number % 10 for number in closed} == {0}
    assert len(closed) == 100


async def test_what_a_line_asked_ends_with_its_key(two: Two) -> None:
    made = await two.here.access.create_key(role="reader", principal=ADMIN)
    async with connected(two.app, key=made.key) as socket:
        await socket.next("welcome")
        steps = [{"id": "a", "tool": "test.slow"}]
        socket.say({"id": 1, "do": "run", "steps": steps, "budget_s": 30})
        while (await socket.next("event"))["event"]["kind"] != "step.started":
            pass
        await two.elsewhere.revoke(made.id, tenant=None, at=datetime.now(UTC))
        with anyio.fail_after(PROMPT_S):
            assert (await socket.closing())[0] == 1008
            await two.cancelled.wait()
    assert [one for one in socket.got if one["type"] == "result"] == []


async def test_a_line_ends_when_its_key_expires(two: Two) -> None:
    ends_at = datetime.now(UTC) + timedelta(seconds=1)
    made = await two.here.access.create_key(role="reader", expires_at=ends_at, principal=ADMIN)
    async with connected(two.app, key=made.key) as socket:
        await socket.next("welcome")
        with anyio.fail_after(GUARD_S):
            assert (await socket.closing())[0] == 1008
    assert datetime.now(UTC) >= ends_at


async def test_nobody_looks_while_no_line_is_open(two: Two) -> None:
    made = await two.here.access.create_key(role="reader", principal=ADMIN)
    waiting = two.here._parts.identities.revocations._waiting
    async with connected(two.app, key=made.key) as socket:
        await socket.next("welcome")
        await anyio.wait_all_tasks_blocked()
        assert set(waiting) == {made.id}
    await anyio.wait_all_tasks_blocked()
    assert waiting == {}
