"""Values cross to the Data API and back as they were, and ids are told apart as it does."""

from __future__ import annotations

import json
import math
import struct
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import from_json

from headwater.errors import UsageError
from headwater.stores.astra.faults import retry_after_s
from headwater.stores.astra.results import Count
from headwater.stores.astra.values import (
    EPOCH,
    MILLISECOND,
    ObjectId,
    encode,
    encode_document,
    id_key,
    read,
    read_documents,
    read_vector,
    same_document,
    write_vector,
)

INSTANTS = st.integers(-(2**40), 2**42).map(lambda one: EPOCH + one * MILLISECOND)
OBJECT_IDS = st.binary(min_size=12, max_size=12).map(lambda one: ObjectId(one.hex()))
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
NAIVE = NOON.replace(tzinfo=None)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**62), 2**62), TEXTS,
    st.floats(allow_nan=False, allow_infinity=False),
    INSTANTS, st.uuids(), OBJECT_IDS, st.binary(max_size=6),
)  # fmt: skip
NAMES = TEXTS.filter(lambda one: not one.startswith("$"))
VALUES = st.recursive(
    SCALARS, lambda one: st.lists(one, max_size=3) | st.dictionaries(NAMES, one, max_size=3)
)
FLOATS = st.floats(width=32, allow_nan=False, allow_infinity=False)
VECTORS = st.lists(FLOATS, min_size=1, max_size=8)


@given(st.dictionaries(NAMES, VALUES, max_size=4))
def test_a_document_comes_back_as_it_was(document: dict[str, Any]) -> None:
    body = encode(document)
    assert read(from_json(body)) == document
    assert read_documents([from_json(body)], body) == [document]


@given(st.dictionaries(NAMES, VALUES, max_size=4), VECTORS)
def test_a_document_with_a_vector_comes_back_as_it_was(
    document: dict[str, Any], vector: list[float]
) -> None:
    whole = {"_id": "x", **document, "$vector": vector}
    body = encode_document(whole)
    assert read_documents([json.loads(body)], body) == [whole]
    assert same_document(whole, whole)


@given(VECTORS)
def test_a_vector_crosses_as_floats_and_as_bytes(vector: list[float]) -> None:
    sent = write_vector(vector)
    assert read_vector(sent) == vector
    assert write_vector(struct.pack(f"<{len(vector)}f", *vector)) == sent
    assert write_vector(tuple(vector)) == sent


@pytest.mark.parametrize(
    "vector", [[], b"", [math.nan], [math.inf, -math.inf], [1e300], ["1"], b"123", None, [None]]
)
def test_what_is_no_vector_is_refused(vector: Any) -> None:
    with pytest.raises(UsageError) as caught:
        write_vector(vector)
    assert caught.value.code == "astra.bad_vector"


@pytest.mark.parametrize(
    "value",
    [math.nan, {"a": [math.inf]}, NAIVE, object(), {1, 2}, "\ud800", {"\ud800": 1}],
)
def test_what_json_cannot_say_is_refused(value: Any) -> None:
    with pytest.raises(UsageError) as caught:
        encode({"x": value})
    assert caught.value.code == "astra.bad_value"


def test_a_circle_is_refused() -> None:
    circle: list[Any] = []
    circle.append(circle)
    with pytest.raises(UsageError):
        encode(circle)


SAME = [
    (1, 1.0),
    (UUID(int=5), {"$uuid": str(UUID(int=5))}),
    (ObjectId("ab" * 12), {"$objectId": "AB" * 12}),
    (NOON, NOON.astimezone(timezone(timedelta(hours=3)))),
    (NOON, {"$date": int(NOON.timestamp() * 1000)}),
]


@pytest.mark.parametrize(("left", "right"), SAME)
def test_ids_that_are_the_same_have_one_key(left: Any, right: Any) -> None:
    assert id_key(left) == id_key(right)


def test_ids_that_look_alike_have_keys_of_their_own() -> None:
    ids = ["1", 1, True, None, "None", "", 0, False, UUID(int=1), str(UUID(int=1)), NOON,
           ObjectId("0" * 24), "0" * 24, int(NOON.timestamp() * 1000)]  # fmt: skip
    assert len({id_key(one) for one in ids}) == len(ids)


@pytest.mark.parametrize(
    "value", [[1], {}, {"a": 1}, b"x", NAIVE, {"$uuid": "no"}, {"$date": "no"}]
)
def test_what_no_document_can_have_as_its_id_is_refused(value: Any) -> None:
    with pytest.raises(UsageError) as caught:
        id_key(value)
    assert caught.value.code == "astra.bad_id"


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("3", 3.0), ("0.5", 0.5), ("-1", 0.0), ("nan", None), ("inf", None), ("soon", None),
        ("", None), (None, None),
        ("Fri, 01 May 2026 12:00:10 GMT", 10.0), ("Fri, 01 May 2026 11:00:00 GMT", 0.0),
    ],
)  # fmt: skip
def test_retry_after_is_a_number_or_a_date(header: str | None, seconds: float | None) -> None:
    assert retry_after_s(header, now=NOON) == seconds


def test_a_count_is_an_int_that_says_where_it_stopped() -> None:
    exact, bound = Count(7), Count(1000, at_least=True)
    assert (exact, f"{exact}", exact.at_least) == (7, "7", False)
    assert (bound, f"{bound}", bound.at_least) == (1000, "1000+", True)
    assert (exact + bound, (exact + bound).at_least) == (1007, True)
    assert json.dumps({"n": bound}) == '{"n": 1000}'


def test_a_stored_document_that_differs_is_not_the_one_sent() -> None:
    sent = {"_id": "x", "a": {"b": [1, 2.5]}, "at": NOON, "$vector": [0.1, 0.2]}
    as_stored = {**sent, "$vector": read_vector(write_vector([0.1, 0.2]))}
    assert same_document(sent, as_stored)
    assert same_document(sent, {**as_stored, "$lexical": "added by the API"})
    assert not same_document(sent, {**as_stored, "more": 1})
    assert not same_document(sent, {**as_stored, "a": {"b": [1, 2.6]}})
    assert not same_document(sent, {**as_stored, "$vector": [0.1, 0.3]})
    assert not same_document(sent, {"_id": "x"})
