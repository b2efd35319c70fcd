"""How an estate is written as a bundle; it reads nothing from a store."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from headwater.errors import StoreFault
from headwater.model.history import HistoryEntry, HistoryRecord
from headwater.model.item import ConfigurationItem, ItemRecord
from headwater.model.metric import MetricInfo, MetricRecord, SampleRecord
from headwater.model.relation import RelationRecord
from headwater.model.rule import Rule, RuleRecord
from headwater.sources.bundle import names, records
from headwater.sources.bundle.samples import COLUMNS
from headwater.sources.instants import seconds_text

WRITTEN = tuple(name for name in names.FILES if name != names.SAMPLES_GZ)


class BundleWriter:
    """Writes the six files of a bundle beside their names, and renames them when all are whole.

    It blocks: call it in a worker thread. Call `save` at the end, or `discard`.

    Args:
        folder: Made where it is not there; other files in it are left alone.

    Raises:
        StoreFault: `export.unwritable` from every method, naming the file.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._open: dict[str, IO[str]] = {}
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for name in WRITTEN:
                self._open[name] = self._partial(name).open("w", encoding="utf-8", newline="")
            self._open[names.SAMPLES].write(",".join(COLUMNS) + "\n")
        except (OSError, ValueError) as error:
            self.discard()
            raise self._unwritable(error) from error

    def items(self, batch: Sequence[ConfigurationItem | ItemRecord]) -> None:
        """Write items; absent fields are left out, and so is the source of a bundle's own."""
        self._lines(names.ITEMS, (_fields(one, records.ITEM) for one in batch))

    def relations(self, batch: Sequence[RelationRecord]) -> None:
        """Write relations."""
        self._lines(names.RELATIONS, (_fields(one, records.RELATION) for one in batch))

    def metrics(self, batch: Sequence[MetricInfo | MetricRecord]) -> None:
        """Write metrics."""
        self._lines(names.METRICS, (_fields(one, records.METRIC) for one in batch))

    def samples(self, batch: Sequence[SampleRecord]) -> None:
        """Write samples, their instants in epoch seconds."""
        at = {at_us: seconds_text(at_us) for at_us in {one[2] for one in batch}}
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerows((metric, ci, at[at_us], value) for metric, ci, at_us, value in batch)
        self._write(names.SAMPLES, text.getvalue())

    def history(self, batch: Sequence[HistoryEntry | HistoryRecord]) -> None:
        """Write history entries."""
        self._lines(names.HISTORY, (_fields(one, records.HISTORY) for one in batch))

    def rules(self, batch: Sequence[Rule | RuleRecord]) -> None:
        """Write rules."""
        self._lines(names.RULES, (_fields(one, records.RULE) for one in batch))

    def save(self) -> tuple[Path, ...]:
        """Give the files their names, and return them."""
        try:
            for file in self._open.values():
                file.close()
            for name in WRITTEN:
                self._partial(name).replace(self.folder / name)
            (self.folder / names.SAMPLES_GZ).unlink(missing_ok=True)
        except OSError as error:
            raise self._unwritable(error) from error
        return tuple(self.folder / name for name in WRITTEN)

    def discard(self) -> None:
        """Close and remove what was not saved."""
        for name, file in self._open.items():
            with suppress(OSError):
                file.close()
            with suppress(OSError):
                self._partial(name).unlink(missing_ok=True)

    def _partial(self, name: str) -> Path:
        return self.folder / f".{name}.partial"

    def _lines(self, name: str, objects: Iterable[Mapping[str, Any]]) -> None:
        self._write(name, "".join(f"{_ENCODER.encode(one)}\n" for one in objects))

    def _write(self, name: str, text: str) -> None:
        try:
            self._open[name].write(text)
        except OSError as error:
            raise self._unwritable(error) from error

    def _unwritable(self, error: OSError | ValueError) -> StoreFault:
        reason = getattr(error, "strerror", None) or str(error)
        file = ascii(str(getattr(error, "filename", None) or self.folder))[1:-1]
        message = f"{file}: cannot be written ({reason}); nothing was replaced"
        return StoreFault(message, code="export.unwritable", retry_safe=False)


def _fields(record: object, known: Sequence[str]) -> dict[str, Any]:
    found = {field: getattr(record, field) for field in known}
    if found.get("source") == records.SOURCE and "source_key" in known:
        found["source"] = None
    ci = found.get("ci")
    if ci is not None:
        found["ci"] = ci if isinstance(ci, str) else ci.code
    return {field: value for field, value in found.items() if value is not None and value != {}}


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    message = f"{type(value).__name__} cannot be written as JSON"
    raise TypeError(message)


_ENCODER = json.JSONEncoder(ensure_ascii=False, default=_plain, separators=(",", ":"))
