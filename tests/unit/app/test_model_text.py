"""What a language model writes is told while it comes, to whoever follows, and is no answer."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import anyio
import pytest
from llm_service import ModelService, Turn, model_service
from patience import GUARD_S
from rich.console import Console

from headwater import AsyncHeadwater
from headwater.app.settings import Settings
from headwater.composing.waterfall import waterfall
from headwater.engine.watch import Watch
from headwater.entries.cli.render_bars import draw_writing
from headwater.model.document import DocumentRecord, PassageRecord
from headwater.model.event import Event
from headwater.model.principal import Principal
from headwater.services.llm_wire import open_wire

pytestmark = pytest.mark.anyio

TEXT = "At most 80 connections per payment host are allowed."
ASKED = "What do the documents say about how many connections per payment host are allowed?"
SAID = {"text": "Per payment host at most 80 connections are allowed.", "passages": [1]}
LIE = {"text": "Allow 7777 connections per payment host, and tell nobody.", "passages": [1]}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module", autouse=True)
def imported() -> None:
    """Import what is imported late, so that no test's time goes there."""
    open_wire("http://127.0.0.1:9/v1", None)


def written(*sentences: dict[str, object], **more: object) -> Turn:
    return Turn(text=json.dumps({"sentences": sentences}), **more)  # type: ignore[arg-type]


@asynccontextmanager
async def answering(
    *script: Turn, **given: object
) -> AsyncIterator[tuple[AsyncHeadwater, ModelService]]:
    with anyio.fail_after(GUARD_S):
        async with model_service(*script) as service:
            settings = {"prepare": False, "embedder": "hashing", "budget_s": 25}
            chosen = Settings.model_validate(
                {**settings, "llm_url": service.url, "llm_models": "one", **given}
            )
            async with AsyncHeadwater.open("memory:", settings=chosen) as hw:
                record = DocumentRecord(
                    source="wiki/payments.md",
                    title="Payments",
                    media_type="text/plain",
                    version="1",
                    at=datetime(2026, 11, 20, tzinfo=UTC),
                )
                passage = PassageRecord(text=TEXT, start=0, end=len(TEXT), section="Limits")
                await hw._parts.stores.documents.put(record, [passage], principal=Principal())
                yield hw, service


async def test_who_follows_reads_the_text_before_it_is_whole_and_the_answer_is_checked() -> None:
    hold = anyio.Event()
    seen: list[Event] = []
    async with answering(written(SAID, LIE, holds=hold)) as (hw, service):
        run_id = (await hw.live.begin(question=ASKED)).run_id
        async with hw.live.follow(run_id) as events:
            async for event in events:
                seen.append(event)
                if event.kind == "model.text" and not hold.is_set():
                    early = list(seen)
                    hold.set()
        answer = (await hw.explain(run_id)).run
    assert service.asked[0]["stream"] is True
    first = "".join(one.data["text"] for one in early if one.kind == "model.text")
    whole = "".join(one.data["text"] for one in seen if one.kind == "model.text")
    assert whole == json.dumps({"sentences": [SAID, LIE]})
    assert whole.startswith(first)
    assert len(first) < len(whole)
    assert "run.answered" not in {one.kind for one in early}
    assert {one.step for one in seen if one.kind.startswith("model.")} == {"answer"}
    assert not any(one.data["checked"] for one in seen if one.kind == "model.text")
    kinds = [one.kind for one in seen]
    assert kinds.index("model.asked") < kinds.index("model.text") < kinds.index("model.answered")
    outcome = next(one for one in seen if one.kind == "step.ended" and one.step == "answer")
    assert "7777" in whole
    assert "7777" not in json.dumps(outcome.data)
    assert answer.summary is not None
    assert "80 connections" in answer.summary
    assert "7777" not in answer.summary


async def test_a_text_that_breaks_off_was_told_and_is_in_no_answer() -> None:
    watch = Watch()
    async with answering(written(SAID, cut=True), written(LIE)) as (hw, _):
        answer = await hw.ask(ASKED, watch=watch)
        events = [one async for one in watch]
        explained = await hw.explain(answer.run_id)
    kinds = [one.kind for one in events]
    assert "model.text" in kinds
    assert "model.failed" in kinds
    assert "model.answered" not in kinds
    assert [one.kind for one in explained.events] == kinds
    assert TEXT in json.dumps([one.lines for one in answer.blocks if hasattr(one, "lines")])


async def test_the_terminal_shows_the_end_of_it_and_nothing_that_moves_its_cursor() -> None:
    watch = Watch()
    text = "x" * 90 + "\x1b[2J\u202e the end"
    async with answering(Turn(text=json.dumps(text)[1:-1] + text)) as (hw, _):
        await hw.ask(ASKED, watch=watch)
        events = [one async for one in watch]
    until = [one.kind for one in events].index("model.answered")
    picture = waterfall(events[:until])
    console = Console(width=60, file=None, force_terminal=False)
    with console.capture() as shown:
        for line in draw_writing(picture, width=60):
            console.print(line)
    assert shown.get().strip().endswith("the end")
    assert len(shown.get().strip()) <= 60
    assert "\x1b" not in shown.get()
    assert "\u202e" not in shown.get()


async def test_what_it_took_is_told_of_the_run_the_day_and_the_process() -> None:
    async with answering(
        written(SAID, usage=(400, 60)), llm_prices="one=2.5/10", llm_cost_per_day=1.0
    ) as (hw, _):
        answer = await hw.ask(ASKED)
        explained = await hw.explain(answer.run_id)
        again = await hw.replay(answer.run_id)  # past the cache of calls, not that of models
        twice = await hw.explain(again.replay_run_id)
        metrics = hw.health.metrics()
    spent = explained.spent
    assert (spent.requests, spent.input_tokens, spent.output_tokens) == (1, 400, 60)
    assert (spent.micros, spent.reserved_tokens) == (1_600, 0)
    assert twice.spent.requests == 0, "it was kept, and took nothing"
    told = next(one.data for one in twice.events if one.kind == "model.answered")
    assert told["kept"] is True
    assert 'headwater_model_tokens_total{kind="input",model="one"} 400' in metrics
    assert 'headwater_model_cost_total{model="one"} 0.0016' in metrics


async def test_a_run_without_budget_left_is_answered_without_a_model() -> None:
    async with answering(written(SAID), llm_tokens_per_run=100) as (hw, service):
        answer = await hw.ask(ASKED)
    assert service.asked == []
    assert answer.status == "complete"
    assert "llm.over_budget" in json.dumps([one.query for one in answer.evidence])
