"""How results become one JSON document; it prints nothing."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic_core import to_json


def plain(value: Any) -> Any:
    """Return plain JSON data: dataclasses as objects, instants as ISO 8601, NaN as null."""
    if value is None or isinstance(value, (str, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if (names := _fields(value.__class__)) is not None:
        return {name: plain(getattr(value, name)) for name in names}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(one) for one in value]
    return _plain_object(value)


@lru_cache(maxsize=1024)
def _fields(kind: Any) -> tuple[str, ...] | None:
    """Return the names of a dataclass' fields; None for any other type."""
    if not (isinstance(kind, type) and dataclasses.is_dataclass(kind)):
        return None
    return tuple(one.name for one in dataclasses.fields(kind))


def _plain_object(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    return repr(value)


def _one_level(value: Any) -> Any:
    """Return what JSON has no word for, as it is at its outermost."""
    if (names := _fields(value.__class__)) is not None:
        return {name: getattr(value, name) for name in names}
    if isinstance(value, (set, frozenset)):
        return list(value)
    return dict(value) if isinstance(value, Mapping) else _plain_object(value)


_LINE = json.JSONEncoder(
    ensure_ascii=False,
    check_circular=False,
    allow_nan=False,
    separators=(",", ":"),
    default=_one_level,
)


def compact(value: Any) -> bytes:
    """Return `plain(value)` as JSON in UTF-8, without making what is plain already once more.

    Raises:
        PydanticSerializationError: there is text that is no Unicode.
    """
    try:
        return _LINE.encode(value).encode()
    except (ValueError, TypeError, RecursionError):  # no number, an odd key, half a character
        return to_json(plain(value))


def document(value: Any) -> str:
    """Return a value as one JSON document, in ASCII, so that no terminal reads controls in it."""
    return json.dumps(plain(value), indent=2, allow_nan=False)
