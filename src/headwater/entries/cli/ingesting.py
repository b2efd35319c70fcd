"""The commands on documents: ingest, documents, forget; they decide nothing."""

from __future__ import annotations

import sys
from typing import Annotated

import anyio
from anyio import to_thread
from cyclopts import Parameter

from headwater.entries.cli.decode import checked
from headwater.entries.cli.exits import BY_STATUS, COMPLETE
from headwater.entries.cli.options import NO_OPTIONS, Options
from headwater.entries.cli.progress import progressing
from headwater.entries.cli.render_documents import draw_documents, draw_ingest
from headwater.entries.cli.screen import Screen
from headwater.entries.cli.text import clean
from headwater.entries.wire.naming import tags_of
from headwater.errors import UsageError
from headwater.model.document import Document, DocumentPage
from headwater.model.ingest import IngestReport


def ingest(
    path: Annotated[str, Parameter(allow_leading_hyphen=True)],
    /,
    *,
    title: str | None = None,
    tag: Annotated[tuple[str, ...], Parameter(name="--tag")] = (),
    item: Annotated[tuple[str, ...], Parameter(name="--item")] = (),
    source: str | None = None,
    options: Options = NO_OPTIONS,
) -> int:
    """Take in a document or a folder of them: Markdown, text, HTML, PDF.

    Args:
        path: A file, a folder, or - for standard input.
        title: Of a single document, instead of its own.
        tag: A tag of every document, as key=value; may be given again.
        item: The code of an item that every document is about; may be given again.
        source: What a document is known by, instead of its path.
        options: Options of every command.
    """
    screen, place = Screen(options), checked(path, "the path")
    tags = tags_of(checked(one, "--tag") for one in tag)
    items = tuple(checked(one, "--item") for one in item)
    name, words = checked(source or "", "--source") or None, checked(title or "", "--title") or None

    from headwater.app.settings import find_settings
    from headwater.entries.cli.door import opened

    most_bytes = find_settings().document_bytes

    async def ingested() -> IngestReport:
        brought = await to_thread.run_sync(_standard_input, most_bytes) if place == "-" else place
        async with (
            opened(options) as app,
            progressing("reading", screen, counted="passages") as progress,
        ):
            return await app.ingest(
                brought, title=words, tags=tags, items=items, source=name, progress=progress
            )

    return _shown(anyio.run(ingested), screen)


def documents(*, limit: int = 20, options: Options = NO_OPTIONS) -> int:
    """List the documents that were taken in last.

    Args:
        limit: How many at the most.
        options: Options of every command.
    """
    screen = Screen(options)

    from headwater.entries.cli.door import opened

    async def listed() -> DocumentPage:
        async with opened(options) as app:
            return await app.documents.recent(limit=limit)

    page = anyio.run(listed)
    if screen.json:
        screen.give(page)
    else:
        screen.show(draw_documents(page, screen.look()))
    return COMPLETE


def forget(document: str, /, *, options: Options = NO_OPTIONS) -> int:
    """Remove a document, so that nothing of it is found any more.

    Args:
        document: Its id or its source, as `headwater documents` shows them.
        options: Options of every command.
    """
    screen, ref = Screen(options), checked(document, "the document")

    from headwater.entries.cli.door import opened

    async def forgotten() -> Document:
        async with opened(options) as app:
            return await app.documents.forget(int(ref) if _is_id(ref) else ref)

    found = anyio.run(forgotten)
    if screen.json:
        screen.give(found)
    else:
        screen.tell(f"forgotten: {clean(found.title)} ({clean(found.source)})")
    return COMPLETE


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < len(str(2**63))


def _standard_input(most_bytes: int) -> bytes:
    """Return what comes in by standard input; one byte too many tells that it is too large.

    Raises:
        UsageError: `cli.unreadable`.
    """
    try:
        return sys.stdin.buffer.read(most_bytes + 1)
    except (OSError, ValueError, AttributeError) as error:
        message = f"standard input cannot be read ({error}); name a file"
        raise UsageError(message, code="cli.unreadable") from error


def _shown(report: IngestReport, screen: Screen) -> int:
    """Print what was taken in, and return the exit status."""
    if screen.json:
        screen.give(report)
    else:
        screen.show(draw_ingest(report, screen.look()))
    taken = report.added + report.changed + report.unchanged
    status = "complete" if not report.failed else "partial" if taken else "failed"
    return BY_STATUS[status]
