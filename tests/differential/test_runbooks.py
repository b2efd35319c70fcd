"""On real runbooks the right one is found, rightly cited, and what none has is not found."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path, PurePosixPath
from typing import Any

import anyio
import pytest
from bench.runbook_alerts import ALERTS
from bench.runbook_questions import ANSWERED, UNANSWERED
from patience import GUARD_S

from headwater import AsyncHeadwater
from headwater.app.settings import Settings

RUNBOOKS = Path(__file__).parents[3] / "shared/data/runbooks"
pytestmark = pytest.mark.skipif(not RUNBOOKS.exists(), reason=f"{RUNBOOKS} is not there")


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[AsyncHeadwater]:
    """Open an estate whose texts are hashed: the floor, which a model only raises."""
    settings = Settings(embedder="hashing", jobs=False)
    async with AsyncHeadwater.open(url, settings=settings) as hw:
        yield hw


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> str:
    url = f"sqlite:///{tmp_path_factory.mktemp('runbooks')}/estate.db"

    async def fill() -> None:
        async with opened(url) as hw:
            report = await hw.ingest(RUNBOOKS)
            assert (report.added, report.failed) == (117, 0)

    anyio.run(fill)
    return url


async def value_of(hw: AsyncHeadwater, tool: str, **args: Any) -> Any:
    with anyio.fail_after(GUARD_S):
        outcome = await hw.call(tool, args, budget_s=30)
    assert outcome.status == "succeeded", outcome
    return outcome.value


def stem(hit: dict[str, Any]) -> str:
    return PurePosixPath(hit["document"]["source"]).stem


@pytest.mark.anyio
async def test_an_alert_asked_by_name_and_description_finds_its_runbook(estate: str) -> None:
    first = five = 0
    async with opened(estate) as hw:
        for name, words in ALERTS:
            value = await value_of(hw, "knowledge.search", query=f"{name}: {words}", limit=5)
            found = [stem(hit) for hit in value["hits"]]
            first += found[0] == name
            five += name in found

    assert first >= 0.90 * len(ALERTS)
    assert five >= 0.99 * len(ALERTS)


@pytest.mark.anyio
async def test_answers_are_contained_in_what_they_cite_and_cite_the_right_passage(
    estate: str,
) -> None:
    right = 0
    async with opened(estate) as hw:
        for question, runbooks, words in ANSWERED:
            value = await value_of(hw, "knowledge.answer", question=question)
            ids = sorted({one["passage_id"] for one in value["sentences"]})
            assert ids, question
            read = await value_of(hw, "knowledge.fetch", ids=ids)
            held = {one["id"]: one for one in read["passages"]}
            for one in value["sentences"]:
                assert one["text"] in held[one["passage_id"]]["text"]
            right += any(
                stem(one) in runbooks.split("|") and words in " ".join(one["text"].split())
                for one in held.values()
            )

    assert right >= 0.9 * len(ANSWERED)


@pytest.mark.anyio
async def test_a_question_that_no_runbook_answers_is_not_answered(estate: str) -> None:
    async with opened(estate) as hw:
        for question in UNANSWERED:
            value = await value_of(hw, "knowledge.answer", question=question)
            assert not value["found"], (question, value["sentences"])


@pytest.mark.anyio
async def test_asked_in_words_the_answer_cites_the_runbook(estate: str) -> None:
    async with opened(estate) as hw:
        with anyio.fail_after(GUARD_S):
            answer = await hw.ask("what do I do about KubePodCrashLooping?", budget_s=30)
            nothing = await hw.ask("what do I do about the coffee machine?", budget_s=30)

    assert answer.status == "complete"
    assert {Path(one.source).name for one in answer.evidence} == {"KubePodCrashLooping.md"}
    assert nothing.summary.startswith("Not found in the documents")
