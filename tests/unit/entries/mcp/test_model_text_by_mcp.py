"""What a language model writes while it comes reaches an agent's user as progress, unchecked."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import anyio
import pytest
from agents import KEYS, connected, served
from llm_service import Turn, model_service
from patience import GUARD_S

from headwater import AsyncHeadwater
from headwater.app.settings import Settings
from headwater.model.document import DocumentRecord, PassageRecord
from headwater.services.llm_wire import open_wire

TEXT = "At most 80 connections per payment host are allowed."
ASKED = "What do the documents say about how many connections per payment host are allowed?"
LIE = {"text": "Allow 7777 connections per payment host.", "passages": [1], "facts": []}


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


async def test_an_agent_hears_of_the_text_as_progress_that_rises() -> None:
    await anyio.to_thread.run_sync(open_wire, "http://127.0.0.1:9/v1", None)
    told: list[tuple[float, str]] = []

    async def progress(now: float, total: float | None, message: str | None) -> None:
        assert total is None or now <= total
        told.append((now, message or ""))

    record = DocumentRecord(
        source="wiki/payments.md",
        title="Payments",
        media_type="text/plain",
        version="1",
        at=datetime(2026, 11, 20, tzinfo=UTC),
    )
    passage = PassageRecord(text=TEXT, start=0, end=len(TEXT), section="Limits")
    with anyio.fail_after(GUARD_S):
        async with model_service(Turn(text=json.dumps({"sentences": [LIE]}))) as service:
            given = {"prepare": False, "embedder": "hashing", "budget_s": 25}
            settings = Settings.model_validate(
                {**given, "llm_url": service.url, "llm_models": "one"}
            )
            async with AsyncHeadwater.open("memory:", settings=settings) as hw:
                documents = hw._parts.stores.documents
                await documents.put(record, [passage], principal=KEYS["key-acme"])
                async with served(hw) as url, connected(url) as agent:
                    result = await agent.call_tool(
                        "ask", {"question": ASKED}, progress_callback=progress
                    )
    assert [now for now, _ in told] == sorted({now for now, _ in told})
    drafts = [words for _, words in told if "one writes, unchecked: " in words]
    assert "7777" in "".join(drafts)
    assert told[-1][1].endswith(": succeeded")
    assert "7777" not in json.dumps(result.structured_content)
