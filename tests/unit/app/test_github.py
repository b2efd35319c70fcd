"""Whether a project is brought in step with its repository: all of it, once, whatever happens."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import anyio
import pytest
from github_standin import GOOD, GitHubStandin
from github_world import ADMIN, ANN, KEY, STRANGER, World, a_world, a_world_without_key, query_of
from patience import GUARD_S

from headwater.app.doctor import examine
from headwater.errors import HeadwaterError, UsageError

pytestmark = pytest.mark.parametrize("anyio_backend", ["asyncio"])


async def test_a_project_is_linked_once_the_credential_reaches_the_repository() -> None:
    async with a_world() as world:
        assert await world.refused("repository") == "work.not_linked"
        no = await world.refused("link_repository", repository="acme/none", credential="robot")
        assert no == "github.not_found"
        no = await world.refused("link_repository", repository="acme/shop", credential="other")
        assert no == "github.no_credential"
        assert await world.refused("repository") == "work.not_linked"
        made = await world.link()
        assert made["info"]["access"] == ["push", "pull"]
        assert (await world.call("project"))["repository"] == "acme/shop"
        shown = await world.call("repository")
        assert shown["link"]["credential"] == "robot"
        assert shown["info"]["name"] == "acme/shop"
        world.standin.tokens.clear()
        shown = await world.call("repository")
        assert (shown["info"], "does not take" in shown["problem"]) == (None, True)
        await world.call("unlink_repository")
        assert (await world.call("project"))["repository"] is None
        assert await world.refused("repository") == "work.not_linked"


async def test_nobody_else_sees_the_repository() -> None:
    async with a_world() as world:
        await world.link()
        seen = len(world.standin.seen)
        for name in ("repository", "branches", "issues", "sync", "import_issues"):
            assert await world.refused(name, who=STRANGER) == "work.unknown"
        made = {"title": "x", "who": STRANGER}
        assert await world.refused("create_issue", **made) == "work.unknown"
        assert len(world.standin.seen) == seen, "GitHub was not even asked"
        assert (await world.call("repository", who=ADMIN))["link"]["repository"] == "acme/shop"


async def test_issues_and_milestones_become_items_once_and_keep_their_ids() -> None:
    async with a_world() as world:
        repo, standin = world.repo, world.standin
        stone = standin.add_milestone(repo, "1.0", due_on="2026-04-01T07:00:00Z")
        more: dict[str, Any] = {"milestone": 1, "labels": ["bug", "p0"], "assignee": "ann"}
        standin.open_issue(repo, "It is slow", body="Very.", **more)
        standin.open_issue(repo, "Idea: sell more", labels=["idea"])
        standin.open_issue(repo, "Old", state="closed", state_reason="not_planned")
        standin.open_pull(repo, "Make it fast")
        await world.link()
        told = await world.call("import_issues")
        assert (told["added"], told["milestones"], told["complete"]) == (4, 1, True)
        items = await world.items()
        assert sorted(items) == ["acme/shop#1", "acme/shop#2", "acme/shop#3",
                                 "acme/shop#milestone-1"]  # fmt: skip
        slow, parent = items["acme/shop#1"], items["acme/shop#milestone-1"]
        assert (slow["kind"], slow["priority"], slow["assignee"]) == ("incident", 0, "ann")
        assert (slow["parent"], slow["description"]) == (parent["id"], "Very.")
        assert (parent["title"], parent["due"]) == ("1.0", "2026-04-01")
        assert items["acme/shop#2"]["kind"] == "idea"
        assert items["acme/shop#3"]["status"] == "dropped"
        again = await world.call("import_issues", again=True)
        assert (again["added"], again["changed"]) == (0, 0)
        assert {name: one["id"] for name, one in (await world.items()).items()} == {
            name: one["id"] for name, one in items.items()
        }
        standin.change(stone, title="1.1")
        await world.call("sync")
        assert (await world.items())["acme/shop#milestone-1"]["title"] == "1.1"


async def test_what_changed_there_is_taken_over_and_what_changed_here_stays() -> None:
    async with a_world() as world:
        one = world.standin.open_issue(world.repo, "slow", body="a")
        two = world.standin.open_issue(world.repo, "broken")
        await world.link()
        await world.call("import_issues")
        items = await world.items()
        slow, broken = items["acme/shop#1"], items["acme/shop#2"]
        changes = {"status": "in_progress", "priority": 0, "title": "slow, says Ann"}
        await world.call_item("update_item", slow, changes=changes)
        await world.call_item("update_item", broken, changes={"status": "tested"})
        world.standin.change(one, body="b", assignee="bob")
        world.standin.change(two, state="closed", state_reason="completed", title="was broken")
        told = await world.call("sync")
        assert (told["changed"], told["added"]) == (2, 0)
        items = await world.items()
        slow, broken = items["acme/shop#1"], items["acme/shop#2"]
        assert (slow["title"], slow["status"], slow["priority"]) == (
            "slow, says Ann",
            "in_progress",
            0,
        )
        assert (slow["description"], slow["assignee"]) == ("b", "bob")
        assert (broken["title"], broken["status"]) == ("was broken", "tested")
        world.standin.change(two, state="open", state_reason="reopened")
        world.standin.change(one, assignee=None)
        await world.call("sync")
        items = await world.items()
        assert items["acme/shop#2"]["status"] == "new"
        assert items["acme/shop#1"]["assignee"] is None


async def test_looking_where_nothing_changed_costs_nothing() -> None:
    async with a_world() as world:
        world.standin.limit = 1000
        world.standin.open_issue(world.repo, "slow")
        world.standin.deploy(world.repo, "production")
        await world.link()
        await world.call("import_issues")
        await world.call("sync")
        used = world.standin.used
        for _ in range(3):
            told = await world.call("sync")
            assert (told["complete"], told["changed"], told["added"]) == (True, 0, 0)
        assert world.standin.used == used
        assert {one.status for one in world.standin.seen[-9:]} == {304}


async def test_an_item_deleted_here_is_not_made_again() -> None:
    async with a_world() as world:
        one = world.standin.open_issue(world.repo, "slow")
        await world.link()
        await world.call("import_issues")
        item = (await world.items())["acme/shop#1"]
        await world.call_item("delete_item", item)
        world.standin.change(one, title="slower")
        told = await world.call("sync")
        assert (told["left"], told["added"]) == (1, 0)
        assert await world.items() == {}


async def test_an_issue_opened_from_here_is_an_item_at_once_and_once() -> None:
    async with a_world() as world:
        await world.link()
        await world.call("import_issues")
        made = await world.call("create_issue", title="slow", body="very")
        assert (made["number"], list(await world.items())) == (1, ["acme/shop#1"])
        await world.call("sync")
        assert list(await world.items()) == ["acme/shop#1"]
        branch = await world.call("create_branch", name="fix/slow")
        pull = await world.call("create_pull", title="Fix", head="fix/slow", body="Fixes #1")
        assert (branch["name"], pull["head"]) == ("fix/slow", "fix/slow")
        names = [one["name"] for one in (await world.call("branches"))["rows"]]
        assert names == ["fix/slow", "main"]
        assert (await world.call("issue", number=1))["title"] == "slow"
        assert (await world.call("pull", number=2))["target"] == "main"


async def test_what_ended_here_is_told_there_where_that_is_wanted() -> None:
    async with a_world() as world:
        one = world.standin.open_issue(world.repo, "slow")
        two = world.standin.open_issue(world.repo, "silly")
        await world.link(pushes=True)
        await world.call("import_issues")
        items = await world.items()
        await world.call_item("update_item", items["acme/shop#1"], changes={"status": "tested"})
        await world.call_item("update_item", items["acme/shop#2"], changes={"status": "dropped"})
        told = await world.call("sync")
        assert told["pushed"] == 2
        assert (one["state"], one["state_reason"]) == ("closed", "completed")
        assert (two["state"], two["state_reason"]) == ("closed", "not_planned")
        told = await world.call("sync")
        assert (told["pushed"], told["changed"]) == (0, 0)
        assert (await world.items())["acme/shop#1"]["status"] == "tested"


async def test_without_that_nothing_is_told_there() -> None:
    async with a_world() as world:
        one = world.standin.open_issue(world.repo, "slow")
        await world.link()
        await world.call("import_issues")
        item = (await world.items())["acme/shop#1"]
        await world.call_item("update_item", item, changes={"status": "done"})
        await world.call("sync")
        assert one["state"] == "open"
        assert all(seen.method == "GET" for seen in world.standin.seen)


@pytest.mark.parametrize("place", ["memory:", "sqlite"])
async def test_an_import_that_is_cut_anywhere_goes_on_and_makes_nothing_twice(
    place: str, tmp_path: Path
) -> None:
    url = place if place == "memory:" else f"sqlite:///{tmp_path / 'estate.db'}"
    async with a_world(url) as world:
        for number in range(1, 1251):
            world.standin.open_issue(world.repo, f"issue {number}")
        await world.link()
        world.standin.limit, world.standin.window_s = 6, 3600.0
        world.standin.used, world.standin.reset_at = 0, 0.0
        told = await world.call("import_issues")
        assert not told["complete"]
        assert told["waits_s"] > 3000
        assert 0 < told["added"] < 1250
        world.standin.faults.extend(["", "", "cut", "502", "half", "", "", ""])
        world.standin.limit = 0
        with anyio.fail_after(GUARD_S):
            while not (await again(world))["complete"]:
                pass
        items = await world.items()
        assert len(items) == 1250
        assert set(items) == {f"acme/shop#{number}" for number in range(1, 1251)}


async def again(world: World) -> Any:
    """Import again, with the credential given anew, which begins the limit anew."""
    await world.hw.github.keep_token("robot2", GOOD, principal=ADMIN)
    await world.link(credential="robot2")
    return await world.call("import_issues")


async def test_secrets_are_kept_by_admins_alone_and_shown_to_nobody() -> None:
    async with a_world() as world:
        github = world.hw.github
        for work in (
            github.keep_token("x", GOOD, principal=ANN),
            github.credentials(principal=ANN),
            github.forget("robot", principal=ANN),
            github.webhook(world.project, principal=ANN),
        ):
            with pytest.raises(UsageError) as refused:
                await work
            assert refused.value.code == "access.denied"
        kept = await github.credentials()
        assert [(one.name, one.login) for one in kept] == [("robot", "ann")]
        assert GOOD not in repr(kept)
        with pytest.raises(HeadwaterError) as refused:
            await github.keep_token("bad", "ghp_unknown")
        assert refused.value.code == "github.unauthorized"
        assert "ghp_" not in str(refused.value)
        assert (await github.forget("robot")).name == "robot"
        assert await github.credentials() == []


async def test_no_file_and_no_log_line_holds_a_secret(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with a_world(f"sqlite:///{tmp_path / 'estate.db'}") as world:
        world.standin.open_issue(world.repo, "slow")
        await world.link()
        hook = await world.hw.github.webhook(world.project)
        args = {"project": world.project}
        steps = [{"id": "a", "tool": "work.sync", "args": args}]
        ran = await world.hw.run({"steps": steps}, principal=ANN)
        assert ran.status == "complete"
        world.standin.tokens.clear()
        assert await world.refused("sync") == "github.unauthorized"

    def everything() -> bytes:
        return b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())

    kept = await anyio.to_thread.run_sync(everything)
    assert b"acme/shop" in kept
    said = " ".join(one.getMessage() for one in caplog.records).encode()
    for secret in (GOOD, hook.secret, KEY):
        assert secret.encode() not in kept
        assert secret.encode() not in said


async def test_the_doctor_reaches_github_where_it_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    standin = GitHubStandin()
    async with standin.served() as base:
        monkeypatch.setenv("HEADWATER_GITHUB_URL", base)
        assert (await looked())["github"] == "ok"
    assert (await looked())["github"] == "failed"
    monkeypatch.delenv("HEADWATER_GITHUB_URL")
    assert "github" not in await looked()


async def looked() -> dict[str, str]:
    """Return what the doctor says of each part."""
    return {one.name: one.status for one in await examine("memory:")}


async def test_without_a_key_no_token_is_kept() -> None:
    async with a_world_without_key() as refused:
        assert refused == "sealing.off"


async def test_a_login_is_ended_by_who_began_it_with_what_only_they_have() -> None:
    app = {"github_client_id": "Iv1.client", "github_client_secret": "client-secret"}
    async with a_world(**app) as world:
        github = world.hw.github
        begun = await github.begin_login("ann", redirect="https://hw/back", repositories=["acme/*"])
        query = query_of(begun.url)
        assert query["code_challenge_method"] == "S256"
        assert query["state"] == begun.state
        assert "client-secret" not in begun.url
        world.standin.codes["code1"] = ("ann", query["code_challenge"])
        other = await github.begin_login("ann")
        made = await github.end_login(begun.state, "code1")
        assert (made.kind, made.login, made.repositories) == ("oauth", "ann", ("acme/*",))
        world.standin.codes["code2"] = ("ann", query["code_challenge"])
        with pytest.raises(HeadwaterError) as refused:
            await github.end_login(other.state, "code2")
        assert refused.value.code == "github.unauthorized", "the verifier is another's"
        for state in ("nonsense", begun.state[:-6] + "AAAAA="):
            with pytest.raises(HeadwaterError) as refused:
                await github.end_login(state, "code1")
            assert refused.value.code == "github.login_unknown"
        await world.link(credential="ann")
        assert (await world.call("repository"))["info"]["name"] == "acme/shop"
