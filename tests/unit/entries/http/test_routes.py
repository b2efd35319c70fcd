"""What each route answers, refuses and with which status, in this process."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import anyio
import pytest
from asgi_client import Client, House, house_of
from estate_tools import TOOLS, Slow
from patience import GUARD_S, PROMPT_S

from headwater import AsyncHeadwater
from headwater.app.settings import Settings

ITEMS = [
    {"code": "web-1", "name": "web-1", "type": "service", "owner": "web"},
    {"code": "db-1", "name": "db-1", "type": "database", "owner": "data"},
]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def slow() -> Slow:
    return Slow()


@pytest.fixture
async def house(slow: Slow, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    folder = tmp_path_factory.mktemp("bundle")
    lines = "".join(json.dumps(one) + "\n" for one in ITEMS)
    (folder / "items.jsonl").write_text(lines, encoding="utf-8")
    settings = Settings(prepare=False, budget_s=5.0)
    async with AsyncHeadwater.open("memory:", packs=[[*TOOLS, slow.tool]], settings=settings) as hw:
        await hw.load(folder)
        yield await house_of(hw)


@pytest.fixture
async def reader(house: House) -> Client:
    return await house.someone("reader")


async def test_a_question_is_answered(reader: Client) -> None:
    reply = await reader.send("POST", "/v1/ask", {"question": "how many items per type?"})
    assert (reply.status, reply.json["status"]) == (200, "complete")
    assert reply.headers["content-type"] == "application/json"
    assert reply.json["blocks"][0]["kind"] == "table"


async def test_a_failed_question_is_not_200_and_says_what_to_change(reader: Client) -> None:
    reply = await reader.send("POST", "/v1/ask", {"question": "what is the weather?"})
    assert (reply.status, reply.code) == (422, "question.out_of_field")
    assert reply.json["status"] == 422
    assert reply.json["fault"] == "asker"
    assert reply.json["answer"]["next"]


async def test_a_partial_answer_is_200_and_says_so(reader: Client) -> None:
    plan = {"steps": [{"id": "a", "tool": "test.echo"}, {"id": "b", "tool": "test.fails"}]}
    reply = await reader.send("POST", "/v1/runs", plan)
    assert (reply.status, reply.json["status"]) == (200, "partial")
    assert reply.json["gaps"][0]["step"] == "b"


@pytest.mark.parametrize(
    ("tool", "status", "code"),
    [
        ("test.fails", 502, "tool.raised"),
        ("test.store", 503, "store.failed"),
        ("test.nothing", 404, "tool.unknown"),
        ("test.operate", 403, "access.denied"),
        ("test.bug", 502, "tool.raised"),
    ],
)
async def test_a_failed_call_and_a_failed_plan_have_the_status_of_their_fault(
    reader: Client, tool: str, status: int, code: str
) -> None:
    called = await reader.send("POST", f"/v1/tools/{tool}", {})
    assert (called.status, called.code) == (status, code)
    assert called.json["outcome"]["status"] == "failed"
    ran = await reader.send("POST", "/v1/runs", {"steps": [{"id": "a", "tool": tool}]})
    assert (ran.status, ran.code) == (status, code)


async def test_a_call_that_is_late_is_504(reader: Client, slow: Slow) -> None:
    reply = await reader.send("POST", "/v1/tools/test.slow", {}, headers={"X-Budget": "0.05"})
    assert (reply.status, reply.code) == (504, "limit.deadline")
    assert slow.cancelled_at is not None


async def test_the_budget_of_the_body_wins_over_the_headers(reader: Client) -> None:
    body = {"question": "how many items per type?", "budget_s": 7}
    reply = await reader.send("POST", "/v1/ask", body, headers={"X-Budget": "3"})
    assert reply.json["budget_s"] == 7
    del body["budget_s"]
    reply = await reader.send("POST", "/v1/ask", body, headers={"X-Budget": "3"})
    assert reply.json["budget_s"] == 3


@pytest.mark.parametrize(
    ("raw", "status", "code"),
    [
        (b"{", 400, "http.bad_json"),
        (b"[]", 400, "http.bad_json"),
        (b'{"number": NaN}', 400, "http.bad_json"),
        (b'{"number": 1, "number": 2}', 400, "http.bad_json"),
        (b'{"text": "\\u0000"}', 400, "http.bad_json"),
        (b'{"text": "\\ud800"}', 400, "http.bad_json"),
        (b'{"text": ' + b"[" * 70 + b"]" * 70 + b"}", 400, "http.bad_json"),
        (b'{"text": ' + b"[" * 50_000 + b"}", 400, "http.bad_json"),
        (b'{"number": ' + b"9" * 5_000 + b"}", 400, "http.bad_json"),
        (b'{"text": "\xff"}', 400, "http.bad_json"),
        (b'{"text": 7}', 422, "tool.bad_arguments"),
        (b'{"nothing": 7}', 422, "tool.bad_arguments"),
        (b'{"text": "' + b"x" * 200_000 + b'"}', 413, "http.too_large"),
    ],
)
async def test_a_body_that_is_wrong_is_refused(
    reader: Client, raw: bytes, status: int, code: str
) -> None:
    reply = await reader.send("POST", "/v1/tools/test.echo", raw=raw)
    assert (reply.status, reply.code) == (status, code)


async def test_a_large_body_is_read_and_one_without_a_length_is_bounded(reader: Client) -> None:
    text = "x" * 80_000
    reply = await reader.send("POST", "/v1/tools/test.echo", {"text": text})
    assert reply.json["value"]["text"] == text
    parts = [b'{"text": "', *[b"x" * 30_000] * 4, b'"}']
    reply = await reader.send("POST", "/v1/tools/test.echo", raw=parts)
    assert (reply.status, reply.code) == (413, "http.too_large")
    assert reply.headers["connection"] == "close"


async def test_a_body_of_another_kind_is_415(reader: Client) -> None:
    reply = await reader.send(
        "POST", "/v1/tools/test.echo", raw=b"a=b", headers={"content-type": "text/plain"}
    )
    assert (reply.status, reply.code) == (415, "http.bad_media_type")


@pytest.mark.parametrize(
    ("method", "target", "body", "status", "code"),
    [
        ("POST", "/v1/ask", {"question": "x", "more": 1}, 422, "http.bad_body"),
        ("POST", "/v1/ask", {"question": 7}, 422, "http.bad_body"),
        ("POST", "/v1/ask", {}, 422, "http.bad_body"),
        ("POST", "/v1/ask", {"question": "x", "budget_s": 99}, 422, "http.bad_body"),
        ("POST", "/v1/ask", {"question": "x", "budget_s": True}, 422, "http.bad_body"),
        ("POST", "/v1/ask", {"question": "x", "zone": "Mars/Olympus"}, 422, "http.bad_body"),
        ("POST", "/v1/ask?background=maybe", {"question": "x"}, 400, "http.bad_query"),
        ("POST", "/v1/runs", {"steps": []}, 422, "plan.malformed"),
        ("POST", "/v1/runs", {"steps": [{"id": "a", "tool": "no.such"}]}, 404, "tool.unknown"),
        ("GET", "/v1/runs?limit=many", None, 400, "http.bad_query"),
        ("GET", "/v1/runs?status=odd", None, 422, "run.bad_status"),
        ("GET", "/v1/runs?cursor=odd", None, 422, "query.bad_cursor"),
        ("GET", "/v1/runs/r-none", None, 404, "run.unknown"),
        ("GET", "/v1/runs/r-none/events", None, 404, "run.unknown"),
        ("GET", "/v1/runs/r-none/explain", None, 404, "run.unknown"),
        ("POST", "/v1/runs/r-none/finish", None, 404, "run.unknown"),
        ("POST", "/v1/runs/r-none/cancel", None, 404, "run.unknown"),
        ("POST", "/v1/runs/r-none/again", {}, 404, "run.unknown"),
        ("POST", "/v1/runs/r-none/replay", {}, 404, "run.unknown"),
        ("GET", "/v1/nothing", None, 404, "http.no_such_path"),
        ("DELETE", "/v1/ask", None, 405, "http.no_such_method"),
    ],
)
async def test_what_is_wrong_has_its_status_and_its_code(
    reader: Client, method: str, target: str, body: object, status: int, code: str
) -> None:
    reply = await reader.send(method, target, body)
    assert (reply.status, reply.code) == (status, code)
    assert reply.json["detail"]


async def test_a_run_is_found_listed_explained_asked_again_and_replayed(reader: Client) -> None:
    plan = {"steps": [{"id": "a", "tool": "test.echo"}, {"id": "b", "tool": "test.fails"}]}
    run_id = (await reader.send("POST", "/v1/runs", plan)).json["run_id"]
    found = (await reader.send("GET", f"/v1/runs/{run_id}")).json
    assert (found["run"]["status"], found["result"]["gaps"][0]["step"]) == ("partial", "b")
    listed = (await reader.send("GET", "/v1/runs?limit=1&status=partial")).json
    assert [one["run_id"] for one in listed["runs"]] == [run_id]
    told = (await reader.send("GET", f"/v1/runs/{run_id}/explain")).json
    assert told["events"][-1]["kind"] == "run.answered"
    again = await reader.send("POST", f"/v1/runs/{run_id}/again", {"only": ["b"]})
    assert again.json["outcomes"]["a"]["status"] == "succeeded"
    replayed = await reader.send("POST", f"/v1/runs/{run_id}/replay", {"sequential": True})
    assert (replayed.status, replayed.json["mode"]) == (200, "sequential")


async def test_a_run_in_the_background_is_accepted_and_can_be_cancelled(
    reader: Client, slow: Slow
) -> None:
    plan = {"steps": [{"id": "a", "tool": "test.slow"}]}
    begun = await reader.send("POST", "/v1/runs?background=true", plan)
    assert begun.status == 202
    where = begun.headers["location"]
    assert where == f"/v1/runs/{begun.json['run_id']}"
    with anyio.fail_after(GUARD_S):
        await slow.began.wait()
    assert (await reader.send("GET", where)).json["run"]["status"] is None
    cancelled = await reader.send("POST", f"{where}/cancel")
    assert cancelled.json["status"] == "failed"
    assert (await reader.send("GET", where)).json["code"] == "run.cancelled"


async def test_a_run_is_finished_with_what_is_there(reader: Client, slow: Slow) -> None:
    plan = {"steps": [{"id": "a", "tool": "test.slow"}, {"id": "b", "tool": "test.echo"}]}
    begun = await reader.send("POST", "/v1/runs?background=true", plan)
    with anyio.fail_after(GUARD_S):
        await slow.began.wait()
    finished = await reader.send("POST", f"{begun.headers['location']}/finish")
    assert finished.json["status"] == "partial"


def events_of(body: bytes) -> list[tuple[str, str | None, dict[str, object]]]:
    """Return the server-sent events of a body: kind, id and data."""
    found = []
    for block in body.decode().split("\n\n"):
        fields = dict(
            line.split(": ", 1) for line in block.splitlines() if line[:1] not in {"", ":"}
        )
        if fields:
            found.append((fields["event"], fields.get("id"), json.loads(fields["data"])))
    return found


async def test_events_are_told_as_they_happen_and_then_the_answer(reader: Client) -> None:
    reply = await reader.send(
        "POST",
        "/v1/ask",
        {"question": "how many items per type?"},
        headers={"accept": "text/event-stream"},
    )
    assert reply.headers["content-type"].startswith("text/event-stream")
    events = events_of(reply.body)
    assert events[0][0] == "run.started"
    assert [one[1] for one in events[:-1]] == [str(number) for number in range(len(events) - 1)]
    assert (events[-1][0], events[-1][2]["status"]) == ("answer", "complete")


async def test_what_is_wrong_before_the_first_event_has_a_status(reader: Client) -> None:
    headers = {"accept": "text/event-stream", "X-Budget": "99"}
    reply = await reader.send("POST", "/v1/ask", {"question": "x"}, headers=headers)
    assert (reply.status, reply.code) == (422, "ask.bad_budget")


async def test_a_run_is_followed_from_the_event_last_seen(reader: Client) -> None:
    plan = {"steps": [{"id": "a", "tool": "test.echo"}]}
    run_id = (await reader.send("POST", "/v1/runs", plan)).json["run_id"]
    whole = events_of((await reader.send("GET", f"/v1/runs/{run_id}/events")).body)
    assert whole[0][0] == "run.started"
    assert whole[-1][0] == "result"
    rest = await reader.send("GET", f"/v1/runs/{run_id}/events", headers={"Last-Event-ID": "2"})
    assert events_of(rest.body) == whole[3:]
    odd = await reader.send("GET", f"/v1/runs/{run_id}/events", headers={"Last-Event-ID": "x"})
    assert (odd.status, odd.code) == (400, "http.bad_header")


async def test_a_client_that_goes_away_cancels_its_run_at_once(reader: Client, slow: Slow) -> None:
    for target, body in (
        ("/v1/tools/test.slow", {}),
        ("/v1/runs", {"steps": [{"id": "a", "tool": "test.slow"}]}),
    ):
        slow.began, slow.cancelled_at = anyio.Event(), None
        async with reader.open("POST", target, body) as exchange:
            with anyio.fail_after(GUARD_S):
                await slow.began.wait()
            left_at = anyio.current_time()
            exchange.gone.set()
            with anyio.fail_after(GUARD_S):
                await exchange.ended.wait()
        assert slow.cancelled_at is not None
        assert slow.cancelled_at - left_at < PROMPT_S
        assert exchange.status == 0


async def test_who_only_follows_does_not_end_the_run_by_going_away(
    house: House, reader: Client, slow: Slow
) -> None:
    plan = {"steps": [{"id": "a", "tool": "test.slow"}]}
    where = (await reader.send("POST", "/v1/runs?background=true", plan)).headers["location"]
    async with reader.open("GET", f"{where}/events") as exchange:
        with anyio.fail_after(GUARD_S):
            await exchange.until(b"step.started")
    assert (await reader.send("GET", where)).json["run"]["status"] is None
    await house.hw.live.cancel(where.rpartition("/")[2])


async def test_a_server_that_stops_lets_nobody_in_and_followers_go(
    house: House, reader: Client, slow: Slow
) -> None:
    plan = {"steps": [{"id": "a", "tool": "test.slow"}]}
    where = (await reader.send("POST", "/v1/runs?background=true", plan)).headers["location"]
    async with reader.open("GET", f"{where}/events") as exchange:
        with anyio.fail_after(GUARD_S):
            await exchange.until(b"step.started")
            house.opening.close()
            await exchange.ended.wait()
    refused = await reader.send("POST", "/v1/ask", {"question": "how many items?"})
    assert (refused.status, refused.code) == (503, "limit.stopping")
    assert refused.headers["retry-after"] == "1"
    assert (await house.client(None).send("GET", "/livez")).status == 200
    await house.hw.live.cancel(where.rpartition("/")[2])


async def test_a_request_keeps_its_id_and_gets_one_where_it_has_none(reader: Client) -> None:
    reply = await reader.send("GET", "/v1/tools", headers={"X-Request-ID": "mine-7"})
    assert reply.headers["x-request-id"] == "mine-7"
    for odd in ("a b", "x" * 200, ""):
        reply = await reader.send("GET", "/v1/tools", headers={"X-Request-ID": odd})
        assert reply.headers["x-request-id"] not in {odd, ""}


async def test_health_needs_no_key(house: House) -> None:
    nobody = house.client(None)
    assert (await nobody.send("GET", "/livez")).json == {"status": "alive"}
    assert (await nobody.send("GET", "/readyz")).json["ready"] is True
    assert b"headwater_" in (await nobody.send("GET", "/metrics")).body
    house.hw.health.drain()
    assert (await nobody.send("GET", "/readyz")).status == 503


async def test_the_tools_listed_are_those_that_the_key_may_call(house: House) -> None:
    for role, listed in (("reader", False), ("operator", True)):
        someone = await house.someone(role)  # type: ignore[arg-type]
        tools = (await someone.send("GET", "/v1/tools")).json["tools"]
        assert any(one["name"] == "test.operate" for one in tools) is listed
        assert all(one["arguments"]["type"] == "object" for one in tools)
