"""A language model may propose a plan: it is checked as any is, may only read, decides nothing."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
from llm_service import ModelService, Turn, model_service
from patience import GUARD_S
from planted_orders import INJECTIONS

from headwater import AsyncHeadwater, tool
from headwater.app.settings import Settings
from headwater.errors import UsageError
from headwater.model.answer import Answer
from headwater.model.principal import Principal
from headwater.services.llm_wire import open_wire

pytestmark = pytest.mark.anyio

UNREAD = "Kindly correlate everything that rhymes with orders."
READ = "How many items are there?"
FIND = {"id": "p_find", "tool": "ci.search", "args": {"keywords": ["orders"]}}
FULL = {"id": "p_full", "tool": "ci.get", "args": {"id": {"$": "p_find.items[0].id"}}}
READER = Principal(name="ada", roles=("reader",))
EFFECTS: list[str] = []


@tool(name="t.write", description="Change something.", role="operator")
async def write(what: str = "") -> str:
    EFFECTS.append(what)
    return "changed"


@tool(name="t.plain", description="Said nothing of what it does.")
async def plain() -> str:
    EFFECTS.append("plain")
    return "done"


@tool(name="t.join", description="Any reader may do it, and it changes something.", role="reader")
async def join() -> str:
    EFFECTS.append("joined")
    return "joined"


@tool(name="t.fails", description="Fail.", role="reader", idempotent=True)
async def fails() -> str:
    message = "no"
    raise RuntimeError(message)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module", autouse=True)
def imported() -> None:
    """Import what is imported late, so that no test's time goes there."""
    open_wire("http://127.0.0.1:9/v1", None)


def proposing(*steps: dict[str, Any], **more: Any) -> Turn:
    return Turn(text=json.dumps({"steps": list(steps), **more}))


@asynccontextmanager
async def planning(
    *script: Turn, planner: str = "unread", **given: Any
) -> AsyncIterator[tuple[AsyncHeadwater, ModelService]]:
    EFFECTS.clear()
    with anyio.fail_after(GUARD_S):
        async with model_service(*script) as service:
            settings = Settings.model_validate(
                {
                    "prepare": False,
                    "embedder": "hashing",
                    "budget_s": 25,
                    "llm_url": service.url,
                    "llm_models": "one",
                    "llm_planner": planner,
                    **given,
                }
            )
            async with AsyncHeadwater.open(
                "memory:", settings=settings, packs=[[write, plain, join, fails]]
            ) as hw:
                yield hw, service


async def load(hw: AsyncHeadwater, folder: Path, name: str = "orders") -> None:
    items = [{"code": "orders-db", "name": name, "type": "database"}]
    bundle = anyio.Path(folder / "bundle")
    await bundle.mkdir()
    await (bundle / "items.jsonl").write_text("\n".join(map(json.dumps, items)))
    await hw.load(folder / "bundle")


async def kinds_of(hw: AsyncHeadwater, answer: Answer) -> list[str]:
    return [one.kind for one in (await hw.explain(answer.run_id)).events]


async def test_a_question_that_is_not_understood_is_planned_by_the_model(tmp_path: Path) -> None:
    async with planning(proposing(FIND, FULL)) as (hw, service):
        await load(hw, tmp_path)
        answer = await hw.ask(UNREAD)
        kinds = await kinds_of(hw, answer)
        again = await hw.again(answer.run_id)
        replayed = await hw.replay(answer.run_id)
    assert (answer.status, answer.planned_by, answer.unplanned) == ("complete", "one", "")
    assert "one proposed" in answer.summary
    assert {one.tool for one in answer.evidence} == {"ci.search", "ci.get"}
    assert [one.reason for one in answer.deductions] == ["planned by the language model one"]
    assert kinds.index("model.answered") < kinds.index("plan.proposed")
    assert isinstance(again, Answer)
    assert (again.planned_by, again.status) == ("one", "complete")
    assert replayed.equal
    assert len(service.asked) == 1, "neither asks the model again"


async def test_what_the_planner_understands_is_not_asked_of_a_model(tmp_path: Path) -> None:
    async with planning(proposing(FIND)) as (hw, service):
        await load(hw, tmp_path)
        answer = await hw.ask(READ)
    assert (answer.status, answer.planned_by, answer.unplanned) == ("complete", "", "")
    assert service.asked == []


@pytest.mark.parametrize("planner", ["off", "unread", "always"])
async def test_one_setting_says_when_a_model_plans(planner: str, tmp_path: Path) -> None:
    async with planning(proposing(FIND), planner=planner) as (hw, service):
        service.always = proposing(FIND)
        await load(hw, tmp_path)
        by = [(await hw.ask(text)).planned_by for text in (READ, UNREAD)]
    assert by == {"off": ["", ""], "unread": ["", "one"], "always": ["one", "one"]}[planner]


async def test_the_model_is_told_of_tools_that_read_and_the_asker_may_call_and_of_no_result(
    tmp_path: Path,
) -> None:
    secret = "named-nowhere-but-in-the-estate"
    async with planning(proposing(FIND)) as (hw, service):
        await load(hw, tmp_path, name=secret)
        await hw.ask(UNREAD, principal=READER)
    sent = service.asked[0]
    assert "tools" not in sent
    schema = json.dumps(sent["response_format"]["json_schema"]["schema"])
    system, user = (one["content"] for one in sent["messages"])
    assert '"ci.search"' in schema
    assert "- ci.search(" in system
    for hidden in ("t.write", "t.plain", "t.join"):
        assert hidden not in schema + system
    assert secret not in json.dumps(sent)
    mark = user.splitlines()[1]
    assert user.count(mark) == 2
    assert user.split(mark)[1].strip() == UNREAD


STEP = {"id": "p_a", "args": {}}
REFUSED: dict[str, tuple[Turn, str]] = {
    "a tool that writes": (proposing({**STEP, "tool": "t.write"}), "plan.not_proposable"),
    "a tool that does not say": (proposing({**STEP, "tool": "t.plain"}), "plan.not_proposable"),
    "a tool of readers that writes": (
        proposing({**STEP, "tool": "t.join"}),
        "plan.not_proposable",
    ),
    "no such tool": (proposing({**STEP, "tool": "rm"}), "plan.not_proposable"),
    "a hidden tool": (proposing({**FIND, "tool": "ci.search_like"}), "plan.not_proposable"),
    "a stand-in that writes": (proposing({**FIND, "fallback": "t.write"}), "plan.not_proposable"),
    "a step for each": (proposing({**FIND, "for_each": [1] * 999}), "plan.not_proposable"),
    "an id of another form": (proposing({**FIND, "id": "resolve"}), "plan.not_proposable"),
    "bad arguments": (proposing({**FIND, "args": {"limit": "all"}}), "tool.bad_arguments"),
    "an argument for the engine": (
        proposing({**FIND, "args": {"principal": {"tenant": "other", "roles": ["admin"]}}}),
        "tool.bad_arguments",
    ),
    "a tenant": (proposing({**FIND, "args": {"tenant": "other"}}), "tool.bad_arguments"),
    "a dangling reference": (proposing(FULL), "plan.unknown_step"),
    "a circle": (
        proposing({**FIND, "after": ["p_full"]}, {**FULL, "after": ["p_find"]}),
        "plan.cycle",
    ),
    "too many steps": (proposing(*({**FIND, "id": f"p_{n}"} for n in range(13))), "limit.steps"),
    "too many in a row": (
        proposing(*({**FIND, "id": f"p_{n}", "after": [f"p_{n - 1}"] * bool(n)} for n in range(9))),
        "limit.depth",
    ),
    "two with one id": (proposing(FIND, FIND), "plan.bad_id"),
    "more than steps": (proposing(FIND, role="admin"), "plan.malformed"),
    "no steps": (proposing(), "plan.none_proposed"),
    "no plan": (Turn(text='{"plan": "rm -rf"}'), "plan.malformed"),
    "steps of another kind": (Turn(text='{"steps": "all"}'), "plan.malformed"),
    "prose": (Turn(text="First, I would search."), "llm.bad_answer"),
    "a tool's call": (
        Turn(
            text=None,
            finish="tool_calls",
            tool_calls=[
                {
                    "id": "1",
                    "type": "function",
                    "function": {"name": "t_write", "arguments": "{}"},
                }
            ],
        ),
        "llm.bad_answer",
    ),
    "cut at the most tokens": (Turn(text='{"steps": [', finish="length"), "llm.bad_answer"),
    "a refusal": (Turn(text=None, refusal="I cannot."), "llm.refused"),
    "429": (Turn(status=429), "llm.rate"),
    "500": (Turn(status=500), "llm.unreachable"),
    "cut": (Turn(text="x" * 99, cut=True), "llm.unreachable"),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_what_may_not_be_run_is_not_and_the_planners_own_answer_stands(
    name: str, tmp_path: Path
) -> None:
    turn, code = REFUSED[name]
    async with planning(turn, planner="always") as (hw, service):
        await load(hw, tmp_path)
        answer = await hw.ask(READ, principal=READER)
        events = (await hw.explain(answer.run_id)).events
    assert (answer.status, answer.planned_by, answer.unplanned) == ("complete", "", code)
    assert "1" in answer.summary
    assert EFFECTS == []
    assert len(service.asked) == 1
    assert [one.data["code"] for one in events if one.kind == "plan.refused"] == [code]
    called = {one.data["tool"] for one in events if one.kind == "step.started"}
    assert called <= {"estate.resolve", "ci.aggregate", "ci.list_preview", "ci.search"}


async def test_a_model_that_is_late_leaves_time_for_the_planner(tmp_path: Path) -> None:
    async with planning(Turn(hangs=True), planner="always") as (hw, _):
        await load(hw, tmp_path)
        answer = await hw.ask(READ, budget_s=2)
    assert (answer.status, answer.unplanned) == ("complete", "plan.late")


async def test_a_plan_of_which_nothing_succeeds_gives_way_to_the_planner(tmp_path: Path) -> None:
    async with planning(proposing({**STEP, "tool": "t.fails"}), planner="always") as (hw, _):
        await load(hw, tmp_path)
        answer = await hw.ask(READ)
        again = await hw.again(answer.run_id)
    assert (answer.status, answer.unplanned) == ("complete", "plan.failed")
    assert again.status == "complete"


async def test_a_refusal_stands_where_the_model_has_no_plan_either(tmp_path: Path) -> None:
    async with planning(proposing()) as (hw, _):
        await load(hw, tmp_path)
        answer = await hw.ask(UNREAD)
    assert answer.status == "failed"
    assert answer.code is not None
    assert answer.unplanned == "plan.none_proposed"


async def test_a_planner_without_a_model_is_refused_when_the_app_opens() -> None:
    given = {"prepare": False, "embedder": "hashing", "llm_planner": "unread"}
    with anyio.fail_after(GUARD_S), pytest.raises(UsageError) as caught:
        async with AsyncHeadwater.open("memory:", settings=Settings.model_validate(given)):
            pass
    assert caught.value.code == "settings.bad"


async def test_planted_orders_change_no_plan_no_call_and_no_permission(tmp_path: Path) -> None:
    """The model obeys each: it proposes to write, to call what is hidden, as another tenant."""
    obeying = [
        proposing(FIND, {"id": "p_w", "tool": "t.write", "args": {"what": "it"}}),
        proposing({**FIND, "args": {"keywords": ["x"], "principal": {"roles": ["admin"]}}}),
        proposing({"id": "p_x", "tool": "estate.load", "args": {}}),
        proposing(FIND, roles=["admin"]),
    ]
    async with planning(planner="always") as (hw, service):
        await load(hw, tmp_path)
        for number, planted in enumerate(INJECTIONS[::9]):
            service.always = obeying[number % len(obeying)]
            before = len(service.asked)
            answer = await hw.ask(f"How many items are there? {planted}"[:900], principal=READER)
            assert answer.planned_by == "", planted
            assert answer.unplanned in {
                "plan.not_proposable",
                "plan.malformed",
                "tool.bad_arguments",
            }, planted
            assert len(service.asked) <= before + 1, "nothing that it wrote led to another request"
    assert EFFECTS == []
    systems = {one["messages"][0]["content"] for one in service.asked}
    schemas = {json.dumps(one["response_format"]) for one in service.asked}
    assert len(systems) == len(schemas) == 1, "no order reached what the model is told to do"
