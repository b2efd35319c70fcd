"""The documents of a tenant: taken in, listed, forgotten; it reads and stores none itself.

Next: `headwater.app.ingesting.ingest`
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import anyio
from anyio import to_thread

from headwater.app import checking
from headwater.app.ingesting import Desk, Said, ingest
from headwater.app.namespace import ERRORS
from headwater.app.parts import Parts
from headwater.app.supplies import (
    documents_at,
    documents_sent,
    read_document,
)
from headwater.errors import UsageError
from headwater.model.document import EVERYTHING, Document, DocumentPage, DocumentRef
from headwater.model.ingest import Brought, IngestReport
from headwater.model.load import Progress
from headwater.model.principal import Principal

MOST_LISTED = 1_000


class Library:
    """The documents of a tenant; reached as `hw.documents`.

    Args:
        parts: What lives as long as the app.
        principal: Who asks where a method is not told.
    """

    def __init__(self, parts: Parts, principal: Principal) -> None:
        self._parts = parts
        self._principal = principal

    async def ingest(
        self,
        path: str | Path | bytes,
        *,
        title: str | None = None,
        tags: Mapping[str, str] | None = None,
        items: Sequence[str] = (),
        source: str | None = None,
        progress: Progress | None = None,
        principal: Principal | None = None,
    ) -> IngestReport:
        """Take in a document or a folder of them; they can be found when this returns.

        A document that is there already is left as it is; one that changed replaces its older
        version, whose passages are found no more. In a folder, what cannot be read is listed as
        failed and the others are taken in.

        Args:
            path: A file, a folder, or the bytes of one document.
            title: Instead of the one that the document gives itself; for one document only.
            tags: Of every document, beside its own.
            items: Codes of items that every document is about, beside those that it names.
            source: What it is known by; its path where it is left out. Of a folder: what stands
                before each path below it.
            progress: Filled in meanwhile, for whoever looks.
            principal: Whose documents.

        Raises:
            UsageError: one of `document.*`, where a single document cannot be read.
            LimitError: one of `document.*`, where reading it takes too much.
            StoreFault: what the store or the embedder says.
        """
        who = checking.allow(checking.who_asks(principal, self._principal), "ingest")
        said = Said(title=title, tags=dict(tags or {}), items=tuple(items))
        async with anyio.TemporaryDirectory[str](prefix="headwater-document-") as folder:
            if isinstance(path, bytes):
                brought = await self._of_bytes(path, Path(folder), source=source)
            else:
                brought = await to_thread.run_sync(lambda: documents_at(Path(path), source=source))
            return await take_in(self._parts, brought, said=said, progress=progress, principal=who)

    async def recent(self, *, limit: int = 20, principal: Principal | None = None) -> DocumentPage:
        """List the documents that were taken in last, newest first.

        Raises:
            UsageError: `run.bad_limit`.
        """
        who = checking.allow(checking.who_asks(principal, self._principal), "documents")
        wanted = min(checking.check_limit(limit), MOST_LISTED)
        return await self._parts.stores.documents.recent(
            limit=wanted, within=EVERYTHING, principal=who
        )

    async def find(self, ref: DocumentRef, *, principal: Principal | None = None) -> Document:
        """Return the document with this id (a whole number) or source (text).

        Raises:
            UsageError: `document.unknown`.
        """
        who = checking.allow(checking.who_asks(principal, self._principal), "documents")
        found = await self._parts.stores.documents.get(ref, principal=who)
        if found is None:
            raise _unknown(ref)
        return found

    async def forget(self, ref: DocumentRef, *, principal: Principal | None = None) -> Document:
        """Remove a document, so that nothing of it is found any more, and return what it was.

        Raises:
            UsageError: `document.unknown`.
        """
        who = checking.allow(checking.who_asks(principal, self._principal), "forget")
        stores = self._parts.stores
        found = await self.find(ref, principal=who)
        with self._parts.versions.written(principal=who):
            gone = await stores.documents.remove(found.id, principal=who)
            if gone is None:
                raise _unknown(ref)
            await stores.vectors.remove(gone, principal=who)
        return found

    async def _of_bytes(self, sent: bytes, folder: Path, *, source: str | None) -> Brought:
        file = folder / "document"
        await anyio.Path(file).write_bytes(sent)
        return await to_thread.run_sync(
            lambda: documents_sent(file, folder, media_type="", source=source, most_bytes=len(sent))
        )


async def take_in(
    parts: Parts,
    brought: Brought,
    *,
    said: Said,
    progress: Progress | None = None,
    principal: Principal,
) -> IngestReport:
    """Take in documents that were found.

    Raises:
        UsageError, LimitError: what is wrong with the document, where only one was brought.
        StoreFault: what the store or the embedder says.
    """
    desk = Desk(
        shelf=parts.stores,
        read=read_document,
        limits=parts.settings.reading_limits,
        names=await parts.known_items.names(principal=principal),
        lease=parts.versions,
    )
    report = await ingest(desk, brought.files, said=said, progress=progress, principal=principal)
    if report.failures and not brought.is_folder:
        failed = report.failures[0]
        raise ERRORS[failed.fault](f"{failed.source}: {failed.message}", code=failed.code)
    return replace(report, skipped=brought.skipped)


def _unknown(ref: DocumentRef) -> UsageError:
    message = f"there is no document {ascii(ref)[:200]}; see `headwater documents`"
    return UsageError(message, code="document.unknown")
