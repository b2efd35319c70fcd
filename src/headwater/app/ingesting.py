"""How documents are taken in: read, cut, tied to items, embedded and kept, one by one.

It knows no kind of document and no store. A document that cannot be read leaves the others
unharmed; a store or a model that fails ends the ingestion, and doing it again goes on from there.

Next: `ports/documents.py`
"""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar

import anyio
from anyio import CapacityLimiter, to_thread

from headwater.analysis.document_records import same_document
from headwater.analysis.embedding_text import embedding_text
from headwater.analysis.item_names import ItemNames
from headwater.engine.versions_lease import LeasedVersions
from headwater.errors import HeadwaterError
from headwater.model.document import DocumentRecord, Embedded, PassageRecord, Placed
from headwater.model.ingest import (
    MAX_LISTED,
    DocumentFile,
    FailedDocument,
    IngestedDocument,
    IngestReport,
    ReadDocument,
    ReadingLimits,
)
from headwater.model.load import Progress
from headwater.model.principal import Principal
from headwater.policy.backoff import Backoff
from headwater.ports.documents import Documents
from headwater.ports.embedder import Embedder
from headwater.ports.vectors import Vectors

ResultT = TypeVar("ResultT")
AT_ONCE = 4
"""Documents in work at a time: while one is read, another is embedded."""
BATCH = 32
"""Passages embedded in one call."""
TRIES = 4
BACKOFF = Backoff(first_s=0.2, most_s=5.0)
READING = ("document.", "upload.")
"""Codes of what is wrong with one document; anything else ends the ingestion."""


class Shelf(Protocol):
    """The ports that keep documents, by their names."""

    @property
    def documents(self) -> Documents:
        """Return where documents and passages are."""
        ...

    @property
    def vectors(self) -> Vectors:
        """Return where the vectors of passages are."""
        ...

    @property
    def embedder(self) -> Embedder:
        """Return what makes vectors of texts."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What whoever sends documents says of them; it goes before what they say themselves."""

    title: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    items: tuple[str, ...] = ()


Read = Callable[[DocumentFile, ReadingLimits], ReadDocument]


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What an ingestion works with.

    Args:
        shelf: Where documents go.
        read: What reads one; it blocks.
        limits: What reading one may take.
        names: What finds items in texts.
        lease: Told of what was written, so that calls of this process see it at once.
    """

    shelf: Shelf
    read: Read
    limits: ReadingLimits
    names: ItemNames
    lease: LeasedVersions | None = None


async def ingest(
    desk: Desk,
    files: Sequence[DocumentFile],
    *,
    said: Said,
    principal: Principal,
    progress: Progress | None = None,
) -> IngestReport:
    """Take documents in, several at a time; all that the report counts can be found on return.

    Raises:
        StoreFault: what a store or the embedder says; documents taken in by then stay.
    """
    work = _Ingestion(desk, said, principal, progress=progress or Progress())
    work.progress.part = "documents"
    work.progress.total_bytes = sum(file.size_bytes for file in files)
    lease = desk.lease
    with nullcontext() if lease is None else lease.written(principal=principal):
        await work.all_of(files)
        await work.complete()
    return work.report()


class _Ingestion:
    """One ingestion's counts as they come in."""

    def __init__(self, desk: Desk, said: Said, principal: Principal, *, progress: Progress) -> None:
        self._desk = desk
        self._said = said
        self._principal = principal
        self._shelf = desk.shelf
        self._threads = CapacityLimiter(AT_ONCE)
        self._started_s = time.monotonic()
        self._done: list[IngestedDocument] = []
        self._failed: list[FailedDocument] = []
        self._raised: HeadwaterError | None = None
        self.progress = progress

    async def all_of(self, files: Sequence[DocumentFile]) -> None:
        """Take in every file; the first fault of a store ends all."""
        waiting = iter(files)
        async with anyio.create_task_group() as group:
            for number in range(min(AT_ONCE, len(files))):
                group.start_soon(self._each, waiting, group.cancel_scope, name=f"reader {number}")
        if self._raised is not None:
            raise self._raised

    async def _each(self, waiting: Iterator[DocumentFile], scope: anyio.CancelScope) -> None:
        for file in waiting:
            try:
                await self._take_in(file)
            except HeadwaterError as error:
                if not error.code.startswith(READING):
                    self._raised = self._raised or error  # raised outside of the group's wrapping
                    scope.cancel()
                    return
                self._failed.append(_failure(file, error))
            self.progress.done_bytes += file.size_bytes

    async def _take_in(self, file: DocumentFile) -> None:
        """Read one document and keep it with its vectors."""
        record, passages = await self._tried(
            lambda: to_thread.run_sync(self._read, file, limiter=self._threads)
        )
        held = await self._shelf.documents.get(record.source, principal=self._principal)
        same = held is not None and same_document(held, record)
        vectors = None if same else await self._embedded(record.title, passages)
        placed = await self._tried(
            lambda: self._shelf.documents.put(
                record, passages, vectors=vectors, principal=self._principal
            )
        )
        if vectors is not None and not placed.embedded and placed.change != "unchanged":
            await self._put(dict(zip(placed.passage_ids, vectors.vectors, strict=True)))
            await self._shelf.vectors.remove(placed.removed_ids, principal=self._principal)
        self._note(placed)

    def _read(self, file: DocumentFile) -> tuple[DocumentRecord, tuple[PassageRecord, ...]]:
        """Read one document and find the items that it names. It blocks."""
        read = self._desk.read(file, self._desk.limits)
        names = self._desk.names
        passages = tuple(
            replace(one, items=names.found_in(f"{one.section}\n{one.text}"))
            for one in read.passages
        )
        title = self._said.title or read.title
        items = (*self._said.items, *read.items, *names.found_in(f"{title}\n{file.stem}"))
        record = DocumentRecord(
            source=file.source,
            title=title,
            media_type=read.media_type,
            version=_version(read, title, passages),
            tags={**read.tags, **self._said.tags},
            items=tuple(dict.fromkeys(items)),
            pages=read.pages,
            unread_pages=read.unread_pages,
            images=read.images,
            at=read.at,
        )
        return record, passages

    async def _embedded(self, title: str, passages: Sequence[PassageRecord]) -> Embedded:
        """Return a vector for each passage; the batches of a long document go side by side."""
        texts = [embedding_text(one.text, title=title, section=one.section) for one in passages]
        batches = [texts[start : start + BATCH] for start in range(0, len(texts), BATCH)]
        found: dict[int, list[bytes]] = {}
        raised: list[HeadwaterError] = []
        waiting = iter(enumerate(batches))

        async def each(scope: anyio.CancelScope) -> None:
            for number, batch in waiting:
                try:
                    found[number] = await self._vectors_of(batch)
                except HeadwaterError as error:
                    raised.append(error)  # raised below, not in a group's wrapping
                    scope.cancel()

        async with anyio.create_task_group() as group:
            for number in range(min(AT_ONCE, len(batches))):
                group.start_soon(each, group.cancel_scope, name=f"embed {number}")
        if raised:
            raise raised[0]
        vectors = tuple(vector for number in sorted(found) for vector in found[number])
        return Embedded(model=self._shelf.embedder.model, vectors=vectors)

    async def _vectors_of(self, texts: Sequence[str]) -> list[bytes]:
        return await self._tried(
            lambda: self._shelf.embedder.embed(texts, principal=self._principal)
        )

    async def _put(self, vectors: Mapping[int, bytes]) -> None:
        model = self._shelf.embedder.model
        await self._tried(
            lambda: self._shelf.vectors.put(vectors, model=model, principal=self._principal)
        )

    async def complete(self) -> None:
        """Embed what an ingestion that was cut off, or another model, has left without vectors.

        An index of vectors elsewhere is brought in step, too.
        """
        model, before = self._shelf.embedder.model, list[int]()
        while True:
            ids = await self._shelf.vectors.missing(
                model=model, limit=BATCH, principal=self._principal
            )
            if not ids or ids == before:
                break
            found = await self._shelf.documents.passages(ids, principal=self._principal)
            texts = [
                embedding_text(one.text, title=one.document.title, section=one.section)
                for one in found
            ]
            vectors = await self._vectors_of(texts)
            await self._put({one.id: each for one, each in zip(found, vectors, strict=True)})
            before = ids
        await self._tried(lambda: self._shelf.vectors.mend(model=model, principal=self._principal))

    async def _tried(self, work: Callable[[], Awaitable[ResultT]]) -> ResultT:
        """Do something, a few times where it may be done again."""
        tries = 0
        while True:
            try:
                return await work()
            except HeadwaterError as error:
                tries += 1
                if not error.retry_safe or tries >= TRIES:
                    raise
                dice = random.random()  # noqa: S311  jitter, no secret
                await anyio.sleep(
                    BACKOFF.wait_s(tries, dice=dice, retry_after_s=error.retry_after_s)
                )

    def _note(self, placed: Placed) -> None:
        document = placed.document
        self.progress.done_rows += len(placed.passage_ids)
        self._done.append(
            IngestedDocument(
                id=document.id,
                source=document.source,
                title=document.title,
                change=placed.change,
                passages=len(placed.passage_ids),
                pages=document.pages,
                unread_pages=document.unread_pages,
            )
        )

    def report(self) -> IngestReport:
        """Return what was done, by source."""
        changes = [one.change for one in self._done]
        return IngestReport(
            added=changes.count("added"),
            changed=changes.count("changed"),
            unchanged=changes.count("unchanged"),
            failed=len(self._failed),
            passages=sum(one.passages for one in self._done),
            unread_pages=sum(len(one.unread_pages) for one in self._done),
            documents=tuple(sorted(self._done, key=_source)[:MAX_LISTED]),
            failures=tuple(sorted(self._failed, key=_source)[:MAX_LISTED]),
            elapsed_s=time.monotonic() - self._started_s,
        )


def _source(one: IngestedDocument | FailedDocument) -> str:
    return one.source


def _failure(file: DocumentFile, error: HeadwaterError) -> FailedDocument:
    return FailedDocument(
        source=file.source, code=error.code, fault=error.fault, message=error.message
    )


def _version(read: ReadDocument, title: str, passages: Sequence[PassageRecord]) -> str:
    """Return a digest of all that makes a document's passages, words and vectors what they are."""
    named = [one.items for one in passages]
    return hashlib.sha256(f"{read.digest}\n{title}\n{named!r}".encode()).hexdigest()
