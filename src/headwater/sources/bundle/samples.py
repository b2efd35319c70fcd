"""What the lines of samples.csv say; it keeps none of them."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from math import isfinite
from pathlib import Path

from headwater.model.load import Rows
from headwater.model.metric import SampleRecord
from headwater.sources.bundle.fields import one_line
from headwater.sources.bundle.lines import blocks
from headwater.sources.instants import instant_us

COLUMNS = ("metric", "ci", "at", "value")
KEPT_NAMES, KEPT_INSTANTS = 1 << 20, 1 << 16
"""Names and instants remembered, so that each is read once and not once a line."""
PLAIN_DIGITS = 11


def read_samples(path: Path, rows: Rows[SampleRecord]) -> Iterator[tuple[int, SampleRecord]]:
    """Give the samples of a file by line, in columns of any order where it has a header.

    Raises:
        UsageError: `load.bad_line`, `load.unreadable`.
    """
    reader = _Reader(rows)
    for first, block in blocks(path, rows):
        yield from reader.block(first, block)


class _Reader:
    """Reads block after block, remembering the names and instants it has seen."""

    def __init__(self, rows: Rows[SampleRecord]) -> None:
        self._rows = rows
        self._names: dict[str, str] = {}
        self._instants: dict[str, int] = {}
        self._order: list[int] | None = None
        self._started = False
        self._plain = False

    def block(self, first: int, block: bytes) -> Iterator[tuple[int, SampleRecord]]:
        """Give the samples of a block of whole lines."""
        names, instants = self._names, self._instants
        for number, line in enumerate(self._text(block), first):
            # The plain line, by far the most frequent, is read here almost without a call;
            # a line with anything odd about it is looked at again with care.
            sample = None
            if self._plain:
                try:
                    metric, ci, at, text = line.split(",")
                    value = float(text)
                    at_us = instants.get(at)
                    if at_us is None:
                        at_us = self._at(at)
                    sample = names[metric], names[ci], at_us, value
                except (KeyError, ValueError):
                    sample = None
            if sample is None or value - value != 0 or "_" in text:
                sample = self._with_care(number, line)
            if sample is not None:
                yield number, sample

    def _text(self, block: bytes) -> list[str]:
        try:
            return block.decode().split("\n")
        except UnicodeDecodeError:
            return [line.decode(errors="surrogateescape") for line in block.split(b"\n")]

    def _with_care(self, number: int, line: str) -> SampleRecord | None:
        if not line or line.isspace():
            return None
        try:
            parts = next(csv.reader([line], strict=True))
            if not self._started:
                self._started = True
                header = self._is_header(parts)
                self._plain = self._order is None
                if header:
                    return None
            return self._sample(parts)
        except (ValueError, csv.Error) as error:
            self._rows.bad(number, str(error))
            return None

    def _is_header(self, parts: list[str]) -> bool:
        words = [part.strip().lower() for part in parts]
        if sorted(words) == sorted(COLUMNS):
            order = [words.index(column) for column in COLUMNS]
            self._order = None if order == sorted(order) else order
            return True
        if set(words) >= {"metric", "value"}:
            message = f"the header must be {','.join(COLUMNS)}, not {','.join(words)[:80]}"
            raise ValueError(message)
        return False

    def _sample(self, parts: list[str]) -> SampleRecord:
        if len(parts) != len(COLUMNS):
            message = f"{len(parts)} columns instead of {len(COLUMNS)}: {','.join(COLUMNS)}"
            raise ValueError(message)
        metric, ci, at, text = parts if self._order is None else [parts[i] for i in self._order]
        return self._name(metric, "metric"), self._name(ci, "ci"), self._at(at), _value(text)

    def _name(self, text: str, field: str) -> str:
        clean = self._names.get(text)
        if clean is None:
            if any("\udc80" <= letter <= "\udcff" for letter in text):
                message = f"{field} is not UTF-8"
                raise ValueError(message)
            if len(self._names) >= KEPT_NAMES:
                self._names.clear()
            clean = self._names[text] = one_line(text, field)
        return clean

    def _at(self, text: str) -> int:
        at_us = self._instants.get(text)
        if at_us is None:
            if len(self._instants) >= KEPT_INSTANTS:
                self._instants.clear()
            plain = len(text) <= PLAIN_DIGITS and text.isdecimal()
            at_us = int(text) * 1_000_000 if plain else instant_us(text)
            self._instants[text] = at_us
        return at_us


def _value(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not isfinite(value) or "_" in text:
        message = f"value must be a finite number, not {text.strip()[:40]!a}"
        raise ValueError(message)
    return value
