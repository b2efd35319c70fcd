"""Bad arguments, plans and names, in Python and on the command line: refused by name."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from headwater import AsyncHeadwater, Headwater
from headwater.entries.cli.main import respond
from headwater.errors import HeadwaterError, UsageError
from headwater.model.principal import Principal

ITEMS = [{"code": f"n{n}", "name": f"node {n} x", "type": "host"} for n in range(5)]
TEN_MB = 10_000_000
LEVELS = 100_000
SURROGATE, NUL = "\ud800", "a\x00b"
CYCLE: dict[str, Any] = {}
CYCLE["a"] = CYCLE


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("bad")
    lines = "".join(json.dumps(one) + "\n" for one in ITEMS)
    (folder / "items.jsonl").write_text(lines, encoding="utf-8")
    url = f"sqlite:///{folder / 'estate.db'}"
    with Headwater.open(url) as hw:
        hw.load(folder)
    return url


def deep(levels: int) -> list[Any]:
    outer: list[Any] = []
    inner = outer
    for _ in range(levels):
        inner.append([])
        inner = inner[0]
    return outer


def condition(field: str, op: str, value: Any) -> dict[str, Any]:
    return {"filters": [{"field": field, "op": op, "value": value}]}


REFUSED: list[tuple[str, Any, str]] = [
    ("ci.serch", {}, "tool.unknown"),
    (SURROGATE, {}, "tool.unknown"),
    ("x" * TEN_MB, {}, "tool.unknown"),
    ("ci.search", "text", "tool.bad_arguments"),
    ("ci.search", {"limit": "many"}, "tool.bad_arguments"),
    ("ci.search", {"limit": -1}, "tool.bad_arguments"),
    ("ci.search", {"limit": 10**400}, "tool.bad_arguments"),
    ("ci.search", {"limit": float("inf")}, "tool.bad_arguments"),
    ("ci.search", {"limit": float("nan")}, "tool.bad_arguments"),
    ("ci.search", {"offset": 2**63}, "tool.bad_arguments"),
    ("ci.search", {"nope": 1}, "tool.bad_arguments"),
    ("ci.search", {SURROGATE: 1}, "tool.bad_arguments"),
    ("ci.search", {"keywords": [SURROGATE]}, "tool.bad_arguments"),
    ("ci.search", {"keywords": [NUL]}, "tool.bad_arguments"),
    ("ci.search", {"keywords": ["x" * TEN_MB]}, "tool.bad_arguments"),
    ("ci.search", {"keywords": ["x"] * 1_000_000}, "tool.bad_arguments"),
    ("ci.search", {"filters": deep(LEVELS)}, "tool.bad_arguments"),
    ("ci.search", condition("name", "eq", deep(LEVELS)), "tool.bad_arguments"),
    ("ci.search", CYCLE, "tool.bad_arguments"),
    ("ci.search", condition("nope", "eq", 1), "query.unknown_field"),
    ("ci.search", condition("name; DROP TABLE x", "eq", 1), "query.unknown_field"),
    ("ci.search", condition("name", "regex", "x"), "tool.bad_arguments"),
    ("ci.search", condition("name", "eq", float("nan")), "query.bad_value"),
    ("ci.search", condition("id", "eq", 2**64), "query.bad_value"),
    ("ci.search", condition("id", "in", [2**64]), "query.bad_value"),
    ("ci.search", condition("created_at", "gt", "soon"), "query.bad_value"),
    ("ci.search", condition(f"tags.{SURROGATE}", "eq", "x"), "tool.bad_arguments"),
    ("ci.search", condition("name", "in", [NUL]), "tool.bad_arguments"),
    ("ci.search", {"sort": [{"field": "name DESC"}]}, "query.unknown_sort"),
    ("ci.search", {"cursor": "junk"}, "query.bad_cursor"),
    ("ci.get", {"id": 2**63}, "tool.bad_arguments"),
    ("ci.get", {"id": 1.5}, "tool.bad_arguments"),
    ("ci.get", {"id": True}, "tool.bad_arguments"),
    ("ci.get", {"id": None}, "tool.bad_arguments"),
    ("ci.aggregate", {"group_by": ["bogus"]}, "query.unknown_field"),
    ("ci.aggregate", {"group_by": ["type"], "top_n": 501}, "tool.bad_arguments"),
    ("graph.expand", {"root": "n1", "view": "sideways"}, "tool.bad_arguments"),
    ("cep.simulate", {"rule": {}}, "rule.bad_trigger"),
    ("cep.simulate", {"rule": CYCLE}, "tool.bad_arguments"),
    ("cep.simulate", {"rule": {"trigger": deep(LEVELS)}}, "tool.bad_arguments"),
]
WINDOWS = (
    "", "/", "x", "last_0s", "last_-1h", "last_999999999999h", "last_99999999999999999999d",
    "last_1e400h", "P999999D", "P999999D/2026-11-20", "2026-11-20/P999999D", "-P1D",
    "0000-01-01/2026-01-01", "99999-01-01/99999-02-01", "0001-01-01/9999-12-31",
    "2026-01-02/2026-01-01", "2026-01-01/2026-01-01", "2026-02-30/2026-03-01",
    "0001-01-01T00:00:00+14:00/9999-12-31T23:59:59-14:00", "now/now", "1e400",
)  # fmt: skip
KEYWORDS = (
    '"', '""', "*", "-", "+", "OR", "AND NOT", "NEAR(a b)", "(", ")", "name:x", "col : a", "^a",
    "a'b", "%", "_", "\\", ";--", "' OR 1=1 --", "{", "", "   ", "\u00e9", "\U0001f642", "a*b",
    "-node", "x OR y", '"node" AND "1"',
)  # fmt: skip


@pytest.mark.parametrize(("tool", "args", "code"), REFUSED, ids=range(len(REFUSED)))
async def test_a_wrong_call_is_told_as_data_by_its_code(
    url: str, tool: str, args: Any, code: str
) -> None:
    async with AsyncHeadwater.open(url) as hw:
        outcome = await hw.call(tool, args)
    assert (outcome.status, outcome.code, outcome.fault) == ("failed", code, "asker")
    assert 10 < len(outcome.message) < 1_000


async def test_absurd_windows_are_refused_by_name(url: str) -> None:
    async with AsyncHeadwater.open(url) as hw:
        for window in WINDOWS:
            outcome = await hw.call("history.recent", {"window": window})
            assert (outcome.status, outcome.code) == ("failed", "window.bad"), window
            assert repr(window)[:20] in outcome.message


async def test_keywords_are_words_and_no_syntax(url: str) -> None:
    """Whatever a keyword looks like, both stores find the same, and never an error."""
    folder = Path(url.removeprefix("sqlite:///")).parent
    async with AsyncHeadwater.open(url) as disk, AsyncHeadwater.open("memory:") as memory:
        await memory.load(folder)
        for keyword in KEYWORDS:
            for args in ({"keywords": [keyword]}, {"keywords": [keyword, "node"], "match": "any"}):
                found = [await hw.call("ci.search", args) for hw in (disk, memory)]
                assert [one.status for one in found] == ["succeeded", "succeeded"], keyword
                assert found[0].value["total"] == found[1].value["total"], keyword
            assert (await disk.call("estate.resolve", {"terms": [keyword]})).status == "succeeded"


STEP = {"id": "a", "tool": "ci.search", "args": {}}


def second(**parts: Any) -> dict[str, Any]:
    return {"steps": [STEP, {"id": "b", "tool": "ci.get", **parts}]}


PLANS: list[tuple[Any, str]] = [
    (None, "plan.malformed"),
    ("text", "plan.malformed"),
    ({}, "plan.malformed"),
    ({"steps": {}}, "plan.malformed"),
    ({"steps": [1]}, "plan.malformed"),
    ({"steps": [{}]}, "plan.malformed"),
    ({"steps": [{**STEP, "colour": 1}]}, "plan.malformed"),
    ({"steps": [{**STEP, "within_s": -1}]}, "plan.malformed"),
    ({"steps": [{**STEP, "within_s": float("nan")}]}, "plan.malformed"),
    ({"steps": [{**STEP, "args": {"keywords": [SURROGATE]}}]}, "plan.malformed"),
    ({"steps": [{**STEP, "args": {"x": object()}}]}, "plan.malformed"),
    ({"steps": [STEP, STEP]}, "plan.bad_id"),
    ({"steps": [{**STEP, "id": "9"}]}, "plan.bad_id"),
    ({"steps": [{**STEP, "id": "a\n"}]}, "plan.bad_id"),
    ({"steps": [{**STEP, "tool": "no.tool"}]}, "tool.unknown"),
    ({"steps": [{**STEP, "args": {"lim": 1}}]}, "tool.bad_arguments"),
    ({"steps": [{**STEP, "after": ["a"]}]}, "plan.cycle"),
    ({"steps": [{**STEP, "after": ["b"]}, {**STEP, "id": "b", "after": ["a"]}]}, "plan.cycle"),
    ({"steps": [{**STEP, "fallback": "a"}]}, "plan.cycle"),
    ({"steps": [{**STEP, "after": ["gone"]}]}, "plan.unknown_step"),
    (second(args={"id": {"$": "gone.x"}}), "plan.unknown_step"),
    (second(args={"id": {"$": "a.items[*"}}), "plan.bad_reference"),
    (second(args={"id": {"$": "a" + ".x" * 100_000}}), "plan.bad_reference"),
    (second(args={"id": {"$": "nope(a)"}}), None),
    (second(args={"id": 1}, for_each=list(range(5_000))), "limit.elements"),
    ({"steps": [{**STEP, "id": f"a{n}"} for n in range(5_000)]}, "limit.steps"),
    ({"steps": [{**STEP, "args": {"keywords": ["x" * TEN_MB]}}]}, "limit.plan_bytes"),
    ({"steps": deep(LEVELS)}, "limit.nesting"),
    ({"steps": [{**STEP, "args": CYCLE}]}, "limit.nesting"),
]  # type: ignore[list-item]


@pytest.mark.parametrize(("plan", "code"), PLANS, ids=range(len(PLANS)))
async def test_a_wrong_plan_is_refused_before_anything_runs(
    url: str, plan: Any, code: str | None
) -> None:
    async with AsyncHeadwater.open(url) as hw:
        before = len(await hw.runs(limit=1_000))
        if code is None:  # only the run itself can tell
            assert (await hw.run(plan)).outcomes["b"].status == "failed"
            return
        with pytest.raises(UsageError) as refused:
            await hw.run(plan)
        assert refused.value.code == code
        assert len(refused.value.message) < 1_000
        assert len(await hw.runs(limit=1_000)) == before


ODD: list[tuple[Callable[[AsyncHeadwater], Any], str]] = [
    (lambda hw: hw.ask(SURROGATE), "question.bad_text"),
    (lambda hw: hw.ask(None), "question.bad_text"),
    *[
        (lambda hw, b=budget: hw.ask("what is n1?", budget_s=b), "ask.bad_budget")
        for budget in (0, -1, 61, 0.049, float("nan"), float("inf"), "2s")
    ],
    (lambda hw: hw.explain(SURROGATE), "run.unknown"),
    (lambda hw: hw.explain(NUL), "run.unknown"),
    (lambda hw: hw.explain(5), "run.unknown"),
    (lambda hw: hw.again("nope"), "run.unknown"),
    (lambda hw: hw.replay("nope"), "run.unknown"),
    (lambda hw: hw.runs(limit="x"), "run.bad_limit"),
    (lambda hw: hw.load(NUL), "load.no_such_path"),
    (lambda hw: hw.load(SURROGATE), "load.no_such_path"),
    (lambda hw: hw.load("x" * 5_000), "load.no_such_path"),
    (lambda hw: hw.export(NUL), "export.unwritable"),
    (lambda hw: hw.export(SURROGATE), "export.unwritable"),
    (lambda hw: hw.value("no.tool", {}), "tool.unknown"),
    *[
        (lambda hw, n=name: hw.call("ci.get", {"id": 1}, principal=n), "principal.bad")
        for name in (Principal(SURROGATE), Principal(NUL), Principal(""), "me",
                     Principal("x" * 600), Principal("a", roles=(SURROGATE,)))
    ],
]  # fmt: skip


@pytest.mark.parametrize(("ask", "code"), ODD, ids=range(len(ODD)))
async def test_odd_words_are_refused_by_name(
    url: str, ask: Callable[[AsyncHeadwater], Any], code: str
) -> None:
    async with AsyncHeadwater.open(url) as hw:
        with pytest.raises(HeadwaterError) as refused:
            await ask(hw)
    assert refused.value.code == code
    refused.value.message.encode()


OPENINGS: list[tuple[Mapping[str, Any], str]] = [
    ({"url": "postgres://x"}, "database.bad_url"),
    ({"url": "sqlite:///"}, "database.bad_url"),
    ({"url": f"sqlite:////tmp/{NUL}"}, "database.bad_url"),
    ({"url": f"sqlite:////tmp/{SURROGATE}"}, "database.bad_url"),
    ({"url": Path("estate.db")}, "database.bad_url"),
    ({"url": "sqlite:////" + "d/" * 3_000 + "x"}, "store.no_folder"),
    ({"url": "sqlite:////no/such/folder/x.db"}, "store.no_folder"),
    ({"url": "memory:", "tenant": NUL}, "principal.bad"),
    ({"url": "memory:", "tenant": SURROGATE}, "principal.bad"),
    ({"url": "memory:", "packs": [[5]]}, "pack.bad"),
]


@pytest.mark.parametrize(("options", "code"), OPENINGS, ids=range(len(OPENINGS)))
def test_what_cannot_be_opened_is_refused_by_name(options: Mapping[str, Any], code: str) -> None:
    with pytest.raises(UsageError) as refused, Headwater.open(**options):
        pass
    assert refused.value.code == code
    refused.value.message.encode()


LINES: list[tuple[list[str], int, str]] = [
    (["bogus"], 2, "cli.usage"),
    (["ask"], 2, "cli.no_question"),
    (["ask", "x", "--budget", "abc"], 2, "cli.usage"),
    (["ask", "x", "--budget", "61"], 2, "ask.bad_budget"),
    (["ask", "what is \udcff?"], 2, "cli.not_text"),
    (["--tenant", "\udcff", "runs"], 2, "cli.not_text"),
    (["call", "ci.search", "["], 2, "cli.bad_json"),
    (["call", "ci.search", '{"limit": NaN}'], 2, "cli.bad_json"),
    (["call", "ci.search", '{"limit": ' + "9" * 5_000 + "}"], 2, "cli.bad_json"),
    (["call", "ci.search", '{"filters": ' + "[" * LEVELS + "]" * LEVELS + "}"], 2, "cli.bad_json"),
    (["call", "ci.search", '{"keywords": ["\\ud800"]}'], 2, "cli.not_text"),
    (["call", "no.tool", "{}"], 1, "tool.unknown"),
    (["call", "ci.search", '{"limit": 1e400}'], 1, "tool.bad_arguments"),
    (["call", "ci.search", "@/no/such"], 2, "cli.unreadable"),
    (["run", "/no/such"], 2, "cli.unreadable"),
    (["run", "/"], 2, "cli.unreadable"),
    (["load", "/no/such"], 2, "load.no_such_path"),
    (["load", "x" * 5_000], 2, "load.no_such_path"),
    (["load", "/dev/null"], 2, "load.empty"),
    (["load", "/", "--as", "xml"], 2, "cli.usage"),
    (["export", "/dev/null/x"], 1, "export.unwritable"),
    (["explain", "nope"], 2, "run.unknown"),
    (["tools", "more"], 2, "cli.usage"),
]


@pytest.mark.parametrize(("words", "status", "code"), LINES, ids=range(len(LINES)))
def test_a_wrong_command_line_gives_one_json_document_and_its_status(
    url: str, words: list[str], status: int, code: str
) -> None:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        ended = respond([*words, "--json", "--database", url])
    document = json.loads(out.getvalue())
    told = document.get("error", document)
    assert (ended, told["code"], document["status"]) == (status, code, "failed")
    assert "Traceback" not in err.getvalue()
    assert told["message"]
