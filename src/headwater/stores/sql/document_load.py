"""How does a document take another's place in SQL, with all that belonged to it? It finds none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, update

from headwater.analysis.document_records import same_document
from headwater.analysis.instants import to_us
from headwater.analysis.word_index import encode_words
from headwater.analysis.words import passage_words
from headwater.model.document import (
    Document,
    DocumentRecord,
    Embedded,
    PassageRecord,
    Placed,
)
from headwater.model.principal import Principal
from headwater.stores.sql.bulk_rows import insert_rows
from headwater.stores.sql.id_lists import among, listed
from headwater.stores.sql.passage_rows import get_document, ids_of_document
from headwater.stores.sql.tables import (
    document,
    passage,
    passage_item,
    passage_vector,
)
from headwater.stores.sql.tables import (
    passage_words as words_table,
)
from headwater.stores.sql.vector_load import write_vectors
from headwater.stores.sql.versions import raise_version

_PASSAGE = (
    "tenant_id", "document_id", "position", "section", "page", "first_char", "end_char", "text",
)  # fmt: skip
_WORDS = ("tenant_id", "passage_id", "document_id", "length", "words")
_ITEM = ("tenant_id", "code", "passage_id", "is_named")
_CHANGE = update(document).where(
    document.c.tenant_id == bindparam("own_tenant"), document.c.id == bindparam("own_id")
)
_FORGET = [
    delete(table).where(table.c.tenant_id == bindparam("tenant"), among(column, "ids"))
    for table, column in (
        (passage_vector, passage_vector.c.passage_id),
        (words_table, words_table.c.passage_id),
        (passage_item, passage_item.c.passage_id),
        (passage, passage.c.id),
    )
]
_DROP = delete(document).where(
    document.c.tenant_id == bindparam("tenant"), document.c.id == bindparam("ref")
)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document whose passages' words were cut: that takes long, so it is done in a thread."""

    record: DocumentRecord
    passages: Sequence[PassageRecord]
    words: Sequence[tuple[int, bytes]]
    vectors: Embedded | None = None


def prepare(
    record: DocumentRecord, passages: Sequence[PassageRecord], vectors: Embedded | None
) -> Prepared:
    """Cut the words of all passages."""
    cut = (passage_words(one.text, title=record.title, section=one.section) for one in passages)
    words = [(one.length, encode_words(one)) for one in cut]
    return Prepared(record, passages, words, vectors)


def unchanged(
    connection: Connection, record: DocumentRecord, *, principal: Principal
) -> Placed | None:
    """Return the document as it is held, if it is the same."""
    held = get_document(connection, record.source, principal.tenant)
    if held is None or not same_document(held, record):
        return None
    ids = ids_of_document(connection, held.id, principal.tenant)
    return Placed(document=held, change="unchanged", passage_ids=ids)


def put_document(connection: Connection, prepared: Prepared, *, principal: Principal) -> Placed:
    """Put a document in the place of the one with its source, or beside all others.

    Raises:
        UsageError: `vector.bad`.
    """
    tenant = principal.tenant
    for port in ("documents", "vectors"):
        raise_version(connection, port, principal=principal)  # whoever else writes waits here
    held = get_document(connection, prepared.record.source, tenant)
    if held is not None and same_document(held, prepared.record):
        ids = ids_of_document(connection, held.id, tenant)
        return Placed(document=held, change="unchanged", passage_ids=ids)
    removed = () if held is None else forget_passages(connection, held.id, tenant)
    made = _write_document(connection, prepared, held, tenant=tenant)
    ids = _write_passages(connection, made.id, prepared, tenant=tenant)
    embedded = prepared.vectors
    if embedded is not None:
        of_document = dict(zip(ids, embedded.vectors, strict=True))
        living = dict.fromkeys(ids, made.id)
        write_vectors(connection, of_document, living, model=embedded.model, tenant=tenant)
    return Placed(
        document=made,
        change="added" if held is None else "changed",
        passage_ids=ids,
        removed_ids=removed,
        embedded=embedded is not None,
    )


def drop_document(
    connection: Connection, ref: int | str, *, principal: Principal
) -> tuple[int, ...] | None:
    """Remove a document and return the ids that its passages had, or None where it is absent."""
    tenant = principal.tenant
    if get_document(connection, ref, tenant) is None:
        return None
    for port in ("documents", "vectors"):
        raise_version(connection, port, principal=principal)
    held = get_document(connection, ref, tenant)
    if held is None:
        return None
    removed = forget_passages(connection, held.id, tenant)
    connection.execute(_DROP, {"tenant": tenant, "ref": held.id})
    return removed


def forget_passages(connection: Connection, document_id: int, tenant: str) -> tuple[int, ...]:
    """Remove all passages of a document with what belongs to them, and return their ids."""
    ids = ids_of_document(connection, document_id, tenant)
    if ids:
        for statement in _FORGET:
            connection.execute(statement, {"tenant": tenant, "ids": listed(ids)})
    return ids


def _write_document(
    connection: Connection, prepared: Prepared, held: Document | None, *, tenant: str
) -> Document:
    record, now_us = prepared.record, to_us(datetime.now(UTC))
    values: dict[str, Any] = {
        "source": record.source,
        "title": record.title,
        "media_type": record.media_type,
        "version": record.version,
        "tags": dict(record.tags),
        "items": list(record.items),
        "passages": len(prepared.passages),
        "pages": record.pages,
        "unread_pages": list(record.unread_pages),
        "images": record.images,
        "at": to_us(record.at),
        "updated_at": now_us,
    }
    if held is None:
        connection.execute(insert(document), {"tenant_id": tenant, "created_at": now_us, **values})
    else:
        own = {"own_tenant": tenant, "own_id": held.id}
        connection.execute(_CHANGE.values({name: bindparam(name) for name in values}), own | values)
    made = get_document(connection, record.source, tenant)
    assert made is not None  # noqa: S101  it was written just now
    return made


def _write_passages(
    connection: Connection, document_id: int, prepared: Prepared, *, tenant: str
) -> tuple[int, ...]:
    rows = [
        (tenant, document_id, at, one.section, one.page, one.start, one.end, one.text)
        for at, one in enumerate(prepared.passages)
    ]
    insert_rows(connection, passage, _PASSAGE, rows=rows)
    ids = ids_of_document(connection, document_id, tenant)
    words = [
        (tenant, number, document_id, *cut) for number, cut in zip(ids, prepared.words, strict=True)
    ]
    insert_rows(connection, words_table, _WORDS, rows=words)
    items = [
        (tenant, code, number, int(code in one.items))
        for number, one in zip(ids, prepared.passages, strict=True)
        for code in dict.fromkeys((*one.items, *prepared.record.items))
    ]
    insert_rows(connection, passage_item, _ITEM, rows=items)
    return ids
