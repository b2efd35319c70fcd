"""A shelf of documents in memory, and embedders that work, hang or fail."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio

from headwater.analysis.embeddings import pack
from headwater.analysis.words import words
from headwater.errors import StoreFault
from headwater.model.document import DocumentRecord, PassageRecord
from headwater.model.item import ItemRecord
from headwater.model.load import Rows
from headwater.model.moment import Asked
from headwater.model.principal import Principal
from headwater.model.relation import RelationRecord
from headwater.model.remark import Remarks
from headwater.ports.llm import Llm
from headwater.services.llm import NoLlm
from headwater.stores.memory.documents import MemoryDocuments
from headwater.stores.memory.estate import MemoryEstate
from headwater.stores.memory.inventory import MemoryInventory
from headwater.stores.memory.relations import MemoryRelations
from headwater.stores.memory.vectors import MemoryVectors

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
WHO = Principal()
ASKED = Asked(NOW)


class WordEmbedder:
    """Vectors by the words of a text; it counts what it is asked for."""

    model = "words-256"

    def __init__(self) -> None:
        self.asked = 0

    async def embed(self, texts: Sequence[str], *, principal: Principal) -> list[bytes]:
        self.asked += len(texts)
        return [self._vector(text) for text in texts]

    def _vector(self, text: str) -> bytes:
        values = [1e-6] * 256
        for word in words(text):
            values[hashlib.blake2b(word.encode(), digest_size=1).digest()[0]] += 1
        return pack(values)


class HangingEmbedder(WordEmbedder):
    """An embedder that never answers."""

    async def embed(self, texts: Sequence[str], *, principal: Principal) -> list[bytes]:
        await anyio.sleep_forever()
        raise AssertionError


class FailingEmbedder(WordEmbedder):
    """An embedder whose service is down."""

    async def embed(self, texts: Sequence[str], *, principal: Principal) -> list[bytes]:
        message = "the model is not there"
        raise StoreFault(message, code="embedder.unavailable", retry_safe=True)


class HangingDocuments(MemoryDocuments):
    """Documents whose search never answers."""

    async def search(self, *_: Any, **__: Any) -> list[Any]:
        await anyio.sleep_forever()
        raise AssertionError


def rows(name: str, records: Sequence[Any]) -> Rows[Any]:
    made: Rows[Any] = Rows(name)
    made.records = enumerate(records, 1)
    return made


class Shelf:
    """Stores over one estate in memory, and what tools are given of them."""

    def __init__(self) -> None:
        self.estate = MemoryEstate()
        self.documents = MemoryDocuments(self.estate)
        self.vectors = MemoryVectors(self.estate)
        self.embedder = WordEmbedder()
        self.llm: Llm = NoLlm()
        self.remarks = Remarks()
        self.inventory = MemoryInventory(self.estate)
        self.relations = MemoryRelations(self.estate)

    @property
    def lanes(self) -> dict[str, Any]:
        return {
            "documents": self.documents,
            "vectors": self.vectors,
            "embedder": self.embedder,
            "principal": WHO,
        }

    @property
    def ports(self) -> dict[str, Any]:
        return {**self.lanes, "inventory": self.inventory, "asked": ASKED}

    @property
    def answering(self) -> dict[str, Any]:
        return {**self.ports, "llm": self.llm, "remarks": self.remarks}

    @property
    def graph(self) -> dict[str, Any]:
        return {**self.lanes, "inventory": self.inventory, "relations": self.relations}

    async def put(
        self,
        source: str,
        passages: Sequence[tuple[str, str]],
        *,
        title: str = "",
        items: tuple[str, ...] = (),
        tags: Mapping[str, str] | None = None,
        days_old: float = 1,
    ) -> tuple[int, ...]:
        """Keep a document of sections and their texts, and return its passages' ids."""
        at = 0
        records = []
        for section, text in passages:
            records.append(PassageRecord(section=section, text=text, start=at, end=at + len(text)))
            at += len(text) + 2
        record = DocumentRecord(
            source=source,
            title=title or source,
            media_type="text/markdown",
            version="1",
            items=items,
            tags=tags or {},
            at=NOW - timedelta(days=days_old),
        )
        placed = await self.documents.put(record, records, principal=WHO)
        made = await WordEmbedder().embed([one.text for one in records], principal=WHO)
        await self.vectors.put(
            dict(zip(placed.passage_ids, made, strict=True)),
            model=self.embedder.model,
            principal=WHO,
        )
        return placed.passage_ids

    async def load(
        self, items: Mapping[str, str], relations: Sequence[tuple[str, str]] = ()
    ) -> None:
        """Bring in items by code with their type, and relations between them."""
        records = [ItemRecord(code=code, name=code, type=kind) for code, kind in items.items()]
        await self.inventory.load(rows("items", records), replace=False, principal=WHO)
        links = [
            RelationRecord(source=source, target=target, type="depends_on")
            for source, target in relations
        ]
        await self.relations.load(rows("relations", links), replace=False, principal=WHO)
