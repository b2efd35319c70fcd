"""How a bundle that was sent as one file becomes a folder of its files; it loads nothing."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO, Any

from headwater.errors import UsageError
from headwater.sources.bundle import names
from headwater.sources.bundle.fields import decode_object
from headwater.sources.bundle.lines import BOM, MAX_LINE_BYTES
from headwater.sources.bundle.samples import COLUMNS
from headwater.sources.zips import unpack_zip

MOST_ENTRIES = 100
PARTS = {
    "items": names.ITEMS,
    "relations": names.RELATIONS,
    "metrics": names.METRICS,
    "samples": names.SAMPLES,
    "history": names.HISTORY,
    "rules": names.RULES,
}


def unpack_bundle(upload: Path, folder: Path, *, most_bytes: int) -> None:
    """Unpack the files of a bundle, or one NetBox dump, from a zip into a folder. It blocks.

    Folders in the zip are left out, as are files of other names.

    Raises:
        UsageError: `upload.not_a_zip` or `upload.bad_entry`.
        LimitError: `upload.too_large`.
        StoreFault: `upload.no_room`.
    """
    unpack_zip(upload, folder, most_bytes=most_bytes, most_entries=MOST_ENTRIES, place=_place)


def _place(path: PurePosixPath) -> str | None:
    return path.name if path.name in names.FILES or path.suffix == ".json" else None


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
