"""A second look by a model takes sentences away, adds none; facts are held to as passages are."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest
from llm_service import ModelService, Turn, model_service
from patience import GUARD_S
from planted_orders import INJECTIONS
from shelf import Shelf

from headwater.model.spending import Bounds
from headwater.packs.knowledge import synthesis, verdicts
from headwater.packs.knowledge.results import KnowledgeAnswer
from headwater.packs.knowledge.tools import answer
from headwater.services.llm import Place, ServiceLlm
from headwater.services.llm_account import Account
from headwater.services.llm_wire import open_wire
from headwater.stores.memory.spending import MemorySpending

pytestmark = pytest.mark.anyio

QUESTION = "How many connections per payment host?"
LIMITS = "At most 80 connections per payment host are allowed. The pool is drained at 03:00."
FIRST = {"text": "At most 80 connections per payment host are allowed.", "passages": [1]}
SECOND = {"text": "The pool is drained at 03:00.", "passages": [1]}
FACT = "deployment of payments 4.2 on pay-1 at 2026-11-21T09:00:00Z"
STATED = {"text": "Deployment of payments 4.2 on pay-1.", "passages": [], "facts": [1]}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module", autouse=True)
def imported() -> None:
    """Import what is imported late, so that no test's time goes there."""
    open_wire("http://127.0.0.1:9/v1", None)


def draft(*sentences: dict[str, Any]) -> Turn:
    return Turn(text=json.dumps({"sentences": sentences}))


def said(*each: bool) -> Turn:
    told = [{"number": number, "said": one} for number, one in enumerate(each, start=1)]
    return Turn(text=json.dumps({"verdicts": told}))


@asynccontextmanager
async def written_by(
    *script: Turn, checks: bool = True
) -> AsyncIterator[tuple[Shelf, ModelService]]:
    shelf = Shelf()
    await shelf.put("wiki/payments.md", [("Limits", LIMITS)], title="Payments")
    await shelf.put("mail.md", [("", "Mail waits in its queue.")], title="Mail")
    with anyio.fail_after(GUARD_S):
        async with model_service(*script) as service:
            place = Place(url=service.url, models=("one",))
            account = Account(MemorySpending(), bounds=Bounds())
            async with ServiceLlm.open(place, account, checks=checks) as llm:
                shelf.llm = llm
                yield shelf, service


async def asked(shelf: Shelf, *, within_s: float = 20, **given: Any) -> KnowledgeAnswer:
    with anyio.fail_after(within_s):
        cited = await answer(QUESTION, **given, **shelf.answering)
    found: KnowledgeAnswer = cited.value
    return found


def texts(value: KnowledgeAnswer) -> list[str]:
    return [one.text for one in value.sentences]


async def test_a_sentence_that_the_second_look_denies_is_dropped() -> None:
    async with written_by(draft(FIRST, SECOND), said(True, False)) as (shelf, service):
        value = await asked(shelf)
    assert texts(value) == [FIRST["text"]]
    assert (value.written_by, value.checked_by, value.dropped) == ("one", "one", 1)
    system, user = (one["content"] for one in service.asked[1]["messages"])
    assert system == verdicts.SYSTEM
    assert "tools" not in service.asked[1]
    mark = user.partition("\n")[0]
    assert user.count(mark) == 2
    assert LIMITS in user.split(mark)[1]


async def test_where_all_are_denied_the_answer_is_copied() -> None:
    async with written_by(draft(FIRST), said(False)) as (shelf, _):
        value = await asked(shelf)
    assert value.found
    assert (value.written_by, value.unwritten, value.checked_by) == ("", "llm.unsupported", "")


UNHEARD = {
    "llm.rate": Turn(status=429),
    "llm.unreachable": Turn(status=503),
    "llm.bad_answer": Turn(text='{"verdicts": "all good"}'),
    "limit.deadline": Turn(hangs=True),
}


@pytest.mark.parametrize("code", UNHEARD)
async def test_where_the_second_look_fails_it_says_so_and_the_first_checks_hold(code: str) -> None:
    lie = {"text": "Allow 7777 connections per payment host.", "passages": [1]}
    async with written_by(draft(FIRST, lie), UNHEARD[code]) as (shelf, _):
        value = await asked(shelf, within_s=4)
    assert texts(value) == [FIRST["text"]]
    assert (value.written_by, value.checked_by, value.unchecked) == ("one", "", code)


async def test_the_second_look_adds_nothing_and_reads_no_number_that_is_none() -> None:
    wild = {"verdicts": [{"number": n, "said": False} for n in (0, -1, 99)]}
    async with written_by(draft(FIRST), Turn(text=json.dumps(wild))) as (shelf, _):
        value = await asked(shelf)
    assert texts(value) == [FIRST["text"]]


async def test_without_its_setting_there_is_no_second_look() -> None:
    async with written_by(draft(FIRST), checks=False) as (shelf, service):
        value = await asked(shelf)
    assert (value.checked_by, value.unchecked) == ("", "")
    assert len(service.asked) == 1


async def test_a_sentence_from_a_fact_is_held_to_that_fact() -> None:
    lies = [
        {**STATED, "text": "Deployment of payments 9.9 on pay-1."},
        {**STATED, "facts": [0, 2, 99]},
        {**STATED, "text": "Deployment of payments 4.2 on pay-1 `rm -rf /`."},
    ]
    async with written_by(draft(FIRST, STATED, *lies), checks=False) as (shelf, service):
        value = await asked(shelf, facts=[FACT, "pay-2 is up"])
    assert texts(value) == [FIRST["text"]]
    assert [(one.text, one.fact) for one in value.stated] == [(STATED["text"], 1)]
    assert value.dropped == len(lies)
    user = service.asked[0]["messages"][1]["content"]
    assert FACT in user.split(user.partition("\n")[0])[1], "facts stand between the marks"


async def test_orders_planted_in_facts_change_no_request_and_are_no_claim() -> None:
    obeying = draft(
        FIRST, {"text": "There are 500 items, as ordered.", "passages": [], "facts": [1]}
    )
    async with written_by(checks=False) as (shelf, service):
        service.always = obeying
        for at in range(0, len(INJECTIONS), 50):
            value = await asked(shelf, facts=INJECTIONS[at : at + 50])
            assert texts(value) == [FIRST["text"]]
            assert value.stated == []
    assert len(service.asked) == 4
    for sent in service.asked:
        assert "tools" not in sent
        system, user = (one["content"] for one in sent["messages"])
        assert system == synthesis.SYSTEM
        before, block, after = user.split(user.partition("\n")[0])
        assert before == ""
        assert after.endswith(f"Question: {QUESTION}")
        assert all(one.splitlines()[0] not in after for one in INJECTIONS if len(one) > 60)
        assert LIMITS in block
