"""Which kind of upload becomes a folder or file that can be loaded; it loads nothing."""

from __future__ import annotations

from pathlib import Path

from headwater.errors import UsageError
from headwater.sources.bundle.unpack import split_lines, unpack_bundle

ZIP = ("application/zip", "application/x-zip-compressed")
LINES = ("application/x-ndjson", "application/ndjson", "application/jsonl", "application/jsonlines")
DUMP = ("application/json",)
KNOWN = (*ZIP, *LINES, *DUMP)


def check_media_type(media_type: str) -> str:
    """Return a media type that can be unpacked, its parameters left out.

    Raises:
        UsageError: `upload.unknown_type`.
    """
    found = str(media_type).partition(";")[0].strip().lower()
    if found not in KNOWN:
        message = f"an upload of {ascii(media_type)[:80]} cannot be loaded; send {', '.join(KNOWN)}"
        raise UsageError(message, code="upload.unknown_type")
    return found


def unpack(upload: Path, folder: Path, *, media_type: str, most_bytes: int) -> Path:
    """Unpack an upload into an empty folder, and return what is to be loaded. It blocks.

    Raises:
        UsageError: `upload.unknown_type`, and what is wrong with the upload.
        LimitError: `upload.too_large`.
    """
    kind = check_media_type(media_type)
    if kind in ZIP:
        unpack_bundle(upload, folder, most_bytes=most_bytes)
    elif kind in LINES:
        split_lines(upload, folder)
    else:
        return upload
    return folder
