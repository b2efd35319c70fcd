"""What a document is once it has been read, and what an ingestion did; it reads and keeps none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from headwater.errors import Fault
from headwater.model.document import PassageRecord

MAX_LISTED = 1000
"""Documents and failures listed in a report; all of them are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingLimits:
    """What reading one document may take.

    Args:
        file_bytes: Of the document as it comes.
        text_bytes: Of all that is read out of it.
        pages: Of a PDF.
        memory_bytes: Address space of the process that reads a PDF.
        cpu_s: Seconds of CPU of that process; `wall_s`: seconds from its start to its end.
        ocr: Whether pages without text are read by tesseract, where it is installed.
        ocr_languages: What tesseract is told, such as `eng+deu`.
    """

    file_bytes: int = 50 * 1024 * 1024
    text_bytes: int = 10 * 1024 * 1024
    pages: int = 2_000
    memory_bytes: int = 512 * 1024 * 1024
    cpu_s: float = 20.0
    wall_s: float = 25.0
    ocr: bool = True
    ocr_languages: str = "eng"


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentFile:
    """A file that is to be read: where it is, and what it will be known by.

    `stem` is its name without the suffix: where runbooks are named after alerts, the alert's name.
    `media_type` is empty where its content shall tell.
    """

    path: str
    source: str
    stem: str
    media_type: str
    size_bytes: int
    written_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """The documents of a path or an upload, by source.

    One of a folder may fail without the others. `skipped` counts files that are no documents.
    """

    files: tuple[DocumentFile, ...]
    skipped: int = 0
    is_folder: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadDocument:
    """A document's text, cut into passages whose spans are characters of `text`.

    `digest` is of the bytes that were read, and of the way they were. `items` are the codes that
    the document itself says it is about.
    """

    title: str
    media_type: str
    digest: str
    text: str
    passages: tuple[PassageRecord, ...]
    tags: Mapping[str, str] = field(default_factory=dict)
    items: tuple[str, ...] = ()
    pages: int | None = None
    unread_pages: tuple[int, ...] = ()
    images: int = 0
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestedDocument:
    """A document that can be found now; `change` is added, changed or unchanged."""

    id: int
    source: str
    title: str
    change: str
    passages: int
    pages: int | None = None
    unread_pages: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedDocument:
    """A document that was not taken in, and why; what is held of it stays."""

    source: str
    code: str
    fault: Fault
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestReport:
    """What an ingestion did; `passages` are those of all its documents, unchanged ones too.

    `skipped` counts files of a folder that are no documents.
    """

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    failed: int = 0
    skipped: int = 0
    passages: int = 0
    unread_pages: int = 0
    documents: tuple[IngestedDocument, ...] = ()
    failures: tuple[FailedDocument, ...] = ()
    elapsed_s: float = 0.0
