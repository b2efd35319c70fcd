"""Which items may a term mean? Exact and prefix matches, then words, then likeness.

A bounded number of neighbours is read and weighed, so that it stays quick in large estates; in
small ones every item is, and in large ones nothing alike is looked for where the term is a code as
it is written. It decides nothing between them.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from rapidfuzz import fuzz, process
from sqlalchemy import Connection, Select, bindparam, func, or_, select

from headwater.analysis.records import text_problem
from headwater.model.item import Candidate
from headwater.model.principal import Principal
from headwater.model.text import tokens
from headwater.stores.sql.dialect import Contains
from headwater.stores.sql.filters import item_ids
from headwater.stores.sql.plain_rows import all_rows, packed_rows
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
from headwater.stores.sql.versions import version_of

FUZZY_FROM = 0.6
FUZZY_TOP = 0.69
SURE = 0.7
WEIGH_ALL = 20_000
"""In estates up to this size every item is weighed for likeness."""
NEIGHBOURS = 2_000
SHORTEST_STEM = 2
TENANTS = 1_000
"""Tenants that are remembered to have a large estate."""

Read = Sequence[Any]
"""A row of these columns."""
Weighed = tuple[float, str, Read]
"""Score, kind of match, and the row."""
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


class LargeEstates:
    """Which tenants were found to have more items than are all weighed, at which data version.

    To count that far takes longer than all else that is read for a code.
    """

    def __init__(self) -> None:
        self._versions: dict[str, int] = {}

    def has(self, connection: Connection, principal: Principal) -> bool:
        """Tell whether a tenant has too many items to weigh them all."""
        tenant = principal.tenant
        version = version_of(connection, "inventory", principal=principal)
        if self._versions.get(tenant) == version:
            return True
        self._versions.pop(tenant, None)
        given = {"tenant": tenant, "page_rows": WEIGH_ALL + 1}
        ((size,),) = all_rows(connection, _SIZE, given)
        if size <= WEIGH_ALL:
            return False
        self._versions[tenant] = version
        while len(self._versions) > TENANTS:
            self._versions.pop(next(iter(self._versions)), None)
        return True


def find_candidates(
    connection: Connection, term: str, *, limit: int, large: LargeEstates, principal: Principal
) -> list[Candidate]:
    """Return the items that a term may mean, best first, then by code."""
    wanted = term.strip().lower()
    if not wanted or text_problem(wanted) or limit <= 0:
        return []
    seen: set[int] = set()
    found: list[Weighed] = []
    for some, has_words in _neighbours(connection, term.strip(), large, principal=principal):
        new = {row[0]: row for row in some if row[0] not in seen}
        seen.update(new)
        found += _weighed(list(new.values()), wanted, has_words=has_words)
        if sum(score >= SURE for score, _, _ in found) >= limit:
            break
    best = heapq.nsmallest(limit, found, key=lambda each: (-each[0], each[2][1]))
    return [_candidate(each, term) for each in best]


def _neighbours(
    connection: Connection, term: str, large: LargeEstates, *, principal: Principal
) -> Iterator[tuple[Sequence[Read], bool]]:
    """Give rows that may be alike, the surest first; and whether they surely have the words."""
    values = {"tenant": principal.tenant, "page_rows": NEIGHBOURS}
    exact = all_rows(connection, _EXACT, values | {"term": term})
    yield exact, False
    words = tokens(term)
    indexed = has_text_index(connection)
    if indexed and words:
        yield _sure(connection, words, values), True
    if not indexed:
        yield all_rows(connection, _CONTAINING, values | {"term": term.lower()}), True
    if not large.has(connection, principal):
        yield packed_rows(connection, _EVERY, values | {"page_rows": WEIGH_ALL}), False
    elif indexed and not any(code == term for _, code, *_ in exact):
        yield from ((rows, False) for rows in _stems(connection, words, values))


def _sure(connection: Connection, words: Sequence[str], values: dict[str, Any]) -> list[Read]:
    """Read those that begin with the words, whole or as a prefix, and those that have them."""
    phrase = " ".join(words)
    rows: list[Read] = []
    for seeking in (
        seek_start(connection, phrase, prefix=False),
        seek_start(connection, phrase, prefix=True),
        seek_words(connection, [phrase], match="all"),
    ):
        rows += _having(connection, seeking, values)
    return rows


def _having(
    connection: Connection, seeking: Seeking | None, values: dict[str, Any]
) -> Sequence[Read]:
    if seeking is None:
        return []
    sought, given = seeking
    return packed_rows(connection, _with_words(sought), values | given)


@lru_cache(maxsize=256)
def _with_words(sought: Sought) -> Select[Any]:
    return _reading(with_words(item_ids(()), sought))


def _stems(
    connection: Connection, words: Sequence[str], values: dict[str, Any]
) -> Iterator[Sequence[Read]]:
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


def _weighed(rows: Sequence[Read], term: str, *, has_words: bool) -> list[Weighed]:
    """Return what of some rows the term may mean, with score and kind of match."""
    found: list[Weighed] = []
    unsure: list[Read] = []
    codes: list[str] = []
    names: list[str] = []
    for row in rows:
        code, name = row[1].lower(), row[2].lower()
        if has_words or code.startswith(term) or name.startswith(term):
            found.append((*_sure_match(term, code, name), row))
        else:
            unsure.append(row)
            codes.append(code)
            names.append(name)
    if unsure:
        alike = zip(unsure, _likeness(term, codes, names), strict=True)
        found += [(FUZZY_TOP * one, "fuzzy", row) for row, one in alike if one >= FUZZY_FROM]
    return found


def _sure_match(term: str, code: str, name: str) -> tuple[float, str]:
    """Return score and kind of a match that needs no weighing."""
    if term == code:
        return 1.0, "code"
    if term == name:
        return 0.95, "name"
    if code.startswith(term) or name.startswith(term):
        return 0.8, "prefix"
    return SURE, "text"


def _likeness(term: str, codes: Sequence[str], names: Sequence[str]) -> list[float]:
    """Return how alike each is, 0 to 1: in one go, as two thousand one by one take 20 ms."""
    import numpy as np  # loaded where it is used

    given: dict[str, Any] = {"scorer": fuzz.ratio, "dtype": np.float64}
    by_code, by_name = (process.cdist([term], each, **given)[0] for each in (codes, names))
    alike: list[float] = (np.maximum(by_code, by_name) / 100).tolist()
    return alike


def _candidate(weighed: Weighed, term: str) -> Candidate:
    score, match, (ci, code, name, kind, location) = weighed
    return Candidate(
        kind="item", term=term, score=score, match=match, name=name, id=ci, code=code, type=kind,
        location=location,
    )  # fmt: skip
