"""Where one stopped is told from what really happened, as far as the asker may see it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from anyio import to_thread

from headwater import AsyncHeadwater
from headwater.model.principal import Principal

pytestmark = pytest.mark.anyio
ANN = Principal("default", "ann", ("operator",))
BOB = Principal("default", "bob", ("operator",))
EVE = Principal("default", "eve", ("operator",))


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def value(hw: AsyncHeadwater, tool: str, who: Principal = ANN, **arguments: Any) -> Any:
    outcome = await hw.call(f"work.{tool}", arguments, principal=who)
    assert outcome.status == "succeeded", outcome
    return outcome.value


def write_bundle(folder: Path) -> Path:
    """Write three items with incidents: of ours open and ended, of others open, and a stale one."""
    now = datetime.now(UTC)
    raised = [
        ("db", "open", 1, None),
        ("db", "ended", 3, 2),
        ("db", "stale", 24 * 8, None),
        ("web", "of others", 1, None),
    ]
    entries = [
        {
            "ci": ci, "kind": "incident", "title": title, "severity": "high",
            "at": (now - timedelta(hours=since)).isoformat(),
            **({"ended_at": (now - timedelta(hours=until)).isoformat()} if until else {}),
        }
        for ci, title, since, until in raised
    ]  # fmt: skip
    items = [{"code": one, "name": one, "type": "service"} for one in ("db", "api", "web")]
    for name, rows in (("items", items), ("history", entries)):
        lines = "\n".join(json.dumps(row) for row in rows)
        (folder / f"{name}.jsonl").write_text(lines, encoding="utf-8")
    return folder


@pytest.fixture
async def hw(tmp_path: Path) -> AsyncIterator[AsyncHeadwater]:
    """Give an estate with ann's and bob's project about one item, and a session in it."""
    async with AsyncHeadwater.open("memory:") as opened:
        await opened.load(await to_thread.run_sync(write_bundle, tmp_path), kind="bundle")
        await value(opened, "create_team", name="Core")
        await value(opened, "set_member", team=1, person="bob", role="member")
        await value(opened, "create_project", team=1, name="Checkout", items=["api"])
        await value(
            opened, "create_item", project=1, kind="todo", title="Raise the pool", items=["db"]
        )
        await value(opened, "start_session", project=1, goal="why slow")
        yield opened


async def test_alerts_that_have_not_ended_are_those_of_the_projects_items(
    hw: AsyncHeadwater,
) -> None:
    told = await value(hw, "resume")
    assert [one["title"] for one in told["alerts"]] == ["open"]
    assert (told["project"]["name"], told["session"]["goal"]) == ("Checkout", "why slow")
    assert [one["title"] for one in told["next"]] == ["Raise the pool"]
    assert told["last"][0]["kind"] == "session.started"
    again = await value(hw, "resume", BOB)
    assert (again["project"], again["session"]) == (told["project"], told["session"])


async def asked(hw: AsyncHeadwater, question: str, who: Principal) -> str:
    """Ask within the session and return the run's id."""
    answer = await hw.ask(question, principal=who)
    await hw.explain(answer.run_id, principal=who)  # it is written by then
    await value(hw, "add_run", who, session=1, run=answer.run_id)
    return str(answer.run_id)


async def test_runs_without_a_whole_answer_are_worth_looking_at_again(
    hw: AsyncHeadwater,
) -> None:
    whole = await asked(hw, "how many items?", ANN)
    told = await value(hw, "resume")
    assert [(one["run"], one["why"]) for one in told["runs"]] == [(whole, "it was the last")]
    failed = await asked(hw, "what is nothing-like-it?", ANN)
    told = await value(hw, "resume")
    assert [(one["run"], one["why"]) for one in told["runs"]] == [(failed, "its answer was failed")]


async def test_what_a_private_run_showed_is_told_to_nobody_else(hw: AsyncHeadwater) -> None:
    private = await asked(hw, "resume my investigation", BOB)
    plain = await asked(hw, "how many items?", BOB)
    assert [one["run"] for one in (await value(hw, "resume"))["runs"]] == [plain]
    ended = await value(hw, "end_session", ANN, session=1)
    lines = ended["summary"].splitlines()
    assert "- resume my investigation (complete)" in lines
    assert private not in ended["summary"]
    assert any(line.startswith("- how many items? (complete: ") for line in lines)


async def test_a_review_in_a_session_is_told_with_what_it_found_and_without_work(
    hw: AsyncHeadwater,
) -> None:
    run = await asked(hw, "how is db?", BOB)
    assert (await hw.explain(run, principal=BOB)).run.private
    ended = await value(hw, "end_session", ANN, session=1)
    [line] = [one for one in ended["summary"].splitlines() if "how is db?" in one]
    assert line.startswith("- how is db? (complete: db has no metric samples to compare")
    assert "Raise the pool" not in line


async def test_the_private_run_of_somebody_else_is_told_by_its_id_alone(
    hw: AsyncHeadwater,
) -> None:
    team = await value(hw, "create_team", EVE, name="Hers")
    await value(hw, "create_project", EVE, team=team["id"], name="Canary", items=["db"])
    answer = await hw.ask("resume my investigation", principal=EVE)
    await hw.explain(answer.run_id, principal=EVE)
    await value(hw, "add_run", ANN, session=1, run=answer.run_id)
    ended = await value(hw, "end_session", ANN, session=1)
    assert f"- run {answer.run_id}" in ended["summary"].splitlines()
    assert "resume my" not in ended["summary"]


async def test_whoever_has_no_project_is_told_so(hw: AsyncHeadwater) -> None:
    outcome = await hw.call("work.resume", {}, principal=EVE)
    assert outcome.status == "failed"
    assert (outcome.code, "make one" in outcome.message) == ("work.unknown", True)
    outcome = await hw.call("work.resume", {"project": 1}, principal=EVE)
    assert outcome.status == "failed"
    assert outcome.code == "work.unknown"


async def test_what_an_item_names_has_to_be_there(hw: AsyncHeadwater) -> None:
    for fields, said in (
        ({"items": ["nope"]}, "configuration item 'nope'"),
        ({"items": [99]}, "configuration item 99"),
        ({"documents": [7]}, "document 7"),
        ({"parent": 99}, "item 99"),
    ):
        new = {"project": 1, "kind": "todo", "title": "x", **fields}
        outcome = await hw.call("work.create_item", new, principal=ANN)
        assert outcome.status == "failed"
        assert (outcome.code, said in outcome.message) == ("work.unknown", True)
