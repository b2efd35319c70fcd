"""Rooms of two replicas over one Redis, with real clients: SignalR's own, websockets, events."""

from __future__ import annotations

import json
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from js_client import JsClient, js_client, node
from patience import GUARD_S
from servers import Servers
from serving import Server, served
from websockets.asyncio.client import ClientConnection, connect

from headwater import AsyncHeadwater
from headwater.app.settings import Settings
from headwater.model.access import Role
from headwater.model.principal import Principal

PEOPLE: dict[str, Role] = {"ann": "operator", "bert": "operator", "eve": "operator"}


@pytest.fixture
def anyio_backend() -> str:
    """Run on asyncio."""
    return "asyncio"


@dataclass
class Service:
    """Two replicas, who has which key, and a project of ann's and bert's."""

    replicas: tuple[Server, Server]
    keys: dict[str, str]
    team: int
    project: int
    foreign: int
    """A project of eve's."""

    def url(self, replica: int, path: str, scheme: str = "http") -> str:
        address = self.replicas[replica].address
        return address.replace("http", scheme, 1) + path

    async def call(self, replica: int, who: str, tool: str, **args: Any) -> Any:
        """Call a tool of work over HTTP, and return its value."""
        async with httpx2.AsyncClient(timeout=GUARD_S) as client:
            reply = await client.post(
                self.url(replica, f"/v1/tools/work.{tool}"),
                json=args,
                headers={"Authorization": f"Bearer {self.keys[who]}"},
            )
        assert reply.status_code == 200, reply.text
        return reply.json()["value"]

    async def item(self, replica: int, who: str = "ann", title: str = "an item") -> Any:
        return await self.call(
            replica, who, "create_item", project=self.project, kind="todo", title=title
        )


async def prepare(url: str) -> tuple[dict[str, str], int, int, int]:
    """Make keys, a team with a project, and another's."""
    async with AsyncHeadwater.open(url, settings=Settings(prepare=False)) as hw:
        keys = {
            name: (await hw.access.create_key(role=role, name=name)).key
            for name, role in PEOPLE.items()
        }

        async def do(who: str, tool: str, **args: Any) -> Any:
            outcome: Any = await hw.call(
                f"work.{tool}",
                args,
                budget_s=20,
                principal=Principal("default", who, ("operator",)),
            )
            return outcome.value

        team = (await do("ann", "create_team", name="shop"))["id"]
        code = (await do("ann", "invite", team=team, role="member"))["code"]
        await do("bert", "join", code=code)
        project = (await do("ann", "create_project", team=team, name="checkout"))["id"]
        other = (await do("eve", "create_team", name="eve's"))["id"]
        foreign = (await do("eve", "create_project", team=other, name="secret"))["id"]
    return keys, team, project, foreign


@pytest.fixture(scope="module")
def service(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Serve one estate twice."""
    folder: Path = tmp_path_factory.mktemp("rooms")
    url = f"sqlite:///{folder / 'estate.db'}"
    keys, team, project, foreign = anyio.run(prepare, url)
    with servers.redis() as redis:
        env = {"HEADWATER_REDIS": redis, "HEADWATER_PREPARE": "false"}
        with served(folder, url, env=env) as first, served(folder, url, env=env) as second:
            for one in (first, second):  # answered once the app is open
                httpx2.get(f"{one.address}/v1/tools", timeout=GUARD_S)
            yield Service((first, second), keys, team, project, foreign)


@asynccontextmanager
async def socket(service: Service, replica: int, who: str) -> AsyncIterator[ClientConnection]:
    headers = {"Authorization": f"Bearer {service.keys[who]}"}
    async with connect(service.url(replica, "/v1/live", "ws"), additional_headers=headers) as line:
        yield line


async def next_of(line: ClientConnection, kind: str) -> Any:
    """Take messages until one is of a kind."""
    with anyio.fail_after(GUARD_S):
        while (message := json.loads(await line.recv()))["type"] != kind:
            pass
    return message


async def event_of(line: ClientConnection) -> Any:
    """Take the next event of a room that is kept."""
    while (event := (await next_of(line, "room"))["event"])["seq"] is None:
        pass
    return event


@asynccontextmanager
async def signalr(service: Service, replica: int, who: str, **more: Any) -> AsyncIterator[JsClient]:
    """Connect SignalR's own client."""
    found = await anyio.to_thread.run_sync(node)
    url = service.url(replica, "/hub")
    async with js_client(found, url, service.keys[who], **more) as client:
        yield client


async def test_the_official_client_is_told_what_is_done_at_the_other_replica(
    service: Service,
) -> None:
    async with signalr(service, 0, "bert", way="page") as client:
        assert (await client.next("started"))["started"]
        joined = (await client.call("JoinProject", service.project))["result"]
        assert joined["project"] == service.project
        assert "bert" in joined["present"]
        item = await service.item(1, title="pay twice")
        told = await client.told("ItemChanged")
        assert (told["kind"], told["activity"]["title"]) == ("item.created", "pay twice")
        assert told["seq"] == joined["seq"] + 1
        await service.call(
            1, "ann", "update_item", item=item["id"], version=item["version"],
            changes={"status": "in_progress"},
        )  # fmt: skip
        changed = await client.told("ItemChanged")
        assert changed["activity"]["changes"]["status"] == ["new", "in_progress"]
        session = await service.call(
            1, "ann", "start_session", project=service.project, goal="find out why"
        )
        assert (await client.told("SessionStarted"))["activity"]["object_id"] == session["id"]
        await service.call(1, "bert", "join_session", session=session["id"])
        assert (await client.told("ParticipantJoined"))["activity"]["actor"] == "bert"
        await service.call(1, "ann", "end_session", session=session["id"])
        assert (await client.told("SessionEnded"))["activity"]["object_id"] == session["id"]


@pytest.mark.parametrize("way", ["headers", "factory"])
async def test_the_official_client_may_bring_its_key_in_either_way(
    service: Service, way: str
) -> None:
    async with signalr(service, 1, "ann", way=way) as client:
        assert (await client.call("JoinProject", service.project))["result"]["present"]


async def test_the_official_client_calls_tools_and_is_told_what_is_wrong(service: Service) -> None:
    async with signalr(service, 0, "ann") as client:
        await client.next("started")
        listed = await client.call("Call", "work.projects", {})
        assert [one["name"] for one in listed["result"]["value"]["projects"]] == ["checkout"]
        unknown = await client.call("JoinProject", 4_000_000)
        foreign = await client.call("JoinProject", service.foreign)
        assert unknown["error"].replace("4000000", "N") == foreign["error"].replace(
            f" {service.foreign} ", " N "
        )
        assert "work.unknown" in foreign["error"]
        assert "hub.unknown_method" in (await client.call("Fly"))["error"]


async def test_the_official_client_is_refused_without_a_key_that_holds(service: Service) -> None:
    service.keys["nobody"] = "hw_forged_key"
    async with signalr(service, 0, "nobody") as client:
        assert "401" in (await client.next("refused"))["refused"]


async def test_who_is_removed_loses_the_room_within_a_second(service: Service) -> None:
    code = await service.call(1, "ann", "invite", team=service.team, role="member")
    await service.call(1, "eve", "join", code=code["code"])
    async with (
        signalr(service, 0, "eve") as client,
        socket(service, 0, "eve") as line,
        socket(service, 1, "bert") as other,
    ):
        await client.next("started")
        await client.call("JoinProject", service.project)
        for one in (line, other):
            await one.send(json.dumps({"do": "join", "id": 1, "project": service.project}))
            await next_of(one, "joined")
        await service.call(1, "ann", "remove_member", team=service.team, person="eve")
        with anyio.fail_after(GUARD_S):
            assert (await client.told("RoomClosed"))["error"]["code"] == "work.unknown"
            assert (await next_of(line, "left"))["error"]["code"] == "work.unknown"
        await service.item(1, title="not for eve")
        assert (await event_of(other))["activity"]["title"] == "not for eve"
        assert "not for eve" not in json.dumps(client.heard)
        assert "work.unknown" in (await client.call("JoinProject", service.project))["error"]


async def test_two_clients_of_two_replicas_are_told_the_same_in_order(service: Service) -> None:
    async with socket(service, 0, "ann") as here, socket(service, 1, "bert") as there:
        for line in (here, there):
            await line.send(json.dumps({"do": "join", "id": 1, "project": service.project}))
        first = (await next_of(here, "joined"))["seq"] + 1
        await next_of(there, "joined")
        async with anyio.create_task_group() as group:
            for replica in (0, 1) * 10:
                group.start_soon(service.item, replica)
        told = [[(await event_of(line))["seq"] for _ in range(20)] for line in (here, there)]
    assert told == [[*range(first, first + 20)]] * 2


async def test_events_go_on_at_the_other_replica_after_a_break(service: Service) -> None:
    headers = {"Authorization": f"Bearer {service.keys['ann']}", "Accept": "text/event-stream"}
    path = f"/v1/projects/{service.project}/events"

    async def read(replica: int, until: str, **more: str) -> list[str]:
        numbers = []
        async with (
            httpx2.AsyncClient(timeout=GUARD_S) as client,
            client.stream("GET", service.url(replica, path), headers=headers | more) as reply,
        ):
            async for line in reply.aiter_lines():
                if line.startswith("id: "):
                    numbers.append(line.removeprefix("id: "))
                elif line.startswith("event: joined"):
                    await service.item(replica)
                if until in line:
                    return numbers
        return numbers

    with anyio.fail_after(GUARD_S):
        *_, last = await read(0, "item.created")
        await service.item(1)
        going_on = await read(1, f'"seq":{int(last) + 2}', **{"Last-Event-ID": last})
    assert going_on == [last, str(int(last) + 1), str(int(last) + 2)]


async def test_nobody_of_a_replica_that_is_killed_stays_in_a_room(service: Service) -> None:
    join = json.dumps({"do": "join", "id": 1, "project": service.project})
    async with socket(service, 0, "ann") as mine:
        await mine.send(join)
        await next_of(mine, "joined")
        async with socket(service, 1, "bert") as theirs:
            await theirs.send(join)
            await next_of(theirs, "joined")
            came = (await next_of(mine, "room"))["event"]
            assert (came["kind"], came["people"]) == ("presence.joined", ["bert"])
            service.replicas[1].stop(signal.SIGKILL)
        left = (await next_of(mine, "room"))["event"]
        assert (left["kind"], left["people"]) == ("presence.left", ["bert"])
