"""Which documents are for an alert, a rule or an item, by their names alone? It reads none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from headwater.analysis.words import words
from headwater.model.document import EVERYTHING, DocumentName
from headwater.model.item import ItemName
from headwater.model.principal import Principal
from headwater.packs.knowledge.finding import names_of
from headwater.ports.documents import Documents

MOST_NAMES = 12
"""Names that are looked for; each is one search."""
LOOKED_AT = 10
LEAST_WORDS = 2
OF_ITEMS = 50
MOSTLY = 0.6
"""The least share of a document's name that a shorter name has to have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Runbook:
    """A document and what it is for: a name that was given, or items that it names."""

    document: DocumentName
    name: str | None = None
    items: list[ItemName] = field(default_factory=list)


async def find_runbooks(
    names: Sequence[str],
    item_ids: Sequence[int],
    *,
    documents: Documents,
    principal: Principal,
) -> list[Runbook]:
    """Return the documents called by one of the names, in their order, then those of the items.

    A document is called so where all words of its title, or of its file's name, are in the name,
    or most of them are all that the name has; the most words win.
    """
    if await documents.is_empty(principal=principal):
        return []
    found: dict[int, Runbook] = {}
    for name in list(dict.fromkeys(names))[:MOST_NAMES]:
        document = await _called(name, documents=documents, principal=principal)
        if document is not None:
            found.setdefault(document.id, Runbook(document=document, name=name))
    if item_ids:
        read = await documents.by_items(item_ids, limit=OF_ITEMS, principal=principal)
        wanted = set(item_ids)
        for one in read:
            items = [item for item in one.items if item.id in wanted]
            found.setdefault(one.document.id, Runbook(document=one.document, items=items))
    return list(found.values())


async def _called(name: str, *, documents: Documents, principal: Principal) -> DocumentName | None:
    asked = set(words(name))
    if len(asked) < LEAST_WORDS:
        return None
    scored = await documents.search(name, limit=LOOKED_AT, within=EVERYTHING, principal=principal)
    read = await documents.passages([one.passage_id for one in scored], principal=principal)
    best: tuple[int, DocumentName | None] = (LEAST_WORDS - 1, None)
    for one in read:
        for held in names_of(one.document):
            shared = len(held & asked)
            mostly = asked <= held and shared >= MOSTLY * len(held)
            if (held <= asked or mostly) and shared > best[0]:
                best = (shared, one.document)
    return best[1]
