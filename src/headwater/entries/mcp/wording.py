"""What a result says in words, beside its data: short, and safe to show; it draws nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pydantic_core import to_json

from headwater.entries.mcp.block_words import of_block
from headwater.entries.mcp.bounding import Cut
from headwater.entries.wire.clean import clean

MOST_CHARACTERS = 4000
"""How much of a result is written out as text, for agents that are shown nothing but text."""
ROWS_OF_VALUE = re.compile(r"value(\.\w+)?")
"""The paths of rows that `skip` pages through."""
TOTALS = ("total", "total_groups")


def of_error(told: Mapping[str, Any]) -> str:
    """Return an error as one line."""
    return clean(f"failed: {told['message']} [{told['code']}, fault: {told['fault']}]")


def of_value(name: str, value: Any, hint: str | None) -> str:
    """Return a tool's value in words: what it is, and as much of it as fits.

    Args:
        name: The tool's name.
        value: Its result, plain JSON, cut already.
        hint: How to get what was cut.
    """
    lines = [f"{name}: {_size(value)}", *([hint] if hint else [])]
    return "\n".join([*map(clean, lines), *_written(value)])


def _size(value: Any) -> str:
    if value is None:
        return "nothing (null)"
    if isinstance(value, list):
        return f"{len(value)} rows"
    if not isinstance(value, dict):
        return "one value"
    total = next((value[one] for one in TOTALS if isinstance(value.get(one), int)), None)
    counts = [f"{len(one)} {name}" for name, one in value.items() if _is_rows(one)]
    words = ", ".join(counts) or "one record"
    return f"{words} of {total}" if total is not None and len(counts) == 1 else words


def _is_rows(value: Any) -> bool:
    return isinstance(value, list) and (not value or isinstance(value[0], dict | list))


def _written(value: Any) -> Iterator[str]:
    """Give a value as JSON on one line, or else the rows of it that fit, one a line."""
    whole = _json(value)
    if len(whole) <= MOST_CHARACTERS:
        yield whole
        return
    yield from _fitting(f"{label}{_json(row)}" for label, row in _rows_of(value))


def _rows_of(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, list):
        yield from (("", one) for one in value)
    elif isinstance(value, dict):
        for name, one in value.items():
            if _is_rows(one):
                yield from ((f"{name}: ", each) for each in one)
            else:
                yield f"{name}: ", one
    else:
        yield "", value


def _json(value: Any) -> str:
    return clean(to_json(value, inf_nan_mode="null").decode())


def of_answer(document: Mapping[str, Any], hint: str | None) -> str:
    """Return an answer or a run's result in words: its sentences, what is missing, what next."""
    lines = [f"{document['status']}: {document['summary']}"]
    for block in document.get("blocks", ()):
        lines.extend(of_block(block))
    lines.extend(
        f"missing: {gap['step']} ({gap['tool']}): {gap['reason']} [{gap['code']}]"
        for gap in document.get("gaps", ())
    )
    lines.extend(f"ask next: {one}" for one in document.get("next", ()))
    tail = [f"confidence {document.get('confidence', 0):.2f}, run {document['run_id']}"]
    tail.extend([hint] if hint else [])
    return "\n".join([*_fitting(map(clean, lines)), *map(clean, tail)])


def _fitting(lines: Iterable[str]) -> Iterator[str]:
    rest = MOST_CHARACTERS
    for line in lines:
        rest -= len(line) + 1
        if rest < 0:
            yield "… (the rest is in the structured content)"
            return
        yield line


def hint_of(cuts: Sequence[Cut], skip: int | None = None) -> str:
    """Return how to get what was cut.

    Args:
        cuts: What was, at least one thing.
        skip: How many rows the asker has skipped; None where the tool takes no `skip`.
    """
    rows = [one for one in cuts if ROWS_OF_VALUE.fullmatch(one.path)] if skip is not None else []
    one = (rows or list(cuts))[0]
    told = f"cut: {one.path or 'the result'} has {one.shown} of {one.of} here"
    if not rows or skip is None:
        return f"{told}; narrow what you ask for, or raise rows"
    return f"{told}; go on with skip={skip + one.shown}, or ask for fewer fields or more rows"
