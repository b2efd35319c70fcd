"""Where two values of plain JSON differ; it changes neither."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_ABSENT = object()


def differences(before: Any, after: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Give each place where two values differ as `(dotted path, before, after)`.

    A place that only one side has is null on the other.
    """
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in sorted({*before, *after}):
            one, other = before.get(name, _ABSENT), after.get(name, _ABSENT)
            yield from _at(one, other, f"{path}.{name}" if path else str(name))
    elif isinstance(before, list) and isinstance(after, list):
        for index in range(max(len(before), len(after))):
            one = before[index] if index < len(before) else _ABSENT
            other = after[index] if index < len(after) else _ABSENT
            yield from _at(one, other, f"{path}[{index}]")
    elif before != after or isinstance(before, bool) != isinstance(after, bool):
        yield path, before, after


def _at(before: Any, after: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    if before is _ABSENT or after is _ABSENT:
        absent = (None, after) if before is _ABSENT else (before, None)
        yield path, *absent
        return
    yield from differences(before, after, path)
