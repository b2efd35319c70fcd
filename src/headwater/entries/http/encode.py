"""How results become the bytes of a response; it chooses no status."""

from __future__ import annotations

from typing import Any

from pydantic_core import to_json
from starlette.responses import Response

from headwater.entries.wire.encode import plain
from headwater.model.outcome import Outcome, Succeeded


def encoded(value: Any) -> bytes:
    """Return a value as JSON in UTF-8: the document that every entry gives."""
    return to_json(plain(value))


def encoded_outcome(outcome: Outcome) -> bytes:
    """Return an outcome as JSON; a success holds plain data already and is not walked again."""
    if not isinstance(outcome, Succeeded):
        return encoded(outcome)
    fields = {
        name: plain(getattr(outcome, name)) for name in Succeeded.__slots__ if name != "value"
    }
    return to_json({"value": outcome.value, **fields}, inf_nan_mode="null")


def given(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Return a value as a response."""
    return Response(encoded(value), status, headers, "application/json")
