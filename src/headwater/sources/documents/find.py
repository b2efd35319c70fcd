"""Which documents a path, an upload or some bytes bring, and what each is known by; reads none."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from headwater.errors import LimitError, UsageError
from headwater.model.ingest import Brought, DocumentFile
from headwater.sources.documents.kinds import check_kind, kind_of_name

MOST_FILES = 100_000
MOST_SOURCE = 500
"""Characters of a source; of a longer one the end is kept, behind a digest of the whole."""


def documents_at(path: Path, *, source: str | None = None, media_type: str = "") -> Brought:
    """Return the documents of a file or a folder, by source. It blocks.

    A file is known by its full path, or by `source`; those of a folder by `source` and their path
    below it. In a folder, hidden files, links and files of other kinds are passed over.

    Raises:
        UsageError: `document.no_such_path`, `document.unknown_type`, `document.none`.
        LimitError: `document.too_many`.
    """
    try:
        whole = path.resolve(strict=True)
    except (OSError, RuntimeError, ValueError) as error:
        message = f"{ascii(str(path))[:1000]}: there is no such file or folder"
        raise UsageError(message, code="document.no_such_path") from error
    if whole.is_dir():
        return _in_folder(whole, source)
    kind = check_kind(media_type) or kind_of_name(whole.name)
    if not whole.is_file():
        message = f"{path}: neither a file nor a folder; name one"
        raise UsageError(message, code="document.no_such_path")
    return Brought(files=(_file(whole, source or whole.as_posix(), kind),))


def document_of_bytes(path: Path, *, source: str | None = None, media_type: str = "") -> Brought:
    """Return the one document that bytes kept in a file are; it is known by `source`.

    Without one it is known by a digest of its content.

    Raises:
        UsageError: `document.unknown_type`.
    """
    given = source
    if given is None:
        with path.open("rb") as file:
            given = f"upload:{hashlib.file_digest(file, 'sha256').hexdigest()[:16]}"
    kind = check_kind(media_type) or kind_of_name(given)
    stem = Path(given.rpartition("/")[2]).stem if kind_of_name(given) else ""
    return Brought(files=(replace(_file(path, given, kind), stem=stem),))


def _in_folder(folder: Path, source: str | None) -> Brought:
    files: list[DocumentFile] = []
    skipped = 0
    under = folder.as_posix() if source is None else source.rstrip("/")
    for path in _walk(folder):
        kind = kind_of_name(path.name)
        if not kind or path.is_symlink() or not path.is_file():
            skipped += 1
            continue
        files.append(_file(path, f"{under}/{path.relative_to(folder).as_posix()}", kind))
        if len(files) > MOST_FILES:
            message = f"{folder}: over {MOST_FILES:,} documents; take them in folder by folder"
            raise LimitError(message, code="document.too_many")
    if not files:
        message = f"{folder}: none of its {skipped:,} files is a document; see the kinds read"
        raise UsageError(message, code="document.none")
    return Brought(files=tuple(files), skipped=skipped, is_folder=True)


def _walk(folder: Path) -> Iterator[Path]:
    """Give the files below a folder in a total order, hidden ones left out."""
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(one for one in folders if not one.startswith((".", "__")))
        yield from (Path(place, name) for name in sorted(names) if not name.startswith("."))


def _file(path: Path, source: str, kind: str) -> DocumentFile:
    facts = path.stat()
    return DocumentFile(
        path=str(path),
        source=_bounded(_shown(source)),
        stem=_shown(path.stem),
        media_type=kind,
        size_bytes=facts.st_size,
        written_at=datetime.fromtimestamp(facts.st_mtime, UTC),
    )


def _shown(name: str) -> str:
    """Return a name as text: a file's may hold bytes that are none."""
    return name.encode("utf-8", "replace").decode().replace("\0", "")


def _bounded(source: str) -> str:
    if len(source) <= MOST_SOURCE:
        return source
    digest = hashlib.sha256(source.encode()).hexdigest()[:16]
    return f"{digest}:{source[-(MOST_SOURCE - len(digest) - 1) :]}"
