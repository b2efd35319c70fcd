"""Who may do what with work, as one table: every tool and route, every role, own and foreign teams.

A team that one is not in looks in every answer exactly as one that is not there.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from servers import Servers, estate_in
from work_access import IN_TEAM, IN_TENANT, MIXED, OPS, RULES, Code, Op, refusal
from work_doors import ASKING, ROOMS, ROUTES, Doors, Seen, as_of, doors_of, reply_of
from work_scene import ELSEWHERE, HERE, NOTHING, Scene, Stage, a_stage

from headwater.app.wiring import shipped_packs
from headwater.entries.http.operations import operations
from headwater.entries.mcp.catalogue import OWN
from headwater.entries.mcp.resources import KINDS
from headwater.entries.wire.opening import Opening
from headwater.entries.ws.messages import BY_WORD
from headwater.entries.ws.signalr_messages import METHODS
from headwater.model.principal import Principal
from headwater.toolkit.registry import tools_of

PEOPLE = {
    (role, in_team): Principal(HERE, f"{role}-{in_team}", (role,))
    for role in IN_TENANT
    for in_team in IN_TEAM
}
"""Each role of the tenant with each of the team."""
SOME = {
    one: PEOPLE[one] for one in (("reader", "leader"), ("operator", None), ("operator", "member"))
}
"""Those who are refused in each way; the others' cells of the slower doors are filled slowly."""
MEMBERS = {who.name: in_team for (_, in_team), who in PEOPLE.items() if in_team}
Door = Callable[[str, dict[str, Any], Principal], Awaitable[Seen]]
DOORS = {"python": Doors.call, "route": Doors.route, "tools": Doors.tool, "agent": Doors.by_agent}

OF_WORK = (
    "/v1/teams", "/v1/invitations", "/v1/projects", "/v1/resume", "/v1/items", "/v1/sessions",
    "/v1/webhooks", "/v1/notices",
)  # fmt: skip
ROOM = "/v1/projects/{project}/events"
RESOURCES = ("project", "item", "session")
ONE = "/v1/runs/{run_id}"
ON_A_RUN = [
    ("GET", ONE), ("GET", f"{ONE}/events"), ("GET", f"{ONE}/explain"), ("POST", f"{ONE}/finish"),
    ("POST", f"{ONE}/cancel"), ("POST", f"{ONE}/again"), ("POST", f"{ONE}/replay"),
]  # fmt: skip


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with a_stage("memory:", tmp_path) as made:
        yield made


@pytest.fixture
async def doors(stage: Stage) -> AsyncIterator[Doors]:
    async with doors_of(stage) as opened:
        yield opened


@pytest.fixture(params=["memory", "sqlite", "postgresql", "mariadb"])
def place(request: pytest.FixtureRequest) -> str:
    return str(request.param)


class Table:
    """The cells of one door, filled by asking."""

    def __init__(self, doors: Doors, door: Door) -> None:
        self.doors = doors
        self.stage = doors.stage
        self.door = door
        self.cells = 0
        self.wrong: list[str] = []

    async def fill(self, ops: Mapping[str, Op], people: Mapping[Any, Principal]) -> None:
        """Ask for everything as everybody, about their own team, a foreign one, and elsewhere."""
        places = {
            "own": await self.stage.scene(MEMBERS, linked=True),
            "foreign": await self.stage.scene(linked=True),
            "elsewhere": await self.stage.scene(tenant=ELSEWHERE, linked=True),
        }
        before = await self.stage.footprint([*places.values()])
        seen_there = len(self.stage.standin.seen)
        may: list[tuple[Any, ...]] = []
        for (role, in_team), who in people.items():
            for tool, op in ops.items():
                for name, there in places.items():
                    of = in_team if name == "own" else None
                    here = name != "elsewhere"
                    expected: Any = refusal(RULES[op.rule], role, of, here=here)
                    if op.rule == "join" and not here:
                        expected = "work.bad_invitation"
                    cell = f"{tool} by {who.name} of {name}"
                    self.cells += 1
                    if expected is None:
                        may.append((cell, tool, op, who, name, there, of))
                    else:
                        await self._refused(cell, tool, op, who=who, there=there, code=expected)
        assert await self.stage.footprint([*places.values()]) == before, "a refusal did something"
        assert len(self.stage.standin.seen) == seen_there, "GitHub was asked for who may not"
        for one in sorted(may, key=lambda one: bool(one[2].writes)):  # lists, while they are short
            await self._allowed(*one)

    async def _refused(
        self, cell: str, tool: str, op: Op, *, who: Principal, there: Scene, code: str
    ) -> None:
        seen = await self._ask(tool, op, who, there)
        if seen.code != code:
            self.wrong.append(f"{cell}: {seen.code}, not {code}: {seen.told[:300]}")
        if there.word in seen.told:
            self.wrong.append(f"{cell}: tells {seen.told[:500]}")
        if code in {"work.unknown", "work.bad_invitation"}:
            self._compare(cell, seen, await self._ask(tool, op, who, NOTHING), there)

    async def _allowed(
        self, cell: str, tool: str, op: Op, who: Principal, name: str, there: Scene, of: Any
    ) -> None:
        sees = name != "elsewhere" and ("admin" in who.roles or of is not None)
        if op.writes:
            people = {"own": MEMBERS}.get(name)
            tenant = ELSEWHERE if name == "elsewhere" else HERE
            linked = op.linked and tool != "work.link_repository"
            there = await self.stage.scene(people, tenant=tenant, linked=linked)
        seen = await self._ask(tool, op, who, there)
        if seen.code != op.ends:
            self.wrong.append(f"{cell}: {seen.code}, and it is allowed: {seen.told[:300]}")
        elif op.rule == "list":
            if (there.word in seen.told) != sees:
                self.wrong.append(f"{cell}: lists what is not theirs, or not what is")
            if not sees and op.args(there) != op.args(NOTHING):
                self._compare(cell, seen, await self._ask(tool, op, who, NOTHING), there)

    def _compare(self, cell: str, seen: Seen, nothing: Seen, there: Scene) -> None:
        if seen.told != as_of(nothing, there):
            self.wrong.append(f"{cell}: {seen.told[:400]}\n  unlike nothing: {nothing.told[:400]}")

    async def _ask(self, tool: str, op: Op, who: Principal, there: Scene) -> Seen:
        args = op.args(there)
        if op.versioned:
            known = there is not NOTHING
            version = await self.stage.version(op.versioned, there) if known else 1
            args |= {"version": version}
        return await self.door(self.doors, tool, args, who)


def test_every_tool_of_work_is_in_the_table_and_takes_the_role_that_it_says() -> None:
    tools = {one.name: one for pack in shipped_packs() for one in tools_of(pack)}
    ours = {name: one.role for name, one in tools.items() if name.startswith("work.")}
    assert ours == {name: RULES[op.rule].tenant for name, op in OPS.items()}


def test_every_route_on_work_is_in_the_table() -> None:
    # What answers is made over an app only when it is called.
    found = operations(None, Opening(), described=dict)  # type: ignore[arg-type]
    ours = {(one.method, one.path): one.name for one in found if one.path.startswith(OF_WORK)}
    assert {ours.pop(("GET", ROOM))}, "the room has a table of its own"
    assert ours == {(way.method, way.path): tool.replace(".", "_") for tool, way in ROUTES.items()}
    assert set(ROUTES) <= set(OPS)
    on_runs = {(one.method, one.path) for one in found if "{run_id}" in one.path}
    assert on_runs == set(ON_A_RUN)


def test_everything_that_an_agent_reads_and_all_that_lines_take_is_in_a_table() -> None:
    assert set(KINDS) == {*RESOURCES, "run", "ci"}
    assert {one[0] for one in OWN} == {"ask", "run", "explain", "runs"}
    of_rooms, of_runs, of_tools = {"join", "leave"}, {"follow", "finish", "cancel"}, {"call"}
    asked = {"ask", "run"}
    nobodys = {"subscribe", "unsubscribe", "ping"}  # `test_personal.py` has what a line is told
    assert set(BY_WORD) == of_rooms | of_runs | of_tools | asked | nobodys
    assert {word for word, _ in METHODS.values()} <= set(BY_WORD)


@pytest.mark.parametrize("door", DOORS)
async def test_whoever_may_does_and_for_nobody_else_it_exists(doors: Doors, door: str) -> None:
    people = PEOPLE if door in {"python", "route"} else SOME
    await check(doors, door, people)


async def check(doors: Doors, door: str, people: Mapping[Any, Principal]) -> None:
    """Fill the table of one door, and find nothing wrong in it."""
    ops = {tool: op for tool, op in OPS.items() if door != "route" or tool in ROUTES}
    table = Table(doors, DOORS[door])
    await table.fill(ops, people)
    assert not table.wrong, "\n".join(table.wrong)
    assert table.cells == len(ops) * len(people) * 3


@pytest.mark.slow
@pytest.mark.timeout(3_000)
@pytest.mark.parametrize("door", DOORS)
async def test_it_is_so_on_every_database(
    servers: Servers, place: str, door: str, tmp_path: Path
) -> None:
    with estate_in(place, servers, tmp_path) as url:
        async with a_stage(url, tmp_path) as made, doors_of(made) as opened:
            await check(opened, door, PEOPLE)


@pytest.mark.parametrize("role", ["operator", "admin"])
async def test_what_is_anothers_is_no_part_of_ones_own(doors: Doors, role: str) -> None:
    leader, stage = PEOPLE[role, "leader"], doors.stage
    mine = await stage.scene(MEMBERS)
    for tenant in (HERE, ELSEWHERE):
        if role == "admin" and tenant == HERE:
            continue  # it is theirs as well
        theirs = await stage.scene(tenant=tenant)
        before = await stage.footprint([mine, theirs])
        for door in (Doors.call, Doors.tool, Doors.by_agent):
            for name, asked in MIXED.items():
                seen = await door(doors, *asked(mine, theirs), leader)
                nothing = await door(doors, *asked(mine, NOTHING), leader)
                assert seen.told == as_of(nothing, theirs), name
                assert seen.code in {"work.unknown", None}, (name, seen)
        assert await stage.footprint([mine, theirs]) == before


@dataclass(frozen=True, slots=True)
class Cell:
    """Somebody, a place, and by which code a rule refuses them there."""

    who: Principal
    there: Scene
    code: Code | None


async def cells(doors: Doors, rule: str, *more: str) -> tuple[dict[str, Scene], list[Cell]]:
    """Set a scene of their own, a foreign one and one of another tenant; give everybody's cells."""
    members = MEMBERS | dict.fromkeys(more, "member")
    places = {
        "own": await doors.stage.scene(members),
        "foreign": await doors.stage.scene(),
        "elsewhere": await doors.stage.scene(tenant=ELSEWHERE),
    }
    return places, [
        Cell(who, there, refusal(
            RULES[rule], role, in_team if name == "own" else None, here=name != "elsewhere"))
        for (role, in_team), who in PEOPLE.items() for name, there in places.items()
    ]  # fmt: skip


async def test_a_resource_is_there_for_whoever_sees_the_team(doors: Doors) -> None:
    _, table = await cells(doors, "see")
    for cell in table:
        for kind in RESOURCES:
            number = getattr(cell.there, kind)
            seen = await doors.resource(f"headwater://{kind}/{number}", cell.who)
            if cell.code is None:
                assert (seen.code, seen.value["id"]) == (None, number), cell
                continue
            nothing = await doors.resource(f"headwater://{kind}/{getattr(NOTHING, kind)}", cell.who)
            assert seen.code in {"work.unknown", "mcp.unknown_resource"}, cell
            assert seen.told == as_of(nothing, cell.there), cell
        listed = {one.uri for one in await doors.resources(cell.who)}
        assert (f"headwater://project/{cell.there.project}" in listed) == (cell.code is None), cell
    for who in PEOPLE.values():
        shop = await doors.resource("headwater://ci/shop", who)
        assert shop.value["id"] == doors.stage.shop[HERE], "of their own tenant"


@pytest.mark.parametrize("room", ROOMS)
async def test_a_room_is_there_for_whoever_sees_the_team(doors: Doors, room: str) -> None:
    _, table = await cells(doors, "see")
    for cell in table:
        seen = await ROOMS[room](doors, cell.there.project, cell.who)
        assert seen.code == cell.code, cell
        if cell.code is not None:
            nothing = await ROOMS[room](doors, NOTHING.project, cell.who)
            assert seen.told == as_of(nothing, cell.there), cell


async def test_only_whoever_may_hold_sessions_asks_in_one(doors: Doors) -> None:
    _, table = await cells(doors, "work")
    for cell in table:
        before = await doors.stage.footprint([cell.there])
        for way in ASKING.values():
            seen = await way(doors, cell.there.session, cell.who)
            assert seen.code == cell.code, (cell, way)
            if cell.code == "work.unknown":
                nothing = await way(doors, NOTHING.session, cell.who)
                assert seen.told == as_of(nothing, cell.there), cell
        changed = await doors.stage.footprint([cell.there]) != before
        assert changed == (cell.code is None), cell


async def test_a_run_that_shows_work_is_there_for_its_asker_and_admins(doors: Doors) -> None:
    stage = doors.stage
    places, table = await cells(doors, "see", "asker")
    boss = Principal(ELSEWHERE, "boss", ("admin",))
    runs = {
        places["own"]: await stage.with_run(places["own"], Principal(HERE, "asker", ("operator",))),
        places["elsewhere"]: await stage.with_run(places["elsewhere"], boss),
    }
    for cell in (one for one in table if one.there in runs):
        there = runs[cell.there]
        seen_by = "admin" in cell.who.roles and there.tenant == HERE
        await _check_run(doors, cell.who, there, seen_by=seen_by)
        client = await doors.client(cell.who)
        for told in (
            (await client.send("GET", "/v1/runs?limit=100")).body.decode(),
            (await doors.by_agent("runs", {}, cell.who)).told,
            str(await stage.hw.runs(principal=cell.who)),
            str([one.uri for one in await doors.resources(cell.who)]),
        ):
            assert (there.run in told) == seen_by, cell


async def _check_run(doors: Doors, who: Principal, there: Scene, *, seen_by: bool) -> None:
    """Ask for a run in every way; for whom it is not, it is as one that never was."""
    client = await doors.client(who)
    for method, path in ON_A_RUN:
        reply = await client.send(method, path.format(run_id=there.run))
        if seen_by:
            assert reply.status == HTTPStatus.OK, (path, reply)
            continue
        seen = reply_of(reply)
        nothing = reply_of(await client.send(method, path.format(run_id=NOTHING.run)))
        assert seen.code == "run.unknown", (path, seen)
        assert seen.told == as_of(nothing, there)
    code = None if seen_by else "run.unknown"
    assert (await doors.resource(f"headwater://run/{there.run}", who)).code == code
    assert (await doors.resource(f"headwater://run/{NOTHING.run}", who)).code == "run.unknown"
    assert (await doors.by_agent("explain", {"run_id": there.run}, who)).code == code
