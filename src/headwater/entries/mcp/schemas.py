"""What JSON Schema an agent is shown for a tool: what it takes and gives; it checks nothing."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from headwater.model.explanation import ToolInfo

NAMED = frozenset(("properties", "$defs"))
"""Where the keys of a schema are names of ours and no words of JSON Schema."""
TITLES = frozenset(("title",))
OF_RESULTS = frozenset(("title", "default"))
"""What a result's schema does without: what is left out of a result is not filled in."""
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Shape:
    """Where a result has its rows.

    Args:
        lists: The members of the result that are rows; None where it is one row, or rows itself.
        fields: The names of a row's fields; None where a row may have any.
        rows: Whether there are rows at all.
    """

    lists: tuple[str, ...] | None
    fields: frozenset[str] | None
    rows: bool


def slim(schema: Any, without: frozenset[str] = TITLES) -> Any:
    """Return a schema without the titles that only repeat names: they cost an agent's context."""
    if isinstance(schema, list):
        return [slim(one, without) for one in schema]
    if not isinstance(schema, Mapping):
        return schema
    return {
        word: {name: slim(one, without) for name, one in value.items()}
        if word in NAMED
        else slim(value, without)
        for word, value in schema.items()
        if word not in without
    }


def shape_of(result: Mapping[str, Any]) -> Shape:
    """Return where a result that has this schema has its rows."""
    root = _resolved(result, result)
    if root.get("type") == "array":
        return Shape(None, _fields(_resolved(root.get("items", {}), result)), rows=True)
    members = root.get("properties", {})
    rows = {
        name: _resolved(one.get("items", {}), result)
        for name, one in members.items()
        if one.get("type") == "array" and _is_row(one.get("items", {}), result)
    }
    if not rows:
        return Shape(None, _fields(root), rows=False)
    fields: frozenset[str] = frozenset()
    for row in rows.values():
        known = _fields(row)
        fields |= frozenset() if known is None else known
    return Shape(tuple(rows), fields, rows=True)


def _resolved(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow a reference, and leave out what only says that it may be null."""
    while True:
        choices = [one for one in schema.get("anyOf", ()) if one.get("type") != "null"]
        if len(choices) == 1:
            schema = choices[0]
        elif "$ref" in schema:
            schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
        else:
            return schema


def _is_row(schema: Mapping[str, Any], root: Mapping[str, Any]) -> bool:
    return _resolved(schema, root).get("type") in {"object", "array"}


def _fields(schema: Mapping[str, Any]) -> frozenset[str] | None:
    """Return the names of an object's members; none for a list, None for an object of any."""
    if schema.get("type") == "array":
        return frozenset()
    members = schema.get("properties")
    return None if members is None else frozenset(members)


CUT: Json = {
    "truncated": {"type": "boolean", "description": "Whether rows, fields or text were left out."},
    "cut": {
        "type": "array",
        "description": "What was left out: where, how many are here, of how many.",
        "items": {
            "type": "object",
            "properties": {
                "path": {"type": "string"},
                "shown": {"type": "integer"},
                "of": {"type": "integer"},
            },
        },
    },
    "hint": {"type": "string", "description": "How to get the rest."},
}
"""What a result says of itself where it was cut."""
ERROR: Json = {
    "code": {"type": ["string", "null"]},
    "fault": {"enum": ["asker", "limit", "tool", "store", "engine"]},
    "message": {"type": "string", "description": "What happened, where, and what to change."},
    "retry_after_s": {"type": "number"},
}
"""What a result says of itself where there is none."""


def of_outcome(info: ToolInfo) -> Json:
    """Return the schema of a tool's result as it is given: an outcome that holds the value.

    A row's fields are not required, as an agent may ask for some of them only.
    """
    result = copy.deepcopy(info.result)
    defs = _defs(result)
    for one in [result, *defs.values()]:
        for each in _objects(one):
            each.pop("required", None)
    members: Json = {
        "status": {"enum": ["succeeded", "failed", "late"]},
        "value": {"anyOf": [result, {"type": "null"}]},
        "evidence": {"type": "array", "items": {"type": "object"}},
        "attempts": {"type": "integer"},
        "elapsed_s": {"type": "number"},
        "via": {"enum": ["direct", "cache", "shared", "fallback"]},
        "via_tool": {"type": ["string", "null"]},
        "earlier": {"type": "array", "items": {"type": "string"}},
        "failures": {"type": "array", "items": {"type": "object"}},
    }
    return _object({**members, **ERROR, **CUT}, defs)


def of_document(kind: Any) -> Json:
    """Return the schema of a document of ours, such as `Answer`, as it is given."""
    schema = TypeAdapter(kind).json_schema(mode="serialization")
    defs = _defs(schema)
    return _object({**ERROR, **schema["properties"], **CUT}, defs)


def _object(members: Json, defs: Json) -> Json:
    required = ["status"] if "status" in members else []
    schema: Json = {"$defs": defs, "properties": members, "type": "object", "required": required}
    slimmed: Json = slim(schema, OF_RESULTS)
    return slimmed


def _defs(schema: Json) -> Json:
    """Take the definitions out of a schema."""
    defs: Json = schema.pop("$defs", {})
    return defs


def _objects(schema: Any) -> Iterator[Json]:
    """Give every schema of an object within a schema."""
    if isinstance(schema, list):
        for one in schema:
            yield from _objects(one)
    elif isinstance(schema, dict):
        if schema.get("type") == "object":
            yield schema
        for word, value in schema.items():
            yield from (
                each
                for one in (value.values() if word in NAMED else [value])
                for each in _objects(one)
            )
