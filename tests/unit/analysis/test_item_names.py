"""Which items a text names."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.analysis.item_names import ItemNames

ITEMS = {
    "orders-db": "Orders database",
    "db-1": "primary",
    "db": "x",
    "HOST-7": "Host seven",
    "vm 3": "v3",
    "c-1": "eth0 port",
    "c-2": "eth0 port",
    "c-3": "eth0 port",
    "c-4": "eth0 port",
    "café-1": "Café Zürich",
}


@pytest.fixture(scope="module")
def names() -> ItemNames:
    known = ItemNames()
    for code, name in ITEMS.items():
        known.add(code, name)
    return known


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("restart orders-db now", ("orders-db",)),
        ("(orders-db).", ("orders-db",)),
        ("db-1.example.com", ("db-1",)),
        ("orders-db-2, my-db-1 and db-12 are others", ()),
        ("ORDERS-DB is not how it is written", ()),
        ("host-7 is not, HOST-7 is", ("HOST-7",)),
        ("a code of two characters: db", ()),
        ("on vm 3 and café-1", ("vm 3", "café-1")),
        ("the ORDERS   Database is slow", ("orders-db",)),
        ("orders of the database", ()),
        ("the cafe zurich", ("café-1",)),
        ("the primary", ("db-1",)),
        ("an eth0 port", ()),
        ("x v3 7", ()),
        ("", ()),
    ],
)
def test_codes_are_found_as_written_and_names_by_their_words(
    names: ItemNames, text: str, codes: tuple[str, ...]
) -> None:
    assert names.found_in(text) == codes


def test_the_longest_code_wins(names: ItemNames) -> None:
    known = ItemNames()
    for code in ("app 1", "app 1 2", "app"):
        known.add(code, "?")
    assert known.found_in("app 1 2 and app 1") == ("app 1 2", "app 1")


CODES = st.lists(
    st.text(alphabet="ab1-_.", min_size=3, max_size=6).filter(lambda code: code[0].isalnum()),
    max_size=6,
    unique=True,
)


@settings(max_examples=200, deadline=None)
@given(CODES, st.data())
def test_a_code_that_stands_alone_is_always_found(codes: list[str], data: st.DataObject) -> None:
    known = ItemNames()
    for code in codes:
        known.add(code, "")
    if codes:
        code = data.draw(st.sampled_from(codes))
        assert code in known.found_in(f"see ({code}) there")


@settings(max_examples=200, deadline=None)
@given(CODES, st.text(alphabet="ab1-_. ", max_size=60))
def test_what_is_found_is_in_the_text(codes: list[str], text: str) -> None:
    known = ItemNames()
    for code in codes:
        known.add(code, "")
    found = known.found_in(text)
    assert all(code in text for code in found)
    assert len(set(found)) == len(found)
