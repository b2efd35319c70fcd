"""What may a model propose as a plan? Only steps of tools that read, for this principal.

It gives JSON Schema and words for a model; whether a plan keeps to them is checked elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from headwater.model.access import only_reads
from headwater.policy.permissions import enough
from headwater.toolkit.registry import Registry
from headwater.toolkit.tool import Tool

STEP_ID = "^p_[a-z0-9_]{1,40}$"
"""Ids of proposed steps begin so, and no others do."""
REFERENCE: dict[str, Any] = {
    "type": "object",
    "properties": {"$": {"type": "string"}},
    "required": ["$"],
    "additionalProperties": False,
}
_LEFT_OUT = frozenset({"title", "description", "default"})


def proposable(registry: Registry, roles: Iterable[str]) -> list[Tool]:
    """Return the tools whose steps may be proposed to someone with these roles, by name.

    Those are listed, only read, as would their stand-ins, and may be called by them anyway.
    """
    given = tuple(roles)
    return [
        tool
        for tool in registry
        if all(
            only_reads(one.role, idempotent=one.idempotent)
            and not one.secret
            and enough(given, one.role)
            for one in _with_stand_in(tool, registry)
        )
    ]


def _with_stand_in(tool: Tool, registry: Registry) -> list[Tool]:
    return [tool] if tool.fallback is None else [tool, registry.find(tool.fallback)]


def plan_schema(tools: Sequence[Tool], *, most_steps: int) -> dict[str, Any]:
    """Return the JSON Schema of a plan whose steps call these tools and no others."""
    shared: dict[str, Any] = {}
    steps = [_step_schema(tool, shared) for tool in tools]
    return {
        "type": "object",
        "properties": {
            "steps": {"type": "array", "maxItems": most_steps, "items": {"anyOf": steps}}
        },
        "required": ["steps"],
        "additionalProperties": False,
        "$defs": shared,
    }


def _step_schema(tool: Tool, shared: dict[str, Any]) -> dict[str, Any]:
    prefix = tool.name.replace(".", "_")
    arguments = _plain(tool.schema.arguments, prefix)
    for name, one in arguments.pop("$defs", {}).items():
        shared[f"{prefix}_{name}"] = one
    given = {
        name: {"anyOf": [one, REFERENCE]} for name, one in arguments.get("properties", {}).items()
    }
    return {
        "type": "object",
        "properties": {
            "id": {"type": "string", "pattern": STEP_ID},
            "tool": {"type": "string", "enum": [tool.name]},
            "args": {
                "type": "object",
                "properties": given,
                "required": arguments.get("required", []),
                "additionalProperties": False,
            },
            "after": {"type": "array", "items": {"type": "string"}},
        },
        "required": ["id", "tool", "args"],
        "additionalProperties": False,
    }


def _plain(schema: Any, prefix: str, *, named: bool = False) -> Any:
    """Return a schema without words, its references led to definitions of the tool's own.

    `named` says that the keys are names of properties, which may be any.
    """
    if isinstance(schema, list):
        return [_plain(one, prefix) for one in schema]
    if not isinstance(schema, Mapping):
        return schema
    found: dict[str, Any] = {}
    for key, one in schema.items():
        if key == "$ref" and not named:
            found[key] = f"#/$defs/{prefix}_{str(one).rpartition('/')[2]}"
        elif named or key not in _LEFT_OUT:
            inside = not named and key in {"properties", "$defs"}
            found[key] = _plain(one, prefix, named=inside)
    return found


def told_tools(tools: Sequence[Tool]) -> str:
    """Return what the tools do, take and give, a line each."""
    return "\n".join(_told(tool) for tool in tools)


def _told(tool: Tool) -> str:
    takes = ", ".join(tool.schema.arguments.get("properties", {}))
    return f"- {tool.name}({takes}): {tool.description} Gives {_gives(tool.schema.result)}."


def _gives(schema: Mapping[str, Any]) -> str:
    """Return the names of a result's fields, and those of the rows in its lists."""
    defined = schema.get("$defs", {})
    names = []
    for name, one in _fields(schema, defined).items():
        rows = _fields(one.get("items", {}), defined) if isinstance(one, Mapping) else {}
        names.append(f"{name}[{', '.join(rows)}]" if rows else name)
    return ", ".join(names) or str(schema.get("type", "a value"))


def _fields(schema: Mapping[str, Any], defined: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" in schema:
        schema = defined.get(str(schema["$ref"]).rpartition("/")[2], {})
    for one in schema.get("anyOf", ()):
        if found := _fields(one, defined):
            return found
    found = schema.get("properties", {})
    return found if isinstance(found, Mapping) else {}
