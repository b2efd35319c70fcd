"""Where are an item's words found quickly? In an FTS5 table on SQLite; it decides no meaning.

The words are cut by `model.text`, so FTS5 only splits at spaces (its `ascii` tokenizer keeps any
other letter as it is). It holds living items only, under their id. A SQLite without FTS5 has no
such table; what is loaded there is marked, and indexed by the next process that has FTS5.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection, Integer, Select, Text, bindparam, column, inspect, select, table
from sqlalchemy import text as sql
from sqlalchemy.exc import OperationalError

from headwater.errors import StoreFault
from headwater.model.query import Match
from headwater.model.text import tokens
from headwater.stores.sql.tables import data_version, item

TextRow = tuple[int, str, str, str]
"""Id, and the words of code, name and tags."""
REBUILD_ROWS = 5_000
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


def text_expression(keywords: Sequence[str], *, match: Match) -> str | None:
    """Write what FTS5 is to find: tokens in a row in one column, the last one as a prefix.

    None where nothing can match: a keyword without a letter or digit matches no item.
    """
    phrases = [" ".join(tokens(word)) for word in keywords]
    found = [f'"{phrase}" *' for phrase in phrases if phrase]
    if not found or (match == "all" and len(found) < len(phrases)):
        return None
    return (" OR " if match == "any" else " AND ").join(found)


def start_expression(phrase: str, *, prefix: bool = False) -> str:
    """Write what FTS5 is to find: codes and names that begin with tokens (the last a prefix)."""
    star = " *" if prefix else ""
    return f'code : ^ "{phrase}"{star} OR name : ^ "{phrase}"{star}'


def with_words(statement: Select[tuple[int]]) -> Select[tuple[int]]:
    """Keep the items that the parameter `words`, a text expression, finds."""
    return statement.join(_words, _words.c.rowid == item.c.id).where(
        _words.c.item_text.op("MATCH")(bindparam("words"))
    )


def has_text_index(connection: Connection) -> bool:
    """Tell whether the index is there and can be used."""
    if connection.info.get(_SEEN):
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
    if not _can_index(connection):
        return True
    marks = select(data_version.c.number).where(_MARKS)
    return has_text_index(connection) and connection.execute(marks).first() is None


def ensure_text_index(connection: Connection) -> None:
    """Make the index where it can be made and is missing or behind."""
    if index_ready(connection):
        return
    connection.exec_driver_sql("DROP TABLE IF EXISTS item_text")
    connection.exec_driver_sql(_CREATE)
    columns = (item.c.id, item.c.code, item.c.name, item.c.tags)
    rows = connection.execute(select(*columns).where(item.c.deleted_at.is_(None)))
    for some in rows.partitions(REBUILD_ROWS):
        add_words(connection, [text_row(*row[:3], tags=row[3]) for row in some])
    connection.execute(data_version.delete().where(_MARKS))


def add_words(connection: Connection, rows: Sequence[TextRow]) -> None:
    """Index items that are not in the index."""
    if rows:
        connection.exec_driver_sql(_INSERT, list(rows))


def drop_words(connection: Connection, item_ids: Iterable[int]) -> None:
    """Take items out of the index."""
    if rows := [(each,) for each in item_ids]:
        connection.exec_driver_sql(_DELETE, rows)


def mark_behind(connection: Connection, tenant: str) -> None:
    """Note that the index lacks what is being written."""
    mark = {"tenant_id": tenant, "port": _MARK, "number": 1}
    of_tenant = select(data_version.c.number).where(_MARKS, data_version.c.tenant_id == tenant)
    if connection.execute(of_tenant).first() is None:
        connection.execute(data_version.insert(), mark)


def _can_index(connection: Connection) -> bool:
    if connection.dialect.name != "sqlite":
        return False
    modules = connection.exec_driver_sql("SELECT 1 FROM pragma_module_list WHERE name = 'fts5'")
    return modules.first() is not None and inspect(connection).has_table(item.name)
