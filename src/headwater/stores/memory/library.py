"""How does a document take another's place, in memory, with all that belonged to it? It finds none.

What is held is never changed: a library with the change takes its place.
"""

from __future__ import annotations

from collections.abc import Mapping

from headwater.model.document import Document, DocumentRecord, PassageRecord
from headwater.stores.memory.estate import Library, StoredPassage, Tenant, now


def made_of(
    record: DocumentRecord, number: int, *, passages: int, held: Document | None
) -> Document:
    """Return the document that a record becomes, stamped now."""
    at = now()
    return Document(
        id=number,
        source=record.source,
        title=record.title,
        media_type=record.media_type,
        version=record.version,
        tags=dict(record.tags),
        items=record.items,
        passages=passages,
        pages=record.pages,
        unread_pages=record.unread_pages,
        images=record.images,
        at=record.at,
        created_at=at if held is None else held.created_at,
        updated_at=at,
    )


def swap(
    tenant: Tenant, document: Document, passages: Mapping[int, PassageRecord]
) -> tuple[int, ...]:
    """Put a document and its passages in the place of those held; return the ids these had."""
    removed = tenant.library.parts.get(document.id, ())
    stored = {
        number: StoredPassage(number, document.id, position, record)
        for position, (number, record) in enumerate(passages.items())
    }
    library = _without(tenant.library, document.id)
    library.documents[document.id] = document
    library.ids[document.source] = document.id
    library.passages.update(stored)
    library.parts[document.id] = tuple(stored)
    _put_in_place(tenant, library, removed)
    return removed


def drop(tenant: Tenant, document_id: int) -> tuple[int, ...]:
    """Take a document away and return the ids that its passages had."""
    removed = tenant.library.parts.get(document_id, ())
    _put_in_place(tenant, _without(tenant.library, document_id), removed)
    return removed


def _without(library: Library, document_id: int) -> Library:
    gone = set(library.parts.get(document_id, ()))
    passages = library.passages
    if gone:
        passages = {number: one for number, one in passages.items() if number not in gone}
    return Library(
        documents={at: one for at, one in library.documents.items() if at != document_id},
        ids={source: at for source, at in library.ids.items() if at != document_id},
        passages=dict(passages),
        parts={at: parts for at, parts in library.parts.items() if at != document_id},
    )


def _put_in_place(tenant: Tenant, library: Library, removed: tuple[int, ...]) -> None:
    gone = set(removed)
    if gone:
        tenant.vectors = {
            model: {number: one for number, one in held.items() if number not in gone}
            for model, held in tenant.vectors.items()
        }
    tenant.library = library
    tenant.versions["vectors"] = tenant.versions.get("vectors", 0) + 1
