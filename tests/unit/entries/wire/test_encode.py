"""Every result becomes one valid JSON document."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_args

from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticSerializationError

from headwater.entries.cli.exits import BY_FAULT, BY_OUTCOME, BY_STATUS
from headwater.entries.wire.encode import compact, document, plain
from headwater.errors import Fault
from headwater.model.evidence import Evidence
from headwater.model.outcome import Succeeded
from headwater.model.window import Window

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def refuse(name: str) -> Any:
    raise AssertionError(name)


@given(VALUES)
def test_any_value_is_valid_json_in_ascii(value: Any) -> None:
    text = document(value)
    assert text.isascii()
    assert json.loads(text, parse_constant=refuse) == plain(value)


@given(VALUES)
def test_the_short_way_gives_the_same_document(value: Any) -> None:
    try:
        text = compact({"value": value, "outcome": Succeeded(value=(value,))})
    except PydanticSerializationError:
        assert "surrogate" in repr(value) or re.search(r"\\ud[89a-f]", ascii(value))
        return
    told = json.loads(text, parse_constant=refuse)
    assert told == json.loads(json.dumps(plain({"value": value, "outcome": told["outcome"]})))
    assert told["outcome"] == json.loads(json.dumps(plain(Succeeded(value=(value,)))))


def test_the_short_way_knows_what_json_has_no_word_for() -> None:
    at = datetime(2026, 11, 21, 12, tzinfo=UTC)
    odd = {
        "window": Window(at, at),
        "path": Path("a/b"),
        "kept": MappingProxyType({"one": frozenset({1})}),
        "keys": {3: 4, at: 5},
        "none": float("nan"),
        "else": 1j,
    }
    assert json.loads(compact(odd)) == json.loads(json.dumps(plain(odd)))


def test_what_is_not_a_number_is_null() -> None:
    assert plain([float("nan"), float("inf"), 1.5]) == [None, None, 1.5]


def test_an_outcome_keeps_its_fields_and_instants_carry_their_zone() -> None:
    at = datetime(2026, 11, 21, 12, tzinfo=UTC)
    outcome = Succeeded(value={"at": at}, evidence=(Evidence(window=Window(at, at)),))
    told = plain(outcome)
    assert told["status"] == "succeeded"
    assert told["value"] == {"at": "2026-11-21T12:00:00+00:00"}
    assert told["evidence"][0]["window"]["start"] == "2026-11-21T12:00:00+00:00"
    assert plain(Path("a/b")) == "a/b"


def test_every_fault_and_status_has_its_exit_status() -> None:
    assert set(BY_FAULT) == set(get_args(Fault))
    assert BY_FAULT["asker"] == 2
    assert dict(BY_STATUS) == {"complete": 0, "partial": 3, "failed": 1}
    assert dict(BY_OUTCOME) == {"succeeded": 0, "late": 3, "failed": 1, "skipped": 1}
