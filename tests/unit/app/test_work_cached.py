"""Reads of work are cached, and a write is seen by the very next one."""

from __future__ import annotations

from typing import Any

import pytest

from headwater import AsyncHeadwater
from headwater.errors import UsageError
from headwater.model.plan import Plan, Step
from headwater.model.principal import Principal

pytestmark = pytest.mark.anyio
ANN = Principal("default", "ann", ("operator",))
BOB = Principal("default", "bob", ("operator",))


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def value(hw: AsyncHeadwater, tool: str, who: Principal = ANN, **arguments: Any) -> Any:
    outcome = await hw.call(f"work.{tool}", arguments, principal=who)
    assert outcome.status == "succeeded", outcome
    return outcome.value


async def via(hw: AsyncHeadwater, tool: str, who: Principal = ANN, **arguments: Any) -> str:
    outcome = await hw.call(f"work.{tool}", arguments, principal=who)
    assert outcome.status == "succeeded", outcome
    return str(outcome.via)


async def test_what_is_asked_again_comes_from_the_cache_until_somebody_writes() -> None:
    async with AsyncHeadwater.open("memory:") as hw:
        team = await value(hw, "create_team", name="Core")
        project = await value(hw, "create_project", team=team["id"], name="a")
        for expected in ("direct", "cache"):
            assert await via(hw, "project", project=project["id"]) == expected
        await value(hw, "update_project", project=project["id"], version=1, changes={"name": "b"})
        assert (await value(hw, "project", project=project["id"]))["name"] == "b"
        assert await via(hw, "project", project=project["id"]) == "cache"


async def test_nobody_is_given_what_another_may_see_and_membership_ends_at_once() -> None:
    async with AsyncHeadwater.open("memory:") as hw:
        team = await value(hw, "create_team", name="Core")
        project = await value(hw, "create_project", team=team["id"], name="a")
        await value(hw, "project", project=project["id"])
        refused = await hw.call("work.project", {"project": project["id"]}, principal=BOB)
        assert refused.status == "failed"
        assert refused.code == "work.unknown"
        await value(hw, "set_member", team=team["id"], person="bob", role="member")
        for expected in ("direct", "cache"):
            assert await via(hw, "project", BOB, project=project["id"]) == expected
        await value(hw, "remove_member", team=team["id"], person="bob")
        refused = await hw.call("work.project", {"project": project["id"]}, principal=BOB)
        assert refused.status == "failed"


async def test_a_run_sees_what_it_wrote_itself() -> None:
    async with AsyncHeadwater.open("memory:") as hw:
        team = await value(hw, "create_team", name="Core")
        project = await value(hw, "create_project", team=team["id"], name="a")
        await value(hw, "items", project=project["id"])
        new = {"project": project["id"], "kind": "todo", "title": "x"}
        plan = Plan(
            steps=(
                Step(id="made", tool="work.create_item", args=new),
                Step(id="all", tool="work.items", args={"project": project["id"]}, after=("made",)),
            )
        )
        answer = await hw.run(plan, principal=ANN)
        outcome = answer.outcomes["all"]
        assert outcome.status == "succeeded"
        assert outcome.value["total"] == 1


async def test_a_conflict_tells_what_is_there_now() -> None:
    async with AsyncHeadwater.open("memory:") as hw:
        team = await value(hw, "create_team", name="Core")
        arguments = {"team": team["id"], "version": 1, "changes": {"name": "b"}}
        outcome = await hw.call("work.update_team", arguments, principal=ANN)
        assert outcome.status == "failed"
        assert outcome.code == "work.conflict"
        assert outcome.facts is not None
        assert outcome.facts["current"]["version"] == team["version"]


async def test_a_run_that_writes_work_or_is_refused_for_it_is_its_askers_own() -> None:
    async with AsyncHeadwater.open("memory:") as hw:
        team = await value(hw, "create_team", name="Core")
        write = Step(id="made", tool="work.create_project", args={"team": team["id"], "name": "p"})
        stale = {"team": team["id"], "version": 99, "changes": {"name": "b"}}
        conflict = Step(id="made", tool="work.update_team", args=stale)
        for step in (write, conflict):
            answer = await hw.run(Plan(steps=(step,)), principal=ANN)
            await hw.explain(answer.run_id, principal=ANN)
            with pytest.raises(UsageError) as caught:
                await hw.explain(answer.run_id, principal=BOB)
            assert caught.value.code == "run.unknown"


async def test_what_is_asked_again_shows_nothing_that_its_asker_may_no_longer_see() -> None:
    async with AsyncHeadwater.open("memory:") as hw:
        team = await value(hw, "create_team", name="Core")
        project = await value(hw, "create_project", team=team["id"], name="a canary")
        await value(hw, "set_member", team=team["id"], person="bob", role="member")
        read = Step(id="mine", tool="work.project", args={"project": project["id"]})
        other = Step(id="other", tool="ci.search", args={"keywords": ["x"]})
        made = await hw.run(Plan(steps=(read, other)), principal=BOB)
        again = await hw.again(made.run_id, principal=BOB)
        assert "a canary" in repr(again)
        await value(hw, "remove_member", team=team["id"], person="bob")
        again = await hw.again(made.run_id, only=["other"], principal=BOB)
        assert again.outcomes["mine"].status == "failed"
        assert again.outcomes["mine"].code == "work.unknown"
        assert again.outcomes["other"].status == "succeeded"
        assert "a canary" not in repr(again)
