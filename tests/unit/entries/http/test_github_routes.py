"""GitHub over HTTP: credentials go in and never come out, deliveries are taken once."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from asgi_client import Client, House, house_of
from github_standin import GOOD, GitHubStandin, signed

from headwater import AsyncHeadwater
from headwater.app.settings import Settings

CREDENTIALS, HOOKS = "/v1/github/credentials", "/v1/github/hooks"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def standin() -> AsyncIterator[GitHubStandin]:
    made = GitHubStandin()
    async with made.served():
        made.open_issue(made.repository(), "slow")
        yield made


@pytest.fixture
async def house(standin: GitHubStandin) -> AsyncIterator[House]:
    settings = Settings(
        prepare=False,
        github_url=f"{standin.base}/api/v3",
        github_sync_s=0.0,
        sealing_key="a key of the tests with over 32 characters",  # type: ignore[arg-type]
    )
    async with AsyncHeadwater.open("memory:", settings=settings) as hw:
        yield await house_of(hw, body_bytes=100_000)


@pytest.fixture
async def admin(house: House) -> Client:
    return await house.someone("admin")


async def called(client: Client, tool: str, **args: Any) -> Any:
    reply = await client.send("POST", f"/v1/tools/work.{tool}", args)
    assert reply.status == 200, reply.body
    return reply.json["value"]


async def linked(admin: Client) -> int:
    """Link a project, and return its id."""
    body = {"name": "robot", "token": GOOD, "repositories": ["acme/*"]}
    reply = await admin.send("POST", CREDENTIALS, body)
    assert (reply.status, reply.json["login"]) == (201, "ann")
    assert GOOD.encode() not in reply.body
    team = await called(admin, "create_team", name="shop")
    project = await called(admin, "create_project", team=team["id"], name="checkout")
    told = {"project": project["id"], "repository": "acme/shop", "credential": "robot"}
    await called(admin, "link_repository", **told)
    return int(project["id"])


async def test_a_credential_goes_in_is_listed_and_forgotten_and_never_shown(admin: Client) -> None:
    await linked(admin)
    (one,) = (await admin.send("GET", CREDENTIALS)).json["credentials"]
    assert (one["name"], one["kind"], one["repositories"]) == ("robot", "token", ["acme/*"])
    assert "ghp_" not in json.dumps(one)
    reply = await admin.send("DELETE", f"{CREDENTIALS}/robot")
    assert reply.status == 200
    reply = await admin.send("DELETE", f"{CREDENTIALS}/robot")
    assert (reply.status, reply.code) == (404, "github.no_credential")


@pytest.mark.parametrize(
    "body",
    [
        {"name": "robot"},
        {"name": "robot", "token": "ghp_canary", "installation": 7},
        {"name": "robot", "token": 12345678},
        {"name": "a b", "token": "ghp_canary"},
        {"name": "robot", "token": "ghp_canary\n"},
        {"name": "robot", "token": "ghp_canary", "repositories": []},
        {"name": "robot", "token": "ghp_canary", "unknown": "ghp_canary"},
        {"name": "robot", "token": "ghp_canary"},
    ],
)
async def test_what_is_refused_does_not_show_the_secret(
    admin: Client, body: dict[str, Any]
) -> None:
    reply = await admin.send("POST", CREDENTIALS, body)
    assert reply.status == 422
    assert b"canary" not in reply.body


async def test_a_webhook_is_made_and_what_it_brings_is_taken_once(
    house: House, admin: Client, standin: GitHubStandin
) -> None:
    project = await linked(admin)
    await called(admin, "import_issues", project=project)
    hook = (await admin.send("POST", f"{HOOKS}/{project}")).json
    assert set(hook["events"]) >= {"issues", "push", "deployment_status"}
    repo = standin.repositories["acme/shop"]
    standin.change(repo.issues[1], title="slower")
    payload = standin.issue_payload(repo, repo.issues[1], "edited")
    told = signed(payload, secret=hook["secret"], event="issues", delivery="guid-1")
    github = house.client(None)

    async def post(data: bytes, headers: dict[str, str], path: str = hook["path"]) -> int:
        reply = await github.send("POST", path, raw=data, headers=headers)
        assert b"slow" not in reply.body
        return reply.status

    assert await post(told["data"] + b" ", told["headers"]) == 403
    assert await post(told["data"], {**told["headers"], "X-Hub-Signature-256": "x"}) == 403
    assert await post(told["data"], told["headers"], "/v1/github/webhook?hook=none") == 403
    assert await post(b"x" * 200_000, told["headers"]) == 413
    assert await post(told["data"], told["headers"]) == 204
    assert await post(told["data"], told["headers"]) == 409
    form = signed({}, secret=hook["secret"], event="issues", delivery="guid-2")
    odd = signed([], secret=hook["secret"], event="issues", delivery="guid-3")  # type: ignore[arg-type]
    assert await post(odd["data"], odd["headers"]) == 400
    assert await post(form["data"], form["headers"]) == 204
    report = await called(admin, "sync", project=project)
    assert report["changed"] == 1
    items = await called(admin, "items", project=project)
    assert [one["title"] for one in items["items"]] == ["slower"]


async def test_a_webhook_is_made_for_a_linked_project_alone(admin: Client) -> None:
    for project in ("404", "x", "9" * 30):
        reply = await admin.send("POST", f"{HOOKS}/{project}")
        assert (reply.status, reply.code) == (404, "work.unknown")


async def test_no_run_shows_what_a_project_is_linked_by(admin: Client, house: House) -> None:
    project = await linked(admin)
    args = {"project": project}
    steps = [{"id": name, "tool": f"work.{name}", "args": args} for name in ("sync", "repository")]
    plan = {"steps": steps}
    ran = await admin.send("POST", "/v1/runs", plan)
    assert ran.json["status"] == "complete", ran.body
    shown = await admin.send("GET", f"/v1/runs/{ran.json['run_id']}/explain")
    metrics = await house.client(None).send("GET", "/metrics")
    for reply in (ran, shown, metrics):
        assert b"ghp_" not in reply.body
        assert GOOD.encode() not in reply.body


async def test_a_repository_is_linked_read_and_left_by_its_routes(
    admin: Client, standin: GitHubStandin
) -> None:
    await linked(admin)
    path = "/v1/projects/1/repository"
    body = {"repository": "acme/shop", "credential": "robot", "pushes": True}
    reply = await admin.send("PUT", path, body)
    assert (reply.status, reply.json["link"]["pushes"]) == (200, True)
    assert (await admin.send("GET", path)).json["info"]["name"] == "acme/shop"
    reply = await admin.send("POST", f"{path}/import?again=true")
    assert (reply.status, reply.json["complete"], reply.json["added"]) == (200, True, 1)
    (item,) = (await admin.send("GET", "/v1/items?project=1")).json["items"]
    assert (item["title"], item["issue"]) == ("slow", "acme/shop#1")
    reply = await admin.send("POST", f"{path}/issues", {"title": "slower"})
    assert (reply.status, reply.json["number"]) == (201, 2)
    assert (await admin.send("GET", f"{path}/issues/2")).json["title"] == "slower"
    for what in ("issues?state=all&limit=5", "branches", "commits", "milestones", "pulls"):
        reply = await admin.send("GET", f"{path}/{what}")
        assert reply.status == 200, reply.body
    reply = await admin.send("GET", f"{path}/issues?state=any")
    assert (reply.status, reply.code) == (422, "tool.bad_arguments")
    assert (await admin.send("POST", f"{path}/sync")).status == 200
    assert (await admin.send("DELETE", path)).status == 200
    reply = await admin.send("GET", path)
    assert (reply.status, reply.code) == (422, "work.not_linked")


async def test_a_webhook_is_made_with_a_secret_shown_once(admin: Client) -> None:
    await called(admin, "create_team", name="shop")
    body = {"url": "https://hooks.example.org/team", "kinds": ["item", "alert"]}
    made = await admin.send("POST", "/v1/teams/1/webhooks", body)
    assert made.status == 201, made.body
    number, secret = made.json["webhook"]["id"], made.json["secret"]
    listed = await admin.send("GET", "/v1/teams/1/webhooks")
    assert [one["kinds"] for one in listed.json["webhooks"]] == [["item", "alert"]]
    assert secret.encode() not in listed.body
    again = await admin.send("POST", f"/v1/webhooks/{number}/rotate?keep_s=0")
    assert again.status == 200
    assert again.json["secret"] != secret
    gone = await admin.send("DELETE", f"/v1/webhooks/{number}")
    assert gone.status == 200
    assert b"whsec" not in gone.body
    assert (await admin.send("GET", "/v1/teams/1/webhooks")).json["total"] == 0
    reply = await admin.send("GET", "/v1/notices?team=1&status=waiting")
    assert (reply.status, reply.code) == (422, "jobs.off")
