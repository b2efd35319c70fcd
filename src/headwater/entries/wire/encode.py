"""How results become one JSON document; it prints nothing."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any


def plain(value: Any) -> Any:
    """Return plain JSON data: dataclasses as objects, instants as ISO 8601, NaN as null."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(one) for one in value]
    return _plain_object(value)


def _plain_object(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return {one.name: plain(getattr(value, one.name)) for one in dataclasses.fields(value)}
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    return repr(value)


def document(value: Any) -> str:
    """Return a value as one JSON document, in ASCII, so that no terminal reads controls in it."""
    return json.dumps(plain(value), indent=2, allow_nan=False)
