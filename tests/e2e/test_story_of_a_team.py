"""A team from its invitation to the next morning, with everything that it uses real but GitHub.

One server, two people with a key each, GitHub's stand-in, SignalR's own client, the command line in
a process of its own and an agent's official client.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from github_standin import GOOD, GitHubStandin
from js_client import JsClient, js_client, node
from mcp import Client, types
from mcp.client.streamable_http import streamable_http_client
from patience import GUARD_S
from serving import serving, write_estate

from headwater import AsyncHeadwater
from headwater.app.settings import Settings
from headwater.model.access import Role

ISSUES = ("web-1 answers late", "the pool is too small", "tell the customers")
PEOPLE: dict[str, Role] = {"olga": "operator", "ivan": "operator", "root": "admin"}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a key, at a server."""

    name: str
    key: str
    address: str
    database: str

    async def send(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Send a request, and return what it gives."""
        given = {"Authorization": f"Bearer {self.key}", **headers}
        async with httpx2.AsyncClient(
            base_url=self.address, headers=given, timeout=GUARD_S
        ) as client:
            reply = await client.request(method, path, json=body)
        assert reply.status_code < 300, reply.text
        return reply.json()

    async def command(self, *words: str) -> Any:
        """Run a command line of theirs, and return what it prints."""
        env = {"HEADWATER_PRINCIPAL": self.name, "HEADWATER_DATABASE": self.database}
        command = [sys.executable, "-m", "headwater.entries.cli.main", *words, "--json"]
        done = await anyio.run_process(command, env=os.environ | env, stderr=subprocess.PIPE)
        return json.loads(done.stdout)

    @asynccontextmanager
    async def agent(self) -> AsyncIterator[Client]:
        """Connect an agent of theirs."""
        headers = {"Authorization": f"Bearer {self.key}"}
        async with (
            httpx2.AsyncClient(headers=headers, timeout=GUARD_S) as http,
            Client(streamable_http_client(f"{self.address}/mcp", http_client=http)) as client,
        ):
            yield client

    @asynccontextmanager
    async def page(self) -> AsyncIterator[JsClient]:
        """Open a page of theirs that is told what happens."""
        found = await anyio.to_thread.run_sync(node)
        async with js_client(found, f"{self.address}/hub", self.key, way="page") as client:
            yield client


async def make_keys(url: str) -> dict[str, str]:
    async with AsyncHeadwater.open(url, settings=Settings(prepare=False, jobs=False)) as hw:
        return {
            name: (await hw.access.create_key(role=role, name=name)).key
            for name, role in PEOPLE.items()
        }


@asynccontextmanager
async def a_company(folder: Path) -> AsyncIterator[tuple[Person, Person, Person]]:
    """Serve an estate beside a GitHub with a few issues, and give its people."""
    standin = GitHubStandin()
    url = await anyio.to_thread.run_sync(write_estate, folder)
    keys = await make_keys(url)
    async with standin.served() as github:
        repository = standin.repository()
        for title in ISSUES:
            standin.open_issue(repository, title)
        env = {
            "HEADWATER_GITHUB_URL": github,
            "HEADWATER_SEALING_KEY": "a key of the tests with over 32 characters",
            "HEADWATER_PREPARE": "false",
            "HEADWATER_JOBS": "false",
        }
        async with serving(folder, url, env=env) as server:
            olga, ivan, root = (Person(one, keys[one], server.address, url) for one in PEOPLE)
            yield olga, ivan, root


async def test_a_team_begins_watches_investigates_and_goes_on_next_morning(tmp_path: Path) -> None:
    async with a_company(tmp_path) as (olga, ivan, root):
        team = await olga_lets_ivan_in(olga, ivan)
        project = await olga_takes_issues_over(olga, root, team)
        items = (await ivan.send("GET", f"/v1/items?project={project}"))["items"]
        assert sorted(one["title"] for one in items) == sorted(ISSUES)
        session = await ivan_watches_olga_begin(olga, ivan, items[0])
        ended = await olga_investigates(olga, session)

        # Next morning: by the command line, over HTTP and by an agent it is the same
        resumed = await olga.command("resume", str(project))
        assert resumed["project"]["name"] == "web-1 is slow"
        assert resumed["session"] == ended
        assert resumed["next"][0]["id"] == items[0]["id"], "it is under way"
        assert [one["run"] for one in resumed["runs"]] == ended["runs"]
        assert await olga.send("GET", f"/v1/resume?project={project}") == resumed
        async with olga.agent() as agent:
            assert await told_by(agent, project) == resumed
            (held,) = (await agent.read_resource(f"headwater://session/{session}")).contents
        assert isinstance(held, types.TextResourceContents)
        assert json.loads(held.text) == ended

        # Ivan goes on with it too; only the run that Olga asked is hers to look at
        async with ivan.agent() as agent:
            assert await told_by(agent, project) == resumed | {"runs": []}


async def olga_lets_ivan_in(olga: Person, ivan: Person) -> int:
    """Make a team, and let somebody in by a code; return the team's id."""
    team = await olga.send("POST", "/v1/teams", {"name": "on call"})
    invited = await olga.send("POST", f"/v1/teams/{team['id']}/invitations", {})
    joined = await ivan.send("POST", "/v1/invitations/join", {"code": invited["code"]})
    assert {one["person"] for one in joined["members"]} == {"olga", "ivan"}
    return int(team["id"])


async def olga_takes_issues_over(olga: Person, root: Person, team: int) -> int:
    """Open a project about an item, tie it to a repository, import; return the project's id."""
    about = {"team": team, "name": "web-1 is slow", "items": ["web-1"]}
    project = (await olga.send("POST", "/v1/projects", about))["id"]
    await root.send("POST", "/v1/github/credentials", {"name": "robot", "token": GOOD})
    link = f"/v1/projects/{project}/repository"
    await olga.send("PUT", link, {"repository": "acme/shop", "credential": "robot"})
    taken = await olga.send("POST", f"{link}/import", {})
    assert (taken["added"], taken["complete"]) == (len(ISSUES), True)
    return int(project)


async def ivan_watches_olga_begin(olga: Person, ivan: Person, item: dict[str, Any]) -> int:
    """Change an item and start a session before somebody's eyes; return the session's id."""
    async with ivan.page() as page:
        here = (await page.call("JoinProject", item["project"]))["result"]
        assert (here["project"], here["present"]) == (item["project"], ["ivan"])
        seen = {"If-Match": f'"{item["version"]}"'}
        await olga.send("PATCH", f"/v1/items/{item['id']}", {"status": "in_progress"}, **seen)
        changed = (await page.told("ItemChanged"))["activity"]
        assert (changed["actor"], changed["object_id"]) == ("olga", item["id"])
        assert changed["changes"]["status"] == ["new", "in_progress"]
        goal = {"project": item["project"], "goal": "find out why"}
        session = await olga.send("POST", "/v1/sessions", goal)
        started = (await page.told("SessionStarted"))["activity"]
        assert (started["object_id"], started["title"]) == (session["id"], "find out why")
    return int(session["id"])


async def olga_investigates(olga: Person, session: int) -> Any:
    """Ask in a session, note what was done, end it; return it as it ended."""
    asked = {"question": "what is open for web-1?", "session": session}
    answer = await olga.send("POST", "/v1/ask", asked)
    assert answer["status"] == "complete"
    assert all(title in json.dumps(answer) for title in ISSUES)
    noted = {"text": "the pool was full; it is larger now", "done": True}
    await olga.send("POST", f"/v1/sessions/{session}/notes", noted)
    ended = await olga.send("POST", f"/v1/sessions/{session}/end")
    assert ended["runs"] == [answer["run_id"]]
    assert noted["text"] in ended["summary"]
    return ended


async def told_by(agent: Client, project: int) -> Any:
    """Return what an agent is told of where a project stopped."""
    result = await agent.call_tool("work_resume", {"project": project})
    told: dict[str, Any] = dict(result.structured_content or {})
    assert told["status"] == "succeeded", told
    assert "truncated" not in told
    return told["value"]
