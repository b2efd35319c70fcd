"""The same question through every entry: one answer, whoever carried it in and whatever holds it.

Compared are values, blocks, summaries and statuses; run ids, times of observing and elapsed
seconds differ by nature and are dropped.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC
from pathlib import Path
from typing import Any

import aiohttp
import anyio
import pytest
from mcp import Client

from headwater import AsyncHeadwater, Headwater
from headwater.app.settings import find_settings
from headwater.entries.cli.main import respond
from headwater.entries.mcp.server import make_server
from headwater.entries.serve.compose import served
from headwater.entries.serve.connection import Bounds
from headwater.entries.serve.server import address_of, bind
from headwater.entries.serve.server import make_server as make_http_server
from headwater.entries.wire.encode import plain
from headwater.entries.wire.opening import Opening

WINDOW = "2026-11-20T00:00:00Z/2026-11-20T06:00:00Z"
START_S = 1_795_132_800
DROPPED = {"run_id", "elapsed_s", "observed_at", "asked_at", "created_at", "updated_at", "attempts",
           "via", "budget_s"}  # fmt: skip
QUESTIONS = (
    "how many items per type?",
    "how many items per owner?",
    "how many devices per site?",
    "count services",
    "list all services",
    "list all hosts",
    "show the hosts in ber",
    "what is shop?",
    "what is orders-db?",
    "what is host-1?",
    "what is nobody-knows-it?",
    "what breaks if host-1 fails?",
    "what breaks if orders-db fails?",
    "what depends on orders-db?",
    "what does shop depend on?",
    "how does shop reach host-1?",
    "how does host-1 reach shop?",
    "what changed on shop since 2026-11-19?",
    "what changed since 2026-11-19?",
    "p95 latency of shop between 2026-11-20 00:00 and 2026-11-20 06:00",
    "avg latency_ms of shop since 2026-11-19",
    "plot latency of shop since 2026-11-20",
    "max latency of shop since 2026-11-19",
    "would slow-shop have fired since 2026-11-19?",
    "would deployed have fired since 2026-11-19?",
    "why is shop slow?",
    "how is orders-db?",
    "what is the weather in Berlin?",
    "find orders",
    "which services are owned by web?",
)
CALLS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("estate.resolve", {"terms": ["shop"]}),
    ("estate.resolve", {"terms": ["ordrs-db", "web"]}),
    ("ci.search", {"keywords": ["shop"]}),
    ("ci.search", {"keywords": ["or"], "limit": 2}),
    ("ci.search", {"keywords": ["shop", "host"], "match": "any"}),
    ("ci.search", {"filters": [{"field": "tags.tier", "op": "eq", "value": "1"}]}),
    ("ci.search", {"sort": [{"field": "name"}], "limit": 3, "offset": 1}),
    ("ci.search", {"filters": [{"field": "nope", "op": "eq", "value": 1}]}),
    ("ci.search", {"limit": 0}),
    ("ci.get", {"id": "shop"}),
    ("ci.get", {"id": "nobody"}),
    ("ci.get_by_code", {"code": "host-1"}),
    ("ci.aggregate", {"group_by": ["type"]}),
    ("ci.aggregate", {"group_by": ["tags.tier"], "top_n": 1}),
    ("ci.aggregate", {"group_by": ["bogus"]}),
    ("ci.list_preview", {"limit": 2}),
    ("metric.aggregate", {"metric": "latency_ms", "window": WINDOW, "aggregate": "p95"}),
    ("metric.aggregate", {"metric": "latency_ms", "window": WINDOW, "aggregate": "stddev",
                          "ci_ids": ["shop"], "group_by": "ci"}),
    ("metric.aggregate", {"metric": "requests", "window": WINDOW, "aggregate": "rate"}),
    ("metric.aggregate", {"metric": "nope", "window": WINDOW, "aggregate": "avg"}),
    ("metric.series_table", {"metric": "latency_ms", "ci": "shop", "window": WINDOW,
                             "step_s": 900}),
    ("metric.series_table", {"metric": "latency_ms", "ci": "shop", "window": WINDOW, "limit": 3}),
    ("graph.expand", {"root": "host-1", "view": "impact"}),
    ("graph.expand", {"root": "shop", "view": "neighbours", "depth": 2}),
    ("graph.path", {"source": "shop", "target": "host-1"}),
    ("graph.path", {"source": "host-1", "target": "island"}),
    ("history.recent", {"window": "2026-11-19/2026-11-21"}),
    ("history.recent", {"window": "2026-11-19/2026-11-21", "ci_ids": ["shop"], "limit": 1}),
    ("cep.simulate", {"rule": "slow-shop", "period": WINDOW}),
    ("cep.simulate", {"rule": "deployed", "period": "2026-11-19/2026-11-21"}),
)  # fmt: skip
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+(Z|\+00:00)|\d{4}-\d\d-\d\d \d\d:\d\d")
"""An instant of asking: with a fraction of a second, which the estate's have not, or in a title."""
OFFSET = re.compile(r"(?<=\d\d:\d\d:\d\d)\+00:00$")
ITEMS = [
    {"code": "shop", "name": "shop", "type": "service", "owner": "web", "tags": {"tier": "1"}},
    {"code": "orders-api", "name": "orders api", "type": "service", "owner": "web"},
    {"code": "orders-db", "name": "orders-db", "type": "database", "owner": "data"},
    {"code": "host-1", "name": "host-1", "type": "host", "location": "ber", "tags": {"tier": "2"}},
    {"code": "island", "name": "island", "type": "host", "location": "muc"},
]
FILES: dict[str, list[dict[str, Any]]] = {
    "items": ITEMS,
    "relations": [
        {"source": "shop", "target": "orders-api", "type": "depends_on"},
        {"source": "orders-api", "target": "orders-db", "type": "depends_on"},
        {"source": "orders-db", "target": "host-1", "type": "runs_on"},
    ],
    "metrics": [{"name": "requests", "kind": "counter"}, {"name": "latency_ms", "unit": "ms"}],
    "history": [
        {"ci": "shop", "kind": "deployment", "at": START_S + 60, "title": "release 7"},
        {"ci": "shop", "kind": "change", "at": START_S + 90, "title": "flag on", "severity": "low"},
        {"ci": "orders-db", "kind": "incident", "at": START_S + 99, "title": "slow disk"},
    ],
    "rules": [
        {"code": "slow-shop", "name": "slow-shop", "trigger": {
            "type": "metric", "metric": "latency_ms", "aggregate": "avg", "window": "5m",
            "comparison": "gt", "threshold": 300}},
        {"code": "deployed", "name": "deployed", "trigger": {"type": "event",
                                                             "kinds": ["deployment"]}},
    ],
}  # fmt: skip


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundle")
    for name, rows in FILES.items():
        text = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")
    samples = "".join(
        f"latency_ms,shop,{START_S + 60 * n},{n * 7919 % 500 / 8}\n"
        f"latency_ms,orders-api,{START_S + 60 * n},{n}\n"
        f"requests,shop,{START_S + 60 * n},{n * 30 % 2000}\n"
        for n in range(360)
    )
    (folder / "samples.csv").write_text(f"metric,ci,at,value\n{samples}", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def url(bundle: Path) -> str:
    """Return the URL of that estate on disk, loaded by the command line."""
    url = f"sqlite:///{bundle / 'estate.db'}"
    status, _ = by_command_line(url, "load", str(bundle))
    assert status == 0
    return url


def by_command_line(url: str, *words: str) -> tuple[int, Any]:
    """Return the exit status of a command line, carried out in this process, and its document."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        status = respond([*words, "--json", "--database", url])
    return status, json.loads(out.getvalue())


@contextlib.contextmanager
def in_utc() -> Iterator[None]:
    """Have the command line read words of time in UTC, as the other entries here do."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = "UTC"
    try:
        yield
    finally:
        if before is None:
            del os.environ["TZ"]
        else:
            os.environ["TZ"] = before


def kept(value: Any) -> Any:
    """Return plain data without what differs from call to call."""
    if isinstance(value, dict):
        return {name: kept(one) for name, one in value.items() if name not in DROPPED}
    if isinstance(value, list):
        return [kept(one) for one in value]
    return MOMENT.sub("(asked)", value) if isinstance(value, str) else value


async def asked(url: str, bundle: Path) -> tuple[list[Any], list[Any]]:
    """Return the answers and outcomes of an estate through the async client."""
    async with AsyncHeadwater.open(url) as hw:
        if url == "memory:":
            await hw.load(bundle)
        answers = [kept(plain(await hw.ask(one, zone=UTC, budget_s=30))) for one in QUESTIONS]
        outcomes = [kept(plain(await hw.call(*one))) for one in CALLS]
    return answers, outcomes


def same(name: str, whats: Any, *pair: list[Any]) -> None:
    """Compare two lists one by one, so that a difference names what was asked."""
    for what, first, second in zip(whats, *pair, strict=True):
        assert first == second, f"{name}: {what}"


async def test_async_on_memory_equals_async_on_sqlite(url: str, bundle: Path) -> None:
    memory, sqlite = await asked("memory:", bundle), await asked(url, bundle)
    same("answers", QUESTIONS, memory[0], sqlite[0])
    same("outcomes", CALLS, memory[1], sqlite[1])


def test_blocking_equals_async(url: str, bundle: Path) -> None:
    answers, outcomes = anyio.run(asked, url, bundle)
    with Headwater.open(url) as hw:
        same(
            "answers",
            QUESTIONS,
            [kept(plain(hw.ask(one, zone=UTC, budget_s=30))) for one in QUESTIONS],
            answers,
        )
        same("outcomes", CALLS, [kept(plain(hw.call(*one))) for one in CALLS], outcomes)


def test_the_command_line_equals_python(url: str, bundle: Path) -> None:
    answers, outcomes = anyio.run(asked, url, bundle)
    with in_utc():
        by_words = [by_command_line(url, "ask", one, "--budget", "30s") for one in QUESTIONS]
    by_json = [by_command_line(url, "call", tool, json.dumps(args)) for tool, args in CALLS]
    same("answers", QUESTIONS, [kept(one) for _, one in by_words], answers)
    same("outcomes", CALLS, [kept(one) for _, one in by_json], outcomes)
    statuses = {"complete": 0, "succeeded": 0, "partial": 3, "late": 3, "failed": 1}
    for status, document in (*by_words, *by_json):
        assert status == statuses[document["status"]]


async def by_mcp(url: str) -> tuple[list[Any], list[Any]]:
    """Return the answers and outcomes of an estate as an agent is given them."""
    rows = 1000
    async with AsyncHeadwater.open(url) as hw, Client(make_server(hw, nobody)) as client:

        async def given(tool: str, arguments: dict[str, Any]) -> Any:
            return kept((await client.call_tool(tool, arguments)).structured_content)

        answers = [
            await given("ask", {"question": one, "zone": "UTC", "budget_s": 30, "rows": rows})
            for one in QUESTIONS
        ]
        outcomes = [await given(tool.replace(".", "_"), args) for tool, args in CALLS]
    return answers, outcomes


@contextlib.asynccontextmanager
async def served_at(url: str) -> AsyncIterator[aiohttp.ClientSession]:
    """Serve an estate at a real socket in this process, and give a client with a key."""
    settings, opening, bound = find_settings(), Opening(), bind("127.0.0.1", 0)
    async with served(url, opening, host="127.0.0.1", settings=settings) as service:
        server = make_http_server(service.app, Bounds.of(settings))
        await server.startup(sockets=[bound])
        made = await service.hw.access.create_key(role="reader")
        headers = {"Authorization": f"Bearer {made.key}"}
        async with aiohttp.ClientSession(address_of(bound), headers=headers) as client:
            yield client
        server.force_exit = True
        await server.shutdown(sockets=[bound])


def told(document: dict[str, Any], what: str) -> Any:
    """Return the answer or the outcome in a response: a problem has it beside its own words."""
    if "detail" in document:
        assert document["code"], document
        return kept(document[what])
    return kept(document)


async def by_http(url: str) -> tuple[list[Any], list[Any]]:
    """Return the answers and outcomes of an estate over HTTP."""
    answers, outcomes = [], []
    async with served_at(url) as client:
        for one in QUESTIONS:
            body = {"question": one, "zone": "UTC", "budget_s": 30}
            async with client.post("/v1/ask", json=body) as reply:
                document = await reply.json(content_type=None)
            answers.append(told(document, "answer"))
            assert (reply.status == 200) is (answers[-1]["status"] != "failed")
        for tool, args in CALLS:
            async with client.post(f"/v1/tools/{tool}", json=args) as reply:
                document = await reply.json(content_type=None)
            outcomes.append(told(document, "outcome"))
            assert (reply.status == 200) is (outcomes[-1]["status"] == "succeeded")
    return answers, outcomes


async def by_websocket(url: str) -> tuple[list[Any], list[Any]]:
    """Return the answers and outcomes of an estate over a WebSocket."""
    answers, outcomes = [], []
    async with served_at(url) as client, client.ws_connect("/v1/live") as line:

        async def asked_for(what: str, message: dict[str, Any]) -> Any:
            await line.send_json(message)
            while (answer := await line.receive_json()).get("type") != what:
                assert answer["type"] != "error", answer
            return kept(answer[what])

        await line.send_json({"do": "unsubscribe"})
        for one in QUESTIONS:
            body = {"do": "ask", "question": one, "zone": "UTC", "budget_s": 30}
            answers.append(await asked_for("answer", body))
        for tool, args in CALLS:
            body = {"do": "call", "tool": tool, "args": args}
            outcomes.append(await asked_for("outcome", body))
    return answers, outcomes


@pytest.mark.parametrize("entry", [by_http, by_websocket])
async def test_what_is_served_equals_python(entry: Any, url: str, bundle: Path) -> None:
    (answers, outcomes), (answered, given) = await entry(url), await asked(url, bundle)
    same("answers", QUESTIONS, answers, answered)
    same("outcomes", CALLS, outcomes, given)


async def nobody(ctx: Any) -> None:
    """Let an agent ask as the client's own principal."""
    del ctx


async def test_mcp_equals_python(url: str, bundle: Path) -> None:
    (answers, outcomes), (answered, given) = await by_mcp(url), await asked(url, bundle)
    same("answers", QUESTIONS, answers, answered)
    same("outcomes", CALLS, outcomes, given)


async def test_parallel_equals_sequential(url: str, bundle: Path) -> None:
    del bundle
    async with AsyncHeadwater.open(url) as hw:
        for question in QUESTIONS:
            answer = await hw.ask(question, zone=UTC, budget_s=30)
            if not answer.evidence:
                continue
            report = await hw.replay(answer.run_id, sequential=True)
            assert not report.differences, question


async def test_a_typed_value_equals_the_outcomes(url: str, bundle: Path) -> None:
    del bundle
    async with AsyncHeadwater.open(url) as hw:
        for tool, args in CALLS:
            outcome = await hw.call(tool, args)
            if outcome.status != "succeeded":
                continue
            space, _, name = tool.partition(".")
            function: Callable[..., Any] = getattr(getattr(hw, space), name)
            typed = plain(await function(**args))
            assert zulu(kept(typed)) == zulu(kept(plain(outcome.value))), tool


def zulu(value: Any) -> Any:
    """Write instants in UTC as JSON results do, whichever way they were written."""
    if isinstance(value, dict):
        return {name: zulu(one) for name, one in value.items()}
    if isinstance(value, list):
        return [zulu(one) for one in value]
    return OFFSET.sub("Z", value) if isinstance(value, str) else value
