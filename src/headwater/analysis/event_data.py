"""An event's data as the JSON that is kept of it, and back; it keeps none."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic_core import PydanticSerializationError, to_json


def pack(data: Mapping[str, Any]) -> str:
    """Return an event's data as JSON; the quick way takes no lone surrogates."""
    try:
        return to_json(data).decode()
    except (PydanticSerializationError, UnicodeError):
        return json.dumps(dict(data))


def unpack(text: str) -> dict[str, Any]:
    """Return the data that was packed."""
    data: dict[str, Any] = json.loads(text)
    return data
