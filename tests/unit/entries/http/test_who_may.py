"""Every route with every role and without a key; nobody reaches what another tenant has."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from asgi_client import ADMIN, Client, House, house_of
from estate_tools import TOOLS

from headwater import AsyncHeadwater
from headwater.app.settings import Settings
from headwater.entries.http.operations import operations
from headwater.entries.wire.opening import Opening
from headwater.model.access import ROLES
from headwater.policy.permissions import enough

LEAST: dict[tuple[str, str], str | None] = {
    ("GET", "/livez"): None,
    ("GET", "/readyz"): None,
    ("GET", "/metrics"): None,
    ("GET", "/openapi.json"): None,
    ("POST", "/v1/ask"): "reader",
    ("POST", "/v1/runs"): "reader",
    ("GET", "/v1/tools"): "reader",
    ("POST", "/v1/tools/{name}"): "reader",
    ("GET", "/v1/runs"): "reader",
    ("GET", "/v1/runs/{run_id}"): "reader",
    ("GET", "/v1/runs/{run_id}/events"): "reader",
    ("GET", "/v1/runs/{run_id}/explain"): "reader",
    ("POST", "/v1/runs/{run_id}/finish"): "reader",
    ("POST", "/v1/runs/{run_id}/cancel"): "reader",
    ("POST", "/v1/runs/{run_id}/again"): "reader",
    ("POST", "/v1/runs/{run_id}/replay"): "reader",
    ("POST", "/v1/load"): "operator",
    ("POST", "/v1/documents"): "operator",
    ("GET", "/v1/documents"): "reader",
    ("GET", "/v1/documents/{document_id}"): "reader",
    ("DELETE", "/v1/documents/{document_id}"): "operator",
    ("GET", "/v1/jobs"): "operator",
    ("GET", "/v1/schedules"): "operator",
    ("POST", "/v1/schedules"): "operator",
    ("DELETE", "/v1/schedules/{name}"): "operator",
    ("GET", "/v1/jobs/{job_id}"): "operator",
    ("POST", "/v1/jobs/{job_id}/cancel"): "operator",
    ("GET", "/v1/teams"): "reader",
    ("POST", "/v1/teams"): "operator",
    ("GET", "/v1/teams/{team}"): "reader",
    ("PATCH", "/v1/teams/{team}"): "operator",
    ("DELETE", "/v1/teams/{team}"): "operator",
    ("PUT", "/v1/teams/{team}/members/{person}"): "operator",
    ("DELETE", "/v1/teams/{team}/members/{person}"): "operator",
    ("GET", "/v1/teams/{team}/invitations"): "reader",
    ("POST", "/v1/teams/{team}/invitations"): "operator",
    ("DELETE", "/v1/invitations/{invitation}"): "operator",
    ("POST", "/v1/invitations/join"): "reader",
    ("GET", "/v1/projects"): "reader",
    ("POST", "/v1/projects"): "operator",
    ("GET", "/v1/projects/{project}"): "reader",
    ("PATCH", "/v1/projects/{project}"): "operator",
    ("DELETE", "/v1/projects/{project}"): "operator",
    ("GET", "/v1/projects/{project}/activity"): "reader",
    ("GET", "/v1/resume"): "reader",
    ("GET", "/v1/items"): "reader",
    ("POST", "/v1/items"): "operator",
    ("GET", "/v1/items/{item}"): "reader",
    ("PATCH", "/v1/items/{item}"): "operator",
    ("DELETE", "/v1/items/{item}"): "operator",
    ("POST", "/v1/items/{item}/move"): "operator",
    ("POST", "/v1/items/{item}/promote"): "operator",
    ("GET", "/v1/items/{item}/dependencies"): "reader",
    ("POST", "/v1/items/{item}/dependencies"): "operator",
    ("DELETE", "/v1/items/{item}/dependencies/{type}/{on}"): "operator",
    ("GET", "/v1/sessions"): "reader",
    ("POST", "/v1/sessions"): "operator",
    ("GET", "/v1/sessions/{session}"): "reader",
    ("POST", "/v1/sessions/{session}/notes"): "operator",
    ("POST", "/v1/sessions/{session}/runs"): "operator",
    ("POST", "/v1/sessions/{session}/join"): "operator",
    ("POST", "/v1/sessions/{session}/leave"): "operator",
    ("POST", "/v1/sessions/{session}/end"): "operator",
    ("GET", "/v1/teams/{team}/webhooks"): "reader",
    ("POST", "/v1/teams/{team}/webhooks"): "operator",
    ("POST", "/v1/webhooks/{webhook}/rotate"): "operator",
    ("DELETE", "/v1/webhooks/{webhook}"): "operator",
    ("GET", "/v1/notices"): "reader",
    ("GET", "/v1/projects/{project}/repository"): "reader",
    ("PUT", "/v1/projects/{project}/repository"): "operator",
    ("DELETE", "/v1/projects/{project}/repository"): "operator",
    ("POST", "/v1/projects/{project}/repository/import"): "operator",
    ("POST", "/v1/projects/{project}/repository/sync"): "operator",
    ("GET", "/v1/projects/{project}/repository/issues"): "reader",
    ("POST", "/v1/projects/{project}/repository/issues"): "operator",
    ("GET", "/v1/projects/{project}/repository/pulls"): "reader",
    ("POST", "/v1/projects/{project}/repository/pulls"): "operator",
    ("GET", "/v1/projects/{project}/repository/branches"): "reader",
    ("POST", "/v1/projects/{project}/repository/branches"): "operator",
    ("GET", "/v1/projects/{project}/repository/issues/{number}"): "reader",
    ("GET", "/v1/projects/{project}/repository/pulls/{number}"): "reader",
    ("GET", "/v1/projects/{project}/repository/milestones"): "reader",
    ("GET", "/v1/projects/{project}/repository/commits"): "reader",
    ("GET", "/v1/projects/{project}/events"): "reader",
    ("POST", "/v1/github/webhook"): None,
    ("GET", "/v1/github/credentials"): "admin",
    ("POST", "/v1/github/credentials"): "admin",
    ("DELETE", "/v1/github/credentials/{credential}"): "admin",
    ("POST", "/v1/github/logins"): "admin",
    ("POST", "/v1/github/logins/end"): "admin",
    ("POST", "/v1/github/hooks/{project}"): "admin",
}
"""The least role for each route; None for those that need no key. A route not here fails below."""
PARTS = 10
SIGNED = {("POST", "/v1/github/webhook")}
"""Routes that need no key, but a signature."""
BODIES: dict[str, Any] = {
    "/v1/github/credentials": {"name": "n", "token": "t"},
    "/v1/github/logins": {"name": "n"},
    "/v1/github/logins/end": {"state": "s", "code": "c"},
    "/v1/ask": {"question": "how many items per type?"},
    "/v1/runs": {"steps": [{"id": "a", "tool": "test.echo"}]},
    "/v1/schedules": {"name": "n", "cron": "0 3 * * *", "do": {"scan": True}},
    "/v1/teams": {"name": "n"},
    "/v1/teams/{team}": {"name": "n"},
    "/v1/teams/{team}/members/{person}": {"role": "member"},
    "/v1/teams/{team}/invitations": {},
    "/v1/invitations/join": {"code": "none"},
    "/v1/projects": {"team": 1, "name": "n"},
    "/v1/projects/{project}": {"name": "n"},
    "/v1/items": {"project": 1, "kind": "todo", "title": "t"},
    "/v1/items/{item}": {"title": "t"},
    "/v1/items/{item}/move": {"parent": None},
    "/v1/items/{item}/dependencies": {"on": 2, "type": "requires"},
    "/v1/sessions": {"project": 1, "goal": "g"},
    "/v1/sessions/{session}/notes": {"text": "t"},
    "/v1/sessions/{session}/runs": {"run": "r-none"},
    "/v1/teams/{team}/webhooks": {"url": "https://hooks.example.org/team"},
    "/v1/projects/{project}/repository": {"repository": "acme/shop"},
    "/v1/projects/{project}/repository/issues": {"title": "t"},
    "/v1/projects/{project}/repository/branches": {"name": "b"},
    "/v1/projects/{project}/repository/pulls": {"title": "t", "head": "b"},
}
ONES = {
    "team": 1, "project": 1, "item": 1, "session": 1, "invitation": 1, "on": 2,
    "person": "ann", "type": "requires", "job_id": "j-none", "document_id": 1, "name": "test.echo",
    "credential": "none", "webhook": 1, "number": 1,
}  # fmt: skip
"""What is named in paths: nothing that is there."""
SEEN = {"If-Match": '"1"'}
FORGED = ("hw_nothing_nothing", "x", "Basic", "eyJhbGciOiJub25lIn0.e30.", "hw_" + "a" * 60)
ON_A_RUN = [route for route in LEAST if "{run_id}" in route[1]]
CHANGES = ("/finish", "/cancel", "/again", "/replay")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def house() -> AsyncIterator[House]:
    settings = Settings(prepare=False)
    async with AsyncHeadwater.open("memory:", packs=[TOOLS], settings=settings) as hw:
        yield await house_of(hw)


async def begun_by(client: Client) -> str:
    """Return the id of a run of theirs."""
    reply = await client.send("POST", "/v1/runs", BODIES["/v1/runs"])
    return str(reply.json["run_id"])


async def sent(client: Client, method: str, path: str, *, run_id: str) -> Any:
    """Send a request to a route, with a run of the given id and a tool that anyone may call."""
    target = path.format(run_id=run_id, **ONES)
    body = None if method == "GET" else BODIES.get(path)
    return await client.send(method, target, body, headers=SEEN)


def test_the_table_has_every_route() -> None:
    # What answers is made over an app only when it is called.
    table = operations(None, Opening(), described=dict)  # type: ignore[arg-type]
    assert {(one.method, one.path) for one in table} == set(LEAST)
    assert {(one.method, one.path) for one in table if one.open} == {
        route for route, least in LEAST.items() if least is None
    }


@pytest.mark.parametrize("part", range(PARTS))
async def test_every_route_refuses_who_has_no_key(house: House, part: int) -> None:
    """Many routes of one app: what is refused changes nothing, but that it is counted."""
    run_id = await begun_by(await house.someone())
    revoked = await house.hw.access.create_key(role="admin", principal=ADMIN)
    await house.hw.access.revoke_key(revoked.id, principal=ADMIN)
    for route, least in tuple(LEAST.items())[part::PARTS]:
        for key in (None, revoked.key, *FORGED):
            reply = await sent(house.client(key), *route, run_id=run_id)
            if route in SIGNED:
                assert (reply.status, reply.code) == (403, "github.bad_delivery"), route
            elif least is None:
                assert reply.status == 200, route
            else:
                assert (reply.status, reply.code) == (401, "access.unauthenticated"), route
                assert reply.headers["www-authenticate"] == "Bearer", route


@pytest.mark.parametrize("route", LEAST, ids=" ".join)
async def test_every_route_asks_for_its_role(house: House, route: tuple[str, str]) -> None:
    for role in ROLES:
        someone = await house.someone(role)
        reply = await sent(someone, *route, run_id=await begun_by(someone))
        least = LEAST[route]
        if least is not None and not enough((role,), least):
            assert (reply.status, reply.code) == (403, "access.denied"), role
        elif route not in SIGNED:
            assert reply.status in {200, 201, 404, 422, 503}, (role, reply.body)


@pytest.mark.parametrize("route", ON_A_RUN, ids=" ".join)
async def test_another_tenants_run_is_not_there_for_anyone(
    house: House, route: tuple[str, str]
) -> None:
    run_id = await begun_by(await house.someone(tenant="mine"))
    for role in ROLES:
        stranger = await house.someone(role, tenant="theirs")
        theirs = await sent(stranger, *route, run_id=run_id)
        nobodys = await sent(stranger, *route, run_id=run_id[:-3] + "000")
        assert (theirs.status, theirs.code) == (404, "run.unknown")
        assert nobodys.status == 404
        assert theirs.body.replace(run_id.encode(), b"") == nobodys.body.replace(
            (run_id[:-3] + "000").encode(), b""
        )


@pytest.mark.parametrize("route", ON_A_RUN, ids=" ".join)
async def test_a_reader_changes_only_runs_of_their_own(
    house: House, route: tuple[str, str]
) -> None:
    run_id = await begun_by(await house.someone("reader"))
    other, operator = await house.someone("reader"), await house.someone("operator")
    reply = await sent(other, *route, run_id=run_id)
    if route[1].endswith(CHANGES):
        assert (reply.status, reply.code) == (403, "access.denied")
    else:
        assert reply.status == 200
    assert (await sent(operator, *route, run_id=run_id)).status == 200


async def test_every_tool_is_called_by_whom_it_says_and_by_nobody_else(house: House) -> None:
    registry = house.hw._parts.caller.registry  # the roles of tools are shown to nobody
    assert len(list(registry)) > len(TOOLS)
    for role in ROLES:
        someone = await house.someone(role)
        for tool in registry:
            reply = await someone.send("POST", f"/v1/tools/{tool.name}", {})
            denied = reply.status == 403
            assert denied is not enough((role,), tool.role), (tool.name, role)


async def test_lists_hold_only_what_is_the_tenants_own(house: House) -> None:
    mine, theirs = await house.someone(tenant="mine"), await house.someone(tenant="theirs")
    run_id = await begun_by(mine)
    assert run_id.encode() in (await mine.send("GET", "/v1/runs")).body
    listed = await theirs.send("GET", "/v1/runs")
    assert listed.json == {"runs": [], "total": 0, "cursor": None}
    answer = await theirs.send("POST", "/v1/ask", BODIES["/v1/ask"])
    assert b"mine" not in answer.body
    assert json.dumps(run_id) not in answer.body.decode()


async def test_a_revoked_key_ends_at_once(house: House) -> None:
    made = await house.hw.access.create_key(role="reader", principal=ADMIN)
    client = house.client(made.key)
    assert (await client.send("GET", "/v1/tools")).status == 200
    await house.hw.access.revoke_key(made.id, principal=ADMIN)
    assert (await client.send("GET", "/v1/tools")).status == 401
