"""What a filter means: which fields and operators there are, and whether a value meets one.

It reads no rows; every store translates or applies the criteria made here, so that a field,
an operator or a value is refused in the same words everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, Literal, get_args

from headwater.analysis.instants import to_us
from headwater.analysis.records import text_problem
from headwater.errors import UsageError
from headwater.model.query import ITEM_COLUMNS, Filter, Operator

OPERATORS: tuple[str, ...] = get_args(Operator)
ORDERED = ("gt", "gte", "lt", "lte")
MAX_LISTED = 10_000
"""The most values that `in` takes."""
MAX_SHOWN = 80
WHOLE = range(-(2**63), 2**63)

FieldKind = Literal["text", "whole", "instant", "tag", "attribute"]
Scalar = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Field:
    """What a filter's, sort's or group's field names: a column, a tag's key or a path of keys."""

    name: str
    kind: FieldKind
    path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Criterion:
    """A filter that was checked: instants are epoch us in UTC, the value of `in` is a tuple."""

    field: Field
    op: Operator
    value: Any


def find_field(name: str) -> Field:
    """Read a field's name.

    Raises:
        UsageError: `query.unknown_field`, naming it and close ones.
    """
    if name in ITEM_COLUMNS:
        return Field(name, _column_kind(name))
    area, _, rest = name.partition(".") if isinstance(name, str) else ("", "", "")
    usable = bool(rest) and text_problem(rest) is None and '"' not in rest
    if area == "tags" and usable:
        return Field(name, "tag", (rest,))
    if area == "attributes" and usable and all(rest.split(".")):
        return Field(name, "attribute", tuple(rest.split(".")))
    shown = str(name)[:200]
    near = get_close_matches(shown, ITEM_COLUMNS, n=3)
    hint = f"; did you mean {' or '.join(near)}?" if near else "."
    message = (
        f"there is no field {shown!r}{hint} Fields are {', '.join(ITEM_COLUMNS)}, "
        "tags.KEY and attributes.PATH"
    )
    raise UsageError(message, code="query.unknown_field")


def find_column(name: str) -> Field:
    """Read the name of a column to sort by.

    Raises:
        UsageError: `query.unknown_sort`, naming the columns.
    """
    if name in ITEM_COLUMNS:
        return Field(name, _column_kind(name))
    message = f"items cannot be sorted by {name!r}; sort by {', '.join(ITEM_COLUMNS)}"
    raise UsageError(message, code="query.unknown_sort")


def find_group(name: str) -> Field:
    """Read the name of a field to group by; an attribute's groups are named by its JSON text.

    Raises:
        UsageError: `query.unknown_field`.
    """
    return find_field(name)


def check_filters(filters: Iterable[Filter]) -> tuple[Criterion, ...]:
    """Check each filter's field, operator and value.

    Raises:
        UsageError: `query.unknown_field`, `query.unknown_operator` or `query.bad_value`.
    """
    return tuple(_check(each) for each in filters)


def holds(criterion: Criterion, value: Any) -> bool:
    """Tell whether a field's value meets a criterion; None is an absent field.

    Texts compare with texts by code points, numbers with numbers, truth values with truth
    values; values of different sorts are unequal and in no order, and only texts are `like`.
    """
    if criterion.op == "exists":
        return (value is not None) is criterion.value
    return value is not None and _meets(criterion.op, value, criterion.value)


@lru_cache(maxsize=256)
def like_pattern(text: str, *, ignore_case: bool) -> re.Pattern[str]:
    """Turn a LIKE pattern (`%` any run, `_` any one character, no escape) into an expression."""
    parts = {"%": ".*", "_": "."}
    flags = re.DOTALL | (re.IGNORECASE if ignore_case else 0)
    return re.compile("".join(parts.get(char) or re.escape(char) for char in text), flags)


def value_at(attributes: Any, path: Sequence[str]) -> Any:
    """Return what lies under a path of keys, or None."""
    for key in path:
        if not isinstance(attributes, dict):
            return None
        attributes = attributes.get(key)
    return attributes


def _column_kind(name: str) -> FieldKind:
    if name == "id":
        return "whole"
    return "instant" if name.endswith("_at") else "text"


def _check(each: Filter) -> Criterion:
    field = find_field(each.field)
    if each.op not in OPERATORS:
        message = f"there is no operator {each.op!r}; operators are {', '.join(OPERATORS)}"
        raise UsageError(message, code="query.unknown_operator")
    if each.op == "exists":
        value: Any = True if each.value is None else each.value
        if not isinstance(value, bool):
            raise _bad_value(each, "exists takes true or false")
    elif each.op == "in":
        value = _check_list(field, each)
    else:
        value = _check_value(field, each, each.value)
    return Criterion(field, each.op, value)


def _check_list(field: Field, each: Filter) -> tuple[Scalar, ...]:
    if not isinstance(each.value, list | tuple) or len(each.value) > MAX_LISTED:
        raise _bad_value(each, f"in takes a list of at most {MAX_LISTED:,} values")
    return tuple(_check_value(field, each, value) for value in each.value)


def _check_value(field: Field, each: Filter, value: Any) -> Scalar:
    if isinstance(value, str) and text_problem(value):
        raise _bad_value(each, str(text_problem(value)))
    if each.op in {"like", "ilike"}:
        if not isinstance(value, str) or field.kind in {"whole", "instant"}:
            raise _bad_value(each, f"{each.op} compares text with a text pattern")
        return value
    if field.kind == "attribute":
        return _check_attribute(each, value)
    if field.kind == "instant":
        return _check_instant(each, value)
    wanted = int if field.kind == "whole" else str
    if not isinstance(value, wanted) or isinstance(value, bool):
        raise _bad_value(each, "a whole number" if wanted is int else "a text")
    if isinstance(value, int) and value not in WHOLE:
        raise _bad_value(each, "a whole number of 64 bits")
    return value


def _check_attribute(each: Filter, value: Any) -> Scalar:
    if not isinstance(value, str | int | float) or (isinstance(value, bool) and each.op in ORDERED):
        raise _bad_value(each, "a text, a number or (eq, ne, in) a truth value")
    if isinstance(value, float) and value - value != 0:
        raise _bad_value(each, "a finite number")
    if isinstance(value, int) and value not in WHOLE:
        raise _bad_value(each, "a whole number of 64 bits")
    return value


def _check_instant(each: Filter, value: Any) -> int:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise _bad_value(each, "an instant in ISO 8601 with zone") from None
    if not isinstance(value, datetime):
        raise _bad_value(each, "an instant in ISO 8601 with zone")
    return to_us(value if value.tzinfo else value.replace(tzinfo=UTC))


def _bad_value(each: Filter, expected: str) -> UsageError:
    given = repr(each.value)
    given = given if len(given) <= MAX_SHOWN else given[:MAX_SHOWN] + "..."
    message = f"{each.field} {each.op} cannot take {given}; expected: {expected}"
    return UsageError(message, code="query.bad_value")


def _sort_of(value: Any) -> str:
    if isinstance(value, bool):
        return "truth"
    if isinstance(value, int | float):
        return "number"
    return "text" if isinstance(value, str) else "other"


def _same(value: Any, wanted: Any) -> bool:
    return _sort_of(value) == _sort_of(wanted) and bool(value == wanted)


def _meets(op: Operator, value: Any, wanted: Any) -> bool:
    if op == "in":
        return any(_same(value, each) for each in wanted)
    if op in {"eq", "ne"}:
        return _same(value, wanted) is (op == "eq")
    if op in {"like", "ilike"}:
        pattern = like_pattern(wanted, ignore_case=op == "ilike")
        return isinstance(value, str) and pattern.fullmatch(value) is not None
    return _sort_of(value) == _sort_of(wanted) and _in_order(op, value, wanted)


def _in_order(op: str, value: Any, bound: Any) -> bool:
    if op == "gt":
        return bool(value > bound)
    if op == "gte":
        return bool(value >= bound)
    return bool(value < bound) if op == "lt" else bool(value <= bound)
