"""Two tenants with the same codes never see each other: tools, cache, flights, runs, exports."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest
from tenant_estates import MARKS, OTHERS, WORDS, calls_of, mixed_calls, open_two

from headwater import AsyncHeadwater
from headwater.errors import UsageError
from headwater.model.principal import Principal


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(params=["memory", "sqlite"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return "memory:" if request.param == "memory" else f"sqlite:///{tmp_path}/estate.db"


async def test_two_thousand_mixed_calls_at_once_show_no_word_of_the_other(
    url: str, tmp_path: Path
) -> None:
    async with AsyncHeadwater.open(url) as hw:
        await open_two(hw, tmp_path)
        assert await mixed_calls(hw, 2_000, seed=7) == []


async def test_each_tenant_reads_its_own_words(url: str, tmp_path: Path) -> None:
    """The canary sings: what is looked for in the other test is there to be found."""
    async with AsyncHeadwater.open(url) as hw:
        await open_two(hw, tmp_path)
        for word in WORDS:
            shown = [
                repr(await hw.call(tool, args, principal=Principal(word)))
                for tool, args in calls_of(word, random.Random(1))
            ]
            assert sum(MARKS[word] in one for one in shown) >= 8


async def test_a_run_of_another_tenant_is_unknown_to_every_verb(url: str, tmp_path: Path) -> None:
    async with AsyncHeadwater.open(url) as hw:
        await open_two(hw, tmp_path)
        mine, other = (Principal(word) for word in WORDS)
        run_id = (await hw.ask("what is shop?", principal=mine)).run_id
        for verb in (hw.explain, hw.again, hw.replay):
            with pytest.raises(UsageError) as refused:
                await verb(run_id, principal=other)
            assert refused.value.code == "run.unknown"
        assert await hw.runs(principal=other) == []


async def test_an_export_holds_one_tenant(url: str, tmp_path: Path) -> None:
    async with AsyncHeadwater.open(url) as hw:
        await open_two(hw, tmp_path)
        for word in WORDS:
            folder = tmp_path / f"out-{word}"
            counts = await hw.export(folder, principal=Principal(word))
            assert counts["items"] == 5
            texts = [one async for one in texts_of(folder)]
            assert any(MARKS[word] in text for text in texts)
            assert not any(OTHERS[word] in text for text in texts)


async def test_replacing_one_tenants_estate_leaves_the_others(url: str, tmp_path: Path) -> None:
    async with AsyncHeadwater.open(url) as hw:
        await open_two(hw, tmp_path)
        mine, other = (Principal(word) for word in WORDS)
        empty = tmp_path / "empty"
        await anyio.Path(empty).mkdir()
        for name in ("items", "relations", "history", "rules", "metrics"):
            await anyio.Path(empty / f"{name}.jsonl").write_text("")
        report = await hw.load(empty, replace=True, principal=mine)
        assert report.counts["items"].removed == 5
        left = await hw.call("ci.aggregate", {}, principal=other)
        gone = await hw.call("ci.aggregate", {}, principal=mine)
        assert (left.value["total_items"], gone.value["total_items"]) == (5, 0)


async def texts_of(folder: Path) -> AsyncIterator[str]:
    """Give the text of each file in a folder."""
    async for file in anyio.Path(folder).iterdir():
        yield await file.read_text("utf-8")
