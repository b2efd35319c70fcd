"""Teams of two tenants with a canary each, whose people ask for everything while some come and go.

A canary may be shown to whoever was in its team at some moment between the question and its answer,
and to admins of its tenant; it stands in everything of the team's, and in no question. What
somebody was told in a run of their own stays theirs to look up.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import anyio
from pydantic_core import to_json
from work_doors import Doors, Seen, reply_of
from work_scene import ELSEWHERE, HERE, Scene, Stage

from headwater.errors import HeadwaterError, UsageError
from headwater.model.principal import Principal

TEAMS, PEOPLE = 3, 5
AT_ONCE = 16
NEVER = float("inf")
QUESTIONS = (
    "what is open for shop?", "who works on shop?", "resume my investigation", "how is shop?",
)  # fmt: skip
ALL_OF_THEM = {
    "steps": [
        {"id": "all", "tool": "work.projects", "args": {"ci": "shop"}},
        {"id": "each", "tool": "work.resume", "for_each": {"$": "all.projects[*].id"},
         "args": {"project": {"$": "item"}}},
    ]
}  # fmt: skip
Ask = Callable[[], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class OfRun:
    """What is told of an earlier run, and whose that is."""

    owner: str
    told: Any


@dataclass(slots=True)
class Span:
    """A time in which somebody is in a team, from before they are put there until it is ended."""

    began: float
    ended: float = NEVER


@dataclass
class Campaign:
    """Who is in which team and since when, and what somebody was shown that was not theirs."""

    doors: Doors
    dice: random.Random
    teams: list[Scene] = field(default_factory=list)
    people: list[Principal] = field(default_factory=list)
    spans: dict[tuple[str, int], list[Span]] = field(default_factory=lambda: defaultdict(list))
    """By tenant and name, and place in `teams`."""
    runs: list[str] = field(default_factory=list)
    leaks: list[str] = field(default_factory=list)
    own: Counter[str] = field(default_factory=Counter)
    """How often somebody was shown a canary of their own."""
    heard: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    changes: int = 0
    """How often somebody came into a team or left one."""
    _writes: dict[str, float] = field(default_factory=dict)
    """When each write began, by the word that it writes."""
    _agents: anyio.Lock = field(default_factory=anyio.Lock)
    _turns: defaultdict[str, anyio.Lock] = field(default_factory=lambda: defaultdict(anyio.Lock))

    @property
    def stage(self) -> Stage:
        return self.doors.stage

    async def set_up(self) -> None:
        """Make teams and people; half of the people are in each team of their tenant."""
        for tenant in (HERE, ELSEWHERE):
            self.teams += [await self.stage.scene(tenant=tenant) for _ in range(TEAMS)]
            roles = ["admin", "reader", *["operator"] * (PEOPLE - 2)]
            self.people += [
                Principal(tenant, f"p{number}", (role,)) for number, role in enumerate(roles)
            ]
        for who in self.people:
            await self.doors.client(who)
            for number, team in enumerate(self.teams):
                if team.tenant == who.tenant and self.dice.random() < 0.5:
                    await self.change(who, number)

    async def change(self, who: Principal, number: int) -> None:
        """Put somebody into a team, or out of it where they are in."""
        team, spans = self.teams[number], self.spans[f"{who.tenant}/{who.name}", number]
        admin = Principal(team.tenant, "root", ("admin",))
        args = {"team": team.team, "person": who.name}
        async with self._turns[f"{who.tenant}/{who.name}/{number}"]:
            self.changes += 1
            if spans and spans[-1].ended == NEVER:
                await self.stage.called(admin, "work.remove_member", **args)
                spans[-1].ended = anyio.current_time()
            else:
                spans.append(Span(anyio.current_time()))
                await self.stage.called(admin, "work.set_member", role="member", **args)

    async def go(self, tries: int) -> None:
        """Ask so often, everybody mixed, while everyone listens wherever they may."""
        async with anyio.create_task_group() as listening:
            for who in self.people:
                for number in range(len(self.teams)):
                    listening.start_soon(self._listen, who, number)
            places = anyio.CapacityLimiter(AT_ONCE)
            async with anyio.create_task_group() as group:
                for _ in range(tries):
                    async with places:
                        pass
                    group.start_soon(self._try, places, self.dice.randrange(2**32))
                    await anyio.lowlevel.checkpoint()
            listening.cancel_scope.cancel()

    async def _try(self, places: anyio.CapacityLimiter, seed: int) -> None:
        dice = random.Random(seed)
        who = dice.choice(self.people)
        async with places:
            if dice.random() < 0.05:
                await self.change(who, self._team_of(who, dice))
                return
            what, ask = self._question(who, dice)
            began = anyio.current_time()
            with anyio.move_on_after(dice.uniform(0, 0.02) if dice.random() < 0.1 else 60.0):
                try:
                    shown = await ask()
                except HeadwaterError as error:
                    shown = [error.code, error.message, error.facts]
                    self.codes[error.code] += 1
                self._look(who, what, shown, began=began)

    def _question(self, who: Principal, dice: random.Random) -> tuple[str, Ask]:
        tool, args = self._tool(dice)
        run = dice.choice(self.runs[-50:]) if self.runs else "r-none"
        hw, text = self.stage.hw, dice.choice(QUESTIONS)
        verb: Any = dice.choice((hw.explain, hw.live.find))
        questions: list[tuple[int, str, Ask]] = [
            (55, f"{tool} {args}", self._by_some_door(who, tool, args, dice)),
            (10, "a write", lambda: self._write(dice)),
            (10, text, lambda: self._run(hw.ask(text, principal=who))),
            (5, "a plan", lambda: self._run(hw.run(ALL_OF_THEM, principal=who))),
            (5, "runs", lambda: self._recent(who)),
            (5, "resources", lambda: self._resources(who)),
            (5, f"{verb.__name__} {run}", lambda: self._looked_up(verb(run, principal=who))),
            (5, f"again {run}", lambda: hw.again(run, principal=who)),
        ]
        [(_, what, ask)] = dice.choices(questions, [weight for weight, *_ in questions])
        return what, ask

    def _tool(self, dice: random.Random) -> tuple[str, dict[str, Any]]:
        """Return a call about something of some team, whichever tenant's it is."""
        there, word = dice.choice(self.teams), dice.choice(("word", "nothing"))
        calls: list[tuple[str, dict[str, Any]]] = [
            ("work.teams", {}),
            ("work.team", {"team": there.team}),
            ("work.invitations", {"team": there.team}),
            ("work.webhooks", {"team": there.team}),
            ("work.projects", {}),
            ("work.projects", {"text": word}),
            ("work.project", {"project": there.project}),
            ("work.activity", {"project": there.project, "limit": 5}),
            ("work.resume", {"project": there.project}),
            ("work.items", {}),
            ("work.items", {"text": word}),
            ("work.items", {"project": there.project}),
            ("work.item", {"item": there.item}),
            ("work.dependencies", {"item": there.item}),
            ("work.update_item", {"item": there.item, "version": 0, "changes": {"priority": 1}}),
            ("work.sessions", {}),
            ("work.session", {"session": there.session}),
            ("work.note", {"session": there.session, "text": "so it is"}),
            ("work.open", {"ci": "shop"}),
            ("work.who", {"ci": "shop"}),
        ]
        return dice.choice(calls)

    def _by_some_door(
        self, who: Principal, tool: str, args: dict[str, Any], dice: random.Random
    ) -> Ask:
        door = dice.choice((Doors.call, Doors.tool, Doors.route, Doors.by_agent))
        if door is Doors.by_agent:
            return lambda: self._by_agent(lambda: self.doors.by_agent(tool, args, who))
        if door is Doors.route and tool in {"work.webhooks", "work.open", "work.who"}:
            door = Doors.tool  # these have no route of their own
        return lambda: door(self.doors, tool, args, who)

    async def _recent(self, who: Principal) -> list[Any]:
        client = await self.doors.client(who)
        reply = await client.send("GET", "/v1/runs?limit=50")
        if reply.status != HTTPStatus.OK:  # a store that is behind says so
            return [reply_of(reply)]
        return [OfRun(row["principal"], row) for row in reply.json["runs"]]

    async def _looked_up(self, found: Awaitable[Any]) -> list[Any]:
        told = await found
        return [OfRun(told.run.principal, told)]

    async def _owner(self, run: str, who: Principal) -> str:
        admin = Principal(who.tenant, "root", ("admin",))
        return (await self.stage.hw.live.find(run, principal=admin)).run.principal

    async def _resources(self, who: Principal) -> list[Any]:
        listed = await self._by_agent(lambda: self.doors.resources(who))
        return [
            OfRun(await self._owner(one.name, who), vars(one)) if "/run/" in one.uri else vars(one)
            for one in listed
        ]

    async def _by_agent(self, ask: Ask) -> Any:
        async with self._agents:  # one agent at a time says who asks
            return await ask()

    async def _run(self, run: Awaitable[Any]) -> Any:
        result = await run
        self.runs.append(result.run_id)
        return result

    async def _write(self, dice: random.Random) -> None:
        """Have somebody of a team write something, with its canary."""
        there = dice.choice(self.teams)
        admin = Principal(there.tenant, "root", ("admin",))
        word = f"n{len(self._writes)}n"
        with anyio.CancelScope(shield=True):
            self._writes[word] = anyio.current_time()
            text = f"{there.word} {word}"
            args = {"project": there.project, "kind": "todo", "title": text}
            if len(self._writes) % 4 == 0:
                await self.stage.called(admin, "work.create_item", **args, items=["shop"])
            else:
                await self.stage.called(admin, "work.note", session=there.session, text=text)

    async def _listen(self, who: Principal, number: int) -> None:
        """Be in a room whenever one may; hear nothing of what was begun after one was put out."""
        there = self.teams[number]
        while True:
            try:
                async with self.stage.hw.rooms.join(there.project, principal=who) as seat:
                    async for event in seat:
                        self._hear(who, number, to_json(event, fallback=repr).decode())
            except UsageError as error:
                assert error.code == "work.unknown", error  # noqa: PT017  they may come in again
            await anyio.sleep(0.05)

    def _hear(self, who: Principal, number: int, told: str) -> None:
        self.heard[who.tenant] += 1
        for word, began in self._writes.items():
            if f" {word}" in told and not self._may(who, number, began):
                self.leaks.append(f"{who.name} heard {told} of {self.teams[number].word}")

    def _look(self, who: Principal, what: str, shown: Any, *, began: float) -> None:
        for part in shown if isinstance(shown, list) else [shown]:
            told, since = part, began
            if isinstance(part, Seen) and part.code:
                self.codes[part.code] += 1
            if isinstance(part, OfRun):
                told = part.told
                since = 0.0 if part.owner == who.name else NEVER
            text = told if isinstance(told, str) else to_json(told, fallback=repr).decode()
            for number, team in enumerate(self.teams):
                if team.word in text and self._may(who, number, since):
                    self.own[who.tenant] += 1
                elif team.word in text:
                    told = f"{who.tenant}/{who.name} asked {what} and read {team.word}"
                    self.leaks.append(f"{told}: {text[:800]}")

    def _may(self, who: Principal, number: int, began: float) -> bool:
        """Tell whether somebody was allowed to see a team at a moment since then."""
        if self.teams[number].tenant != who.tenant:
            return False
        if "admin" in who.roles:
            return True
        if began == NEVER:
            return False
        return any(one.ended >= began for one in self.spans[f"{who.tenant}/{who.name}", number])

    def _team_of(self, who: Principal, dice: random.Random) -> int:
        mine = [n for n, team in enumerate(self.teams) if team.tenant == who.tenant]
        return dice.choice(mine)
