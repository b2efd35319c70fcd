"""Rooms over the WebSocket of live runs: who is let in, what is told, how it ends."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import anyio
import pytest
from patience import GUARD_S
from scripted_work import ScriptedWork, give_work
from socket_client import Socket, connected

from headwater import AsyncHeadwater
from headwater.app.settings import Settings
from headwater.entries.wire import rooms
from headwater.entries.wire.opening import Opening
from headwater.entries.ws import sender
from headwater.entries.ws.live import Live
from headwater.model.principal import Principal

ADMIN = Principal(name="setup")
MEMBERS = {7: ["ann", "bert"], 8: ["ann"], 9: ["eve"]}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@dataclass
class Service:
    """A service in this process, over work that is scripted."""

    hw: AsyncHeadwater
    app: Live
    work: ScriptedWork

    async def key(self, name: str = "ann", tenant: str = "default") -> str:
        made = await self.hw.access.create_key(
            role="reader", tenant=tenant, name=name, principal=ADMIN
        )
        return made.key

    async def do(self, project: int = 7, **more: Any) -> int:
        done = self.work.do(project, **more)
        await self.work.tell(self.hw._parts.stores.rooms, done)
        return done.seq


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    async with AsyncHeadwater.open("memory:", settings=Settings(prepare=False)) as opened:
        work = ScriptedWork(MEMBERS)
        hw = give_work(opened, work)
        yield Service(hw, Live(hw, Opening()), work)


async def joined(socket: Socket, project: int = 7, **more: Any) -> dict[str, Any]:
    socket.say({"do": "join", "id": 1, "project": project, **more})
    return await socket.next("joined", 1)


async def event(socket: Socket) -> dict[str, Any]:
    """Return the next event of a room that is kept."""
    while True:
        told = (await socket.next("room"))["event"]
        if told["seq"] is not None:
            return dict(told)


async def test_who_joins_is_told_where_the_room_is_and_who_is_there(service: Service) -> None:
    async with connected(service.app, key=await service.key()) as socket:
        assert await joined(socket) == {
            "id": 1,
            "type": "joined",
            "project": 7,
            "seq": 1,
            "present": ["ann"],
        }


async def test_what_is_done_is_told_to_those_in_the_room_and_to_nobody_else(
    service: Service,
) -> None:
    async with (
        connected(service.app, key=await service.key()) as mine,
        connected(service.app, key=await service.key("eve")) as other,
    ):
        await joined(mine)
        await joined(other, 9)
        await service.do(changes={"status": ["new", "done"]})
        await service.do(9, title="eve's")
        told = await event(mine)
        assert (told["kind"], told["seq"]) == ("item.updated", 2)
        assert told["activity"]["changes"] == {"status": ["new", "done"]}
        assert (await event(other))["activity"]["title"] == "eve's"
    assert all("eve" not in str(one) for one in mine.got)


async def test_a_reader_goes_on_after_the_number_they_give(service: Service) -> None:
    for _ in range(3):
        await service.do()
    async with connected(service.app, key=await service.key()) as socket:
        assert (await joined(socket, after=2))["seq"] == 4
        await service.do()
        assert [(await event(socket))["seq"] for _ in range(3)] == [3, 4, 5]


@pytest.mark.parametrize("project", [9, 404, -1, 2**70])
async def test_a_room_that_is_not_theirs_seems_not_to_be(service: Service, project: int) -> None:
    async with connected(service.app, key=await service.key()) as socket:
        socket.say({"do": "join", "id": 3, "project": project})
        error = (await socket.next("error", 3))["error"]
    assert error["code"] == "work.unknown"


@pytest.mark.parametrize("project", ["7", 7.0, True, None])
async def test_what_is_no_number_of_a_project_is_refused(service: Service, project: object) -> None:
    async with connected(service.app, key=await service.key()) as socket:
        socket.say({"do": "join", "id": 3, "project": project})
        assert (await socket.next("error", 3))["error"]["code"] == "http.bad_body"


async def test_who_leaves_is_told_nothing_more_and_may_come_back(service: Service) -> None:
    async with connected(service.app, key=await service.key()) as socket:
        await joined(socket)
        socket.say({"do": "join", "id": 2, "project": 7})
        assert (await socket.next("error", 2))["error"]["code"] == "room.joined"
        socket.say({"do": "leave", "id": 3, "project": 7})
        await socket.next("left", 3)
        socket.say({"do": "leave", "id": 4, "project": 7})
        assert (await socket.next("error", 4))["error"]["code"] == "room.not_joined"
        await service.do()
        assert (await joined(socket))["seq"] in {1, 2}
        await service.do()
        while (await event(socket))["seq"] < 3:
            pass


async def test_a_line_holds_so_many_rooms(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rooms, "MOST_ROOMS", 1)
    async with connected(service.app, key=await service.key()) as socket:
        await joined(socket)
        socket.say({"do": "join", "id": 2, "project": 8})
        assert (await socket.next("error", 2))["error"]["code"] == "limit.rooms"


async def test_a_member_who_is_removed_is_put_out_and_keeps_the_line(service: Service) -> None:
    async with connected(service.app, key=await service.key("bert")) as socket:
        await joined(socket)
        removed = service.work.remove(7, "bert")
        await service.work.tell(service.hw._parts.stores.rooms, removed)
        with anyio.fail_after(GUARD_S):
            told = await socket.next("left")
        assert (told["project"], told["error"]["code"]) == (7, "work.unknown")
        socket.say({"do": "ping", "id": 5})
        await socket.next("pong", 5)


async def test_a_key_that_is_revoked_hears_nothing_more_of_a_room(service: Service) -> None:
    key = await service.hw.access.create_key(role="reader", name="ann", principal=ADMIN)
    async with connected(service.app, key=key.key) as socket:
        await joined(socket)
        await service.hw.access.revoke_key(key.id, principal=ADMIN)
        with anyio.fail_after(GUARD_S):
            assert (await socket.closing())[0] == 1008
        await service.do()
    assert [one for one in socket.got if one["type"] == "room"] == []


async def test_who_does_not_read_is_dropped_and_the_others_are_not_held_up(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender, "UNREAD_S", 1.0)
    async with (
        connected(service.app, key=await service.key()) as stalled,
        connected(service.app, key=await service.key("bert")) as mine,
    ):
        await joined(stalled)
        await joined(mine)
        stalled.reads = anyio.Event()
        for first in range(2, 402, 50):
            for _ in range(50):
                await service.do(title="x" * 200)
            assert [(await event(mine))["seq"] for _ in range(50)] == [*range(first, first + 50)]
        assert (await stalled.closing())[0] == 1013
        async with connected(service.app, key=await service.key("bert")) as another:
            assert (await joined(another))["present"] == ["bert"]
