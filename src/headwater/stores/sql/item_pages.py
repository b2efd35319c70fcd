"""Which items does a query find, in which order, and how many are there in all?

It reads one page and counts, within a unit of work; what a filter means is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
    true,
)

from headwater.analysis.filtering import WHOLE, check_filters, find_column
from headwater.analysis.paging import Values, read_cursor, write_cursor
from headwater.analysis.records import text_problem
from headwater.errors import UsageError
from headwater.model.item import ItemPage
from headwater.model.principal import Principal
from headwater.model.query import ItemQuery, Match, Sort
from headwater.stores.sql.dialect import Contains
from headwater.stores.sql.filters import Shape, item_ids, shaped
from headwater.stores.sql.id_lists import among, listed
from headwater.stores.sql.item_rows import COLUMNS, item_of, items_by_id
from headwater.stores.sql.plain_rows import all_rows, packed_rows
from headwater.stores.sql.tables import item, tag
from headwater.stores.sql.text_index import (
    Sought,
    seek_words,
    with_words,
)

_id_of = itemgetter(0)
MAX_WORDS = 100
"""Keywords of one query without a text index."""
KEYS_AHEAD = 200
"""Keys read of what words find: where there are no more, nothing is looked up again to be counted.

Twenty more keys cost a twentieth of finding them, and counting costs as much as finding.
"""
ROWS_AHEAD = 20
"""The same where whole rows are read at once: what is not shown costs more to read."""
MAX_ROWS = 2**40
"""Beyond any limit or offset that makes a difference, and within SQLite's integers."""


class PageShape(NamedTuple):
    """A query without its values: all that its statements depend on.

    `after` says of each sort value of the page before whether it was there; None is a first page.
    """

    shapes: tuple[Shape, ...]
    sort: tuple[Sort, ...] = ()
    after: tuple[bool, ...] | None = None
    has_ids: bool = False
    sought: Sought | None = None
    words: int = 0
    match: Match = "all"


def find_page(connection: Connection, query: ItemQuery, *, principal: Principal) -> ItemPage:
    """Return a page of the items that match, with the true total.

    Raises:
        UsageError: a field, operator, sort or cursor that is not allowed, by name.
        StoreFault: `store.no_text_index`.
    """
    for each in query.sort:
        find_column(each.field)
    after = None if query.cursor is None else _place(query.cursor, query.sort)
    shapes, values = shaped(check_filters(query.filters))
    sought: Sought | None = None
    words: dict[str, Any] | None = {}
    if query.keywords and query.text == "like":
        words = _word_values(query)
    elif query.keywords:
        found = seek_words(connection, query.keywords, match=query.match)
        sought, words = found if found is not None else (None, None)
    if words is None:
        return _page(query, [], total=0)
    values.update(words, tenant=principal.tenant)
    if query.ids is not None:
        values["ids"] = listed(ci for ci in set(query.ids) if ci in WHOLE)
    shape = PageShape(
        shapes=shapes,
        sort=query.sort,
        has_ids=query.ids is not None,
        sought=sought,
        words=0 if sought else len(words),
        match=query.match,
    )
    return _read(connection, query, shape, values=values, after=after, principal=principal)


def _place(cursor: str, sorts: Sequence[Sort]) -> Values:
    values = read_cursor(cursor, sorts)
    if any(text_problem(value) for value in values if isinstance(value, str)):
        message = "this cursor was not made by us; start again without a cursor"
        raise UsageError(message, code="query.bad_cursor")
    return values


def _read(
    connection: Connection,
    query: ItemQuery,
    shape: PageShape,
    *,
    values: dict[str, Any],
    after: Values | None,
    principal: Principal,
) -> ItemPage:
    wanted = min(max(query.limit, 0), MAX_ROWS)
    offset = min(query.offset, MAX_ROWS) if after is None else 0
    at_once = shape.sought is not None and not shape.sort
    ahead = wanted + 1
    if shape.sought:
        ahead = wanted + ROWS_AHEAD if at_once else max(ahead, KEYS_AHEAD)
    skipped = 0 if offset + wanted < ahead else offset  # else the page is among what is read
    paged = values | {"page_rows": ahead, "page_offset": skipped}
    place = shape
    if after is not None:
        place = shape._replace(after=tuple(value is not None for value in after))
        paged |= {f"a{number}": value for number, value in enumerate(after)}
    statement = _page_rows(place) if at_once else _page_keys(place)
    rows = packed_rows(connection, statement, paged)
    whole = after is None and skipped == 0 and len(rows) < ahead
    total: int = len(rows) if whole else all_rows(connection, _count(shape), values)[0][0]
    page = (sorted(rows, key=_id_of) if at_once else rows)[offset - skipped :]
    shown = page[:wanted]
    if at_once:
        items, keys = [item_of(row) for row in shown], [row[:1] for row in shown]
    else:
        ids = [key[-1] for key in shown]
        items, keys = items_by_id(connection, ids, principal=principal), shown
    more = len(page) > wanted
    end = tuple(keys[-1]) if more and items else None
    return _page(query, items, total=total, truncated=more, end=end)


def _page(
    query: ItemQuery, items: list[Any], *, total: int, truncated: bool = False,
    end: Values | None = None,
) -> ItemPage:  # fmt: skip
    return ItemPage(
        items=items,
        total=total,
        limit=query.limit,
        offset=query.offset,
        truncated=truncated,
        next_cursor=None if end is None else write_cursor(query.sort, end),
    )


def _word_values(query: ItemQuery) -> dict[str, Any] | None:
    """Return the parameters of keywords without an index, or None where nothing can match."""
    if len(query.keywords) > MAX_WORDS:
        message = f"{len(query.keywords)} keywords are too many; give at most {MAX_WORDS}"
        raise UsageError(message, code="query.too_many_keywords")
    words = [word.lower() for word in query.keywords if text_problem(word) is None]
    possible = words and (query.match == "any" or len(words) == len(query.keywords))
    return {f"w{number}": word for number, word in enumerate(words)} if possible else None


@lru_cache(maxsize=512)
def _matching(shape: PageShape) -> Select[tuple[int]]:
    statement = item_ids(shape.shapes)
    if shape.has_ids:
        statement = statement.where(among(item.c.id, "ids"))
    if shape.sought is not None:
        statement = with_words(statement, shape.sought)
    if shape.words:
        conditions = [_contains(bindparam(f"w{number}")) for number in range(shape.words)]
        joined = or_(*conditions) if shape.match == "any" else and_(*conditions)
        statement = statement.where(joined)
    return statement


@lru_cache(maxsize=512)
def _count(shape: PageShape) -> Select[Any]:
    return _matching(shape).with_only_columns(func.count(), maintain_column_froms=True)


@lru_cache(maxsize=512)
def _page_keys(shape: PageShape) -> Select[Any]:
    columns = [item.c[each.field] for each in shape.sort]
    statement: Select[Any] = _matching(shape).with_only_columns(
        *columns, item.c.id, maintain_column_froms=True
    )
    if shape.after is not None:
        statement = statement.where(_follows(shape.sort, shape.after))
    return (
        statement.order_by(*_order(shape.sort))
        .limit(bindparam("page_rows"))
        .offset(bindparam("page_offset"))
    )


@lru_cache(maxsize=512)
def _page_rows(shape: PageShape) -> Select[Any]:
    """Read the rows of a page with its keys, in no order: a database would sort them whole."""
    keys = _page_keys(shape).subquery("keys")
    return select(*COLUMNS).join(keys, keys.c.id == item.c.id)


def _order(sorts: Sequence[Sort]) -> list[ColumnElement[Any]]:
    order: list[ColumnElement[Any]] = []
    for each in sorts:
        own = item.c[each.field]
        if own.nullable:
            order.append(own.is_(None))
        order.append(own.desc() if each.descending else own.asc())
    return [*order, item.c.id.asc()]


def _follows(sorts: Sequence[Sort], there: Sequence[bool]) -> ColumnElement[bool]:
    """Say that a row comes after the one with the values `a0`, `a1`..., its id last."""
    last: ColumnElement[int] = bindparam(f"a{len(sorts)}")
    condition: ColumnElement[bool] = item.c.id > last
    for number, each in reversed(list(enumerate(sorts))):
        own = item.c[each.field]
        if not there[number]:
            condition = and_(own.is_(None), condition)
            continue
        value: ColumnElement[Any] = bindparam(f"a{number}", type_=own.type)
        beyond = own < value if each.descending else own > value
        not_before = own <= value if each.descending else own >= value
        if own.nullable:
            beyond, not_before = or_(beyond, own.is_(None)), true()
        # `not_before` says nothing new; it lets an index start at the right place.
        condition = and_(not_before, or_(beyond, and_(own == value, condition)))
    return condition


def _contains(word: ColumnElement[str]) -> ColumnElement[bool]:
    in_tags = exists().where(
        tag.c.tenant_id == item.c.tenant_id,
        tag.c.ci_id == item.c.id,
        Contains(tag.c.key + " " + tag.c.value, word),
    )
    return or_(Contains(item.c.code, word), Contains(item.c.name, word), in_tags)
