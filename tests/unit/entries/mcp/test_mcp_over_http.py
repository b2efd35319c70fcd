"""MCP over HTTP on a real socket: versions, keys, progress, cancelling, many at once."""

from __future__ import annotations

import base64
import functools
import json
import random
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import anyio
import httpx2
import pytest
from agents import KEYS, Slow, connected, packs, served, slow
from mcp import types
from mcp.types.version import HANDSHAKE_PROTOCOL_VERSIONS
from patience import GUARD_S, PROMPT_S

from headwater import AsyncHeadwater
from headwater.app.settings import find_settings
from headwater.model.event import RunRecord
from headwater.model.principal import Principal

MODERN = "2026-07-28"
JSON_AND_EVENTS = {"accept": "application/json, text/event-stream"}
CANARY = {"acme": "canary-of-acme", "bolt": "canary-of-bolt"}


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def hw(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[AsyncHeadwater]:
    async with AsyncHeadwater.open("memory:", packs=packs()) as app:
        for tenant, canary in CANARY.items():
            folder = anyio.Path(tmp_path_factory.mktemp(tenant))
            rows = [{"code": f"{canary}-{n}", "name": "thing", "type": "host"} for n in range(5)]
            text = "".join(json.dumps(row) + "\n" for row in rows)
            await (folder / "items.jsonl").write_text(text)
            operator = Principal(tenant=tenant, name="olga", roles=("operator",))
            await app.load(str(folder), principal=operator)
        yield app


@pytest.fixture(scope="module")
async def url(hw: AsyncHeadwater) -> AsyncIterator[str]:
    async with served(hw) as address:
        yield address


@pytest.fixture
def patient() -> Slow:
    return slow()


def data_of(result: types.CallToolResult) -> dict[str, Any]:
    data: dict[str, Any] = result.structured_content
    return data


def modern(method: str, params: dict[str, Any], **headers: str) -> dict[str, Any]:
    """Return a request of 2026-07-28 as a client sends it."""
    meta = {
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientCapabilities": {},
        **params.pop("meta", {}),
    }
    named = {"mcp-name": params["name"]} if "name" in params else {}
    given = {"mcp-protocol-version": MODERN, "mcp-method": method, **named, **headers}
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": {**params, "_meta": meta}}
    return {"json": body, "headers": {**JSON_AND_EVENTS, **given, "authorization": ACME}}


ACME = "Bearer key-acme"


async def test_the_newest_version_needs_no_handshake(url: str) -> None:
    async with connected(url) as client:
        assert client.session.protocol_version == MODERN
        tools = (await client.list_tools()).tools
        assert "ci_search" in [one.name for one in tools]
        data = data_of(await client.call_tool("ci_search", {"keywords": ["thing"]}))
        assert data["value"]["total"] == 5


@pytest.mark.parametrize("version", HANDSHAKE_PROTOCOL_VERSIONS)
async def test_older_clients_connect_by_their_handshake(url: str, version: str) -> None:
    headers = {**JSON_AND_EVENTS, "authorization": ACME, "content-type": "application/json"}

    async def asked(http: httpx2.AsyncClient, method: str, params: dict[str, Any]) -> Any:
        body = {"jsonrpc": "2.0", "id": 7, "method": method, "params": params}
        answer = await http.post(url, json=body, headers={**headers, **named})
        assert answer.status_code == 200, answer.text
        assert "mcp-session-id" not in answer.headers
        line = next(one for one in answer.text.splitlines() if one.startswith("data: {"))
        return json.loads(line.removeprefix("data: "))["result"]

    named: dict[str, str] = {}
    async with httpx2.AsyncClient() as http:
        client = {"protocolVersion": version, "capabilities": {},
                  "clientInfo": {"name": "old", "version": "1"}}  # fmt: skip
        assert (await asked(http, "initialize", client))["protocolVersion"] == version
        if version != "2024-11-05":
            named["mcp-protocol-version"] = version
        assert len((await asked(http, "tools/list", {}))["tools"]) > 10
        called = {"name": "ci_search", "arguments": {"keywords": ["thing"], "limit": 1}}
        result = await asked(http, "tools/call", called)
        assert CANARY["acme"] in result["content"][0]["text"]  # all that the oldest ones are given
        if version >= "2025-06-18":
            assert result["structuredContent"]["value"]["total"] == 5


async def test_the_official_client_connects_the_old_way_too(url: str) -> None:
    async with connected(url, mode="legacy") as client:
        assert client.session.protocol_version == HANDSHAKE_PROTOCOL_VERSIONS[-1]
        assert data_of(await client.call_tool("theirs_number", {}))["value"] == 7


async def test_an_unknown_version_is_told_which_ones_there_are(url: str) -> None:
    async with httpx2.AsyncClient() as http:
        request = modern("tools/list", {"meta": {
            "io.modelcontextprotocol/protocolVersion": "2031-01-01"}})  # fmt: skip
        request["headers"]["mcp-protocol-version"] = "2031-01-01"
        answer = await http.post(url, **request)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == -32022


@pytest.mark.parametrize("header", ["mcp-method", "mcp-name"])
async def test_a_header_that_says_other_than_the_body_is_refused(url: str, header: str) -> None:
    async with httpx2.AsyncClient() as http:
        call = {"name": "theirs_number", "arguments": {}}
        request = modern("tools/call", call, **{header: "other"})
        answer = await http.post(url, **request)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == -32020


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "evil.example.org"}, 421),
        ({"host": "127.0.0.1.evil.org:80"}, 421),
        ({"origin": "https://evil.example.org"}, 403),
        ({"origin": "null"}, 403),
        ({"authorization": ""}, 401),
        ({"authorization": "Bearer nope"}, 401),
        ({"authorization": "Basic a2V5LWFjbWU="}, 401),
        ({"origin": "http://localhost:3000"}, 200),
        ({"host": "localhost:1"}, 200),
    ],
)
async def test_a_foreign_host_page_or_key_is_refused(
    url: str, headers: dict[str, str], status: int
) -> None:
    request = modern("tools/call", {"name": "theirs_number", "arguments": {}})
    request["headers"] |= headers
    async with httpx2.AsyncClient() as http:
        answer = await http.post(url, **request)
        assert answer.status_code == status, answer.text
        if status != 200:
            for method in ("GET", "PUT", "DELETE", "OPTIONS"):
                other = await http.request(method, url, headers=request["headers"])
                assert other.status_code == status
        if status == 401:
            assert answer.headers["www-authenticate"] == "Bearer"


async def test_hosts_and_pages_that_are_set_are_let_in(hw: AsyncHeadwater) -> None:
    async with (
        served(hw, "hw.example.org", "https://app.example.org") as url,
        httpx2.AsyncClient() as http,
    ):
        for headers in ({"host": "hw.example.org"}, {"origin": "https://app.example.org"}):
            request = modern("tools/list", {})
            request["headers"] |= headers
            assert (await http.post(url, **request)).status_code == 200


async def test_a_tenant_sees_nothing_of_another(url: str) -> None:
    async with connected(url) as acme, connected(url, "key-bolt") as bolt:
        for client, mine, other in ((acme, "acme", "bolt"), (bolt, "bolt", "acme")):
            found = data_of(await client.call_tool("ci_search", {"keywords": ["thing"]}))
            codes = json.dumps(found)
            assert CANARY[mine] in codes
            assert CANARY[other] not in codes
            missing = data_of(await client.call_tool("ci_get", {"id": f"{CANARY[other]}-1"}))
            assert missing["value"] is None
        asked = data_of(await acme.call_tool("ask", {"question": "list all hosts"}))
        explained = await bolt.call_tool("explain", {"run_id": asked["run_id"]})
        assert data_of(explained)["code"] == "run.unknown"
        assert data_of(await bolt.call_tool("runs", {}))["runs"] == []
        assert (await bolt.list_resources()).resources == []
        for uri in (f"headwater://run/{asked['run_id']}", f"headwater://item/{CANARY['acme']}-1"):
            await acme.read_resource(uri)
            with pytest.raises(Exception, match="there is no"):
                await bolt.read_resource(uri)


async def test_roles_are_those_of_the_key(url: str) -> None:
    async with connected(url) as reader, connected(url, "key-op") as operator:
        refused = await reader.call_tool("theirs_writes", {})
        assert data_of(refused)["code"] == "access.denied"
        assert not (await operator.call_tool("theirs_writes", {})).is_error


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_progress_rises_from_what_was_planned_to_all_that_ended(url: str, mode: str) -> None:
    told: list[tuple[float, float | None, str | None]] = []

    async def progress(now: float, total: float | None, message: str | None) -> None:
        told.append((now, total, message))

    plan = {"steps": [{"id": f"s{n}", "tool": "theirs.rows", "args": {"count": n}}
                      for n in range(4)]}  # fmt: skip
    async with connected(url, mode=mode) as client:
        result = await client.call_tool("run", {"plan": plan}, progress_callback=progress)
    assert data_of(result)["status"] == "complete"
    assert told[0] == (0, 4, "planned 4 steps")
    assert [now for now, _, _ in told] == [0, 1, 2, 3, 4]
    assert {message for _, _, message in told[1:]} == {f"s{n}: succeeded" for n in range(4)}


async def last_run(hw: AsyncHeadwater) -> RunRecord:
    (run, *_) = await hw.runs(limit=1, principal=KEYS["key-acme"])
    return run


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_a_client_that_closes_the_response_ends_the_run(patient: Slow, mode: str) -> None:
    plan = {"steps": [{"id": "wait", "tool": "slow.wait"}]}
    async with (
        AsyncHeadwater.open("memory:", packs=[[patient.tool]]) as hw,
        served(hw) as url,
        anyio.create_task_group() as group,
    ):

        async def ask() -> None:
            async with connected(url, mode=mode) as client:
                await client.call_tool("run", {"plan": plan, "budget_s": 30})

        group.start_soon(ask)
        with anyio.fail_after(GUARD_S):
            await patient.began.wait()
        group.cancel_scope.cancel()
        with anyio.CancelScope(shield=True), anyio.fail_after(GUARD_S):
            before = anyio.current_time()
            await patient.cancelled.wait()
            assert anyio.current_time() - before < PROMPT_S
            run = await last_run(hw)
            while run.status is None:
                run = await last_run(hw)
        assert run.status == "failed"


async def test_a_call_that_is_cut_off_ends_its_tool(patient: Slow) -> None:
    async with AsyncHeadwater.open("memory:", packs=[[patient.tool]]) as hw, served(hw) as url:
        with anyio.fail_after(GUARD_S):
            request = modern("tools/call", {"name": "slow_wait", "arguments": {"budget_s": 30}})
            async with httpx2.AsyncClient() as http, anyio.create_task_group() as group:

                async def post() -> None:
                    await http.post(url, **request)

                group.start_soon(post)
                await patient.began.wait()
                group.cancel_scope.cancel()
            await patient.cancelled.wait()


async def test_a_budget_is_kept(patient: Slow) -> None:
    async with (
        AsyncHeadwater.open("memory:", packs=[[patient.tool]]) as hw,
        served(hw) as url,
        connected(url) as client,
    ):
        with anyio.fail_after(GUARD_S):
            result = await client.call_tool("slow_wait", {"budget_s": 0.1})
            assert data_of(result)["status"] == "late"
            plan = {"steps": [{"id": "wait", "tool": "slow.wait"}]}
            ran = await client.call_tool("run", {"plan": plan, "budget_s": 0.1})
        assert not ran.is_error
        assert data_of(ran)["outcomes"]["wait"]["status"] == "late"


async def test_a_tenant_that_has_all_its_runs_under_way_is_told(patient: Slow) -> None:
    settings = find_settings().model_copy(update={"runs_per_tenant": 1})
    plan = {"steps": [{"id": "wait", "tool": "slow.wait"}]}
    async with (
        AsyncHeadwater.open("memory:", packs=[[patient.tool]], settings=settings) as hw,
        served(hw) as url,
        connected(url) as first,
        connected(url) as second,
        connected(url, "key-bolt") as other,
        anyio.create_task_group() as group,
    ):
        group.start_soon(first.call_tool, "run", {"plan": plan, "budget_s": 30})
        with anyio.fail_after(GUARD_S):
            await patient.began.wait()
            refused = await second.call_tool("run", {"plan": plan})
            assert refused.is_error
            assert data_of(refused)["code"] == "limit.runs"
            assert data_of(refused)["retry_after_s"] > 0
            empty = {"steps": [{"id": "find", "tool": "ci.search"}]}
            assert not (await other.call_tool("run", {"plan": empty})).is_error
        group.cancel_scope.cancel()


@pytest.mark.slow  # fifty clients in one process beside other tests take longer than they wait
async def test_fifty_agents_at_once_each_get_their_own(url: str) -> None:
    done = 0

    async def agent(number: int) -> None:
        nonlocal done
        tenant = ("acme", "bolt")[number % 2]
        async with connected(url, f"key-{tenant}") as client:
            for _ in range(3):
                arguments = {"keywords": ["thing"], "fields": ["code"], "limit": number % 5 + 1}
                value = data_of(await client.call_tool("ci_search", arguments))["value"]
                codes = [row["code"] for row in value["items"]]
                assert len(codes) == number % 5 + 1
                assert all(code.startswith(CANARY[tenant]) for code in codes)
        done += 1

    with anyio.fail_after(GUARD_S):
        async with anyio.create_task_group() as group:
            for number in range(50):
                group.start_soon(agent, number)
    assert done == 50


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"[]", 400),
        (b'{"jsonrpc": "2.0", "id": 1}', 400),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "nope/nope", "params": {"_meta": {}}}', 400),
        (b'{"a": ' * 100_000, 400),
        (b" " * 3_000_000, 413),
    ],
)
async def test_what_is_no_request_is_refused(url: str, body: bytes, status: int) -> None:
    headers = {**JSON_AND_EVENTS, "authorization": ACME, "content-type": "application/json",
               "mcp-protocol-version": MODERN}  # fmt: skip
    async with httpx2.AsyncClient() as http:
        answer = await http.post(url, content=body, headers=headers)
    assert answer.status_code == status


async def test_a_cancel_by_notification_ends_nobody_elses_request(patient: Slow) -> None:
    """Request ids are chosen by clients: who names another's must not end it."""
    async with (
        AsyncHeadwater.open("memory:", packs=[[patient.tool]]) as hw,
        served(hw) as url,
        httpx2.AsyncClient() as http,
        anyio.create_task_group() as group,
    ):
        request = modern("tools/call", {"name": "slow_wait", "arguments": {"budget_s": 30}})
        group.start_soon(functools.partial(http.post, url, **request))
        with anyio.fail_after(GUARD_S):
            await patient.began.wait()
            for version in (MODERN, "2025-11-25"):
                body = {"jsonrpc": "2.0", "method": "notifications/cancelled",
                        "params": {"requestId": 1, "reason": "bored"}}  # fmt: skip
                headers = {**JSON_AND_EVENTS, "authorization": ACME,
                           "mcp-protocol-version": version}  # fmt: skip
                answer = await http.post(url, json=body, headers=headers)
                assert answer.status_code == 202
        assert not patient.cancelled.is_set()
        group.cancel_scope.cancel()


async def test_an_instant_of_asking_is_read_in_the_askers_zone(url: str) -> None:
    async with connected(url) as client:
        for zone in ("Asia/Tokyo", "UTC"):
            question = {"question": "what changed since yesterday?", "zone": zone}
            answer = data_of(await client.call_tool("ask", question))
            at = datetime.fromisoformat(answer["asked_at"])
            assert at.utcoffset() == datetime.now(ZoneInfo(zone)).utcoffset()


@pytest.mark.parametrize("number", range(20))
async def test_a_state_that_a_client_makes_up_changes_nothing(url: str, number: int) -> None:
    """We hand out no state, so that whatever comes as one is somebody's invention."""
    dice = random.Random(number)
    forged = base64.b64encode(dice.randbytes(40)).decode()
    state = dice.choice([forged, "", "null", '{"tenant": "bolt", "roles": ["admin"]}', "x" * 5_000])
    answers = {"ask": {"action": "accept", "content": {"tenant": "bolt", "role": "admin"}}}
    call = {"name": "ci_search", "arguments": {"keywords": ["thing"]}}
    async with httpx2.AsyncClient() as http:
        plain = await http.post(url, **modern("tools/call", dict(call)))
        given = {**call, "requestState": state, "inputResponses": answers}
        odd = await http.post(url, **modern("tools/call", given))
    assert plain.status_code == 200
    assert CANARY["bolt"] not in odd.text
    assert "requestState" not in plain.text
    if odd.status_code == 200:
        assert CANARY["acme"] in odd.text
    else:
        assert odd.status_code == 400, odd.text
