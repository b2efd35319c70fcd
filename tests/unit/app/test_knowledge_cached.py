"""What documents say is kept until they change, and not where something of it is missing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from anyio import fail_after
from patience import GUARD_S

from headwater import AsyncHeadwater
from headwater.app.settings import Settings
from headwater.model.outcome import Succeeded

pytestmark = pytest.mark.anyio
QUEUE = b"# Queue is full\n\nRestart the broker when the queue is full.\n"
OTHER = b"# Queue is full\n\nDrain the queue when the queue is full.\n"
QUESTION = "What do I do when the queue is full?"
CALLS: dict[str, dict[str, Any]] = {
    "search": {"query": QUESTION},
    "answer": {"question": QUESTION},
    "related": {"query": QUESTION},
    "check": {"claims": ["Restart the broker when the queue is full."]},
}


def settings(**given: object) -> Settings:
    return Settings.model_validate({"prepare": False, "embedder": "hashing", **given})


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(params=["memory:", "sqlite"])
async def hw(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[AsyncHeadwater]:
    url = request.param if request.param == "memory:" else f"sqlite:///{tmp_path}/estate.db"
    async with AsyncHeadwater.open(url, settings=settings()) as hw:
        await hw.ingest(QUEUE, source="queue.md")
        yield hw


async def called(hw: AsyncHeadwater, name: str, **more: Any) -> Succeeded:
    with fail_after(GUARD_S):
        outcome = await hw.call(f"knowledge.{name}", {**CALLS[name], **more})
    assert isinstance(outcome, Succeeded), outcome
    return outcome


@pytest.mark.parametrize("name", CALLS)
async def test_the_same_is_given_again_until_a_document_changes(
    hw: AsyncHeadwater, name: str
) -> None:
    first, again = await called(hw, name), await called(hw, name)
    assert (first.via, again.via) == ("direct", "cache")
    assert (again.value, again.evidence) == (first.value, first.evidence)

    await hw.ingest(OTHER, source="queue.md")
    changed = await called(hw, name)
    assert changed.via == "direct"
    if name != "related":  # of no items here
        assert changed.value != first.value
    if name in {"search", "answer"}:
        assert "Restart" in str(first.value)
        assert "Restart" not in str(changed.value)


async def test_a_window_that_is_counted_back_is_looked_at_anew(hw: AsyncHeadwater) -> None:
    for _ in range(2):
        assert (await called(hw, "search", dates="last_90d")).via == "direct"


@pytest.mark.parametrize("name", CALLS)
async def test_what_a_lost_lane_left_incomplete_is_not_given_again(
    tmp_path: Path, name: str
) -> None:
    url = f"sqlite:///{tmp_path}/estate.db"
    async with AsyncHeadwater.open(url, settings=settings()) as hw:
        await hw.ingest(QUEUE, source="queue.md")
    gone = settings(embedder="openai", embedder_url="http://127.0.0.1:9/v1", embedder_model="one")
    async with AsyncHeadwater.open(url, settings=gone) as hw:
        for _ in range(2):
            found = await called(hw, name)
            assert found.via == "direct"
            assert "'status': 'failed'" in str(found.value)
