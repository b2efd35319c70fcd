"""Patterns of retrieval are plans on the one engine: what fails or is late of them is labelled."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from patience import GUARD_S

from headwater import AsyncHeadwater
from headwater.app.settings import Settings
from headwater.toolkit.tool import tool

TEAMS = {
    team: f"At most {count} connections to orders-db are allowed."
    for team, count in (("orders", 200), ("web", 100))
}
QUESTION = "how many connections to orders-db are allowed?"


@tool(name="names.find", description="Find names, or wait for them.", idempotent=True)
async def names(text: str) -> list[str]:
    """Wait where it is asked to, for as long as it is let."""
    if text == "never":
        await anyio.sleep_forever()
    return [text]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def hw(tmp_path: Path) -> AsyncIterator[AsyncHeadwater]:
    url = f"sqlite:///{tmp_path}/estate.db"
    settings = Settings(embedder="hashing", prepare=False)
    async with AsyncHeadwater.open(url, packs=[[names]], settings=settings) as hw:
        for team, said in TEAMS.items():
            await hw.ingest(f"# {team}\n\n{said}".encode(), source=team, tags={"team": team})
        yield hw


def scatter(*domains: Any) -> dict[str, Any]:
    """Ask every domain the same, and gather what they found."""
    each = {
        "id": "each",
        "tool": "knowledge.answer",
        "for_each": list(domains),
        "args": {"question": QUESTION, "tags": {"$": "item"}},
    }
    gather = {
        "id": "gather",
        "tool": "knowledge.check",
        "when": "each[].sentences[]",
        "args": {"claims": {"$": "each[].sentences[].{text: text, sources: [document.source]}"}},
    }
    return {"steps": [each, gather]}


async def test_names_and_passages_are_looked_for_at_once(hw: AsyncHeadwater) -> None:
    steps = [
        {"id": "names", "tool": "names.find", "args": {"text": "never"}},
        {"id": "passages", "tool": "knowledge.search", "args": {"query": QUESTION}},
    ]
    with anyio.fail_after(GUARD_S):
        run = await hw.run({"steps": steps}, budget_s=2)
    assert run.status == "partial"
    assert run.outcomes["names"].status == "late"
    assert len(run.outcomes["passages"].value["hits"]) == 2


async def test_domains_are_asked_apart_and_what_they_say_is_joined(hw: AsyncHeadwater) -> None:
    with anyio.fail_after(GUARD_S):
        run = await hw.run(scatter(*({"team": team} for team in TEAMS)), budget_s=20)
    assert run.status == "complete"
    verdicts = [one["verdict"] for one in run.outcomes["gather"].value["checks"]]
    assert verdicts == ["contested", "contested"]


async def test_a_domain_that_fails_is_named_and_the_others_are_gathered(
    hw: AsyncHeadwater,
) -> None:
    with anyio.fail_after(GUARD_S):
        run = await hw.run(scatter({"team": "web"}, "no tags", {"team": "orders"}), budget_s=20)
    assert [one.index for one in run.outcomes["each"].failures] == [1]
    assert run.outcomes["each"].value[1] is None
    assert len(run.outcomes["gather"].value["checks"]) == 2


async def test_feedback_is_one_round_and_only_where_it_is_needed(hw: AsyncHeadwater) -> None:
    def asked(question: str) -> dict[str, Any]:
        first = {"id": "first", "tool": "knowledge.answer", "args": {"question": question}}
        again = {
            "id": "again",
            "tool": "knowledge.search",
            "when": "first.found == `false`",
            "args": {"query": {"$": "first.nearest[0].title"}},
            "required": False,
        }
        return {"steps": [first, again]}

    with anyio.fail_after(GUARD_S):
        needed = await hw.run(asked("which cheese suits orders-db?"), budget_s=20)
        spared = await hw.run(asked(QUESTION), budget_s=20)
    assert needed.outcomes["again"].status == "succeeded"
    assert spared.outcomes["again"].status == "skipped"
    assert needed.status == spared.status == "complete"
