"""A real llama.cpp server: what goes over the wire is understood, and a schema is kept to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest
from llama_server import llama_server
from patience import GUARD_S

from headwater.app.wiring import shipped_packs
from headwater.engine.limits import Limits
from headwater.engine.model_planner import checked
from headwater.engine.plan_schema import plan_schema
from headwater.errors import HeadwaterError
from headwater.model.principal import Principal
from headwater.model.remark import Remarks
from headwater.model.spending import Bounds
from headwater.packs.knowledge.synthesis import SCHEMA
from headwater.ports.llm import Completion
from headwater.services.llm import Place, ServiceLlm
from headwater.services.llm_account import Account
from headwater.services.llm_wire import open_wire
from headwater.stores.memory.spending import MemorySpending
from headwater.toolkit.registry import Registry, tools_of
from headwater.toolkit.tool import tool

pytest.importorskip("xllamacpp", reason="the server is not installed")
pytestmark = pytest.mark.anyio

WHO = Principal()
CHOICE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "verdict": {"type": "string", "enum": ["yes", "no", "unclear"]},
        "sure": {"type": "boolean"},
        "of": {"type": "array", "items": {"type": "boolean"}, "minItems": 2, "maxItems": 2},
    },
    "required": ["verdict", "sure", "of"],
    "additionalProperties": False,
}


@tool(name="t.ping", description="Ping.", role="reader", idempotent=True)
async def ping(loud: bool) -> int:
    return int(loud)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module", autouse=True)
def imported() -> None:
    """Import what is imported late, so that no test's time goes there."""
    open_wire("http://127.0.0.1:9/v1", None)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with llama_server(tmp_path_factory.mktemp("llama")) as found:
        yield found


@pytest.fixture(params=[False, True], ids=["whole", "streamed"])
def remarks(request: pytest.FixtureRequest) -> Remarks:
    return Remarks(run_id="r-1", heard=request.param)


@asynccontextmanager
async def served(url: str) -> AsyncIterator[ServiceLlm]:
    with anyio.fail_after(GUARD_S):
        account = Account(MemorySpending(), bounds=Bounds(tokens_per_day=10_000_000))
        async with ServiceLlm.open(Place(url=url, models=("random",)), account) as llm:
            yield llm


async def ask(llm: ServiceLlm, remarks: Remarks, **given: Any) -> Completion:
    given = {"most_tokens": 200, "remarks": remarks, "principal": WHO, **given}
    return await llm.complete("Be brief.", "Is it up?", **given)


async def test_an_object_by_a_schema_is_what_the_schema_says(url: str, remarks: Remarks) -> None:
    async with served(url) as llm:
        await llm.check()
        found = await ask(llm, remarks, schema=CHOICE)
        spent = await llm.used_today(principal=WHO)
    assert found.data is not None
    assert found.data.keys() == {"verdict", "sure", "of"}
    assert found.data["verdict"] in {"yes", "no", "unclear"}
    assert {type(one) for one in (found.data["sure"], *found.data["of"])} == {bool}
    assert 0 < found.output_tokens <= 200
    assert found.input_tokens > 10
    assert spent.most.tokens == found.input_tokens + found.output_tokens
    told = remarks.take()
    if remarks.heard:
        assert "".join(one.data["text"] for one in told if one.kind == "model.text") == found.text


async def test_a_text_that_is_cut_at_its_most_tokens_is_an_error(
    url: str, remarks: Remarks
) -> None:
    async with served(url) as llm:
        with pytest.raises(HeadwaterError) as caught:
            await ask(llm, remarks, most_tokens=5)
    assert caught.value.code == "llm.bad_answer"


async def test_the_schemas_that_we_send_are_grammars_to_it(url: str, remarks: Remarks) -> None:
    tools = [one for pack in shipped_packs() for one in tools_of(pack) if one.role == "reader"]
    shapes = {
        "sentences": SCHEMA,
        "steps": plan_schema([one for one in tools if one.listed], most_steps=12),
    }
    async with served(url) as llm:
        for name, schema in shapes.items():
            found = await ask(llm, remarks, schema=schema, most_tokens=300)
            assert found.data is not None
            assert found.data.keys() == {name}


async def test_a_plan_that_it_is_held_to_is_checked_as_any(url: str) -> None:
    registry = Registry([[ping]], {})
    schema = plan_schema([ping], most_steps=1)
    schema["properties"]["steps"]["minItems"] = 1
    async with served(url) as llm:
        found = await ask(llm, Remarks(), schema=schema, most_tokens=400)
    plan, waits = checked(found.data, registry, Limits(), principal=WHO)
    assert [one.tool for one in plan.steps] == ["t.ping"]
    assert isinstance(plan.steps[0].args["loud"], bool)
    assert waits == {plan.steps[0].id: frozenset()}


async def test_more_than_the_model_can_read_is_refused(url: str) -> None:
    async with served(url) as llm:
        with pytest.raises(HeadwaterError) as caught:
            await llm.complete("x" * 40_000, "?", most_tokens=5, remarks=Remarks(), principal=WHO)
    assert caught.value.code == "llm.refused"
