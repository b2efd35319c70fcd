"""Where are an item's words found quickly on a server? In a table of what its texts begin with.

For each word of an item's code, name and tags there is a row of that word and those after it in
its column, cut short. So tokens in a row, the last as a prefix, are one range of one index, equal
on PostgreSQL and MariaDB; neither's own full-text search has these meanings, nor may PostgreSQL
use its index for it behind row-level security. What is longer than a row holds is then looked up
in the texts themselves. Only living items are held. It cuts no words: that is `model.text`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Index,
    MetaData,
    Table,
    Text,
    and_,
    bindparam,
    delete,
    exists,
    intersect,
    or_,
    select,
    true,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NullType

from headwater.stores.sql.bulk_rows import insert_rows
from headwater.stores.sql.column_types import LongText, exact
from headwater.stores.sql.dialect import Contains
from headwater.stores.sql.id_lists import among, listed
from headwater.stores.sql.tables import item, tenant

PHRASE_CHARS = 48
BEGINNINGS = 2
"""The texts of an item whose beginning counts: its code and its name."""
LAST = "\U0010ffff"
"""Sorts after every letter; no token has it."""

metadata = MetaData()
item_phrase = Table(
    "item_phrase",
    metadata,
    tenant(primary_key=True),
    Column("phrase", exact(PHRASE_CHARS), primary_key=True),
    Column("ci_id", BigInteger, primary_key=True, autoincrement=False),
    Column("is_start", Boolean, nullable=False),
    Index("ix_item_phrase_ci", "tenant_id", "ci_id"),
)
"""`is_start`: a code or a name begins so."""
item_words = Table(
    "item_words",
    metadata,
    tenant(primary_key=True),
    Column("ci_id", BigInteger, primary_key=True, autoincrement=False),
    Column("words", LongText, nullable=False),
)
"""All words of items that have a text longer than a phrase, each column on a line of its own."""

_PHRASE_COLUMNS = ("tenant_id", "phrase", "ci_id", "is_start")
_FORGET = [
    delete(table).where(table.c.tenant_id == bindparam("tenant"), among(table.c.ci_id, "ids"))
    for table in (item_phrase, item_words)
]


class Range(NamedTuple):
    """The shape of one keyword's condition: begins a code or name, or is longer than a row."""

    start: bool = False
    long: bool = False


def range_of(phrase: str, *, start: bool = False, whole: bool = False) -> tuple[Range, list[str]]:
    """Return the shape and the parameters of tokens in a row, the last a prefix if not `whole`."""
    cut = phrase[:PHRASE_CHARS]
    high = f"{cut}!" if whole else f"{cut}{LAST}"
    return Range(start, len(phrase) > PHRASE_CHARS), [cut, high, f" {phrase}"]


def range_values(number: int, given: Sequence[str]) -> dict[str, str]:
    """Name the parameters of the keyword with this number."""
    return dict(zip((f"p{number}_low", f"p{number}_high", f"p{number}_text"), given, strict=True))


def in_ranges(ranges: Sequence[Range], *, every: bool) -> ColumnElement[bool]:
    """Make the condition that an item is found by every range, or by any.

    The ids are gathered first and looked up then: a planner that guessed wrong how many there are
    would go through all of them for each item.
    """
    conditions = [_in_range(number, each) for number, each in enumerate(ranges)]
    if len(conditions) == 1 or not every:
        return Gathered(item.c.id, _found(or_(*conditions)).scalar_subquery())
    return Gathered(item.c.id, intersect(*map(_found, conditions)).scalar_subquery())


class Gathered(FunctionElement[Any]):
    """A column's value that is among those of a query, which is carried out once and first."""

    type = NullType()
    inherit_cache = True
    name = "headwater_gathered"


@compiles(Gathered, "postgresql")
def _in_array(element: Gathered, compiler: Any, **options: Any) -> str:
    column, query = (compiler.process(each, **options) for each in element.clauses)
    return f"({column} = ANY (ARRAY({_bare(query)})))"


@compiles(Gathered, "mysql", "mariadb")
def _in_derived(element: Gathered, compiler: Any, **options: Any) -> str:
    column, query = (compiler.process(each, **options) for each in element.clauses)
    return f"({column} IN (SELECT found.ci_id FROM ({_bare(query)}) AS found))"  # noqa: S608


def _bare(query: str) -> str:
    return query.removeprefix("(").removesuffix(")")


def add_phrases(
    connection: Connection, rows: Iterable[tuple[int, str, str, str]], *, tenant: str
) -> None:
    """Index items that are not in the index: id, and the words of code, name and tags."""
    phrases: list[tuple[Any, ...]] = []
    words: list[tuple[Any, ...]] = []
    for ci, *texts in rows:
        found = phrases_of(texts)
        phrases += [(tenant, phrase, ci, start) for phrase, start in found.items()]
        if any(len(text) > PHRASE_CHARS for text in texts):
            words.append((tenant, ci, "".join(f" {text}\n" for text in texts)))
    phrases.sort()  # rows that belong together are written together
    insert_rows(connection, item_phrase, _PHRASE_COLUMNS, rows=phrases)
    insert_rows(connection, item_words, ("tenant_id", "ci_id", "words"), rows=words)


def drop_phrases(connection: Connection, item_ids: Iterable[int], *, tenant: str) -> None:
    """Take items out of the index."""
    if ids := listed(item_ids):
        for statement in _FORGET:
            connection.execute(statement, {"tenant": tenant, "ids": ids})


def phrases_of(texts: Sequence[str]) -> dict[str, bool]:
    """Return what the rows of an item hold; a code and a name are the first two texts."""
    found: dict[str, bool] = {}
    for column, text in enumerate(texts):
        at = 0
        while text and (at == 0 or text[at - 1] == " "):
            phrase = text[at : at + PHRASE_CHARS]
            found[phrase] = found.get(phrase, False) or (at == 0 and column < BEGINNINGS)
            at = text.find(" ", at) + 1
            if at == 0:
                break
    return found


def _found(condition: ColumnElement[bool]) -> Any:
    own = item_phrase.c.tenant_id == bindparam("tenant")
    return select(item_phrase.c.ci_id).where(own, condition)


def _in_range(number: int, shape: Range) -> ColumnElement[bool]:
    low, high, text = (
        bindparam(f"p{number}_{part}", type_=Text()) for part in ("low", "high", "text")
    )
    phrase = item_phrase.c.phrase
    whole = exists().where(
        item_words.c.tenant_id == item_phrase.c.tenant_id,
        item_words.c.ci_id == item_phrase.c.ci_id,
        Contains(item_words.c.words, text),
    )
    return and_(
        phrase >= low,
        phrase < high,
        item_phrase.c.is_start if shape.start else true(),
        whole if shape.long else true(),
    )
