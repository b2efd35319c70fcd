"""How the files of a zip that somebody sent become files in a folder; it knows none by name.

Every name and size in it is its sender's, so none is believed: what is unpacked is counted.
"""

from __future__ import annotations

import errno
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from headwater.errors import LimitError, StoreFault, UsageError

MOST_RATIO = 200
"""A zip that unpacks to more than this many times its size holds nothing that was written."""
COPIED_BYTES = 1 << 20
ENCRYPTED = 0x1
METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
"""Others may ask for any amount of memory before they give a byte."""
OF_A_BROKEN_ZIP = {errno.EINVAL, errno.ENAMETOOLONG, errno.EILSEQ}
"""What the system says of places and names that only a broken zip asks for."""
BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    ArithmeticError,
    NotImplementedError,
    RuntimeError,
    ValueError,
)
"""What reading a zip raises that is none."""


def unpack_zip(
    upload: Path,
    folder: Path,
    *,
    most_bytes: int,
    most_entries: int,
    place: Callable[[PurePosixPath], str | None],
) -> None:
    """Unpack those files of a zip into a folder that have a place there. It blocks.

    Args:
        upload: The zip.
        folder: An empty folder.
        most_bytes: Bytes unpacked at the most.
        most_entries: Entries of the zip at the most.
        place: The path below the folder for an entry's path, or None where it is left out.

    Raises:
        UsageError: `upload.not_a_zip`, or `upload.bad_entry` for a name that leads out of the
            folder, a link, a name twice, or an entry that is encrypted or broken.
        LimitError: `upload.too_large`, for too many entries, bytes, or bytes for their size.
        StoreFault: `upload.no_room`.
    """
    room = min(most_bytes, max(COPIED_BYTES * 10, upload.stat().st_size * MOST_RATIO))
    try:
        with zipfile.ZipFile(upload) as packed:
            for entry, target in _checked(packed.infolist(), room, most_entries, place=place):
                where = folder / target
                where.parent.mkdir(parents=True, exist_ok=True)
                room -= _copy(packed, entry, where, room=room)
    except OSError as error:
        if error.errno not in OF_A_BROKEN_ZIP:
            message = f"the upload cannot be unpacked ({error.strerror}); make room, and try again"
            raise StoreFault(message, code="upload.no_room", retry_safe=True) from error
        raise _not_a_zip(error) from error
    except BROKEN as error:
        raise _not_a_zip(error) from error


def _not_a_zip(error: Exception) -> UsageError:
    message = f"the upload is no zip that can be read ({error}); send one anew"
    return UsageError(message, code="upload.not_a_zip")


def _checked(
    entries: list[zipfile.ZipInfo],
    room: int,
    most_entries: int,
    *,
    place: Callable[[PurePosixPath], str | None],
) -> list[tuple[zipfile.ZipInfo, str]]:
    """Return the entries that are unpacked, each with its place; all are checked before."""
    if len(entries) > most_entries:
        message = f"the zip has {len(entries)} entries of at most {most_entries}"
        raise LimitError(message, code="upload.too_large")
    if sum(entry.file_size for entry in entries) > room:
        raise _too_large(room)
    kept: dict[str, zipfile.ZipInfo] = {}
    for entry in entries:
        _check_entry(entry)
        path = PurePosixPath(entry.filename)
        hidden = any(part.startswith((".", "__")) for part in path.parts)
        target = None if hidden or entry.is_dir() else place(path)
        if target is not None:
            if target in kept:
                raise _bad_entry(entry, "is there twice")
            kept[target] = entry
    return [(entry, target) for target, entry in kept.items()]


def _check_entry(entry: zipfile.ZipInfo) -> None:
    path = PurePosixPath(entry.filename)
    if path.is_absolute() or ".." in path.parts or "\\" in entry.filename or ":" in entry.filename:
        raise _bad_entry(entry, "leads out of the zip")
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise _bad_entry(entry, "is a link")
    if entry.flag_bits & ENCRYPTED:
        raise _bad_entry(entry, "is encrypted")
    if entry.compress_type not in METHODS:
        raise _bad_entry(entry, "is packed in a way that is not taken")


def _copy(packed: zipfile.ZipFile, entry: zipfile.ZipInfo, into: Path, *, room: int) -> int:
    """Unpack one entry, and return its bytes; what its header says of them is not believed."""
    done = 0
    with packed.open(entry) as source, into.open("wb") as target:
        while block := source.read(COPIED_BYTES):
            done += len(block)
            if done > room:
                raise _too_large(room)
            target.write(block)
    return done


def _bad_entry(entry: zipfile.ZipInfo, what: str) -> UsageError:
    message = f"the zip's entry {ascii(entry.filename)[:200]} {what}; send a zip without it"
    return UsageError(message, code="upload.bad_entry")


def _too_large(room: int) -> LimitError:
    message = f"the zip unpacks to over {room:,} bytes; send it in several, or unpacked"
    return LimitError(message, code="upload.too_large")
