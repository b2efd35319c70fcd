"""The hub for SignalR clients: negotiation, handshake, calls, events, pings, and how it ends."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import anyio
import pytest
from patience import GUARD_S
from scripted_work import ScriptedWork, give_work
from socket_client import Socket, connecting

from headwater import AsyncHeadwater, tool
from headwater.app.settings import Settings
from headwater.entries.wire.addressing import names_of
from headwater.entries.wire.opening import Opening
from headwater.entries.ws import sender, signalr, signalr_line, tickets
from headwater.entries.ws.signalr import SignalR
from headwater.entries.ws.signalr_messages import told_by
from headwater.entries.ws.tickets import MOST, Tickets
from headwater.model.principal import Principal

ADMIN = Principal(name="setup")
END = "\x1e"
SHAKE = {"protocol": "json", "version": 1}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@tool(name="test.echo", description="Gives back what it takes.", role="reader")
async def echo(text: str = "") -> str:
    return text


class Client(Socket):
    """One end of a connection whose messages end with 0x1E."""

    def take(self, text: str) -> None:
        assert text.endswith(END)
        self.got += [json.loads(one) for one in text.split(END)[:-1]]

    def tell(self, *messages: object) -> None:
        self.say("".join(json.dumps(one) + END for one in messages))

    async def shaken(self) -> dict[str, Any]:
        """Take the answer to the handshake."""
        with anyio.fail_after(GUARD_S):
            while not self.got or "type" in self.got[0]:
                self._news = anyio.Event()
                await self._news.wait()
        return self.got.pop(0)

    async def result(self, number: str) -> Any:
        """Take the completion of a call."""
        with anyio.fail_after(GUARD_S):
            while True:
                for one in self.got:
                    if one.get("type") == 3 and one["invocationId"] == number:
                        self.got.remove(one)
                        return one
                self._news = anyio.Event()
                await self._news.wait()

    async def call(self, target: str, *arguments: Any) -> Any:
        """Call a method, and return its completion."""
        number = f"{target}-{len(self.got)}"
        self.tell(invocation(target, *arguments, number=number))
        return await self.result(number)

    async def told(self, target: str) -> Any:
        """Take what the next call of a method of ours says."""
        with anyio.fail_after(GUARD_S):
            while True:
                one = await self.next(1)  # type: ignore[arg-type]
                if one["target"] == target:
                    return one["arguments"][0]


def invocation(target: str, *arguments: Any, number: str | None = None) -> dict[str, Any]:
    numbered = {} if number is None else {"invocationId": number}
    return {"type": 1, "target": target, "arguments": [*arguments], **numbered}


@dataclass
class Service:
    """A service in this process, over work that is scripted."""

    hw: AsyncHeadwater
    app: SignalR
    work: ScriptedWork
    opening: Opening
    headers: dict[str, str] = field(default_factory=lambda: {"host": "localhost:8420"})

    async def key(self, name: str = "ann") -> str:
        made = await self.hw.access.create_key(role="reader", name=name, principal=ADMIN)
        return made.key

    async def do(self, project: int = 7, kind: str = "item.updated", **more: Any) -> None:
        await self.tell(self.work.do(project, kind, **more))

    async def tell(self, *activities: Any) -> None:
        await self.work.tell(self.hw._parts.stores.rooms, *activities)

    async def negotiate(
        self, key: str | None, *, path: str = "/hub/negotiate", method: str = "POST", **more: str
    ) -> tuple[int, Any]:
        """Ask how to connect, and return the status and what is answered."""
        sent: list[Any] = []
        given = {**self.headers, **({} if key is None else {"authorization": f"Bearer {key}"})}
        scope = {
            "type": "http",
            "path": path,
            "method": method,
            "query_string": b"negotiateVersion=1",
            "headers": [(k.encode(), v.encode()) for k, v in {**given, **more}.items()],
        }

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b""}

        async def send(message: Any) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        return sent[0]["status"], json.loads(sent[1]["body"])

    @asynccontextmanager
    async def open(self, query: str = "", key: str | None = None) -> AsyncIterator[Client]:
        """Open a connection by a query, or by a key in a header."""
        given = {**self.headers, **({} if key is None else {"authorization": f"Bearer {key}"})}
        headers = [(name.encode(), value.encode()) for name, value in given.items()]
        opening = connecting(self.app, Client(), headers=headers, path="/hub", query=query.encode())
        async with opening as client:
            yield client

    @asynccontextmanager
    async def client(self, name: str = "ann", key: str | None = None) -> AsyncIterator[Client]:
        """Negotiate, connect and shake hands, as a SignalR client does."""
        _, offer = await self.negotiate(key or await self.key(name))
        async with self.open(f"id={quote(offer['connectionToken'])}") as client:
            client.tell(SHAKE)
            assert await client.shaken() == {}
            yield client


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    settings = Settings(prepare=False)
    async with AsyncHeadwater.open("memory:", packs=[[echo]], settings=settings) as opened:
        work, opening = ScriptedWork({7: ["ann", "bert"], 9: ["eve"]}), Opening()
        hw = give_work(opened, work)
        yield Service(hw, SignalR(hw, opening, names_of("", "", "")), work, opening)


async def test_who_has_a_key_is_told_how_to_connect(service: Service) -> None:
    status, offer = await service.negotiate(await service.key())
    assert status == 200
    assert offer["negotiateVersion"] == 1
    assert offer["availableTransports"] == [
        {"transport": "WebSockets", "transferFormats": ["Text"]}
    ]
    assert offer["connectionToken"] != offer["connectionId"]


@pytest.mark.parametrize("key", [None, "hw_forged_key"])
async def test_nobody_else_is(service: Service, key: str | None) -> None:
    status, told = await service.negotiate(key)
    assert (status, told["code"]) == (401, "access.unauthenticated")


@pytest.mark.parametrize(
    ("header", "value", "code"),
    [
        ("host", "evil.example.org", "hub.bad_host"),
        ("origin", "https://evil.example.org", "hub.bad_origin"),
    ],
)
async def test_a_foreign_page_and_a_foreign_name_are_refused(
    service: Service, header: str, value: str, code: str
) -> None:
    key = await service.key()
    status, told = await service.negotiate(key, **{header: value})
    assert (status, told["code"]) == (403, code)
    service.headers[header] = value
    async with service.open(key=key) as client:
        await client.closing()
    assert not client.accepted


@pytest.mark.parametrize(("path", "method"), [("/hub/x", "POST"), ("/hub/negotiate", "GET")])
async def test_there_is_nothing_else_there(service: Service, path: str, method: str) -> None:
    status, told = await service.negotiate(await service.key(), path=path, method=method)
    assert (status, told["code"]) == (404, "http.no_such_path")


async def test_a_connection_token_lets_in_once(service: Service) -> None:
    _, offer = await service.negotiate(await service.key())
    query = f"id={quote(offer['connectionToken'])}"
    async with service.open(query) as client:
        client.tell(SHAKE)
        assert await client.shaken() == {}
    async with service.open(query) as client:
        client.tell(SHAKE)
        assert (await client.shaken())["error"].startswith("hub.bad_token: ")
        assert (await client.closing())[0] == 1008


async def test_a_connection_token_ends(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tickets, "KEPT_S", 0.0)
    _, offer = await service.negotiate(await service.key())
    async with service.open(f"id={quote(offer['connectionToken'])}") as client:
        assert (await client.shaken())["error"].startswith("hub.bad_token: ")


async def test_so_many_connection_tokens_are_kept() -> None:
    kept = Tickets()
    words = [kept.issue("a key")[0] for _ in range(MOST + 1)]
    assert kept.take(words[0]) is None
    assert kept.take(words[1]) is not None


async def test_a_key_in_the_url_is_refused(service: Service) -> None:
    async with service.open(f"access_token={await service.key()}") as client:
        assert (await client.shaken())["error"].startswith("hub.key_in_url: ")


async def test_a_key_in_a_header_lets_in_without_negotiation(service: Service) -> None:
    async with service.open(key=await service.key()) as client:
        client.tell(SHAKE)
        assert await client.shaken() == {}


async def test_a_ticket_is_worth_no_more_than_its_key(service: Service) -> None:
    made = await service.hw.access.create_key(role="reader", name="ann", principal=ADMIN)
    _, offer = await service.negotiate(made.key)
    await service.hw.access.revoke_key(made.id, principal=ADMIN)
    async with service.open(f"id={quote(offer['connectionToken'])}") as client:
        assert (await client.shaken())["error"].startswith("access.unauthenticated: ")


@pytest.mark.parametrize(
    "said",
    ['{"protocol":"messagepack","version":1}\x1e', '{"protocol":"json","version":9}\x1e', "[]\x1e",
     '{"protocol":"json","version":1}', "\x1e", "no json\x1e"],
)  # fmt: skip
async def test_another_handshake_is_refused(service: Service, said: str) -> None:
    async with service.open(key=await service.key()) as client:
        client.say(said)
        assert "error" in await client.shaken() or said.endswith("}")
        if not said.endswith("}"):
            assert (await client.closing())[0] == 1008


async def test_a_handshake_that_does_not_come_is_not_waited_for(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signalr, "SHAKE_S", 0.05)
    async with service.open(key=await service.key()) as client:
        assert (await client.shaken())["error"].startswith("hub.bad_handshake: ")


async def test_what_comes_with_the_handshake_is_answered_too(service: Service) -> None:
    async with service.open(key=await service.key()) as client:
        client.tell(SHAKE, invocation("JoinProject", 7, number="1"))
        assert await client.shaken() == {}
        assert (await client.result("1"))["result"]["project"] == 7


async def test_who_joins_a_project_is_told_what_is_done_there(service: Service) -> None:
    async with service.client() as client:
        joined = await client.call("JoinProject", 7)
        assert joined["result"] == {"project": 7, "seq": 1, "present": ["ann"]}
        await service.do(changes={"status": ["new", "done"]})
        told = await client.told("ItemChanged")
        assert (told["seq"], told["activity"]["changes"]) == (2, {"status": ["new", "done"]})


async def test_who_comes_back_joins_after_the_last_event_seen(service: Service) -> None:
    for _ in range(3):
        await service.do()
    async with service.client() as client:
        await client.call("JoinProject", 7, 2)
        assert [(await client.told("ItemChanged"))["seq"] for _ in range(2)] == [3, 4]


@pytest.mark.parametrize(
    ("kind", "method"),
    [
        ("item.created", "ItemChanged"),
        ("item.assigned", "ItemChanged"),
        ("project.updated", "ProjectChanged"),
        ("session.started", "SessionStarted"),
        ("session.ended", "SessionEnded"),
        ("participant.joined", "ParticipantJoined"),
        ("participant.left", "ParticipantLeft"),
        ("alert", "Alert"),
        ("note.added", "Activity"),
        ("dependency.added", "Activity"),
        ("presence.joined", "PresenceJoined"),
        ("presence.left", "PresenceLeft"),
        ("presence.list", "PresenceList"),
    ],
)
def test_each_kind_calls_a_method_of_the_client(kind: str, method: str) -> None:
    assert told_by(kind) == method


async def test_who_leaves_is_told_nothing_more(service: Service) -> None:
    async with service.client() as client:
        await client.call("JoinProject", 7)
        assert (await client.call("LeaveProject", 7))["result"] is None
        again = await client.call("LeaveProject", 7)
        assert again["error"].startswith("room.not_joined: ")


async def test_a_member_who_is_removed_is_told_that_the_room_is_closed(service: Service) -> None:
    async with service.client("bert") as client:
        await client.call("JoinProject", 7)
        await service.tell(service.work.remove(7, "bert"))
        with anyio.fail_after(GUARD_S):
            closed = await client.told("RoomClosed")
    assert (closed["project"], closed["error"]["code"]) == (7, "work.unknown")


async def test_questions_and_tools_are_answered(service: Service) -> None:
    async with service.client() as client:
        called = await client.call("Call", "test.echo", {"text": "hello"})
        assert called["result"]["value"] == "hello"
        ran = await client.call("Run", [{"id": "a", "tool": "test.echo"}])
        assert ran["result"]["status"] == "complete"
        asked = await client.call("Ask", "sing me a song", 2)
        assert asked["result"]["status"] == "failed"


@pytest.mark.parametrize(
    ("target", "arguments", "code"),
    [
        ("JoinProject", [9], "work.unknown"),
        ("JoinProject", ["7"], "http.bad_body"),
        ("JoinProject", [], "http.bad_body"),
        ("JoinProject", [7, 1, 2], "hub.bad_message"),
        ("Fly", [], "hub.unknown_method"),
        ("Call", ["no.tool"], None),
    ],
)
async def test_what_cannot_be_answered_is_an_error_of_the_call(
    service: Service, target: str, arguments: list[Any], code: str | None
) -> None:
    async with service.client() as client:
        told = await client.call(target, *arguments)
        if code is None:
            assert told["result"]["code"] == "tool.unknown"
        else:
            assert told["error"].startswith(f"{code}: ")
        client.tell(invocation(target, *arguments))  # nobody waits: nothing is answered
        assert (await client.call("LeaveProject", 1))["error"].startswith("room.not_joined: ")


async def test_what_is_streamed_is_refused(service: Service) -> None:
    async with service.client() as client:
        client.tell({"type": 4, "invocationId": "s", "target": "Ask", "arguments": []})
        assert (await client.result("s"))["error"].startswith("hub.bad_message: ")


@pytest.mark.parametrize(
    "said", ["no json\x1e", "[]\x1e", '{"type":1}', '{"type":99}\x1e', "{}\x1e", '{"type":6']
)
async def test_what_is_no_message_ends_the_line(service: Service, said: str) -> None:
    async with service.client() as client:
        client.say(said)
        assert (await client.closing())[0] == 1008
    assert client.got[-1]["type"] == 7


async def test_a_client_who_says_goodbye_is_let_go(service: Service) -> None:
    async with service.client() as client:
        client.tell({"type": 7})
        assert (await client.closing())[0] == 1000
        client.leave()


async def test_bytes_end_the_line(service: Service) -> None:
    async with service.client() as client:
        client.say_bytes(b"x")
        assert (await client.closing())[0] == 1003


async def test_a_quiet_client_is_pinged_and_one_that_is_not_heard_of_given_up(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signalr_line, "LOOK_S", 0.02)
    monkeypatch.setattr(signalr_line, "PING_S", 0.05)
    async with service.client() as client:
        assert await client.next(6) == {"type": 6}  # type: ignore[arg-type]
        client.tell({"type": 6})
        await client.next(6)  # type: ignore[arg-type]
        monkeypatch.setattr(signalr_line, "SILENCE_S", 0.05)
        assert (await client.closing())[0] == 1001
    assert client.got[-1]["allowReconnect"] is True


async def test_a_server_that_stops_lets_clients_connect_anew(service: Service) -> None:
    async with service.client() as client:
        service.opening.close()
        assert (await client.closing())[0] == 1001
    assert client.got[-1] == {"type": 7, "allowReconnect": True}
    async with service.open(key=await service.key()) as client:
        assert (await client.shaken())["error"].startswith("limit.stopping: ")


async def test_a_key_that_is_revoked_ends_the_line(service: Service) -> None:
    made = await service.hw.access.create_key(role="reader", name="ann", principal=ADMIN)
    async with service.client(key=made.key) as client:
        await client.call("JoinProject", 7)
        await service.hw.access.revoke_key(made.id, principal=ADMIN)
        with anyio.fail_after(GUARD_S):
            assert (await client.closing())[0] == 1008
        await service.do()
    assert client.got[-1]["allowReconnect"] is False
    assert all(one.get("target") != "ItemChanged" for one in client.got)


async def test_a_client_who_does_not_read_is_dropped(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender, "UNREAD_S", 0.1)
    async with service.client() as client:
        await client.call("JoinProject", 7)
        client.reads = anyio.Event()
        for _ in range(300):
            await service.do()
        assert (await client.closing())[0] == 1013
