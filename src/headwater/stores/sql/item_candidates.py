"""Which items may a term mean? Exact and prefix matches, then words, then likeness.

A bounded number of neighbours is read and weighed, so that it stays quick in large estates; in
small ones every item is. It decides nothing between them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from rapidfuzz import fuzz
from sqlalchemy import Connection, Row, Select, bindparam, func, or_, select

from headwater.analysis.records import text_problem
from headwater.model.item import Candidate
from headwater.model.principal import Principal
from headwater.model.text import tokens
from headwater.stores.sql.dialect import Contains
from headwater.stores.sql.filters import item_ids
from headwater.stores.sql.tables import item
from headwater.stores.sql.text_index import (
    MAX_PHRASES,
    Seeking,
    Sought,
    has_text_index,
    seek_start,
    seek_stems,
    seek_words,
    with_words,
)

FUZZY_FROM = 0.6
FUZZY_TOP = 0.69
SURE = 0.7
WEIGH_ALL = 20_000
"""In estates up to this size every item is weighed for likeness."""
NEIGHBOURS = 2_000
SHORTEST_STEM = 2

_COLUMNS = (item.c.id, item.c.code, item.c.name, item.c.type, item.c.location)


def _reading(statement: Select[tuple[int]]) -> Select[Any]:
    wide: Select[Any] = statement.with_only_columns(*_COLUMNS, maintain_column_froms=True)
    return wide.limit(bindparam("page_rows"))


_EVERY = _reading(item_ids(()))
_EXACT = _reading(
    item_ids(()).where(or_(item.c.code == bindparam("term"), item.c.name == bindparam("term")))
)
_CONTAINING = _reading(
    item_ids(()).where(
        or_(Contains(item.c.code, bindparam("term")), Contains(item.c.name, bindparam("term")))
    )
)
_SIZE = select(func.count()).select_from(
    item_ids(()).limit(bindparam("page_rows")).subquery("living")
)


def find_candidates(
    connection: Connection, term: str, *, limit: int, principal: Principal
) -> list[Candidate]:
    """Return the items that a term may mean, best first, then by code."""
    wanted = term.strip().lower()
    if not wanted or text_problem(wanted) or limit <= 0:
        return []
    seen: set[int] = set()
    found: list[Candidate] = []
    for some, has_words in _neighbours(connection, term.strip(), principal.tenant):
        new = {row[0]: row for row in some if row[0] not in seen}
        seen.update(new)
        weighed = (_weighed(row, term, has_words=has_words) for row in new.values())
        found += [each for each in weighed if each is not None]
        if sum(each.score >= SURE for each in found) >= limit:
            break
    return sorted(found, key=lambda each: (-each.score, each.code))[:limit]


def _neighbours(
    connection: Connection, term: str, tenant: str
) -> Iterator[tuple[Sequence[Row[Any]], bool]]:
    """Give rows that may be alike, the surest first; and whether they surely have the words."""
    values = {"tenant": tenant, "page_rows": NEIGHBOURS}
    yield connection.execute(_EXACT, values | {"term": term}).all(), False
    words = tokens(term)
    indexed = has_text_index(connection)
    if indexed and words:
        yield _sure(connection, words, values), True
    if not indexed:
        yield connection.execute(_CONTAINING, values | {"term": term.lower()}).all(), True
    size = connection.execute(_SIZE, values | {"page_rows": WEIGH_ALL + 1}).scalar_one()
    if size <= WEIGH_ALL:
        yield connection.execute(_EVERY, values | {"page_rows": WEIGH_ALL}).all(), False
    elif indexed:
        yield from ((rows, False) for rows in _stems(connection, words, values))


def _sure(connection: Connection, words: Sequence[str], values: dict[str, Any]) -> list[Row[Any]]:
    """Read those that begin with the words, whole or as a prefix, and those that have them."""
    phrase = " ".join(words)
    rows: list[Row[Any]] = []
    for seeking in (
        seek_start(connection, phrase, prefix=False),
        seek_start(connection, phrase, prefix=True),
        seek_words(connection, [phrase], match="all"),
    ):
        rows += _having(connection, seeking, values)
    return rows


def _having(
    connection: Connection, seeking: Seeking | None, values: dict[str, Any]
) -> Sequence[Row[Any]]:
    if seeking is None:
        return []
    sought, given = seeking
    return connection.execute(_with_words(sought), values | given).all()


@lru_cache(maxsize=256)
def _with_words(sought: Sought) -> Select[Any]:
    return _reading(with_words(item_ids(()), sought))


def _stems(
    connection: Connection, words: Sequence[str], values: dict[str, Any]
) -> Iterator[Sequence[Row[Any]]]:
    """Give those that share a word's beginning, the longest beginnings first."""
    seen = 0
    longest = max((len(word) for word in words), default=0)
    for cut in range(longest - SHORTEST_STEM + 1):
        stems = [word[: len(word) - cut] for word in words if len(word) - cut >= SHORTEST_STEM]
        rows = _having(connection, seek_stems(connection, stems[:MAX_PHRASES]), values)
        yield rows
        seen += len(rows)
        if seen >= NEIGHBOURS:
            return


def _weighed(row: Row[Any], term: str, *, has_words: bool) -> Candidate | None:
    ci, code, name, kind, location = tuple(row)
    score, match = _likeness(term.strip().lower(), code.lower(), name.lower(), has_words=has_words)
    if score <= 0:
        return None
    return Candidate(
        kind="item", term=term, score=score, match=match, name=name, id=ci, code=code, type=kind,
        location=location,
    )  # fmt: skip


def _likeness(term: str, code: str, name: str, *, has_words: bool) -> tuple[float, str]:
    sure = (
        (term == code, 1.0, "code"),
        (term == name, 0.95, "name"),
        (code.startswith(term) or name.startswith(term), 0.8, "prefix"),
        (has_words, SURE, "text"),
    )
    for is_it, score, match in sure:
        if is_it:
            return score, match
    alike = max(fuzz.ratio(term, code), fuzz.ratio(term, name)) / 100
    return (FUZZY_TOP * alike, "fuzzy") if alike >= FUZZY_FROM else (0.0, "")
