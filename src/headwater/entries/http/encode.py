"""How results become the bytes of a response; it chooses no status."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from headwater.entries.wire.encode import compact
from headwater.model.outcome import Succeeded

BESIDE_VALUE = tuple(name for name in Succeeded.__slots__ if name != "value")


def encoded(value: Any) -> bytes:
    """Return a value as JSON in UTF-8: the document that every entry gives."""
    return compact(value)


def encoded_outcome(outcome: Succeeded) -> bytes:
    """Return a success whose value is `Json` already as a whole."""
    fields = {name: getattr(outcome, name) for name in BESIDE_VALUE}
    return b'{"value":%b,%b' % (outcome.value, compact(fields)[1:])


def given(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Return a value as a response."""
    return Response(encoded(value), status, headers, "application/json")
