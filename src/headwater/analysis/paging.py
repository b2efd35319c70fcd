"""Where a page ends and the next begins, as an opaque text; it fetches no page.

A cursor holds the order it was made for and the sort values and id of the last row shown, so that
rows inserted meanwhile make no page overlap or skip.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence

from headwater.errors import UsageError
from headwater.model.query import Sort

Values = tuple[str | int | None, ...]
"""The sort values of a row (instants in epoch us), its id last."""
_WRITTEN = json.JSONEncoder(separators=(",", ":")).encode


def write_cursor(sorts: Sequence[Sort], values: Values) -> str:
    """Write where a page ended: at the row with these sort values."""
    text = _WRITTEN([_order(sorts), list(values)])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(cursor: str, sorts: Sequence[Sort]) -> Values:
    """Read where the page before ended.

    Raises:
        UsageError: `query.bad_cursor` where it was not made by us, or for another order.
    """
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        order, values = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        fits = order == _order(sorts) and _are_values(values, len(sorts) + 1)
    except (ValueError, TypeError, RecursionError, binascii.Error):
        fits = False
    if not fits:
        message = "this cursor is of no page in this order; start again without a cursor"
        raise UsageError(message, code="query.bad_cursor")
    return tuple(values)


def _order(sorts: Sequence[Sort]) -> list[list[str | bool]]:
    return [[each.field, each.descending] for each in sorts]


def _are_values(values: object, count: int) -> bool:
    return (
        isinstance(values, list)
        and len(values) == count
        and all(value is None or type(value) in {str, int} for value in values)
        and type(values[-1]) is int
        and all(abs(value) < 2**63 for value in values if isinstance(value, int))
    )
