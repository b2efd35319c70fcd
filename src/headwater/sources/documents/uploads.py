"""How documents that somebody sent become files that can be read; it reads none."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from headwater.errors import UsageError
from headwater.model.ingest import Brought
from headwater.sources.documents.find import document_of_bytes, documents_at
from headwater.sources.documents.kinds import KINDS, check_kind, kind_of_name
from headwater.sources.zips import unpack_zip

ZIP = ("application/zip", "application/x-zip-compressed")
MOST_ENTRIES = 10_000
OF_A_ZIP = "upload"
"""What the documents of a zip are known under where nothing else is said."""


def check_upload(media_type: str) -> str:
    """Return the media type of documents that can be sent; empty where their content shall tell.

    Raises:
        UsageError: `document.unknown_type`.
    """
    found = str(media_type).partition(";")[0].strip().lower()
    if found in ZIP:
        return ZIP[0]
    try:
        return check_kind(found)
    except UsageError as error:
        message = f"documents of {ascii(media_type)[:80]} are not read; send {_known()}"
        raise UsageError(message, code="document.unknown_type") from error


def documents_sent(
    upload: Path,
    folder: Path,
    *,
    media_type: str = "",
    source: str | None = None,
    most_bytes: int,
) -> Brought:
    """Return the documents of an upload; those of a zip are unpacked into an empty folder.

    It blocks.

    Raises:
        UsageError: `document.unknown_type`, `document.none`, and what is wrong with a zip.
        LimitError: `upload.too_large`.
        StoreFault: `upload.no_room`.
    """
    kind = check_upload(media_type)
    if kind not in ZIP:
        return document_of_bytes(upload, source=source, media_type=kind)
    unpack_zip(upload, folder, most_bytes=most_bytes, most_entries=MOST_ENTRIES, place=_place)
    return documents_at(folder, source=source or OF_A_ZIP)


def _place(path: PurePosixPath) -> str | None:
    return path.as_posix() if kind_of_name(path.name) else None


def _known() -> str:
    return ", ".join((*KINDS, ZIP[0]))
