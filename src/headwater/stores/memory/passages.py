"""Which of a tenant's passages does a filter let through, in memory? It ranks none."""

from __future__ import annotations

from collections.abc import Iterator

from headwater.model.document import Document, DocumentName, Passage, PassageFilter
from headwater.model.item import ItemName
from headwater.stores.memory.estate import StoredPassage, Tenant, name_of


def passing(tenant: Tenant, within: PassageFilter) -> Iterator[StoredPassage]:
    """Give the passages that meet a filter."""
    library, codes = tenant.library, _codes(tenant, within)
    for document in library.documents.values():
        if _is_within(document, within):
            for number in library.parts[document.id]:
                stored = library.passages[number]
                if codes is None or not codes.isdisjoint(codes_of(stored, document)):
                    yield stored


def passing_documents(tenant: Tenant, within: PassageFilter) -> Iterator[Document]:
    """Give the documents that meet a filter, by items where a passage does."""
    library, codes = tenant.library, _codes(tenant, within)
    for document in library.documents.values():
        parts = (library.passages[number] for number in library.parts[document.id])
        if _is_within(document, within) and (
            codes is None or any(not codes.isdisjoint(codes_of(part, document)) for part in parts)
        ):
            yield document


def codes_of(stored: StoredPassage, document: Document) -> set[str]:
    """Return the codes of the items that a passage or its document names."""
    return {*stored.record.items, *document.items}


def passage_of(tenant: Tenant, stored: StoredPassage) -> Passage:
    """Return a passage as whoever asks for it gets it."""
    document, record = tenant.library.documents[stored.document_id], stored.record
    return Passage(
        id=stored.id,
        document=DocumentName(document.id, document.title, document.source),
        position=stored.position,
        section=record.section,
        page=record.page,
        start=record.start,
        end=record.end,
        text=record.text,
        items=_living(tenant, codes_of(stored, document)),
    )


def _is_within(document: Document, within: PassageFilter) -> bool:
    if any(document.tags.get(key) != value for key, value in within.tags.items()):
        return False
    if within.window is not None and not within.window.start <= document.at < within.window.end:
        return False
    if within.documents is not None and document.id not in within.documents:
        return False
    return document.id not in within.not_documents


def _codes(tenant: Tenant, within: PassageFilter) -> set[str] | None:
    if within.items is None:
        return None
    return {item.code for ci in within.items if (item := tenant.items.live(ci))}


def _living(tenant: Tenant, codes: set[str]) -> tuple[ItemName, ...]:
    ids = sorted(ci for code in codes if (ci := tenant.items.live_id(code)) is not None)
    return tuple(name_of(tenant.items.by_id[ci]) for ci in ids)
