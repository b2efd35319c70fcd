"""Documents that nothing was built on are found and cited as well: a wiki, tables, plain text."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest
from handbook import FILES, TOPICS, UNANSWERED, Topic, file_of, write_handbook
from patience import GUARD_S

from headwater import AsyncHeadwater
from headwater.app.settings import Settings

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[AsyncHeadwater]:
    async with AsyncHeadwater.open(url, settings=Settings(embedder="hashing")) as hw:
        yield hw


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("handbook")
    url = f"sqlite:///{folder}/estate.db"
    write_handbook(folder / "docs")

    async def fill() -> None:
        async with opened(url) as hw:
            report = await hw.ingest(folder / "docs", source="docs")
            assert (report.added, report.failed) == (len(FILES), 0)

    anyio.run(fill)
    return url


async def value_of(hw: AsyncHeadwater, tool: str, **args: Any) -> Any:
    with anyio.fail_after(GUARD_S):
        outcome = await hw.call(tool, args, budget_s=30)
    assert outcome.status == "succeeded", outcome
    return outcome.value


def is_of(topic: Topic, hit: dict[str, Any]) -> bool:
    """Tell whether a passage is of the right document, and of its right part."""
    source, passage = hit["document"]["source"], hit["passage"]
    told = (topic.name, topic.says, topic.means, topic.check, *topic.steps)
    return source.endswith(file_of(topic)) and any(one in passage for one in told)


@pytest.mark.parametrize("form", ["{0.name}: {0.says}", "what do I do about {0.name}? {0.says}"])
async def test_an_alert_by_name_and_description_finds_its_part(estate: str, form: str) -> None:
    first = five = 0
    missed = []
    async with opened(estate) as hw:
        for topic in TOPICS:
            value = await value_of(hw, "knowledge.search", query=form.format(topic), limit=5)
            places = [place for place, hit in enumerate(value["hits"]) if is_of(topic, hit)]
            first += places[:1] == [0]
            five += bool(places)
            if places[:1] != [0]:
                missed.append((topic.name, [hit["document"]["source"] for hit in value["hits"]]))
    assert first >= 0.9 * len(TOPICS), missed
    assert five >= 0.99 * len(TOPICS), missed


async def test_answers_stand_in_what_they_cite_and_tell_what_was_asked(estate: str) -> None:
    right, missed = 0, []
    async with opened(estate) as hw:
        for topic in TOPICS:
            value = await value_of(hw, "knowledge.answer", question=topic.asks)
            ids = sorted({one["passage_id"] for one in value["sentences"]})
            read = await value_of(hw, "knowledge.fetch", ids=ids) if ids else {"passages": []}
            held = {one["id"]: one for one in read["passages"]}
            for one in value["sentences"]:
                passage = held[one["passage_id"]]
                assert one["text"] in passage["text"]
                assert passage["start"] <= one["start"] < one["end"] <= passage["end"]
            told = [one["text"] for one in value["sentences"]]
            found = any(topic.tells in one for one in told)
            right += found
            if not found:
                missed.append((topic.asks, value["support"], told))
    assert right >= 0.9 * len(TOPICS), missed


async def test_what_none_of_them_has_is_not_found(estate: str) -> None:
    async with opened(estate) as hw:
        for question in UNANSWERED:
            value = await value_of(hw, "knowledge.answer", question=question)
            assert not value["found"], (question, value["sentences"])


async def test_asked_about_an_alert_that_only_a_text_names_the_answer_cites_it(
    estate: str,
) -> None:
    missed = []
    async with opened(estate) as hw:
        for topic in TOPICS:
            with anyio.fail_after(GUARD_S):
                answer = await hw.ask(f"what do I do about {topic.name}?", budget_s=30)
            if not any(one.source.endswith(file_of(topic)) for one in answer.evidence):
                missed.append((topic.name, answer.summary))
    assert len(missed) <= 0.1 * len(TOPICS), missed
