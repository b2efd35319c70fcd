"""What goes into a load and what it reports; it reads no file and writes no table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from headwater.errors import UsageError
from headwater.model.history import HistoryRecord
from headwater.model.item import ItemRecord
from headwater.model.metric import MetricRecord, SampleRecord
from headwater.model.relation import RelationRecord
from headwater.model.rule import RuleRecord

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
        scope: The item sources that a replacing load speaks for, complete once all records were
            read: it removes only what belongs to items with one of these. None is everything.
    """

    def __init__(self, file: str, *, skip_bad: bool = False, scope: set[str] | None = None) -> None:
        self.file = file
        self.skip_bad = skip_bad
        self.scope = scope
        self.records: Iterable[tuple[int, RecordT]] = ()
        self.read = 0
        self.read_bytes = 0
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Part(Generic[RecordT]):
    """One file of a supply: its name, size, and how to start reading it.

    Args:
        file: The file's name, for reports and progress.
        size_bytes: What `Rows.read_bytes` comes to at the end.
        records: Starts a stream of numbered records, which says what is bad and counts bytes
            by the rows it is given. It blocks, so a store calls it in its own thread.
        replaceable: Whether a replacing load may remove what the part no longer has.
    """

    file: str
    size_bytes: int
    records: Callable[[Rows[RecordT]], Iterator[tuple[int, RecordT]]]
    replaceable: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """What a source brings, in the order in which it is loaded; any part may be missing.

    `scope` names the item sources that it speaks for from the start (see `Rows`); None is
    everything.
    """

    source: str
    scope: tuple[str, ...] | None = None
    items: Part[ItemRecord] | None = None
    relations: Part[RelationRecord] | None = None
    metrics: Part[MetricRecord] | None = None
    samples: Part[SampleRecord] | None = None
    history: Part[HistoryRecord] | None = None
    rules: Part[RuleRecord] | None = None


@dataclass(slots=True)
class Progress:
    """How far a load or an export is, for anyone who looks; only the one who works writes it.

    A load points `rows` at what it reads, so that counts move while a store works.
    """

    part: str = ""
    file: str = ""
    done_rows: int = 0
    done_bytes: int = 0
    total_bytes: int = 0
    rows: Rows[Any] | None = None

    @property
    def rows_read(self) -> int:
        """Count the rows so far, those of the file at hand included."""
        return self.done_rows + (self.rows.read if self.rows else 0)

    @property
    def bytes_read(self) -> int:
        """Count the bytes so far, those of the file at hand included."""
        return self.done_bytes + (self.rows.read_bytes if self.rows else 0)
