"""How a result is kept and handed on as the JSON that it was written as once; it checks none."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter
from pydantic_core import ValidationError, from_json, to_json

from headwater.engine.limits import Limits
from headwater.errors import LimitError, ToolFault
from headwater.model.evidence import Evidence
from headwater.model.outcome import Json
from headwater.toolkit.cited import Cited
from headwater.toolkit.tool import Tool

Written = Cited[bytes]
"""A result whose value is JSON: what attempts give, flights share and the cache keeps."""
_EVIDENCE: TypeAdapter[tuple[Evidence, ...]] = TypeAdapter(tuple[Evidence, ...])
_CUT = b"\n"


def check_size(tool: Tool, written: Written, limits: Limits) -> None:
    """Let a result pass that is not too large.

    Raises:
        LimitError: `limit.result_bytes`.
    """
    if len(written.value) > limits.result_bytes:
        message = (
            f"{tool.name} gave {len(written.value):,} bytes of at most {limits.result_bytes:,}; "
            "ask for less at once"
        )
        raise LimitError(message, code="limit.result_bytes", retry_safe=False)


def value_of(tool: Tool, written: Written, *, as_json: bool) -> Any:
    """Return a result's value as plain data, each time anew, or as the JSON that it is.

    Raises:
        ToolFault: `tool.bad_value` where it is nested too deeply.
    """
    if as_json:
        return Json(written.value)
    try:
        return from_json(written.value)
    except ValueError as error:
        message = f"{tool.name} returned what cannot be read again: {error}"
        raise ToolFault(message, code="tool.bad_value", retry_safe=False) from error


def pack(written: Written) -> bytes:
    """Return a result as the cache keeps it: its length, itself, its evidence."""
    value = written.value
    return b"%d\n%b%b" % (len(value), value, to_json(written.evidence))


def unpack(kept: bytes | None) -> Written | None:
    """Return a result that was kept; None where there is none, or one of another version."""
    if kept is None:
        return None
    length, cut, rest = kept.partition(_CUT)
    if not (cut and length.isdigit()):
        return None
    end = int(length)
    try:
        return Cited(rest[:end], _EVIDENCE.validate_json(rest[end:]))
    except ValidationError:
        return None
