"""Which documents and passages does a filter let through? Found in SQL; it ranks none."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, bindparam, select

from headwater.analysis.instants import span_us
from headwater.analysis.word_index import Among
from headwater.model.document import PassageFilter
from headwater.stores.sql.id_lists import among, listed
from headwater.stores.sql.json_paths import JsonText, at_path, path_values
from headwater.stores.sql.plain_rows import all_rows
from headwater.stores.sql.tables import document, item, passage, passage_item

Shape = tuple[int, bool, bool, bool, bool]
"""How many tags; whether there are a window, documents, documents left out, items."""

OF_ITEMS = (
    select(passage_item.c.passage_id)
    .join(item, item.c.code == passage_item.c.code)
    .where(
        passage_item.c.tenant_id == bindparam("tenant"),
        item.c.tenant_id == bindparam("tenant"),
        item.c.deleted_at.is_(None),
        among(item.c.id, "item_ids"),
    )
)
"""Ids of the passages that, or whose documents, name one of these living items."""


def documents_within(columns: tuple[Any, ...], within: PassageFilter) -> Select[Any]:
    """Make the statement for columns of the documents that pass."""
    return _documents(columns, _shape_of(within))


def filter_values(within: PassageFilter, tenant: str) -> dict[str, Any]:
    """Return the parameters of that statement."""
    values: dict[str, Any] = {"tenant": tenant}
    for number, (key, value) in enumerate(sorted(within.tags.items())):
        values |= {**path_values(f"tag{number}", [key]), f"value{number}": value}
    if within.window is not None:
        values["at_from"], values["at_to"] = span_us(within.window)
    if within.documents is not None:
        values["of_documents"] = listed(within.documents)
    if within.not_documents:
        values["not_documents"] = listed(within.not_documents)
    if within.items is not None:
        values["item_ids"] = listed(within.items)
    return values


def find_among(connection: Connection, within: PassageFilter, tenant: str) -> Among:
    """Return what a filter comes to: documents and passages by their ids."""
    values = filter_values(within, tenant)
    documents, passages = within.documents, None
    if within.tags or within.window is not None:
        shape = _shape_of(within)
        statement = _documents((document.c.id,), (*shape[:4], False))
        documents = tuple(number for (number,) in all_rows(connection, statement, values))
    if within.items is not None:
        passages = {number for (number,) in all_rows(connection, OF_ITEMS, values)}
    return Among(documents, within.not_documents, passages)


def _shape_of(within: PassageFilter) -> Shape:
    return (
        len(within.tags),
        within.window is not None,
        within.documents is not None,
        bool(within.not_documents),
        within.items is not None,
    )


@lru_cache(maxsize=256)
def _documents(columns: tuple[Any, ...], shape: Shape) -> Select[Any]:
    tags, window, documents, not_documents, items = shape
    conditions: list[ColumnElement[bool]] = [document.c.tenant_id == bindparam("tenant")]
    for number in range(tags):
        value = JsonText(*at_path(document.c.tags, f"tag{number}", 1))
        conditions.append(value == bindparam(f"value{number}"))
    if window:
        conditions += [document.c.at >= bindparam("at_from"), document.c.at < bindparam("at_to")]
    if documents:
        conditions.append(among(document.c.id, "of_documents"))
    if not_documents:
        conditions.append(~among(document.c.id, "not_documents"))
    if items:
        named = select(passage.c.document_id).where(
            passage.c.tenant_id == bindparam("tenant"), passage.c.id.in_(OF_ITEMS)
        )
        conditions.append(document.c.id.in_(named))
    return select(*columns).where(*conditions)
