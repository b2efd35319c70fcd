"""How much of a result lands in an agent's context: rows, fields, bytes; it fetches nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic_core import to_json

ROWS = 50
"""Rows of each list where nobody asks for more."""
MOST_ROWS = 1000
MOST_BYTES = 64 * 1024
"""Bytes of JSON of one result; a quarter of it is the most that agents usually show a model."""
LONG_TEXT, SHORT_TEXT = 2000, 200
MOST_DEPTH = 60


@dataclass(frozen=True, slots=True)
class Cut:
    """What was left out: at which path, how many are here, of how many."""

    path: str
    shown: int
    of: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What an agent asks to see of a result.

    Args:
        rows: The most rows of each list.
        skip: Rows of the result's own lists to leave out first.
        fields: What to keep of each row, as `name` or `tags.env`; empty means everything.
        whole: Names of lists that are no rows, and stay as they are.
        newest: Names of lists of which the last rows are kept, not the first.
        most_bytes: The most bytes of JSON.
    """

    rows: int = ROWS
    skip: int = 0
    fields: tuple[str, ...] = ()
    whole: frozenset[str] = frozenset()
    newest: frozenset[str] = frozenset()
    most_bytes: int = MOST_BYTES


@dataclass(slots=True)
class _Knife:
    """One pass over a result: how it cuts, and what it has cut so far."""

    wanted: Wanted
    rows: int
    text: int | None
    cuts: list[Cut] = field(default_factory=list)

    def cut(self, value: Any, path: str = "", depth: int = 0) -> Any:
        if isinstance(value, str):
            return self._text(value, path)
        if not isinstance(value, dict | list):
            return value
        if depth > MOST_DEPTH:
            self.cuts.append(Cut(path, 0, len(value)))
            return None
        if isinstance(value, dict):
            begin = f"{path}." if path else ""
            return {name: self.cut(one, f"{begin}{name}", depth + 1) for name, one in value.items()}
        return [self._cell(one, path, depth + 1) for one in self._rows(value, path)]

    def _rows(self, rows: list[Any], path: str) -> list[Any]:
        name = path.rpartition(".")[2]
        if name in self.wanted.whole:
            return rows
        most = self.rows if isinstance(rows[0] if rows else None, dict | list) else ROWS
        if len(rows) > most:
            self.cuts.append(Cut(path, most, len(rows)))
        return rows[-most:] if name in self.wanted.newest else rows[:most]

    def _cell(self, value: Any, path: str, depth: int) -> Any:
        """Cut inside a row; a row that is itself a list keeps its cells, which stand in columns."""
        if isinstance(value, list):
            return [self.cut(one, f"{path}[]", depth + 1) for one in value]
        return self.cut(value, f"{path}[]", depth)

    def _text(self, text: str, path: str) -> str:
        if self.text is None or len(text) <= self.text:
            return text
        self.cuts.append(Cut(path, self.text, len(text)))
        return f"{text[: self.text]}…"


def bounded(document: Mapping[str, Any], wanted: Wanted) -> tuple[dict[str, Any], list[Cut]]:
    """Return a document of plain JSON with no more than what is wanted, and what was cut.

    Where it is still too large, long texts are cut, then rows by half, then all but plain values.
    """
    rows: int = wanted.rows
    text: int | None = None
    while True:
        knife = _Knife(wanted, rows, text)
        kept = knife.cut(dict(document))
        if size_bytes(kept) <= wanted.most_bytes:
            return kept, knife.cuts
        if text is None:
            text = LONG_TEXT
        elif rows > 1:
            rows //= 2
        elif text > SHORT_TEXT:
            text = SHORT_TEXT
        else:
            return _plain_values(kept, len(document))


def _plain_values(kept: Mapping[str, Any], of: int) -> tuple[dict[str, Any], list[Cut]]:
    few = {name: one for name, one in kept.items() if not isinstance(one, dict | list)}
    return few, [Cut("", len(few), of)]


def size_bytes(document: Any) -> int:
    """Return how many bytes of JSON a document makes."""
    return len(to_json(document, inf_nan_mode="null"))


def picked(value: Any, wanted: Wanted, lists: Sequence[str] | None) -> Any:
    """Return a result without the rows to skip and the fields that nobody asked for.

    Args:
        value: The result, plain JSON.
        wanted: What to skip and which fields to keep.
        lists: Which of its members are rows; None where it is itself the only row, or the rows.
    """
    if isinstance(value, list):
        return _picked_rows(value, wanted)
    if not isinstance(value, dict):
        return value
    if lists is None:
        return _picked_row(value, wanted.fields) if wanted.fields else value
    return {
        name: _picked_rows(one, wanted) if name in lists and isinstance(one, list) else one
        for name, one in value.items()
    }


def _picked_rows(rows: list[Any], wanted: Wanted) -> list[Any]:
    kept = rows[wanted.skip :]
    if not any(_has(row, name) for row in kept for name in wanted.fields):
        return kept  # other rows than those whose fields were asked for
    return [_picked_row(row, wanted.fields) if isinstance(row, dict) else row for row in kept]


def _has(row: Any, name: str) -> bool:
    return isinstance(row, dict) and name.partition(".")[0] in row


def _picked_row(row: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in names:
        head, _, rest = name.partition(".")
        if head not in row:
            continue
        if not rest or not isinstance(row[head], dict):
            found[head] = row[head]
        elif rest in row[head]:
            found[head] = {**found.get(head, {}), rest: row[head][rest]}
        else:
            found.setdefault(head, {})
    return found
