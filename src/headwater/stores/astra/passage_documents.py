"""What does Astra DB hold of a passage, and which filters does it understand? It sends nothing."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from typing import Any

from headwater.analysis.instants import span_us
from headwater.model.document import PassageFilter
from headwater.stores.astra.finding import IN_VALUES

COLLECTION = "headwater_vectors_"
"""What the names of our collections begin with; the size of their vectors follows."""
INDEXED = ("tenant", "model", "passage", "document", "tags", "at")
"""Fields that filters go by."""


def collection_of(dimensions: int) -> str:
    """Return the name of the collection of vectors of a size."""
    return f"{COLLECTION}{dimensions}"


def document_of(passage: int, *, model: str, tenant: str) -> dict[str, Any]:
    """Return what tells a passage's vector from all others."""
    return {
        "_id": json.dumps([tenant, model, passage], ensure_ascii=False, separators=(",", ":")),
        "tenant": tenant,
        "model": model,
        "passage": passage,
    }


def filters_of(
    within: PassageFilter, passages: Sequence[int] | None, *, model: str, tenant: str
) -> list[dict[str, Any]]:
    """Return filters of which each passage that passes matches exactly one.

    There are several where more values are wanted than one filter takes. `passages` are those of
    the items that the filter names.
    """
    own: list[dict[str, Any]] = [{"tenant": tenant}, {"model": model}]
    own += [{"tags": {"$all": [f"{key}={value}"]}} for key, value in within.tags.items()]
    if within.window is not None:
        first, end = span_us(within.window)
        own.append({"at": {"$gte": first, "$lt": end}})
    own += [{"document": {"$nin": part}} for part in _parts(within.not_documents)]
    wanted = [
        [{name: {"$in": part}} for part in _parts(values)]
        for name, values in (("document", within.documents), ("passage", passages))
        if values is not None
    ]
    return [{"$and": [*own, *each]} for each in itertools.product(*wanted)]


def _parts(values: Sequence[int]) -> list[list[int]]:
    """Return values in parts of as many as a filter takes."""
    every = list(dict.fromkeys(values))
    return [every[at : at + IN_VALUES] for at in range(0, len(every), IN_VALUES)]
