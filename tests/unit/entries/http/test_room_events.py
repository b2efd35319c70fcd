"""A project's room as server-sent events: resumed, refused, ended."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import anyio
import pytest
from anyio import to_thread
from asgi_client import ADMIN, Client, Exchange
from patience import GUARD_S
from scripted_work import ScriptedWork, give_work

from headwater import AsyncHeadwater
from headwater.app.settings import Settings
from headwater.entries.http.gate import Gate, Sizes
from headwater.entries.http.service import make_http
from headwater.entries.wire.opening import Opening


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@dataclass
class Service:
    """A service in this process, over work that is scripted."""

    hw: AsyncHeadwater
    gate: Gate
    opening: Opening
    work: ScriptedWork

    async def client(self, name: str) -> Client:
        made = await self.hw.access.create_key(role="reader", name=name, principal=ADMIN)
        return Client(self.gate, made.key)

    async def tell(self, *activities: Any) -> None:
        await self.work.tell(self.hw._parts.stores.rooms, *activities)


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    async with AsyncHeadwater.open("memory:", settings=Settings(prepare=False)) as opened:
        work, opening = ScriptedWork({7: ["ann", "bert"], 9: ["eve"]}), Opening()
        hw = give_work(opened, work)
        http = await to_thread.run_sync(make_http, hw, opening)
        gate = Gate(http, hw, opening=opening, sizes=Sizes(10_000, 10_000))
        yield Service(hw, gate, opening, work)


def events(exchange: Exchange) -> list[tuple[str, str | None, Any]]:
    """Return the events that came, each as its kind, its id and its data."""
    found = []
    for block in b"".join(exchange.pieces).decode().split("\n\n"):
        fields = dict(line.partition(": ")[::2] for line in block.splitlines())
        if "event" in fields:
            found.append((fields["event"], fields.get("id"), json.loads(fields["data"])))
    return found


async def test_what_is_done_in_a_project_is_told_under_its_kind_and_number(
    service: Service,
) -> None:
    ann = await service.client("ann")
    with anyio.fail_after(GUARD_S):
        async with ann.open("GET", "/v1/projects/7/events") as exchange:
            await exchange.until(b"joined")
            done = service.work.do(7, "session.started", title="why is it slow")
            await service.tell(done)
            await exchange.until(b"why is it slow")
    (first, started) = events(exchange)
    assert first == ("joined", "1", {"project": 7, "seq": 1, "present": ["ann"]})
    assert started[:2] == ("session.started", "2")
    assert started[2]["activity"]["title"] == "why is it slow"


async def test_a_client_goes_on_after_the_last_event_seen(service: Service) -> None:
    ann = await service.client("ann")
    for _ in range(4):
        service.work.do(7)
    with anyio.fail_after(GUARD_S):
        headers = {"Last-Event-ID": "3"}
        async with ann.open("GET", "/v1/projects/7/events", headers=headers) as exchange:
            await exchange.until(b"id: 5")
    assert [number for _, number, _ in events(exchange)] == ["3", "4", "5"]


@pytest.mark.parametrize("project", ["9", "404", "0", "x", "7x", "-7", "9" * 40])
async def test_a_room_of_others_and_none_at_all_are_refused_alike(
    service: Service, project: str
) -> None:
    ann = await service.client("ann")
    reply = await ann.send("GET", f"/v1/projects/{project}/events")
    assert (reply.status, reply.code) == (404, "work.unknown")


async def test_a_member_who_is_removed_is_told_so_and_nothing_more(service: Service) -> None:
    bert = await service.client("bert")
    with anyio.fail_after(GUARD_S):
        async with bert.open("GET", "/v1/projects/7/events") as exchange:
            await exchange.until(b"joined")
            await service.tell(service.work.remove(7, "bert"), service.work.do(7))
            await exchange.ended.wait()
    kinds = [kind for kind, _, _ in events(exchange)]
    assert kinds == ["joined", "error"]
    assert events(exchange)[-1][2]["code"] == "work.unknown"


async def test_a_server_that_stops_ends_the_stream(service: Service) -> None:
    ann = await service.client("ann")
    with anyio.fail_after(GUARD_S):
        async with ann.open("GET", "/v1/projects/7/events") as exchange:
            await exchange.until(b"joined")
            service.opening.close()
            await exchange.ended.wait()
