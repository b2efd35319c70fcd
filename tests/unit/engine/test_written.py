"""A result is written as JSON once: kept, shared and handed on as it was written."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater import AsyncHeadwater, tool
from headwater.engine.written import pack, unpack
from headwater.errors import ToolFault
from headwater.model.evidence import Evidence
from headwater.model.outcome import Failed, Json, Succeeded
from headwater.toolkit.cited import Cited


@tool(name="try.floats", description="Give numbers.", idempotent=True, cacheable=True)
async def floats(count: int) -> list[float]:
    return [float("nan")] * count


@tool(name="try.deep", description="Give lists in lists.", idempotent=True)
async def deep(depth: int) -> Any:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


@given(st.binary(), st.text(max_size=20))
def test_what_is_kept_is_what_was_written(value: bytes, query: str) -> None:
    written = Cited(value, (Evidence(source="try", query=query),))
    assert unpack(pack(written)) == written


@pytest.mark.parametrize("kept", [None, b"", b'{"value":1,"evidence":[]}', b"4\nnul", b"4\nnull{}"])
def test_what_another_version_kept_is_as_if_it_were_not_there(kept: bytes | None) -> None:
    assert unpack(kept) is None


async def test_a_value_as_json_is_the_value_whether_called_or_kept() -> None:
    async with AsyncHeadwater.open("memory:", packs=[[floats]]) as hw:
        for _ in range(2):
            as_json = await hw.call("try.floats", {"count": 2}, as_json=True)
            as_data = await hw.call("try.floats", {"count": 2})
            assert isinstance(as_json, Succeeded)
            assert isinstance(as_data, Succeeded)
            assert isinstance(as_json.value, Json)
            assert json.loads(as_json.value) == as_data.value == [None, None]
            assert as_data.via == "cache"


async def test_a_value_too_deep_to_be_read_again_is_the_tools_fault() -> None:
    async with AsyncHeadwater.open("memory:", packs=[[deep]]) as hw:
        assert isinstance(await hw.call("try.deep", {"depth": 100}), Succeeded)
        outcome = await hw.call("try.deep", {"depth": 220})
        assert isinstance(outcome, Failed)
        assert (outcome.code, outcome.fault) == ("tool.bad_value", "tool")


def test_a_fault_of_a_tool_names_it() -> None:
    with pytest.raises(ToolFault, match=r"try\.deep"):
        deep.schema.write(object())
