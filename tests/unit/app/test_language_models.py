"""A language model by its settings: asked for answers where it is set, looked at by the doctor."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import anyio
import pytest
from llm_service import Turn, model_service
from patience import GUARD_S
from pydantic import SecretStr

from headwater import AsyncHeadwater
from headwater.app.doctor import examine
from headwater.app.settings import Settings
from headwater.errors import UsageError
from headwater.model.document import DocumentRecord, PassageRecord
from headwater.model.principal import Principal
from headwater.model.spending import Amount, Bounds
from headwater.services.llm_wire import open_wire

pytestmark = pytest.mark.anyio

KEY = "sk-abcdefghijklmnopqrstuvwxyz"
TEXT = "At most 80 connections per payment host are allowed."


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def settings(**given: object) -> Settings:
    return Settings.model_validate({"prepare": False, "embedder": "hashing", **given})


async def test_with_two_settings_a_model_writes_the_answer_and_without_them_none_is_asked() -> None:
    await anyio.to_thread.run_sync(open_wire, "http://127.0.0.1:9/v1", None)
    said = {"text": "Per payment host at most 80 connections are allowed.", "passages": [1]}
    told = Turn(text=json.dumps({"sentences": [said]}))
    with anyio.fail_after(GUARD_S):
        async with model_service(told) as service:
            given = settings(llm_url=service.url, llm_models="one, two", llm_key=SecretStr(KEY))
            assert KEY in given.secrets
            assert KEY not in repr(given)
            for each, texts in ((given, [said["text"]]), (settings(), [TEXT])):
                async with AsyncHeadwater.open("memory:", settings=each) as hw:
                    record = DocumentRecord(
                        source="wiki/payments.md",
                        title="Payments",
                        media_type="text/plain",
                        version="1",
                        at=datetime(2026, 11, 20, tzinfo=UTC),
                    )
                    passage = PassageRecord(text=TEXT, start=0, end=len(TEXT), section="Limits")
                    await hw._parts.stores.documents.put(record, [passage], principal=Principal())
                    outcome = await hw.call(
                        "knowledge.answer", {"question": "How many connections per payment host?"}
                    )
                found = outcome.value
                assert [one["text"] for one in found["sentences"]] == texts
        assert len(service.asked) == 1


async def test_one_of_the_two_alone_is_refused_when_the_app_opens() -> None:
    for half in ({"llm_url": "http://127.0.0.1:9/v1"}, {"llm_models": "one"}):
        with anyio.fail_after(GUARD_S), pytest.raises(UsageError) as caught:
            async with AsyncHeadwater.open("memory:", settings=settings(**half)):
                pass
        assert caught.value.code == "settings.bad"


@pytest.mark.parametrize(
    ("status", "found"), [(200, "ok"), (401, "failed"), (503, "failed")], ids=["ok", "401", "503"]
)
async def test_the_doctor_looks_whether_the_model_is_there(
    status: int, found: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADWATER_EMBEDDER", "hashing")
    with anyio.fail_after(GUARD_S):
        async with model_service(Turn(status=status)) as service:
            monkeypatch.setenv("HEADWATER_LLM_URL", service.url)
            monkeypatch.setenv("HEADWATER_LLM_MODELS", "one")
            checks = {one.name: one for one in await examine("memory:")}
    assert checks["language model"].status == found
    assert service.asked == []


@pytest.mark.parametrize(("most", "found"), [(1_000, "ok"), (110, "warning")])
async def test_the_doctor_says_what_is_left_of_the_budget(
    most: int, found: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path}/estate.db"
    async with AsyncHeadwater.open(url, settings=settings()) as hw:
        amount, day = Amount(tokens=100), datetime.now(UTC).date()
        account = hw._parts.stores.spending
        given = {"day": day, "run_id": None, "principal": Principal()}
        assert await account.reserve(amount, bounds=Bounds(), **given) == ""
    for name, value in (
        ("EMBEDDER", "hashing"),
        ("LLM_MODELS", "openai:none"),
        ("LLM_TOKENS_PER_DAY", str(most)),
    ):
        monkeypatch.setenv(f"HEADWATER_{name}", value)
    with anyio.fail_after(GUARD_S):
        checks = {one.name: one for one in await examine(url)}
    budget = checks["language model budget"]
    assert budget.status == found
    assert "100 tokens set aside" in budget.message
