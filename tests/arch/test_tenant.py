"""Every statement that reaches the estate's tables names whose rows it means."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from estate import write_bundle
from sqlalchemy import Engine, event

from headwater import AsyncHeadwater
from headwater.packs.cep import tools as cep
from headwater.packs.ci import tools as ci
from headwater.packs.estate import tools as estate
from headwater.packs.graph import tools as graph
from headwater.packs.history import tools as history
from headwater.packs.knowledge import tools as knowledge
from headwater.packs.metric import tools as metric
from headwater.toolkit.tool import Tool

WINDOW = {"window": "last_1d"}
LATENCY = {"metric": "latency_ms", **WINDOW}
TIER = {"field": "tags.tier", "value": "1"}
CALLS: list[tuple[Tool, dict[str, Any]]] = [
    (estate.resolve, {"terms": ["orders", "oslo"]}),
    (ci.search, {"keywords": ["ord"], "filters": [TIER]}),
    (ci.search_like, {"keywords": ["ord"]}),
    (ci.list_preview, {}),
    (ci.get, {"id": 1}),
    (ci.get_by_code, {"code": "orders-db"}),
    (ci.aggregate, {"group_by": "type", "metrics": ["count", "count_distinct(owner)"]}),
    (ci.aggregate, {"group_by": "tags.tier", "ci_ids": ["orders-db"]}),
    *[
        (metric.aggregate, {**LATENCY, "aggregate": how, "group_by": by})
        for how in ("count", "avg", "last", "stddev", "p95")
        for by in (None, "ci")
    ],
    (metric.aggregate, {"metric": "requests_total", "aggregate": "rate", **WINDOW}),
    (metric.series_table, {**LATENCY, "ci": "orders-api"}),
    (metric.series_table, {**LATENCY, "ci": "orders-api", "step_s": 60}),
    (graph.expand, {"root": "orders-db", "view": "impact", "depth": 4}),
    (graph.path, {"source": "storefront", "target": "host-1"}),
    (history.recent, {**WINDOW, "filters": [TIER]}),
    (cep.simulate, {"rule": "slow-checkout"}),
    (cep.simulate, {"rule": {"type": "event", "kinds": ["incident"]}}),
    (knowledge.search, {"query": "what to do when orders-db is slow"}),
    *[
        (knowledge.search, {"query": "slow", **filters})
        for filters in ({"tags": {"team": "a"}}, {"items": ["orders-db"]}, {"dates": "last_90d"})
    ],
    (knowledge.fetch, {"ids": [1, 2]}),
    (knowledge.related, {"query": "the database behind checkout is slow"}),
    (knowledge.answer, {"question": "what do I do when orders-db is slow?"}),
    (knowledge.runbooks, {"names": ["orders-db slow"], "items": ["orders-db"]}),
    (knowledge.check, {"claims": [{"text": "Restart orders-db.", "sources": ["slow.md"]}]}),
]
RUNBOOK = b"# Orders-db is slow\n\n## Mitigation\n\nRestart orders-db.\n"
OF_NO_TENANT = [
    # The next id is free for all tenants.
    r"SELECT coalesce\(max\(\w+\.id\), \?\) AS \w+ FROM \w+",
    # Words of the full-text index are kept by the item's id, and read joined with the item.
    r"SELECT 1 FROM item_text LIMIT 0",
    r"INSERT INTO item_text \(rowid, .*",
    r"DELETE FROM item_text WHERE rowid = \?",
    # What a replacing load brought, by ids, in a table that only its connection sees.
    r"(CREATE TEMPORARY TABLE|DROP TABLE|CREATE INDEX|INSERT INTO) (ix_)?brought_.*",
]


@pytest.fixture
def statements() -> Iterator[list[str]]:
    """Give the statements that SQLAlchemy hands to a driver, as they are handed over."""
    found: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        found.append(" ".join(statement.split()))

    event.listen(Engine, "before_cursor_execute", note)
    yield found
    event.remove(Engine, "before_cursor_execute", note)


def without_tenant(statements: list[str]) -> set[str]:
    """Return the statements that name no tenant and are not explained."""
    return {
        one
        for one in statements
        if "tenant" not in one and not any(re.fullmatch(why, one) for why in OF_NO_TENANT)
    }


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_every_statement_names_its_tenant(tmp_path: Path, statements: list[str]) -> None:
    bundle = await anyio.to_thread.run_sync(write_bundle, tmp_path / "bundle")
    async with AsyncHeadwater.open(f"sqlite:///{tmp_path}/estate.db") as hw:
        await hw.runs()
        statements.clear()  # what made the tables is nobody's
        await hw.load(bundle)
        await anyio.Path(bundle / "relations.jsonl").unlink()
        await hw.load(bundle, replace=True)
        for text in (RUNBOOK, RUNBOOK, RUNBOOK.replace(b"Restart", b"Drain")):
            await hw.ingest(text, source="slow.md", tags={"team": "a"})
        await hw.ingest(b"Tea is made with water.", source="tea.txt")
        await hw.documents.recent()
        await hw.documents.forget("tea.txt")
        for tool, arguments in CALLS:
            outcome = await hw.call(tool.name, arguments)
            assert outcome.status == "succeeded", f"{tool.name} {arguments}: {outcome}"
        answer = await hw.ask("why is checkout-api slow?")
        await hw.replay(answer.run_id)
        await hw.again(answer.run_id)
        await hw.export(tmp_path / "export")
    assert len(set(statements)) > 50
    assert without_tenant(statements) == set()


def test_a_statement_of_no_tenant_is_found_out() -> None:
    wrong = "SELECT configuration_item.code FROM configuration_item WHERE configuration_item.id = ?"
    assert without_tenant([wrong]) == {wrong}


ABOUT = {"items": ["orders-api"]}


async def _work(hw: AsyncHeadwater) -> None:
    """Call every tool of work that needs nothing from elsewhere, each so that it succeeds."""

    async def call(tool: str, /, **arguments: Any) -> Any:
        outcome = await hw.call(f"work.{tool}", arguments)
        assert outcome.status == "succeeded", f"{tool} {arguments}: {outcome}"
        return outcome.value

    team = (await call("create_team", name="Core"))["id"]
    invitation = await call("invite", team=team, email="ann@example.org")
    await call("join", code=invitation["code"])
    await call("revoke_invitation", invitation=invitation["id"])
    await call("set_member", team=team, person="ann", role="member")
    version = (await call("remove_member", team=team, person="ann"))["version"]
    await call("update_team", team=team, version=version, changes={"name": "B"})
    project = (await call("create_project", team=team, name="P", items=["orders-db"]))["id"]
    new = {"project": project, "kind": "idea"}
    one = (await call("create_item", title="a", items=["orders-api"], **new))["id"]
    two = (await call("create_item", title="b", parent=one, assignee="ann", **new))["id"]
    await call("depend", item=one, on=two, type="related")
    await call("update_item", item=two, version=1, changes={"status": "done", "items": []})
    await call("move_item", item=two, version=2, parent=None)
    await call("promote_idea", item=two, version=3)
    held = await call("project", project=project)
    await call("update_project", project=project, version=held["version"], changes=ABOUT)
    session = (await call("start_session", project=project, goal="why"))["id"]
    await call("note", session=session, text="x")
    await call("add_run", session=session, run="r")
    for name in ("leave_session", "join_session", "join_session"):
        await call(name, session=session)
    await call("resume")
    ids = {"team": team, "project": project, "item": one, "session": session}
    for name, number in ids.items():
        await call(name, **{name: number})
    for name, noun in (("invitations", "team"), ("activity", "project"), ("dependencies", "item")):
        await call(name, **{noun: ids[noun]})
    await call("end_session", session=session)
    await call("projects", team=team, status=["active"], ci="orders-api", text="p")
    await call("items", project=project, status=["new"], kind=["idea"], ci="orders-db", text="a")
    await call("items", assignee="ann", parent=one, limit=1)
    await call("sessions", project=project, open_only=True)
    for name in ("open", "who"):
        await call(name, ci="orders-db")
    await call("undepend", item=one, on=two, type="related")
    await call("depend", item=one, on=two, type="blocks")
    for name in ("item", "project"):
        found = await call(name, **{name: ids[name]})
        await call(f"delete_{name}", **{name: found["id"]}, version=found["version"])
    assert (await call("teams"))["total"] == 1


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_every_statement_of_work_names_its_tenant(
    tmp_path: Path, statements: list[str]
) -> None:
    bundle = await anyio.to_thread.run_sync(write_bundle, tmp_path / "bundle")
    async with AsyncHeadwater.open(f"sqlite:///{tmp_path}/estate.db") as hw:
        await hw.load(bundle)
        await hw.runs()
        statements.clear()
        await _work(hw)
    assert len(set(statements)) > 60
    assert without_tenant(statements) == set()
