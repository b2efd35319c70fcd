"""How much of a result lands in an agent's context."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from headwater.entries.mcp.bounding import (
    MOST_BYTES,
    Cut,
    Wanted,
    bounded,
    picked,
    size_bytes,
)

PLAIN: some.SearchStrategy[Any] = some.recursive(
    some.none() | some.booleans() | some.integers() | some.text(max_size=50),
    lambda inner: (
        some.lists(inner, max_size=80) | some.dictionaries(some.text(max_size=8), inner, max_size=6)
    ),
    max_leaves=60,
)
DOCUMENTS = some.dictionaries(some.text(max_size=8), PLAIN, max_size=6)


def rows(count: int) -> list[dict[str, Any]]:
    return [{"code": f"item-{n}", "tags": {"env": "live", "tier": str(n)}} for n in range(count)]


def test_a_list_of_rows_is_cut_and_says_so() -> None:
    document, cuts = bounded({"value": {"items": rows(200), "total": 900}}, Wanted(rows=50))
    assert [row["code"] for row in document["value"]["items"]] == [f"item-{n}" for n in range(50)]
    assert document["value"]["total"] == 900
    assert cuts == [Cut("value.items", 50, 200)]


def test_what_is_small_stays_as_it_is() -> None:
    document = {"value": {"items": rows(50)}, "status": "succeeded"}
    assert bounded(document, Wanted()) == (document, [])


def test_the_cells_of_a_row_that_is_a_list_stand_in_columns_and_stay() -> None:
    table = {"rows": [[n, n + 1, n + 2] for n in range(9)]}
    document, _ = bounded(table, Wanted(rows=2))
    assert document["rows"] == [[0, 1, 2], [1, 2, 3]]


def test_lists_of_plain_values_are_no_rows() -> None:
    document, cuts = bounded({"columns": ["a", "b", "c"], "rows": [[1, 2, 3]]}, Wanted(rows=1))
    assert document["columns"] == ["a", "b", "c"]
    assert not cuts


def test_lists_that_are_cited_by_number_stay_whole() -> None:
    document, cuts = bounded({"evidence": rows(9)}, Wanted(rows=2, whole=frozenset(("evidence",))))
    assert len(document["evidence"]) == 9
    assert not cuts


def test_of_a_plot_the_newest_points_are_kept() -> None:
    points = [[n, n] for n in range(100)]
    document, _ = bounded({"points": points}, Wanted(rows=3, newest=frozenset(("points",))))
    assert document["points"] == [[97, 97], [98, 98], [99, 99]]


def test_rows_are_halved_until_the_result_fits() -> None:
    wide = [{"name": "x" * 1500, "n": n} for n in range(400)]
    document, cuts = bounded({"value": {"items": wide}}, Wanted(rows=400))
    assert size_bytes(document) <= MOST_BYTES
    assert 20 < len(document["value"]["items"]) < 400
    assert Cut("value.items", len(document["value"]["items"]), 400) in cuts


def test_a_long_text_is_cut_before_rows_are() -> None:
    document, cuts = bounded({"value": [{"note": "x" * 200_000}, {"note": "y"}]}, Wanted())
    assert [row["note"][0] for row in document["value"]] == ["x", "y"]
    assert cuts == [Cut("value[].note", 2000, 200_000)]


def test_what_cannot_be_made_to_fit_keeps_its_plain_values() -> None:
    wide = {f"field {n}": "x" * 100 for n in range(5000)}
    document, cuts = bounded({"status": "succeeded", "value": wide}, Wanted())
    assert document == {"status": "succeeded"}
    assert cuts == [Cut("", 1, 2)]


def test_what_is_nested_without_end_is_cut_off() -> None:
    deep: dict[str, Any] = {}
    for _ in range(500):
        deep = {"in": deep}
    document, cuts = bounded({"value": deep}, Wanted())
    assert cuts
    assert size_bytes(document) < 1000


@given(DOCUMENTS, some.integers(1, 100), some.integers(200, 3000))
def test_a_result_always_fits_and_what_was_cut_is_told(
    document: dict[str, Any], most_rows: int, most_bytes: int
) -> None:
    kept, cuts = bounded(document, Wanted(rows=most_rows, most_bytes=most_bytes))
    assert size_bytes(kept) <= most_bytes or not any(
        isinstance(one, dict | list) for one in kept.values()
    )
    assert (kept == document) == (not cuts)


@pytest.mark.parametrize(
    ("fields", "row"),
    [
        (("code",), {"code": "item-0"}),
        (("tags.env",), {"tags": {"env": "live"}}),
        (("tags.env", "tags.tier"), {"tags": {"env": "live", "tier": "0"}}),
        (("code", "tags"), {"code": "item-0", "tags": {"env": "live", "tier": "0"}}),
        (("tags.nope", "code"), {"tags": {}, "code": "item-0"}),
        ((), {"code": "item-0", "tags": {"env": "live", "tier": "0"}}),
    ],
)
def test_of_a_row_the_fields_asked_for_are_kept(
    fields: tuple[str, ...], row: dict[str, Any]
) -> None:
    wanted = Wanted(fields=fields)
    found = picked({"items": rows(1), "total": 7}, wanted, ("items",))
    assert found == {"items": [row], "total": 7}
    assert picked(rows(1), wanted, None) == [row]
    assert picked(rows(1)[0], wanted, None) == row


def test_rows_without_any_of_the_fields_are_other_rows_and_stay() -> None:
    graph = {"nodes": [{"code": "a", "depth": 0}], "edges": [{"type": "uses"}]}
    found = picked(graph, Wanted(fields=("code",)), ("nodes", "edges"))
    assert found == {"nodes": [{"code": "a"}], "edges": [{"type": "uses"}]}


def test_skipped_rows_are_left_out_of_every_list_of_rows() -> None:
    value = {"items": rows(5), "columns": ["a", "b"]}
    found = picked(value, Wanted(skip=3), ("items",))
    assert [row["code"] for row in found["items"]] == ["item-3", "item-4"]
    assert found["columns"] == ["a", "b"]


@pytest.mark.parametrize("value", [None, 7, "text", []])
def test_a_value_without_rows_is_picked_whole(value: Any) -> None:
    assert picked(value, Wanted(fields=("code",)), None) == value
