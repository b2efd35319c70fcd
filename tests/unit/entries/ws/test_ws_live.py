"""The WebSocket of live runs: who comes in, what is told, and how it ends."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import anyio
import pytest
from socket_client import connected

from headwater import AsyncHeadwater, tool
from headwater.app.settings import Settings
from headwater.entries.wire.opening import Opening
from headwater.entries.ws import live, sender
from headwater.entries.ws.live import Live
from headwater.entries.ws.outgoing import MOST_BYTES, MOST_MESSAGES, Outgoing
from headwater.model.access import Role
from headwater.model.principal import Principal

ADMIN = Principal(name="setup")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@tool(name="test.echo", description="Gives back what it takes.", role="reader")
async def echo(text: str = "") -> str:
    return text


@tool(name="test.slow", description="Takes long.", role="reader")
async def slow() -> str:
    await anyio.sleep(30)
    return "slept"


@dataclass
class Service:
    """A service in this process."""

    hw: AsyncHeadwater
    app: Live
    opening: Opening

    async def key(self, role: Role = "reader", tenant: str = "default") -> str:
        made = await self.hw.access.create_key(role=role, tenant=tenant, principal=ADMIN)
        return made.key


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    settings = Settings(prepare=False)
    async with AsyncHeadwater.open("memory:", packs=[[echo, slow]], settings=settings) as hw:
        opening = Opening()
        yield Service(hw, Live(hw, opening), opening)


async def test_a_key_in_the_header_lets_in(service: Service) -> None:
    async with connected(service.app, key=await service.key()) as socket:
        welcome = await socket.next("welcome")
    assert welcome["tenant"] == "default"


async def test_a_key_in_the_first_message_lets_in(service: Service) -> None:
    async with connected(service.app) as socket:
        socket.say({"key": await service.key(tenant="mine")})
        assert (await socket.next("welcome"))["tenant"] == "mine"


@pytest.mark.parametrize("first", [{"key": "hw_forged_key"}, {"do": "ping"}, "no json", {"key": 7}])
async def test_without_a_key_that_holds_the_line_is_closed(service: Service, first: object) -> None:
    async with connected(service.app) as socket:
        socket.say(first)
        assert (await socket.closing())[0] == 1008
    assert socket.got == []


async def test_a_forged_key_in_the_header_is_refused(service: Service) -> None:
    async with connected(service.app, key="hw_forged_key") as socket:
        assert await socket.closing() == (1008, "access.unauthenticated")


async def test_who_shows_no_key_is_not_waited_for_without_end(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "KEY_S", 0.05)
    async with connected(service.app) as socket:
        assert (await socket.closing())[0] == 1008


async def test_another_path_is_refused_before_it_is_accepted(service: Service) -> None:
    async with connected(service.app, path="/v1/other", key=await service.key()) as socket:
        await socket.closing()
    assert not socket.accepted


async def test_a_question_a_plan_and_a_call_are_answered(service: Service) -> None:
    async with connected(service.app, key=await service.key()) as socket:
        socket.say({"id": 1, "do": "ask", "question": "how many items per type?"})
        socket.say({"id": 2, "do": "run", "steps": [{"id": "a", "tool": "test.echo"}]})
        socket.say({"id": 3, "do": "call", "tool": "test.echo", "args": {"text": "x"}})
        socket.say({"id": 4, "do": "ping"})
        assert (await socket.next("answer", 1))["answer"]["question"] == "how many items per type?"
        assert (await socket.next("result", 2))["result"]["status"] == "complete"
        assert (await socket.next("outcome", 3))["outcome"]["value"] == "x"
        await socket.next("pong", 4)


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({"id": 1, "do": "dance"}, "http.bad_body"),
        ({"id": 1}, "http.bad_body"),
        ({"id": 1, "do": "ask"}, "http.bad_body"),
        ({"id": 1, "do": "ask", "question": "x", "more": 1}, "http.bad_body"),
        ({"id": 1, "do": "ask", "question": "x", "budget_s": 99}, "ask.bad_budget"),
        ({"id": 1, "do": "ask", "question": "x", "zone": "Mars/Olympus"}, "http.bad_body"),
        ({"id": 1, "do": "run", "steps": []}, "plan.malformed"),
        ({"id": 1, "do": "follow", "run_id": "r-none"}, "run.unknown"),
        ({"id": 1, "do": "cancel", "run_id": "r-none"}, "run.unknown"),
        ("[]", "http.bad_json"),
        ("{", "http.bad_json"),
    ],
)
async def test_a_message_that_is_wrong_is_told_and_the_line_goes_on(
    service: Service, message: object, code: str
) -> None:
    async with connected(service.app, key=await service.key()) as socket:
        socket.say(message)
        assert (await socket.next("error"))["error"]["code"] == code
        socket.say({"id": 9, "do": "ping"})
        await socket.next("pong", 9)


async def test_bytes_are_refused(service: Service) -> None:
    async with connected(service.app, key=await service.key()) as socket:
        socket.say_bytes(b"{}")
        assert (await socket.closing())[0] == 1003


async def test_the_runs_of_ones_tenant_are_told_and_no_others(service: Service) -> None:
    mine, theirs = Principal(tenant="mine"), Principal(tenant="theirs")
    async with connected(service.app, key=await service.key(tenant="mine")) as socket:
        await socket.next("welcome")
        await anyio.wait_all_tasks_blocked()
        await service.hw.run({"steps": [{"id": "b", "tool": "test.echo"}]}, principal=theirs)
        result = await service.hw.run({"steps": [{"id": "a", "tool": "test.echo"}]}, principal=mine)
        while True:
            event = (await socket.next("event"))["event"]
            assert event["run_id"] == result.run_id
            if event["kind"] == "run.answered":
                break


async def test_who_unsubscribes_is_told_no_runs(service: Service) -> None:
    async with connected(service.app, key=await service.key()) as socket:
        socket.say({"id": 1, "do": "unsubscribe"})
        await socket.next("unsubscribed", 1)
        socket.say({"id": 2, "do": "run", "steps": [{"id": "a", "tool": "test.echo"}]})
        await socket.next("result", 2)
        socket.say({"id": 3, "do": "ping"})
        await socket.next("pong", 3)
        assert not [one for one in socket.got if one["type"] == "event"]


async def test_a_run_is_followed_and_cancelled(service: Service) -> None:
    begun = await service.hw.live.begin(plan={"steps": [{"id": "a", "tool": "test.slow"}]})
    async with connected(service.app, key=await service.key("operator")) as socket:
        socket.say({"id": 1, "do": "follow", "run_id": begun.run_id})
        await socket.next("event", 1)
        socket.say({"id": 2, "do": "cancel", "run_id": begun.run_id})
        assert (await socket.next("run", 2))["run"]["status"] == "failed"
        assert (await socket.next("ended", 1))["run"]["code"] == "run.cancelled"


async def test_who_leaves_cancels_what_was_asked(service: Service) -> None:
    async with connected(service.app, key=await service.key()) as socket:
        socket.say({"id": 1, "do": "run", "steps": [{"id": "a", "tool": "test.slow"}]})
        await socket.next("event")
    assert len(service.hw._parts.under_way) == 0


async def test_requests_at_once_are_bounded(service: Service) -> None:
    async with connected(service.app, key=await service.key()) as socket:
        for number in range(17):
            socket.say({"id": number, "do": "call", "tool": "test.slow"})
        assert (await socket.next("error", 16))["error"]["code"] == "limit.runs"


async def test_a_revoked_key_ends_the_line_with_the_next_event(service: Service) -> None:
    made = await service.hw.access.create_key(role="reader", principal=ADMIN)
    async with connected(service.app, key=made.key) as socket:
        await socket.next("welcome")
        await anyio.wait_all_tasks_blocked()
        await service.hw.access.revoke_key(made.id, principal=ADMIN)
        await service.hw.run({"steps": [{"id": "a", "tool": "test.echo"}]})
        assert (await socket.closing())[0] == 1008
        assert not [one for one in socket.got if one["type"] == "event"]


async def test_a_slow_reader_is_dropped_and_nobody_else(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender, "UNREAD_S", 1.0)
    key = await service.key()
    plan = {"steps": [{"id": f"s{n}", "tool": "test.echo"} for n in range(100)]}
    async with connected(service.app, key=key) as slow_one, connected(service.app, key=key) as one:
        await slow_one.next("welcome")
        await one.next("welcome")
        slow_one.reads = anyio.Event()
        for _ in range(3):
            await service.hw.run(plan)
        assert (await slow_one.closing())[0] == 1013
        one.say({"id": 1, "do": "ping"})
        await one.next("pong", 1)


async def test_a_server_that_stops_says_so_once_what_was_asked_is_answered(
    service: Service,
) -> None:
    async with connected(service.app, key=await service.key()) as socket:
        await socket.next("welcome")
        steps = [{"id": "a", "tool": "test.slow"}]
        socket.say({"id": 1, "do": "run", "steps": steps, "budget_s": 1})
        while (await socket.next("event"))["event"]["kind"] != "step.started":
            pass
        service.opening.close()
        assert (await socket.next("result", 1))["result"]["status"] == "failed"
        assert (await socket.closing())[0] == 1001
    async with connected(service.app, key=await service.key()) as late:
        assert (await late.closing())[0] == 1001


async def test_what_waits_to_be_sent_is_bounded_by_number_and_by_size() -> None:
    many = Outgoing()
    assert [many.put("x") for _ in range(MOST_MESSAGES + 1)].count(True) == MOST_MESSAGES
    large = Outgoing()
    assert large.put("x" * (2 * MOST_BYTES))
    assert not large.put("x")
    await large.next()
    large.sent()
    assert large.put("x")
