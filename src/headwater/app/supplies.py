"""Which source brings what to an estate, or takes it out? The one place that knows them.

Sources are imported where they are opened, as stores are in `app/wiring.py`.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from headwater.app.loading import EstateWriter
from headwater.model.ingest import Brought, DocumentFile, ReadDocument, ReadingLimits
from headwater.model.load import Supply


def supply_of(path: Path, kind: str | None) -> Supply:
    """Return what a folder or file brings: a bundle or a NetBox dump, told by `kind` or by looks.

    Raises:
        UsageError: it is neither, or is not there.
    """
    from headwater.sources.detect import open_supply

    return open_supply(path, kind=kind)


def check_media_type(media_type: str) -> str:
    """Return the media type of an upload that can be loaded.

    Raises:
        UsageError: `upload.unknown_type`.
    """
    from headwater.sources.unpack import check_media_type as check

    return check(media_type)


def unpack(upload: Path, folder: Path, *, media_type: str, most_bytes: int) -> Path:
    """Unpack an upload into an empty folder, and return what is to be loaded.

    Raises:
        UsageError: what is wrong with the upload.
        LimitError: `upload.too_large`.
    """
    from headwater.sources.unpack import unpack as unpack_it

    return unpack_it(upload, folder, media_type=media_type, most_bytes=most_bytes)


def host_supply() -> Supply:
    """Return what this host tells of itself; it takes about a second to sample."""
    from headwater.sources.host.scan import host_supply as scan

    return scan()


def write_demo(folder: Path, *, seed: int, ends_at: datetime) -> None:
    """Write the demo estate to a folder, as a bundle."""
    from headwater.sources.bundle.write import BundleWriter
    from headwater.sources.demo.estate import write_demo as write

    write(BundleWriter(folder), seed=seed, now=ends_at)


def bundle_writer(folder: Path) -> EstateWriter:
    """Return what writes an estate to a folder, as a bundle."""
    from headwater.sources.bundle.write import BundleWriter

    return BundleWriter(folder)


def documents_at(path: Path, *, source: str | None) -> Brought:
    """Return the documents of a file or a folder.

    Raises:
        UsageError: there is no such path, or no document in it.
    """
    from headwater.sources.documents.find import documents_at as find

    return find(path, source=source)


def check_documents_type(media_type: str) -> str:
    """Return the media type of documents that can be sent; empty where their content shall tell.

    Raises:
        UsageError: `document.unknown_type`.
    """
    from headwater.sources.documents.uploads import check_upload

    return check_upload(media_type)


def documents_sent(
    upload: Path, folder: Path, *, media_type: str, source: str | None, most_bytes: int
) -> Brought:
    """Return the documents of an upload; those of a zip are unpacked into an empty folder.

    Raises:
        UsageError: what is wrong with the upload.
        LimitError: `upload.too_large`.
    """
    from headwater.sources.documents.uploads import documents_sent as find

    return find(upload, folder, media_type=media_type, source=source, most_bytes=most_bytes)


def read_document(file: DocumentFile, limits: ReadingLimits) -> ReadDocument:
    """Read one document and cut it into passages.

    Raises:
        UsageError: what is wrong with it.
        LimitError: reading it takes too much.
    """
    from headwater.sources.documents.read import read_document as read

    return read(file, limits)
