"""Reads a part of a supply to its end, as a store would."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from headwater.model.load import Part, Rows
from headwater.sources.bundle.read import bundle_supply

RecordT = TypeVar("RecordT")


def gather(
    part: Part[RecordT] | None, *, skip_bad: bool = False
) -> tuple[list[RecordT], Rows[RecordT]]:
    """Return the records of a part, and the rows with what was bad."""
    assert part is not None
    rows: Rows[RecordT] = Rows(part.file, skip_bad=skip_bad, scope=set())
    rows.records = part.records(rows)
    return [record for _, record in rows], rows


def reasons(tmp_path: Path, name: str, text: str | bytes) -> dict[int, str]:
    """Return what is wrong with which line of a bundle's file."""
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    supply = bundle_supply(path)
    parts = (
        supply.items,
        supply.relations,
        supply.metrics,
        supply.samples,
        supply.history,
        supply.rules,
    )
    part = next(one for one in parts if one is not None)
    _, rows = gather(part, skip_bad=True)  # type: ignore[arg-type]
    return {bad.line: bad.reason for bad in rows.bad_lines}
