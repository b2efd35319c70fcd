"""Teams with one of each thing of work, for tests of who may do what; it knows no rule."""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
from github_standin import GOOD, GitHubStandin

from headwater import AsyncHeadwater
from headwater.app.settings import Settings
from headwater.app.wiring_work import WorkStores
from headwater.model.principal import Principal
from headwater.model.project import ProjectDraft
from headwater.model.team import InvitationDraft
from headwater.model.webhook import WebhookDraft
from headwater.model.work_item import WorkItemDraft

HERE, ELSEWHERE = "acme", "other"
SEALING_KEY = "a key of the tests with over 32 characters"
NO_ID = 99_999_937
NO_CODE = "no-such-code"
NO_RUN = "r-01ZZZZZZZZZZZZZZZZZZZZZZZZ"
COUNT = itertools.count(1)
SHOP = {"code": "shop", "name": "shop", "type": "service"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One of each thing that belongs to a team, by id; where there is no team, ids of nothing.

    Args:
        word: Stands in all that is written there.
        run: Of a leader, private: it shows what is there.
        newcomer: Somebody who is in the team, to be taken out.
    """

    tenant: str
    word: str
    team: int
    project: int
    item: int
    other: int
    idea: int
    session: int
    invitation: int
    webhook: int
    code: str
    run: str
    newcomer: str


NOTHING = Scene(
    tenant=HERE, word="nothingness", team=NO_ID, project=NO_ID + 1, item=NO_ID + 2,
    other=NO_ID + 3, idea=NO_ID + 4, session=NO_ID + 5, invitation=NO_ID + 6, webhook=NO_ID + 7,
    code=NO_CODE, run=NO_RUN, newcomer="nobody-at-all",
)  # fmt: skip
"""Ids that nothing has, all of them different, so that each can be told from the others."""


@dataclass(slots=True)
class Stage:
    """An app with GitHub beside it, where scenes are set; both tenants have the item `shop`."""

    hw: AsyncHeadwater
    standin: GitHubStandin
    shop: dict[str, int]
    """By tenant, its id."""

    @property
    def work(self) -> WorkStores:
        return self.hw._parts.stores.work

    async def scene(
        self, people: dict[str, Any] | None = None, *, tenant: str = HERE, linked: bool = False
    ) -> Scene:
        """Make a team of these people by role in it, with one of everything."""
        boss = Principal(tenant, f"boss{next(COUNT)}", ("operator",))
        word = f"word{next(COUNT)}x"
        made = await self._filled(boss, word)
        for person, role in (people or {}).items():
            await self.work.teams.set_member(made.team, person, role=role, principal=boss)
        self.hw._parts.versions.forget(principal=boss)
        if linked:
            await self.called(boss, "work.link_repository", project=made.project,
                              repository="acme/shop", credential="robot")  # fmt: skip
        return made

    async def _filled(self, boss: Principal, word: str) -> Scene:
        work = self.work
        team = (await work.teams.create(word, description=word, principal=boss)).value.id
        draft = ProjectDraft(
            team=team, name=word, description=word, items=(self.shop[boss.tenant],)
        )
        project = (await work.projects.create(draft, principal=boss)).value.id
        items = [
            (
                await work.work_items.create(
                    project, WorkItemDraft(kind=kind, title=f"{word} {kind}"), principal=boss
                )
            ).value.id
            for kind in ("todo", "todo", "idea")
        ]
        await work.work_items.depend(items[0], items[1], kind="requires", principal=boss)
        session = (await work.sessions.start(project, goal=word, principal=boss)).value.id
        await work.sessions.note(session, text=word, done=False, principal=boss)
        newcomer = f"{word}-newcomer"
        await work.teams.set_member(team, newcomer, role="member", principal=boss)
        expires_at = datetime.now(UTC) + timedelta(days=1)
        draft_of = InvitationDraft(
            team=team, code=f"code-{word}", expires_at=expires_at, uses=10_000
        )
        invitation = (await work.teams.invite(draft_of, principal=boss)).value.id
        hook = WebhookDraft(
            team=team, url=f"https://hooks.example.com/{word}", about=word, sealed="sealed"
        )
        webhook = (await work.webhooks.add(hook, principal=boss)).id
        return Scene(
            tenant=boss.tenant, word=word, team=team, project=project, item=items[0],
            other=items[1], idea=items[2], session=session, invitation=invitation,
            webhook=webhook, code=draft_of.code, run=NO_RUN, newcomer=newcomer,
        )  # fmt: skip

    async def with_run(self, scene: Scene, who: Principal) -> Scene:
        """Return a scene with a run of somebody in it that shows what is there."""
        steps = [{"id": "a", "tool": "work.project", "args": {"project": scene.project}}]
        ran = await self.hw.run({"steps": steps}, principal=who)
        assert scene.word in str(ran), "it shows nothing"
        return replace(scene, run=ran.run_id)

    async def called(self, who: Principal, tool: str, **args: Any) -> Any:
        """Return what a tool gives."""
        outcome: Any = await self.hw.call(tool, args, budget_s=30, principal=who)
        assert outcome.status == "succeeded", outcome
        return outcome.value

    async def version(self, kind: str, scene: Scene) -> int:
        """Return the version that something of a scene is at."""
        who, work = Principal(scene.tenant, "root", ("admin",)), self.work
        finds: dict[str, Any] = {
            "team": work.teams.find, "project": work.projects.find,
            "item": work.work_items.find, "idea": work.work_items.find,
        }  # fmt: skip
        found = await finds[kind](getattr(scene, kind), principal=who)
        return int(found.version)

    async def footprint(self, scenes: Sequence[Scene]) -> Any:
        """Return all that somebody could have changed in scenes."""
        found = []
        for one in scenes:
            who, work = Principal(one.tenant, "root", ("admin",)), self.work
            found.append((
                await work.teams.find(one.team, principal=who),
                await work.teams.invitations(one.team, principal=who),
                await work.webhooks.of_team(one.team, principal=who),
                await work.projects.find(one.project, principal=who),
                await work.work_items.tied(one.project, principal=who),
                await work.sessions.find(one.session, principal=who),
                await work.activities.since(one.project, after=0, limit=10_000, principal=who),
                await self.hw._parts.stores.code_kept.repositories.get(one.project, principal=who),
            ))  # fmt: skip
        return found


@asynccontextmanager
async def a_stage(url: str, folder: Path, **more: Any) -> AsyncIterator[Stage]:
    """Open an app with a stand-in of GitHub and a credential to it for both tenants."""
    bundle = anyio.Path(folder / "bundle")
    await bundle.mkdir()
    await (bundle / "items.jsonl").write_text(json.dumps(SHOP) + "\n")
    standin, shop = GitHubStandin(), dict[str, int]()
    async with AsyncExitStack() as stack:
        base = await stack.enter_async_context(standin.served())
        settings = Settings(
            prepare=False,
            jobs=False,
            github_url=base,
            github_sync_s=0.0,
            sealing_key=SEALING_KEY,  # type: ignore[arg-type]
            **more,
        )
        hw = await stack.enter_async_context(AsyncHeadwater.open(url, settings=settings))
        for tenant in (HERE, ELSEWHERE):
            admin = Principal(tenant, "root", ("admin",))
            await hw.github.keep_token("robot", GOOD, principal=admin)
            await hw.load(folder / "bundle", principal=admin)
            item: Any = await hw.call("ci.get_by_code", {"code": "shop"}, principal=admin)
            shop[tenant] = item.value["id"]
        repo = standin.repository()
        standin.open_issue(repo, "slow")
        standin.open_pull(repo, "make it fast")
        yield Stage(hw, standin, shop)
