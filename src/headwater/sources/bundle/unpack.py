"""How a bundle that was sent as one file becomes a folder of its files; it loads nothing.

Every name and size in it is its sender's, so none is believed: what is unpacked is counted.
"""

from __future__ import annotations

import csv
import errno
import io
import json
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO, Any

from headwater.errors import LimitError, StoreFault, UsageError
from headwater.sources.bundle import names
from headwater.sources.bundle.fields import decode_object
from headwater.sources.bundle.lines import BOM, MAX_LINE_BYTES
from headwater.sources.bundle.samples import COLUMNS

MOST_ENTRIES = 100
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
PARTS = {
    "items": names.ITEMS,
    "relations": names.RELATIONS,
    "metrics": names.METRICS,
    "samples": names.SAMPLES,
    "history": names.HISTORY,
    "rules": names.RULES,
}


def unpack_zip(upload: Path, folder: Path, *, most_bytes: int) -> None:
    """Unpack the files of a bundle, or one NetBox dump, from a zip into a folder. It blocks.

    Folders in the zip are left out, as are files of other names.

    Raises:
        UsageError: `upload.not_a_zip`, or `upload.bad_entry` for a name that leads out of the
            folder, a link, a name twice, or an entry that is encrypted or broken.
        LimitError: `upload.too_large`, for too many entries, bytes, or bytes for their size.
        StoreFault: `upload.no_room`.
    """
    room = min(most_bytes, max(COPIED_BYTES * 10, upload.stat().st_size * MOST_RATIO))
    try:
        with zipfile.ZipFile(upload) as packed:
            entries = packed.infolist()
            _check_entries(entries, room)
            for entry in entries:
                if _is_wanted(entry):
                    room -= _copy(packed, entry, folder / _name_of(entry), room=room)
    except OSError as error:
        if error.errno not in OF_A_BROKEN_ZIP:
            message = f"the upload cannot be unpacked ({error.strerror}); make room, and try again"
            raise StoreFault(message, code="upload.no_room", retry_safe=True) from error
        raise _not_a_zip(error) from error
    except BROKEN as error:
        raise _not_a_zip(error) from error


def _not_a_zip(error: Exception) -> UsageError:
    message = f"the upload is no zip that can be read ({error}); send the bundle as a zip"
    return UsageError(message, code="upload.not_a_zip")


def _check_entries(entries: list[zipfile.ZipInfo], room: int) -> None:
    if len(entries) > MOST_ENTRIES:
        message = f"the zip has {len(entries)} entries of at most {MOST_ENTRIES}"
        raise LimitError(message, code="upload.too_large")
    if sum(entry.file_size for entry in entries) > room:
        raise _too_large(room)
    seen: set[str] = set()
    for entry in entries:
        _check_entry(entry)
        if _is_wanted(entry):
            if _name_of(entry) in seen:
                raise _bad_entry(entry, "is there twice")
            seen.add(_name_of(entry))


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


def _is_wanted(entry: zipfile.ZipInfo) -> bool:
    path = PurePosixPath(entry.filename)
    hidden = any(part.startswith((".", "__")) for part in path.parts)
    known = path.name in names.FILES or path.suffix == ".json"
    return known and not hidden and not entry.is_dir()


def _name_of(entry: zipfile.ZipInfo) -> str:
    return PurePosixPath(entry.filename).name


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
    message = f"the zip's entry {ascii(entry.filename)[:200]} {what}; send a bundle's files alone"
    return UsageError(message, code="upload.bad_entry")


def _too_large(room: int) -> LimitError:
    message = f"the zip unpacks to over {room:,} bytes; send it in several, or unpacked"
    return LimitError(message, code="upload.too_large")


def split_lines(upload: Path, folder: Path) -> None:
    """Write each line `{"part": "items", ...}` to its file of a bundle, under its own number.

    It blocks. Blank lines stand for those of other parts, so that a bad line is told by the number
    it has in the upload.

    Raises:
        UsageError: `load.bad_line` for a line that is no JSON object, or has no known part.
    """
    files: dict[str, _PartFile] = {}
    try:
        for number, line in _lines(upload):
            part, record = _part_of(number, line)
            if part not in files:
                files[part] = _PartFile(folder / PARTS[part], is_csv=part == "samples")
            files[part].write(number, record)
    finally:
        for file in files.values():
            file.close()


class _PartFile:
    """One file of a bundle as it is written."""

    def __init__(self, path: Path, *, is_csv: bool) -> None:
        self._file: IO[str] = path.open("w", encoding="utf-8", newline="")
        self._is_csv = is_csv
        self._lines = 0

    def write(self, number: int, record: dict[str, Any]) -> None:
        """Write a record as the line of this number."""
        blank = "\n" * (number - self._lines - 1)
        self._file.write(f"{blank}{_row(record) if self._is_csv else json.dumps(record)}\n")
        self._lines = number

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _row(record: dict[str, Any]) -> str:
    text = io.StringIO()
    more = [value for name, value in record.items() if name not in COLUMNS]
    csv.writer(text, lineterminator="").writerow(
        [
            *(record.get(column) for column in COLUMNS),
            *more,  # a column too many is told as such when the line is read
        ]
    )
    return text.getvalue().replace("\n", " ").replace("\r", " ")


def _lines(upload: Path) -> Iterator[tuple[int, bytes]]:
    with upload.open("rb") as file:
        number = 0
        while line := file.readline(MAX_LINE_BYTES + 1):
            number += 1
            if len(line) > MAX_LINE_BYTES:
                raise _bad_line(number, f"longer than {MAX_LINE_BYTES:,} bytes")
            if number == 1:
                line = line.removeprefix(BOM)
            if line.strip():
                yield number, line


def _part_of(number: int, line: bytes) -> tuple[str, dict[str, Any]]:
    try:
        record = decode_object(line)
    except ValueError as error:
        raise _bad_line(number, str(error)) from error
    part = record.pop("part", None)
    if not isinstance(part, str) or part not in PARTS:
        raise _bad_line(number, f'"part" must be one of {", ".join(PARTS)}, not {ascii(part)[:80]}')
    return part, record


def _bad_line(number: int, reason: str) -> UsageError:
    return UsageError(f"the upload, line {number}: {reason}; mend it", code="load.bad_line")
