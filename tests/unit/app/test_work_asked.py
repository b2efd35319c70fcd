"""Work is asked about in plain words, and answered for whoever asks alone."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from anyio import to_thread

from headwater import AsyncHeadwater, Question
from headwater.model.principal import Principal
from headwater.reading.read import read

pytestmark = pytest.mark.anyio
ANN = Principal("default", "ann", ("operator",))
EVE = Principal("default", "eve", ("operator",))


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def value(hw: AsyncHeadwater, tool: str, who: Principal = ANN, **arguments: Any) -> Any:
    outcome = await hw.call(f"work.{tool}", arguments, principal=who)
    assert outcome.status == "succeeded", outcome
    return outcome.value


def write_items(folder: Path) -> Path:
    """Write the few items that the questions name, as a bundle."""
    codes = ("checkout", "db-orders-1", "storefront")
    rows = [json.dumps({"code": one, "name": one, "type": "service"}) for one in codes]
    (folder / "items.jsonl").write_text("\n".join(rows), encoding="utf-8")
    return folder


@pytest.fixture
async def hw(tmp_path: Path) -> AsyncIterator[AsyncHeadwater]:
    """Give an estate with a project that is about two of its items."""
    async with AsyncHeadwater.open("memory:") as opened:
        await opened.load(await to_thread.run_sync(write_items, tmp_path), kind="bundle")
        team = await value(opened, "create_team", name="Core")
        project = await value(
            opened, "create_project", team=team["id"], name="Faster checkout",
            items=["checkout"], constraints=["no downtime"],
        )  # fmt: skip
        new = {"project": project["id"], "kind": "todo"}
        first = await value(
            opened, "create_item", title="Raise the pool", assignee="ann", status="in_progress",
            items=["db-orders-1"], **new,
        )  # fmt: skip
        second = await value(opened, "create_item", title="Watch it", **new)
        await value(opened, "depend", item=second["id"], on=first["id"], type="requires")
        session = await value(opened, "start_session", project=project["id"], goal="why slow")
        await value(opened, "note", session=session["id"], text="the pool is full")
        yield opened


async def test_what_is_open_for_an_item(hw: AsyncHeadwater) -> None:
    answer = await hw.ask("what is open for checkout?", principal=ANN)
    assert answer.status == "complete"
    assert answer.summary.startswith("2 items are open for checkout; first: Raise the pool")
    [table, sessions] = answer.blocks
    assert [row[2] for row in table.rows] == ["Raise the pool", "Watch it"]
    assert sessions.lines == ("why slow: ann",)
    assert table.cites == (1,)


async def test_who_works_on_an_item(hw: AsyncHeadwater) -> None:
    answer = await hw.ask("who works on db-orders-1?", principal=ANN)
    assert answer.summary.startswith("ann works on db-orders-1.")
    answer = await hw.ask("who works on storefront?", principal=ANN)
    assert answer.summary.startswith("Nobody that you can see works on storefront.")


async def test_where_one_stopped(hw: AsyncHeadwater) -> None:
    answer = await hw.ask("resume my investigation", principal=ANN)
    said = "Faster checkout is active, 0% done; next: Raise the pool (in progress, ann); 1 item"
    assert answer.summary.startswith(said)
    assert [one.title for one in answer.blocks] == [
        "Session: why slow", "Last", "Next", "Held up", "Constraints",
    ]  # fmt: skip
    assert answer.blocks[3].lines == ("Watch it (new): waits for item 1",)


async def test_nobody_else_is_told_anything(hw: AsyncHeadwater) -> None:
    for question, said in (
        ("what is open for checkout?", "No work that you can see is open for checkout."),
        ("who works on db-orders-1?", "Nobody that you can see works on db-orders-1."),
        ("resume my investigation", "Not answered: work failed, there is no project"),
    ):
        answer = await hw.ask(question, principal=EVE)
        assert answer.summary.startswith(said)
        assert "pool" not in repr(answer)


async def test_a_review_tells_what_is_open_to_whom_it_may_and_is_theirs_alone_then(
    hw: AsyncHeadwater,
) -> None:
    seen = await hw.ask("how is db-orders-1?", principal=ANN)
    [table] = [one for one in seen.blocks if one.title == "Open work"]
    assert [row[2] for row in table.rows] == ["Raise the pool"]
    [findings] = [one for one in seen.blocks if one.title.startswith("Findings")]
    assert any(line.startswith("1 item of work and 1 investigation are") for line in findings.lines)
    assert (await hw.explain(seen.run_id, principal=ANN)).run.private
    other = await hw.ask("how is db-orders-1?", principal=EVE)
    assert "pool" not in repr(other)
    assert "work" not in {gap.step for gap in other.gaps}
    assert other.confidence == seen.confidence
    assert not (await hw.explain(other.run_id, principal=ANN)).run.private
    nothing = await hw.ask("how is storefront?", principal=ANN)
    assert not (await hw.explain(nothing.run_id, principal=EVE)).run.private
    assert [one.run_id for one in await hw.runs(principal=EVE)] == [nothing.run_id, other.run_id]


async def test_what_is_open_for_a_name_is_told_though_it_looks_like_a_citation(
    hw: AsyncHeadwater,
) -> None:
    await value(
        hw, "create_item", project=1, kind="todo", title="see [99]", items=["db-orders-1"],
    )  # fmt: skip
    seen = await hw.ask("how is db-orders-1?", principal=ANN)
    assert 99 not in {number for one in seen.blocks for number in one.cites}


@pytest.mark.parametrize(
    ("text", "view"),
    [
        ("What is still open for checkout?", "open"),
        ("open work on checkout", "open"),
        ("show the open tasks for checkout", "open"),
        ("what is being done about checkout", "open"),
        ("who is working on checkout", "who"),
        ("who is assigned to checkout?", "who"),
        ("resume my last investigation", "resume"),
        ("continue the investigation", "resume"),
        ("where did we stop last time?", "resume"),
    ],
)
async def test_the_words_people_use(hw: AsyncHeadwater, text: str, view: str) -> None:
    answer = await hw.ask(text, principal=ANN)
    assert answer.status == "complete", answer.summary
    [evidence, *_] = answer.evidence
    assert evidence.tool == f"work.{view}"


def test_without_the_tools_of_work_such_a_question_is_outside_of_the_field() -> None:
    question = Question(text="who works on checkout?", asked_at=datetime.now(UTC))
    assert read(question, {}).code == "question.out_of_field"
