"""How a file is read a block of whole lines at a time; it does not understand the lines."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import IO, Any

from headwater.errors import UsageError
from headwater.model.load import Rows

BLOCK_BYTES = 1 << 18
MAX_LINE_BYTES = 1 << 22
BOM = b"\xef\xbb\xbf"


def lines(path: Path, rows: Rows[Any]) -> Iterator[tuple[int, bytes]]:
    """Give each line that is not blank, with its number from 1.

    Raises:
        UsageError: `load.unreadable`; `load.bad_line` for a line over 4 MiB.
    """
    for first, block in blocks(path, rows):
        for number, line in enumerate(block.split(b"\n"), first):
            if line and not line.isspace():
                yield number, line


def blocks(path: Path, rows: Rows[Any]) -> Iterator[tuple[int, bytes]]:
    """Give blocks of whole lines without their last line end, each with its first line's number.

    A byte order mark is dropped, `.gz` is unpacked on the way, and `rows.read_bytes` follows the
    bytes taken from disk.

    Raises:
        UsageError: `load.unreadable`; `load.bad_line` for a line over 4 MiB.
    """
    try:
        with path.open("rb") as raw:
            yield from _whole_lines(raw, rows, packed=path.suffix == ".gz")
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        message = f"{path}: cannot be read to its end ({reason}); give a whole, readable file"
        raise UsageError(message, code="load.unreadable") from error


def _whole_lines(raw: IO[bytes], rows: Rows[Any], *, packed: bool) -> Iterator[tuple[int, bytes]]:
    carry, first, skipping = b"", 1, False
    for block in _without_mark(raw, rows, packed=packed):
        fresh = block
        if skipping:
            _, end, fresh = block.partition(b"\n")
            if not end:
                continue
            first, skipping = first + 1, False
        head, end, carry = (carry + fresh).rpartition(b"\n")
        if end:
            yield first, head
            first += head.count(b"\n") + 1
        if len(carry) > MAX_LINE_BYTES:
            rows.bad(first, f"longer than {MAX_LINE_BYTES:,} bytes")
            carry, skipping = b"", True
    if carry:
        yield first, carry


def _without_mark(raw: IO[bytes], rows: Rows[Any], *, packed: bool) -> Iterator[bytes]:
    with closing(gzip.GzipFile(fileobj=raw) if packed else raw) as source:
        block = source.read(BLOCK_BYTES).removeprefix(BOM)
        while block:
            rows.read_bytes = raw.tell()
            yield block
            block = source.read(BLOCK_BYTES)
