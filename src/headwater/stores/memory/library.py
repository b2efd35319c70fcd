"""How does a document take another's place, in memory, with all that belonged to it? It finds none.

What is held is never changed: a library with the change takes its place.
"""

from __future__ import annotations

from collections.abc import Mapping

from headwater.analysis.embeddings import FLOAT_BYTES, check_vector
from headwater.model.document import Document, DocumentRecord, Embedded, PassageRecord
from headwater.stores.memory.estate import Library, StoredPassage, Tenant, now

Vectors = Mapping[str, Mapping[int, bytes]]
"""Vectors by model and passage."""


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
    tenant: Tenant,
    document: Document,
    passages: Mapping[int, PassageRecord],
    *,
    vectors: Embedded | None,
) -> tuple[int, ...]:
    """Put a document with all that is its own in the place of those held; return their ids.

    Raises:
        UsageError: `vector.bad`; nothing has changed then.
    """
    removed = tenant.library.parts.get(document.id, ())
    left = _left(tenant.vectors, removed)
    if vectors is not None:
        made = dict(zip(passages, vectors.vectors, strict=True))
        left = with_vectors(left, made, model=vectors.model)
    stored = {
        number: StoredPassage(number, document.id, position, record)
        for position, (number, record) in enumerate(passages.items())
    }
    library = _without(tenant.library, document.id)
    library.documents[document.id] = document
    library.ids[document.source] = document.id
    library.passages.update(stored)
    library.parts[document.id] = tuple(stored)
    _put_in_place(tenant, library, left)
    return removed


def with_vectors(
    held: Vectors, new: Mapping[int, bytes], *, model: str
) -> dict[str, dict[int, bytes]]:
    """Return the vectors held and some more, which are of the size of those held.

    Raises:
        UsageError: `vector.bad` where one is of another size, not finite, or zero.
    """
    of_model = held.get(model, {})
    size = dimensions_of(of_model) or dimensions_of(new)
    checked = {number: check_vector(one, dimensions=size) for number, one in new.items()}
    others = {name: dict(one) for name, one in held.items() if name != model}
    return {**others, model: {**of_model, **checked}}


def dimensions_of(vectors: Mapping[int, bytes]) -> int | None:
    """Return the size of the first vector, or None where there is none."""
    first = next(iter(vectors.values()), None)
    return None if first is None else len(first) // FLOAT_BYTES


def drop(tenant: Tenant, document_id: int) -> tuple[int, ...]:
    """Take a document away and return the ids that its passages had."""
    removed = tenant.library.parts.get(document_id, ())
    left = _left(tenant.vectors, removed)
    _put_in_place(tenant, _without(tenant.library, document_id), left)
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


def _left(held: Vectors, removed: tuple[int, ...]) -> dict[str, dict[int, bytes]]:
    gone = set(removed)
    return {
        model: {number: one for number, one in of_model.items() if number not in gone}
        for model, of_model in held.items()
    }


def _put_in_place(tenant: Tenant, library: Library, vectors: dict[str, dict[int, bytes]]) -> None:
    tenant.vectors = vectors
    tenant.library = library
    tenant.versions["vectors"] = tenant.versions.get("vectors", 0) + 1
