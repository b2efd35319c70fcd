"""What goes into a load and what it reports; it reads no file and writes no table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from headwater.errors import UsageError

RecordT = TypeVar("RecordT")
MAX_LISTED = 1000
"""Bad lines kept for the report; all of them are counted."""


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that was not loaded, and why."""

    file: str
    line: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadCount:
    """Rows of one table: read, and of those added, changed, left as they were; and removed."""

    read: int = 0
    added: int = 0
    changed: int = 0
    removed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadReport:
    """What a load did, by file, and the lines it left out."""

    source: str
    counts: dict[str, LoadCount] = field(default_factory=dict)
    bad_lines: tuple[BadLine, ...] = ()
    bad_total: int = 0
    elapsed_s: float = 0.0


class Rows(Generic[RecordT]):
    """Numbered records of one file, made as they are asked for, and what was wrong with some.

    A store iterates over it inside its transaction, in its own thread; whoever finds a bad line,
    the parser or the store, says so by `bad`. `read` may be watched from elsewhere as progress.

    Args:
        file: The file's name, for reports.
        skip_bad: Count and list bad lines instead of refusing the file.
    """

    def __init__(self, file: str, *, skip_bad: bool = False) -> None:
        self.file = file
        self.skip_bad = skip_bad
        self.records: Iterable[tuple[int, RecordT]] = ()
        self.read = 0
        self.bad_lines: list[BadLine] = []
        self.bad_total = 0

    def __iter__(self) -> Iterator[tuple[int, RecordT]]:
        """Give `(line number, record)`, counting as it goes."""
        for numbered in self.records:
            self.read += 1
            yield numbered

    def bad(self, line: int, reason: str) -> None:
        """Take note of a bad line, or refuse the whole file.

        Raises:
            UsageError: naming file, line and reason, unless bad lines are to be skipped.
        """
        if not self.skip_bad:
            message = f"{self.file}, line {line}: {reason}; mend it or load with --skip-bad"
            raise UsageError(message, code="load.bad_line")
        self.bad_total += 1
        if len(self.bad_lines) < MAX_LISTED:
            self.bad_lines.append(BadLine(self.file, line, reason))
