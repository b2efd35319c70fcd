"""An app with a project, beside a stand-in of GitHub: what tests of the two have at hand."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from github_standin import GOOD, GitHubStandin, Repository

from headwater import AsyncHeadwater
from headwater.app.settings import Settings
from headwater.errors import HeadwaterError
from headwater.model.principal import Principal

KEY = "a key of the tests with over 32 characters"
ADMIN = Principal(tenant="acme", name="olga", roles=("admin",))
ANN = Principal(tenant="acme", name="ann", roles=("operator",))
STRANGER = Principal(tenant="acme", name="eve", roles=("operator",))


@dataclass(frozen=True, kw_only=True)
class World:
    """What is there."""

    hw: AsyncHeadwater
    standin: GitHubStandin
    repo: Repository
    project: int

    async def call(self, tool: str, /, *, who: Principal = ANN, **args: Any) -> Any:
        """Call a tool of work, with the project, and return its value."""
        args = {"project": self.project, **args}
        outcome = await self.hw.call(f"work.{tool}", args, budget_s=30, principal=who)
        assert outcome.status == "succeeded", outcome
        self.hw._parts.versions.forget(principal=who)  # or reads go by those of 20 ms ago
        return outcome.value

    async def refused(self, tool: str, /, *, who: Principal = ANN, **args: Any) -> str:
        """Call a tool of work that fails, and return the code."""
        args = {"project": self.project, **args}
        outcome = await self.hw.call(f"work.{tool}", args, budget_s=30, principal=who)
        assert outcome.status == "failed", outcome
        assert "ghp_" not in outcome.message
        return outcome.code

    async def call_item(self, tool: str, item: dict[str, Any], **args: Any) -> Any:
        """Call a tool about an item as it was seen."""
        told = {"item": item["id"], "version": item["version"], **args}
        return await value(self.hw, tool, **told)

    async def call_project(self, project: dict[str, Any], **changes: Any) -> Any:
        """Change the project as it was seen."""
        told = {"project": project["id"], "version": project["version"], "changes": changes}
        return await value(self.hw, "update_project", **told)

    async def items(self, **args: Any) -> dict[str, dict[str, Any]]:
        """Return the project's items by the name of their issue."""
        found: dict[str, dict[str, Any]] = {}
        cursor = None
        while True:
            page = await self.call("items", limit=500, cursor=cursor, **args)
            found |= {one["issue"] or one["title"]: one for one in page["items"]}
            cursor = page["next_cursor"]
            if cursor is None:
                return found

    async def link(self, **more: Any) -> Any:
        """Link the project."""
        told = {"repository": "acme/shop", "credential": "robot", **more}
        return await self.call("link_repository", **told)


@asynccontextmanager
async def a_world(url: str = "memory:", **settings: Any) -> AsyncIterator[World]:
    """Open an app with a credential, a team of one, a project, and nothing else."""
    standin = GitHubStandin()
    async with standin.served() as base:
        told = Settings(
            github_url=base,
            sealing_key=KEY,  # type: ignore[arg-type]
            **{"github_sync_s": 0.0, "prepare": False, **settings},
        )
        async with AsyncHeadwater.open(url, settings=told, principal=ADMIN) as hw:
            await hw.github.keep_token("robot", GOOD)
            team = await value(hw, "create_team", name="shop")
            project = await value(hw, "create_project", team=team["id"], name="checkout")
            yield World(hw=hw, standin=standin, repo=standin.repository(), project=project["id"])


async def value(hw: AsyncHeadwater, tool: str, /, **args: Any) -> Any:
    """Call a tool of work and return its value."""
    outcome = await hw.call(f"work.{tool}", args, principal=ANN)
    assert outcome.status == "succeeded", outcome
    hw._parts.versions.forget(principal=ANN)
    return outcome.value


@asynccontextmanager
async def a_world_without_key() -> AsyncIterator[str]:
    """Give the code by which a token is refused where no key is set."""
    standin = GitHubStandin()
    async with standin.served() as base:
        told = Settings(github_url=base, github_sync_s=0.0, prepare=False)
        async with AsyncHeadwater.open("memory:", settings=told, principal=ADMIN) as hw:
            try:
                await hw.github.keep_token("robot", GOOD)
            except HeadwaterError as error:
                assert standin.seen == []
                yield error.code


def query_of(url: str) -> dict[str, str]:
    """Return the query of an address."""
    return dict(parse_qsl(urlsplit(url).query))
