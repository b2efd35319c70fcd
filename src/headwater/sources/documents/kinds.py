"""Which kind of document a file is, by its media type, its name or how it begins; it reads none."""

from __future__ import annotations

import codecs
import re
from pathlib import PurePath

from headwater.errors import UsageError

MARKDOWN, PLAIN, HTML, PDF = "text/markdown", "text/plain", "text/html", "application/pdf"
KINDS = (MARKDOWN, PLAIN, HTML, PDF)
BY_SUFFIX = {
    ".md": MARKDOWN,
    ".markdown": MARKDOWN,
    ".mdown": MARKDOWN,
    ".txt": PLAIN,
    ".text": PLAIN,
    ".log": PLAIN,
    ".rst": PLAIN,
    ".adoc": PLAIN,
    ".html": HTML,
    ".htm": HTML,
    ".xhtml": HTML,
    ".pdf": PDF,
}
OTHER_NAMES = {
    "text/x-markdown": MARKDOWN,
    "application/xhtml+xml": HTML,
    "application/x-pdf": PDF,
}
UNTOLD = {"", "application/octet-stream", "binary/octet-stream"}
"""Media types that tell nothing."""
_MARKUP = re.compile(
    r"\s*(?:<\?xml[^>]{0,200}\?>\s*)?<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE
)
_CHARSET = re.compile(rb"charset\s{0,9}=\s{0,9}[\"']?([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE)
CHARSET_WITHIN = 2_048
WIDE = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


def kind_of_name(name: str) -> str:
    """Return the media type that a file's name tells, or nothing."""
    return BY_SUFFIX.get(PurePath(name).suffix.lower(), "")


def check_kind(media_type: str) -> str:
    """Return the media type of a document that can be read, its parameters left out.

    It is empty where the content shall tell.

    Raises:
        UsageError: `document.unknown_type`.
    """
    found = str(media_type).partition(";")[0].strip().lower()
    found = OTHER_NAMES.get(found, found)
    if found in UNTOLD:
        return ""
    if found not in KINDS:
        message = f"a document of {ascii(media_type)[:80]} is not read; send {', '.join(KINDS)}"
        raise UsageError(message, code="document.unknown_type")
    return found


def kind_of_content(head: bytes) -> str:
    """Return the media type that the first bytes of a document tell: Markdown if nothing else."""
    if b"%PDF-" in head[:1024]:
        return PDF
    return HTML if _MARKUP.match(head.decode("utf-8-sig", "replace")) else MARKDOWN


def decoded(raw: bytes, *, kind: str) -> str:
    r"""Return the text of a document's bytes: UTF-8, or what its first bytes say; lines end in \n.

    Raises:
        UsageError: `document.not_text`.
    """
    try:
        text = raw.decode(_encoding(raw, kind))
    except UnicodeDecodeError as error:
        message = f"byte {error.start + 1} of it is not {error.encoding}; write it in UTF-8"
        raise UsageError(message, code="document.not_text") from error
    if "\0" in text:
        message = f"character {text.index(chr(0)) + 1} of it is NUL, so it is no text; send text"
        raise UsageError(message, code="document.not_text")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _encoding(raw: bytes, kind: str) -> str:
    wide = WIDE.get(raw[:2])
    if wide:
        return wide
    found = _CHARSET.search(raw[:CHARSET_WITHIN]) if kind == HTML else None
    if found is None:
        return "utf-8-sig"
    try:
        known = codecs.lookup(found[1].decode())
    except LookupError:
        return "utf-8-sig"
    is_text = getattr(known, "_is_text_encoding", True)
    return "utf-8-sig" if known.name == "utf-8" or not is_text else known.name
