"""What is wrong with a document before it is kept; it neither reads nor keeps one."""

from __future__ import annotations

from collections.abc import Sequence

from headwater.analysis.records import MAX_NAME, MAX_TEXT, MAX_WORD, text_problem
from headwater.errors import UsageError
from headwater.model.document import Document, DocumentRecord, Embedded, PassageRecord

MAX_SECTION = 5_000
MAX_ITEMS = 10_000
"""Codes of one document or passage."""


def check_document(
    record: DocumentRecord, passages: Sequence[PassageRecord], vectors: Embedded | None = None
) -> None:
    """Refuse a document that cannot be kept, or that has not a vector for each passage.

    Raises:
        UsageError: `document.bad`, naming what is wrong.
    """
    problem = _document_problem(record)
    for number, passage in enumerate(passages):
        if problem is None and (found := _passage_problem(passage)) is not None:
            problem = f"passage {number}: {found}"
    if problem is None and vectors is not None and len(vectors.vectors) != len(passages):
        problem = f"it has {len(passages)} passages, and {len(vectors.vectors)} vectors"
    if problem is not None:
        shown = ascii(record.source)[:200]
        message = f"the document {shown} cannot be kept: {problem}; mend that and put it again"
        raise UsageError(message, code="document.bad")


def same_document(held: Document, record: DocumentRecord) -> bool:
    """Tell whether a document is as it is held, so that nothing needs to be written."""
    return (
        held.version == record.version
        and held.title == record.title
        and held.media_type == record.media_type
        and dict(held.tags) == dict(record.tags)
        and held.items == record.items
    )


def _document_problem(record: DocumentRecord) -> str | None:
    bounds = (
        ("source", record.source, MAX_NAME),
        ("title", record.title, MAX_NAME),
        ("media type", record.media_type, MAX_WORD),
        ("version", record.version, MAX_WORD),
    )
    for what, text, most in bounds:
        if found := _text_problem(text, most):
            return f"its {what} {found}"
    for key, value in record.tags.items():
        if found := _text_problem(key, MAX_WORD) or (value and _text_problem(value, MAX_NAME)):
            return f"its tag {ascii(key)[:80]} {found}"
    if record.at.utcoffset() is None:
        return "its date has no zone"
    return _codes_problem(record.items)


def _passage_problem(passage: PassageRecord) -> str | None:
    if found := _text_problem(passage.text, MAX_TEXT):
        return f"its text {found}"
    if passage.section and (found := _text_problem(passage.section, MAX_SECTION)):
        return f"its section {found}"
    if not 0 <= passage.start <= passage.end:
        return f"its characters {passage.start} to {passage.end} are no span"
    return _codes_problem(passage.items)


def _codes_problem(codes: Sequence[str]) -> str | None:
    if len(codes) > MAX_ITEMS:
        return f"it names {len(codes)} items, at most {MAX_ITEMS} can be kept"
    found = next((why for code in codes if (why := _text_problem(code, MAX_NAME))), None)
    return None if found is None else f"an item's code {found}"


def _text_problem(text: str, most: int) -> str | None:
    if not text:
        return "is empty"
    if len(text) > most:
        return f"has {len(text)} characters, at most {most} can be kept"
    wanted = text_problem(text)
    return None if wanted is None else f"is not {wanted}"
