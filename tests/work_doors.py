"""The ways in which one tool of work is asked for, each told of alike; it knows no rule."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, fields
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import anyio
from anyio import to_thread
from mcp import Client as McpClient
from mcp import MCPError
from patience import GUARD_S
from pydantic_core import to_json
from unit.entries.http.asgi_client import Client, Reply
from unit.entries.mcp.agents import in_memory
from unit.entries.ws.socket_client import Socket, connected, connecting
from work_scene import NOTHING, Scene, Stage

from headwater.app.namespace import value_of
from headwater.entries.http.gate import Gate, Sizes
from headwater.entries.http.problems import status_of
from headwater.entries.http.service import make_http
from headwater.entries.http.work import Way
from headwater.entries.http.work_ways import WAYS
from headwater.entries.wire.addressing import names_of
from headwater.entries.wire.opening import Opening
from headwater.entries.ws.live import Live
from headwater.entries.ws.signalr import SignalR
from headwater.entries.ws.signalr_messages import END
from headwater.errors import HeadwaterError
from headwater.model.principal import Principal

ADMIN = Principal(name="setup", roles=("admin",))
COMPLETION = 3
UNLIKE = ("content-length", "x-request-id", "date")
"""Headers that differ between two answers to the same."""
TOOK = re.compile(r'"(elapsed_s|attempts|via)":[^,}]+')
ROUTES: Mapping[str, Way] = {way.tool: way for way in WAYS}


@dataclass(frozen=True, slots=True)
class Seen:
    """What came back: the code of a refusal, or a value; and all of it as text."""

    code: str | None
    value: Any
    told: str

    @classmethod
    def of(cls, code: str | None, value: Any, *more: Any) -> Seen:
        """Put down what came back, but for the time that it took."""
        text = to_json([code, value, *more], fallback=repr).decode()
        return cls(code, value, TOOK.sub("", text))


def as_of(seen: Seen, there: Scene) -> str:
    """Return what an answer about nothing would be, were it about what is there."""
    text = seen.told
    for field in fields(Scene):
        nothing, thing = getattr(NOTHING, field.name), getattr(there, field.name)
        if field.name != "tenant":
            text = text.replace(str(nothing), str(thing))
    return text


class Doors:
    """An app and its entries in this process, for people by name and role."""

    def __init__(self, stage: Stage, gate: Any, mcp: McpClient, opening: Opening) -> None:
        self.stage = stage
        self.opening = opening
        self.gate = gate
        self.mcp = mcp
        self.agent = ADMIN
        self._clients: dict[Principal, Client] = {}

    async def client(self, who: Principal) -> Client:
        """Return somebody's client of HTTP."""
        if who not in self._clients:
            role: Any = who.roles[0]
            made = await self.stage.hw.access.create_key(
                role=role, tenant=who.tenant, name=who.name, principal=ADMIN
            )
            self._clients[who] = Client(self.gate, made.key)
        return self._clients[who]

    async def call(self, tool: str, args: dict[str, Any], who: Principal) -> Seen:
        """Ask as Python does."""
        outcome = await self.stage.hw.call(tool, args, budget_s=30, principal=who)
        try:
            return Seen.of(None, value_of(outcome))
        except HeadwaterError as error:
            return Seen.of(error.code, None, error.message, error.facts, error.fault)

    async def tool(self, tool: str, args: dict[str, Any], who: Principal) -> Seen:
        """Ask at the route of all tools."""
        seen = reply_of(await (await self.client(who)).send("POST", f"/v1/tools/{tool}", args))
        return seen if seen.code else Seen(None, seen.value["value"], seen.told)

    async def route(self, tool: str, args: dict[str, Any], who: Principal) -> Seen:
        """Ask at the route of its own."""
        way, left = ROUTES[tool], dict(args)
        in_path = {one.name: left.pop(one.name) for one in way.parameters if one.place == "path"}
        target = way.path.format(**in_path)
        headers = {"If-Match": f'"{left.pop("version")}"'} if way.versioned else {}
        body = None
        if way.takes is not None:
            body = left.get("changes", left)
        elif left:
            target += f"?{urlencode(left, doseq=True)}"
        client = await self.client(who)
        return reply_of(await client.send(way.method, target, body, headers=headers))

    async def by_agent(self, tool: str, args: dict[str, Any], who: Principal) -> Seen:
        """Ask as an agent does."""
        self.agent = who
        result = await self.mcp.call_tool(tool.replace(".", "_"), args)
        told: dict[str, Any] = dict(result.structured_content or {})
        code = told.get("code") if result.is_error else None
        shown = {**told, "elapsed_s": 0}
        return Seen.of(code, told.get("value"), shown, [vars(one) for one in result.content])

    async def resource(self, uri: str, who: Principal) -> Seen:
        """Read as an agent does."""
        self.agent = who
        try:
            (content,) = (await self.mcp.read_resource(uri)).contents
        except MCPError as error:
            data: Any = error.error.data
            return Seen.of(data["code"], None, error.error.message, data)
        return Seen.of(None, json.loads(getattr(content, "text", "null")))

    async def resources(self, who: Principal) -> list[Any]:
        """List what an agent may read."""
        self.agent = who
        return list((await self.mcp.list_resources()).resources)

    async def room_by_events(self, project: int, who: Principal) -> Seen:
        """Join a room by server-sent events."""
        client = await self.client(who)
        async with client.open("GET", f"/v1/projects/{project}/events") as exchange:
            with anyio.fail_after(GUARD_S):
                while not exchange.pieces and not exchange.ended.is_set():
                    await anyio.lowlevel.checkpoint()
            if exchange.status == HTTPStatus.OK:
                return Seen.of(None, project)
            with anyio.fail_after(GUARD_S):
                await exchange.ended.wait()
        return reply_of(exchange.reply)

    async def room_by_socket(self, project: int, who: Principal) -> Seen:
        """Join a room over a WebSocket."""
        key = (await self.client(who)).key
        async with connected(Live(self.stage.hw, self.opening), key=key) as socket:
            socket.say({"do": "join", "id": 1, "project": project})
            return await self._told(socket)

    async def room_by_signalr(self, project: int, who: Principal) -> Seen:
        """Join a room as SignalR clients do."""
        return await self._invoked("JoinProject", [project], who)

    async def ask_by_python(self, session: int, who: Principal) -> Seen:
        """Ask in a session as Python does."""
        try:
            await self.stage.hw.ask("what is shop?", session=session, principal=who)
        except HeadwaterError as error:
            return Seen.of(error.code, None, error.message)
        return Seen.of(None, session)

    async def ask_by_route(self, session: int, who: Principal) -> Seen:
        """Ask in a session over HTTP."""
        body = {"question": "what is shop?", "session": session}
        return reply_of(await (await self.client(who)).send("POST", "/v1/ask", body))

    async def begin_by_route(self, session: int, who: Principal) -> Seen:
        """Begin a plan in a session over HTTP, and do not wait for it."""
        body = {"steps": [{"id": "a", "tool": "ci.search"}], "session": session}
        client = await self.client(who)
        return reply_of(await client.send("POST", "/v1/runs?background=true", body))

    async def ask_by_agent(self, session: int, who: Principal) -> Seen:
        """Ask in a session as an agent does."""
        return await self.by_agent("ask", {"question": "what is shop?", "session": session}, who)

    async def run_by_socket(self, session: int, who: Principal) -> Seen:
        """Run a plan in a session over a WebSocket."""
        key = (await self.client(who)).key
        async with connected(Live(self.stage.hw, self.opening), key=key) as socket:
            steps = [{"id": "a", "tool": "ci.search"}]
            socket.say({"do": "run", "id": 1, "steps": steps, "session": session})
            return await self._told(socket)

    async def _told(self, socket: Socket) -> Seen:
        with anyio.fail_after(GUARD_S):
            while not (told := [one for one in socket.got if one.get("id") == 1]):
                await anyio.lowlevel.checkpoint()
        error = told[0].get("error")
        return Seen.of(error and error["code"], None, error)

    async def _invoked(self, target: str, arguments: list[Any], who: Principal) -> Seen:
        """Call a method of the hub."""
        hub = SignalR(self.stage.hw, self.opening, names_of("", "", ""))
        key = (await self.client(who)).key
        headers = [(b"host", b"localhost"), (b"authorization", f"Bearer {key}".encode())]
        async with connecting(hub, Records(), headers=headers, path="/hub") as line:
            line.tell({"protocol": "json", "version": 1})
            line.tell({"type": 1, "invocationId": "1", "target": target, "arguments": arguments})
            with anyio.fail_after(GUARD_S):
                while not (told := [one for one in line.got if one.get("type") == COMPLETION]):
                    await anyio.lowlevel.checkpoint()
        error = told[0].get("error")
        return Seen.of(error and error.partition(":")[0], None, error)


class Records(Socket):
    """One end of a connection whose messages end with 0x1E."""

    def take(self, text: str) -> None:
        self.got += [json.loads(one) for one in text.split(END)[:-1]]

    def tell(self, message: object) -> None:
        self.say(json.dumps(message) + END)


ROOMS = {
    "events": Doors.room_by_events,
    "socket": Doors.room_by_socket,
    "signalr": Doors.room_by_signalr,
}
ASKING = {
    "python": Doors.ask_by_python,
    "route": Doors.ask_by_route,
    "begun": Doors.begin_by_route,
    "agent": Doors.ask_by_agent,
    "socket": Doors.run_by_socket,
}


def reply_of(reply: Reply) -> Seen:
    """Put down a reply."""
    headers = {name: text for name, text in reply.headers.items() if name not in UNLIKE}
    told = json.loads(reply.body) if reply.body else None
    code = told["code"] if reply.status >= 400 else None
    if code is not None:
        assert reply.status == status_of(code, told["fault"])
    return Seen.of(code, told, reply.status, headers)


@asynccontextmanager
async def doors_of(stage: Stage) -> AsyncIterator[Doors]:
    """Open all entries over an app."""
    async with AsyncExitStack() as stack:
        opening = Opening()
        http = await to_thread.run_sync(make_http, stage.hw, opening)
        gate = Gate(http, stage.hw, opening=opening, sizes=Sizes(100_000, 100_000))
        made: list[Doors] = []

        async def who(ctx: Any) -> Principal:
            del ctx
            return made[0].agent

        mcp = await stack.enter_async_context(in_memory(stage.hw, who=who))
        made.append(Doors(stage, gate, mcp, opening))
        for tenant in ("acme", "other"):
            await stage.hw.access.create_tenant(tenant, principal=ADMIN)
        yield made[0]
