"""How does a row become a document or a passage, and which are read? It writes none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, select

from headwater.analysis.filtering import WHOLE
from headwater.analysis.instants import from_us
from headwater.analysis.records import text_problem
from headwater.model.document import Document, DocumentName, DocumentRef, Passage
from headwater.model.item import ItemName
from headwater.stores.sql.id_lists import among, listed
from headwater.stores.sql.plain_rows import all_rows
from headwater.stores.sql.tables import document, item, passage, passage_item

DOCUMENT = (
    document.c.id, document.c.source, document.c.title, document.c.media_type,
    document.c.version, document.c.tags, document.c["items"], document.c.passages,
    document.c.pages, document.c.unread_pages, document.c.images, document.c.at,
    document.c.created_at, document.c.updated_at,
)  # fmt: skip
_OF_TENANT = document.c.tenant_id == bindparam("tenant")
_BY_ID = select(*DOCUMENT).where(_OF_TENANT, document.c.id == bindparam("ref"))
_BY_SOURCE = select(*DOCUMENT).where(_OF_TENANT, document.c.source == bindparam("ref"))

_PASSAGE = (
    passage.c.id, document.c.id, document.c.title, document.c.source, passage.c.position,
    passage.c.section, passage.c.page, passage.c.first_char, passage.c.end_char, passage.c.text,
)  # fmt: skip
_PASSAGES: Select[Any] = (
    select(*_PASSAGE)
    .join_from(passage, document, document.c.id == passage.c.document_id)
    .where(_OF_TENANT, passage.c.tenant_id == bindparam("tenant"))
)
_BY_IDS = _PASSAGES.where(among(passage.c.id, "ids"))
IDS_OF = (
    select(passage.c.id)
    .where(passage.c.tenant_id == bindparam("tenant"), passage.c.document_id == bindparam("ref"))
    .order_by(passage.c.position)
)
"""Ids of a document's passages, in order."""
_LIVING = (
    item.c.code == passage_item.c.code,
    passage_item.c.tenant_id == bindparam("tenant"),
    item.c.tenant_id == bindparam("tenant"),
    item.c.deleted_at.is_(None),
)
_ITEMS = (
    select(passage_item.c.passage_id, item.c.id, item.c.code, item.c.name)
    .where(*_LIVING, among(passage_item.c.passage_id, "ids"))
    .order_by(item.c.id)
)
_named = func.max(passage_item.c.is_named)
BY_ITEMS: Select[Any] = (
    select(passage_item.c.passage_id)
    .where(
        *_LIVING,
        among(item.c.id, "item_ids"),
        passage.c.id == passage_item.c.passage_id,
        passage.c.tenant_id == bindparam("tenant"),
        document.c.id == passage.c.document_id,
        _OF_TENANT,
    )
    .group_by(passage_item.c.passage_id, document.c.at, document.c.id, passage.c.position)
    .order_by(_named.desc(), document.c.at.desc(), document.c.id, passage.c.position)
    .limit(bindparam("page_rows"))
)
"""Ids of the passages of items, the best first."""


def get_document(connection: Connection, ref: DocumentRef, tenant: str) -> Document | None:
    """Return the document with this id or source, or None."""
    if isinstance(ref, str):
        if text_problem(ref):
            return None
        statement = _BY_SOURCE
    elif ref in WHOLE:
        statement = _BY_ID
    else:
        return None
    row = connection.execute(statement, {"tenant": tenant, "ref": ref}).first()
    return None if row is None else document_of(row)


def document_of(row: Any) -> Document:
    """Make a document of a row of `DOCUMENT`."""
    return Document(
        id=row[0],
        source=row[1],
        title=row[2],
        media_type=row[3],
        version=row[4],
        tags=row[5],
        items=tuple(row[6]),
        passages=row[7],
        pages=row[8],
        unread_pages=tuple(row[9]),
        images=row[10],
        at=from_us(row[11]),
        created_at=from_us(row[12]),
        updated_at=from_us(row[13]),
    )


def passages_by_id(connection: Connection, ids: Sequence[int], tenant: str) -> list[Passage]:
    """Return the passages with these ids, in the order given; unknown ids are left out."""
    values = {"tenant": tenant, "ids": listed(dict.fromkeys(each for each in ids if each in WHOLE))}
    if not values["ids"]:
        return []
    items = _items_by_passage(all_rows(connection, _ITEMS, values))
    rows = all_rows(connection, _BY_IDS, values)
    found = {row[0]: _passage_of(row, items.get(row[0], ())) for row in rows}
    return [found[number] for number in ids if number in found]


def ids_of_document(connection: Connection, document_id: int, tenant: str) -> tuple[int, ...]:
    """Return the ids of a document's passages, in order."""
    if document_id not in WHOLE:
        return ()
    return tuple(connection.execute(IDS_OF, {"tenant": tenant, "ref": document_id}).scalars())


def _items_by_passage(rows: Iterable[Any]) -> dict[int, tuple[ItemName, ...]]:
    found: dict[int, tuple[ItemName, ...]] = {}
    for number, ci, code, name in rows:
        found[number] = (*found.get(number, ()), ItemName(ci, code, name))
    return found


def _passage_of(row: Any, items: tuple[ItemName, ...]) -> Passage:
    return Passage(
        id=row[0],
        document=DocumentName(row[1], row[2], row[3]),
        position=row[4],
        section=row[5],
        page=row[6],
        start=row[7],
        end=row[8],
        text=row[9],
        items=items,
    )
