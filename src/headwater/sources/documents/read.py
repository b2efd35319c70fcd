"""What one file says: its title, text and passages, whatever kind of document it is.

It keeps nothing and looks up no item.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from headwater.analysis.records import MAX_NAME
from headwater.errors import HeadwaterError, LimitError, UsageError
from headwater.model.document import PassageRecord
from headwater.model.ingest import DocumentFile, ReadDocument, ReadingLimits
from headwater.model.text import tokens
from headwater.sources.documents.blocks import Parsed
from headwater.sources.documents.html_text import parse_html
from headwater.sources.documents.kinds import HTML, PDF, PLAIN, decoded, kind_of_content
from headwater.sources.documents.markdown import parse_markdown, parse_plain
from headwater.sources.documents.passages import passages_of
from headwater.sources.documents.pdf import parse_pdf

WAY = "2"
"""Raised where the same bytes are read or cut in another way, so that documents are read anew."""
BLOCK_BYTES = 1 << 20


def read_document(file: DocumentFile, limits: ReadingLimits) -> ReadDocument:
    """Read a file and cut its text into passages. It blocks, for `wall_s` at the most.

    The title is what the document calls itself, else its first heading, else the file's name.
    Where neither the title nor the headings have the file's name, it stands before the headings,
    so that a runbook is found by the alert that its file is named after.

    Raises:
        UsageError: `document.broken`, `document.encrypted`, `document.not_text`,
            `document.empty`, `document.unreadable`.
        LimitError: `document.too_large`, `document.too_slow`, `document.too_heavy`.
    """
    path = Path(file.path)
    try:
        if path.stat().st_size > limits.file_bytes:
            raise _too_large("bytes", limits.file_bytes)
        with path.open("rb") as opened:
            kind = file.media_type or kind_of_content(opened.read(BLOCK_BYTES))
            opened.seek(0)
            digest = hashlib.file_digest(opened, "sha256").hexdigest()
        parsed = _parsed(path, kind, limits)
    except OSError as error:
        message = f"it cannot be read ({error.strerror}); see to its permissions, or send another"
        raise UsageError(message, code="document.unreadable") from error
    if not (parsed.text.strip() or parsed.unread_pages):
        message = "there is no text in it; send one that says something"
        raise UsageError(message, code="document.empty")
    title = _title(parsed, file.stem)
    ocr = f"{limits.ocr_languages}" if limits.ocr and parsed.unread_pages else ""
    return ReadDocument(
        title=title,
        media_type=kind,
        digest=hashlib.sha256(
            f"{WAY}:{kind}:{digest}:{ocr}:{len(parsed.text)}".encode()
        ).hexdigest(),
        text=parsed.text,
        passages=_named(passages_of(parsed), title, file.stem),
        tags=parsed.tags,
        items=parsed.items,
        pages=parsed.pages,
        unread_pages=parsed.unread_pages,
        images=parsed.images,
        at=parsed.at or file.written_at,
    )


def _parsed(path: Path, kind: str, limits: ReadingLimits) -> Parsed:
    if kind == PDF:
        return parse_pdf(path, limits)
    if path.stat().st_size > limits.text_bytes:
        raise _too_large("bytes of text", limits.text_bytes)
    text = decoded(path.read_bytes(), kind=kind)
    if kind == HTML:
        return parse_html(text, within_s=limits.wall_s)
    return parse_plain(text) if kind == PLAIN else parse_markdown(text)


def _too_large(what: str, most: int) -> HeadwaterError:
    message = f"it has over {most:,} {what}; send it in several"
    return LimitError(message, code="document.too_large")


def _title(parsed: Parsed, stem: str) -> str:
    headings = (block.title for block in parsed.blocks if block.kind == "heading")
    found = parsed.title or next((one for one in headings if one), "") or stem
    return found[:MAX_NAME] or "untitled"


def _named(passages: tuple[PassageRecord, ...], title: str, stem: str) -> tuple[PassageRecord, ...]:
    """Put the file's name before the headings of passages that do not have it otherwise."""
    name = _letters(stem)
    if not name or name in _letters(title):
        return passages
    return tuple(one if name in _letters(one.section) else _under(stem, one) for one in passages)


def _under(stem: str, passage: PassageRecord) -> PassageRecord:
    section = f"{stem} > {passage.section}" if passage.section else stem
    return PassageRecord(
        text=passage.text,
        start=passage.start,
        end=passage.end,
        section=section[: MAX_NAME * 2],
        page=passage.page,
    )


def _letters(text: str) -> str:
    """Return a text's letters and digits alone: a file's name is a title without its spaces."""
    return "".join(tokens(text))
