"""Whether a call's arguments are small enough to carry; it carries none."""

from __future__ import annotations

from typing import Any

from pydantic_core import PydanticSerializationError, to_json

from headwater.engine.limits import Limits
from headwater.errors import UsageError
from headwater.toolkit.tool import Tool


def canonical_json(tool: Tool, arguments: dict[str, Any], limits: Limits) -> bytes:
    """Return arguments as JSON, the same for equal ones.

    Raises:
        UsageError: `tool.bad_arguments` or `limit.argument_bytes`.
    """
    try:
        canonical = to_json(arguments)
    except (PydanticSerializationError, ValueError) as error:
        message = f"{tool.name}: the arguments are no plain JSON: {error}"
        raise UsageError(message, code="tool.bad_arguments") from error
    if len(canonical) > limits.argument_bytes:
        message = (
            f"{tool.name}: the arguments take {len(canonical):,} bytes of at most "
            f"{limits.argument_bytes:,}; send less at once"
        )
        raise UsageError(message, code="limit.argument_bytes")
    return canonical
