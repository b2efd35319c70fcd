"""What a bundle supplies, file by file; it loads nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from headwater.errors import UsageError
from headwater.model.load import Part, Rows, Supply
from headwater.sources.bundle import names, records
from headwater.sources.bundle.fields import decode_object
from headwater.sources.bundle.lines import lines
from headwater.sources.bundle.samples import read_samples

RecordT = TypeVar("RecordT")


def bundle_supply(path: Path) -> Supply:
    """Return what a bundle folder, or a single file of one, supplies.

    Raises:
        UsageError: `load.not_a_bundle` where no file has a bundle's name;
            `load.samples_twice` where samples are there packed and plain.
    """
    files = _files(path)
    if names.SAMPLES in files and names.SAMPLES_GZ in files:
        message = f"{path}: both {names.SAMPLES} and {names.SAMPLES_GZ}; keep one of them"
        raise UsageError(message, code="load.samples_twice")
    samples = files.get(names.SAMPLES) or files.get(names.SAMPLES_GZ)
    return Supply(
        source=records.SOURCE,
        scope=(records.SOURCE,) if names.ITEMS in files else None,
        items=_part(files.get(names.ITEMS), records.item),
        relations=_part(files.get(names.RELATIONS), records.relation),
        metrics=_part(files.get(names.METRICS), records.metric),
        samples=Part(
            file=samples.name,
            size_bytes=samples.stat().st_size,
            records=partial(read_samples, samples),
        )
        if samples
        else None,
        history=_part(files.get(names.HISTORY), records.history),
        rules=_part(files.get(names.RULES), records.rule),
    )


def read_records(
    path: Path, decode: Callable[[dict[str, Any]], RecordT], rows: Rows[RecordT]
) -> Iterator[tuple[int, RecordT]]:
    """Give the records of a file of JSON lines, noting the sources of items as its scope.

    Raises:
        UsageError: `load.bad_line`, `load.unreadable`.
    """
    scope = rows.scope if decode is records.item else None
    for number, line in lines(path, rows):
        try:
            record = decode(decode_object(line))
        except ValueError as error:
            rows.bad(number, str(error))
            continue
        if scope is not None:
            scope.add(getattr(record, "source", None) or records.SOURCE)
        yield number, record


def _files(path: Path) -> dict[str, Path]:
    found = {path.name: path} if path.is_file() else {}
    if path.is_dir():
        found = {name: path / name for name in names.FILES if _is_there(path / name)}
    if not found.keys() & set(names.FILES):
        message = f"{path}: no bundle; it needs at least one of {', '.join(names.FILES)}"
        raise UsageError(message, code="load.not_a_bundle")
    return found


def _is_there(file: Path) -> bool:
    """Tell whether a bundle has this file; a broken link or a folder is not taken for its absence.

    Raises:
        UsageError: `load.unreadable`.
    """
    if file.is_file():
        return True
    if file.exists() or file.is_symlink():
        message = f"{file}: is no file, or a link to none; put the file there or take it away"
        raise UsageError(message, code="load.unreadable")
    return False


def _part(path: Path | None, decode: Callable[[dict[str, Any]], RecordT]) -> Part[RecordT] | None:
    if path is None:
        return None
    records_of = partial(read_records, path, decode)
    return Part(file=path.name, size_bytes=path.stat().st_size, records=records_of)
