"""An agent joins a team, investigates in a session, and resumes what somebody else began."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import jsonschema
import pytest
from agents import in_memory
from mcp import Client, MCPError, types

from headwater import AsyncHeadwater
from headwater.app.settings import Settings
from headwater.model.principal import Principal

OLGA = Principal(name="olga", roles=("operator",))
IVAN = Principal(name="ivan", roles=("operator",))


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def hw(tmp_path: Any) -> AsyncIterator[AsyncHeadwater]:
    url = f"sqlite:///{tmp_path}/estate.db"
    async with AsyncHeadwater.open(url, settings=Settings(jobs=False)) as opened:
        yield opened


def agent_of(hw: AsyncHeadwater, principal: Principal) -> Any:
    """Connect an agent that asks as somebody."""

    async def who(ctx: Any) -> Principal:
        del ctx
        return principal

    return in_memory(hw, who=who)


async def done(client: Client, tool: str, /, **arguments: Any) -> Any:
    """Call a tool that succeeds, with a result as its schema says."""
    offered = {one.name: one for one in (await client.list_tools()).tools}
    result = await client.call_tool(tool, arguments)
    data: dict[str, Any] = result.structured_content
    assert not result.is_error, data
    jsonschema.validate(data, offered[tool].output_schema or {})
    return data.get("value", data)


async def read(client: Client, uri: str) -> Any:
    (content,) = (await client.read_resource(uri)).contents
    assert isinstance(content, types.TextResourceContents)
    return json.loads(content.text)


async def test_an_investigation_is_resumed_by_another_agent_with_what_python_says(
    hw: AsyncHeadwater,
) -> None:
    async with agent_of(hw, OLGA) as olga, agent_of(hw, IVAN) as ivan:
        team = await done(olga, "work_create_team", name="on call")
        invitation = await done(olga, "work_invite", team=team["id"])
        project = await done(olga, "work_create_project", team=team["id"], name="checkout is slow")
        item = await done(
            olga, "work_create_item", project=project["id"], kind="todo", title="look at the pool"
        )
        session = await done(olga, "work_start_session", project=project["id"], goal="find out why")
        answer = await done(olga, "ask", question="what is orders?", session=session["id"])
        await done(olga, "work_note", session=session["id"], text="the pool is full", done=True)
        ended = await done(olga, "work_end_session", session=session["id"])
        assert "the pool is full" in ended["summary"]

        refused = await ivan.call_tool("work_resume", {"project": project["id"]})
        assert refused.is_error
        assert (refused.structured_content or {})["code"] == "work.unknown"

        await done(ivan, "work_join", code=invitation["code"])
        resumed = await done(ivan, "work_resume", project=project["id"])
        outcome: Any = await hw.call("work.resume", {"project": project["id"]}, principal=IVAN)
        assert resumed == outcome.value
        assert [one["id"] for one in resumed["next"]] == [item["id"]]
        assert resumed["session"]["runs"] == [answer["run_id"]]

        for kind, made in (("project", project), ("item", item), ("session", session)):
            found = await read(ivan, f"headwater://{kind}/{made['id']}")
            assert found["id"] == made["id"]
        listed = (await ivan.list_resources()).resources
        assert f"headwater://project/{project['id']}" in [one.uri for one in listed]


async def test_what_somebody_may_not_see_is_no_resource(hw: AsyncHeadwater) -> None:
    async with agent_of(hw, OLGA) as olga, agent_of(hw, IVAN) as ivan:
        team = await done(olga, "work_create_team", name="on call")
        project = await done(olga, "work_create_project", team=team["id"], name="a canary")
        assert (await ivan.list_resources()).resources == []
        for number in (project["id"], 99):
            with pytest.raises(MCPError, match=f"no project {number} that you can see"):
                await ivan.read_resource(f"headwater://project/{number}")


async def test_the_prompt_to_resume_names_the_tools(hw: AsyncHeadwater) -> None:
    async with agent_of(hw, OLGA) as olga:
        prompt = await olga.get_prompt("resume", {"project": "checkout is slow"})
    text = prompt.messages[0].content
    assert isinstance(text, types.TextContent)
    offered = {one.name.replace(".", "_") for one in await hw.tools()}
    named = {word for word in offered if word in text.text}
    assert {"work_resume", "work_projects", "work_start_session", "work_note"} <= named
    assert "checkout is slow" in text.text
