"""Where are an item's words found quickly? In FTS5's table on SQLite, in `phrase_index` elsewhere.

It decides no meaning. The words are cut by `model.text`, so FTS5 only splits at spaces (its
`ascii` tokenizer keeps any other letter as it is). It holds living items only, under their id. A
SQLite without FTS5 has no such table; what is loaded there is marked, and indexed by the next
process that has FTS5.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Integer, Select, Text, bindparam, column, inspect, select, table
from sqlalchemy import text as sql
from sqlalchemy.exc import OperationalError

from headwater.errors import StoreFault, UsageError
from headwater.model.query import Match
from headwater.model.text import tokens
from headwater.stores.sql.phrase_index import (
    Range,
    add_phrases,
    drop_phrases,
    in_ranges,
    item_phrase,
    range_of,
    range_values,
)
from headwater.stores.sql.phrase_index import metadata as phrases
from headwater.stores.sql.tables import data_version, item

TextRow = tuple[int, str, str, str]
"""Id, and the words of code, name and tags."""
REBUILD_ROWS = 5_000
MAX_PHRASES = 40
"""Keywords of one query on a server: each is a join, of which MariaDB takes 60."""
_MARK = "text_index"
_SEEN = "headwater_text_index"
"""Stands in `data_version` while the index lacks what a process without FTS5 loaded."""

_words = table("item_text", column("rowid", Integer), column("item_text", Text))
_CREATE = "CREATE VIRTUAL TABLE item_text USING fts5(code, name, tags, tokenize = 'ascii')"
_PROBE = sql("SELECT 1 FROM item_text LIMIT 0")
_INSERT = "INSERT INTO item_text (rowid, code, name, tags) VALUES (?, ?, ?, ?)"
_DELETE = "DELETE FROM item_text WHERE rowid = ?"
_MARKS = data_version.c.port == _MARK


def text_row(item_id: int, code: str, name: str, *, tags: Mapping[str, str]) -> TextRow:
    """Make an item's row of the index."""
    words = " ".join(f"{key} {value}" for key, value in tags.items())
    return item_id, " ".join(tokens(code)), " ".join(tokens(name)), " ".join(tokens(words))


class Sought(NamedTuple):
    """How words are sought: all that a statement depends on. Without ranges it is FTS5's way."""

    ranges: tuple[Range, ...] = ()
    match: Match = "all"


Seeking = tuple[Sought, dict[str, Any]]
"""How words are sought, and the values of the parameters."""


def seek_words(connection: Connection, keywords: Sequence[str], *, match: Match) -> Seeking | None:
    """Seek tokens in a row in one column, the last one as a prefix, for each keyword.

    None where nothing can match: a keyword without a letter or digit matches no item.

    Raises:
        StoreFault: `store.no_text_index`.
        UsageError: `query.too_many_keywords`, more than a server takes.
    """
    require_text_index(connection)
    phrases = [phrase for word in keywords if (phrase := " ".join(tokens(word)))]
    if not phrases or (match == "all" and len(phrases) < len(keywords)):
        return None
    return _seek(connection, list(dict.fromkeys(phrases)), match)


def seek_stems(connection: Connection, stems: Sequence[str]) -> Seeking:
    """Seek items with a word that begins with any of these."""
    return _seek(connection, list(dict.fromkeys(stems)), "any")


def seek_start(connection: Connection, phrase: str, *, prefix: bool) -> Seeking:
    """Seek items whose code or name begins with tokens, the last one whole or as a prefix."""
    if connection.dialect.name != "sqlite":
        shape, given = range_of(phrase, start=True, whole=not prefix)
        return Sought((shape,)), range_values(0, given)
    star = " *" if prefix else ""
    return Sought(), {"words": f'code : ^ "{phrase}"{star} OR name : ^ "{phrase}"{star}'}


def _seek(connection: Connection, phrases: Sequence[str], match: Match) -> Seeking:
    if connection.dialect.name == "sqlite":
        joined = " OR " if match == "any" else " AND "
        return Sought(), {"words": joined.join(f'"{phrase}" *' for phrase in phrases)}
    if len(phrases) > MAX_PHRASES:
        message = f"{len(phrases)} keywords are too many; give at most {MAX_PHRASES}"
        raise UsageError(message, code="query.too_many_keywords")
    parts = [range_of(phrase) for phrase in phrases]
    values: dict[str, Any] = {}
    for number, (_, given) in enumerate(parts):
        values.update(range_values(number, given))
    return Sought(tuple(shape for shape, _ in parts), match), values


def with_words(statement: Select[tuple[int]], sought: Sought) -> Select[tuple[int]]:
    """Keep the items that have the words sought."""
    if sought.ranges:
        return statement.where(in_ranges(sought.ranges, every=sought.match == "all"))
    return statement.join(_words, _words.c.rowid == item.c.id).where(
        _words.c.item_text.op("MATCH")(bindparam("words"))
    )


def has_text_index(connection: Connection) -> bool:
    """Tell whether the index is there and can be used."""
    if connection.dialect.name != "sqlite" or connection.info.get(_SEEN):
        return True
    try:
        connection.execute(_PROBE)
    except OperationalError:
        return False
    connection.info[_SEEN] = True  # looked for once by each connection
    return True


def require_text_index(connection: Connection) -> None:
    """Refuse to go on without the index.

    Raises:
        StoreFault: `store.no_text_index`.
    """
    if not has_text_index(connection):
        message = "this SQLite was built without FTS5; search with text='like' instead"
        raise StoreFault(message, code="store.no_text_index", retry_safe=False)


def index_ready(connection: Connection) -> bool:
    """Tell whether there is nothing to do for `ensure_text_index`."""
    if connection.dialect.name != "sqlite":
        return inspect(connection).has_table(item_phrase.name)
    if not _can_index(connection):
        return True
    marks = select(data_version.c.number).where(_MARKS)
    return has_text_index(connection) and connection.execute(marks).first() is None


def ensure_text_index(connection: Connection) -> None:
    """Make the index where it can be made and is missing or behind."""
    if index_ready(connection):
        return
    if connection.dialect.name != "sqlite":  # made with the first tables, before there are items
        phrases.create_all(connection)
        return
    connection.exec_driver_sql("DROP TABLE IF EXISTS item_text")
    connection.exec_driver_sql(_CREATE)
    columns = (item.c.id, item.c.code, item.c.name, item.c.tags)
    rows = connection.execute(select(*columns).where(item.c.deleted_at.is_(None)))
    for some in rows.partitions(REBUILD_ROWS):
        texts = [text_row(*row[:3], tags=row[3]) for row in some]
        connection.exec_driver_sql(_INSERT, texts)
    connection.execute(data_version.delete().where(_MARKS))


def add_words(connection: Connection, rows: Sequence[TextRow], *, tenant: str) -> None:
    """Index items that are not in the index."""
    if connection.dialect.name != "sqlite":
        add_phrases(connection, rows, tenant=tenant)
    elif rows:
        connection.exec_driver_sql(_INSERT, list(rows))


def drop_words(connection: Connection, item_ids: Iterable[int], *, tenant: str) -> None:
    """Take items out of the index."""
    if connection.dialect.name != "sqlite":
        drop_phrases(connection, item_ids, tenant=tenant)
    elif rows := [(each,) for each in item_ids]:
        connection.exec_driver_sql(_DELETE, rows)


def mark_behind(connection: Connection, tenant: str) -> None:
    """Note that the index lacks what is being written."""
    mark = {"tenant_id": tenant, "port": _MARK, "number": 1}
    of_tenant = select(data_version.c.number).where(_MARKS, data_version.c.tenant_id == tenant)
    if connection.execute(of_tenant).first() is None:
        connection.execute(data_version.insert(), mark)


def _can_index(connection: Connection) -> bool:
    modules = connection.exec_driver_sql("SELECT 1 FROM pragma_module_list WHERE name = 'fts5'")
    return modules.first() is not None and inspect(connection).has_table(item.name)
