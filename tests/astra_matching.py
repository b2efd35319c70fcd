"""Filters, updates and projections of the Data API's stand-in, on documents as they are stored.

The plainest way to write them: what is tested is the client, by comparison with this.
"""

from __future__ import annotations

import copy
import json
import struct
from base64 import b64decode, b64encode
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import numpy as np

MISSING = object()
Doc = dict[str, Any]


class Refused(Exception):  # noqa: N818 (a condition)
    """A command that the API answers with an error."""

    def __init__(self, error_code: str, message: str, *, scope: str = "DOCUMENT") -> None:
        super().__init__(message)
        self.entry = {
            "message": message,
            "errorCode": error_code,
            "family": "REQUEST",
            "scope": scope,
            "title": error_code.replace("_", " ").capitalize(),
            "id": str(uuid4()),
        }


def key_of(value: Any) -> str:
    """Return what two ids have in common where they are the same."""
    if isinstance(value, str):
        return '"' + value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return json.dumps(value, sort_keys=True)


def at(document: Doc, path: str) -> Any:
    """Return what is at a dotted path, or MISSING."""
    found: Any = document
    for name in path.split("."):
        if isinstance(found, list) and name.isdigit() and int(name) < len(found):
            found = found[int(name)]
        elif isinstance(found, dict) and name in found:
            found = found[name]
        else:
            return MISSING
    return found


def same(left: Any, right: Any) -> bool:
    if isinstance(left, bool) != isinstance(right, bool):
        return False
    return bool(left == right)


def equal(value: Any, wanted: Any) -> bool:
    """Compare as the API does: an array equals one of its members as well."""
    if value is MISSING:
        return wanted is None
    return same(value, wanted) or (
        isinstance(value, list) and any(same(one, wanted) for one in value)
    )


def ordered(value: Any) -> Any:
    """Return what `$gt` and the like compare: numbers, texts, dates."""
    if isinstance(value, dict) and set(value) == {"$date"}:
        return "date", value["$date"]
    if isinstance(value, bool):
        return "bool", value
    if isinstance(value, int | float):
        return "number", value
    return ("text", value) if isinstance(value, str) else (None, None)


def compare(value: Any, wanted: Any, how: str) -> bool:
    (kind, left), (wanted_kind, right) = ordered(value), ordered(wanted)
    if kind is None or kind != wanted_kind:
        return False
    return {"$gt": left > right, "$gte": left >= right, "$lt": left < right, "$lte": left <= right}[
        how
    ]


def one_of(value: Any, wanted: Any) -> bool:
    if not isinstance(wanted, list):
        raise Refused("FILTER_INVALID_EXPRESSION", "$in and $nin take an array")
    if len(wanted) > 100:
        message = f"$in has {len(wanted)} values, more than the maximum of 100"
        raise Refused("FILTER_INVALID_EXPRESSION", message)
    return any(equal(value, one) for one in wanted)


OPERATORS = {
    "$eq": equal,
    "$ne": lambda value, wanted: not equal(value, wanted),
    "$in": one_of,
    "$nin": lambda value, wanted: not one_of(value, wanted),
    "$exists": lambda value, wanted: (value is not MISSING) == wanted,
    "$all": lambda value, wanted: all(equal(value, one) for one in wanted),
    "$size": lambda value, wanted: isinstance(value, list) and len(value) == wanted,
    **{
        how: lambda value, wanted, how=how: compare(value, wanted, how)
        for how in ("$gt", "$gte", "$lt", "$lte")
    },
}
EXTENDED = ({"$date"}, {"$uuid"}, {"$objectId"}, {"$binary"})


def matches(document: Doc, wanted: Doc) -> bool:
    """Tell whether a filter matches."""
    for name, clause in wanted.items():
        if name == "$and":
            found = all(matches(document, one) for one in clause)
        elif name == "$or":
            found = any(matches(document, one) for one in clause)
        elif name == "$not":
            found = not matches(document, clause)
        elif isinstance(clause, dict) and set(clause) not in EXTENDED and clause:
            found = all(test(at(document, name), how, one) for how, one in clause.items())
        else:
            found = equal(at(document, name), clause)
        if not found:
            return False
    return True


def test(value: Any, how: str, wanted: Any) -> bool:
    if how not in OPERATORS:
        raise Refused("FILTER_UNSUPPORTED_OPERATOR", f"there is no operator {how}")
    return bool(OPERATORS[how](value, wanted))


test.__test__ = False  # type: ignore[attr-defined]


def put(document: Doc, path: str, value: Any) -> None:
    *way, last = path.split(".")
    for name in way:
        document = document.setdefault(name, {})
    if value is MISSING:
        document.pop(last, None)
    else:
        document[last] = value


def updated(document: Doc, update: Doc, *, new: bool) -> Doc:
    """Return a document after an update."""
    changed = copy.deepcopy(document)
    for operator, fields in update.items():
        for path, value in fields.items():
            _change(changed, operator, path, value=copy.deepcopy(value), new=new)
    return changed


def _change(document: Doc, operator: str, path: str, *, value: Any, new: bool) -> None:
    old = at(document, path)
    if operator == "$rename":
        if old is not MISSING:
            put(document, path, MISSING)
            put(document, value, old)
    elif operator not in CHANGES:
        raise Refused("UPDATE_UNSUPPORTED_OPERATOR", f"there is no operator {operator}")
    elif operator != "$setOnInsert" or new:
        put(
            document, path, CHANGES[operator](old, vector_of(value) if path == "$vector" else value)
        )


def number(old: Any) -> Any:
    return 0 if old is MISSING else old


def members(old: Any) -> list[Any]:
    return [] if old is MISSING else old


CHANGES: dict[str, Callable[[Any, Any], Any]] = {
    "$set": lambda _, value: value,
    "$setOnInsert": lambda _, value: value,
    "$unset": lambda _, _value: MISSING,
    "$inc": lambda old, value: number(old) + value,
    "$mul": lambda old, value: number(old) * value,
    "$min": lambda old, value: value if old is MISSING else min(old, value),
    "$max": lambda old, value: value if old is MISSING else max(old, value),
    "$push": lambda old, value: [*members(old), value],
    "$addToSet": lambda old, value: (
        members(old) if value in members(old) else [*members(old), value]
    ),
}


def vector_of(value: Any) -> Any:
    """Return a vector, sent either way, as an array of 32-bit floats."""
    if isinstance(value, dict):
        packed = b64decode(value["$binary"])
        return np.frombuffer(packed, ">f4").astype(np.float32)
    return np.asarray(value, np.float32)


def vector_as(vector: Any, form: str) -> Any:
    if form == "list":
        return [float(one) for one in vector]
    packed = struct.pack(f">{len(vector)}f", *vector)
    return {"$binary": b64encode(packed).decode()}


def projected(document: Doc, projection: Doc | None, *, vectors: str) -> Doc:
    """Return what a projection shows; vectors only where they are asked for."""
    asked = dict(projection or {})
    star = asked.pop("*", None)
    vector = asked.pop("$vector", star or 0)
    keep_id = asked.pop("_id", 1)
    if star is not None and not star:
        return {}
    if star or not asked:
        shown = {name: value for name, value in document.items() if name != "$vector"}
    elif all(asked.values()):
        shown = {name: document[name] for name in ("_id", *asked) if name in document}
    else:
        hidden = {"$vector", *asked}
        shown = {name: value for name, value in document.items() if name not in hidden}
    if not keep_id:
        shown.pop("_id", None)
    if vector and "$vector" in document:
        shown["$vector"] = vector_as(document["$vector"], vectors)
    return shown
