"""How numbers and booleans are held to their JSON Schema; it knows no tool.

Left alone, pydantic takes `"5"` and `true` for the number 5 and 1, and `"no"` for false.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from pydantic_core import SchemaValidator, core_schema

_NO_SCHEMA = frozenset({"cls", "config", "default", "expected", "metadata", "serialization"})


def exact_fields(model: type[BaseModel]) -> SchemaValidator:
    """Return what checks a model's fields and gives `(values by name, extra, names given)`.

    Text and booleans are no numbers; a number without a fraction is whole, as in JSON Schema.
    """
    schema: Any = _exact(model.__pydantic_core_schema__)
    if schema["type"] == "definitions":
        config = schema["schema"].get("config")
        fields = {**schema, "schema": schema["schema"]["schema"]}
    else:
        config, fields = schema.get("config"), schema["schema"]
    return SchemaValidator(fields, config)


def _exact(schema: Any) -> Any:
    if isinstance(schema, list | tuple):
        return type(schema)([_exact(one) for one in schema])
    if not isinstance(schema, dict):
        return schema
    kind = schema.get("type")
    if not isinstance(kind, str):  # fields by name, one of which may be called "type"
        return {name: _exact(value) for name, value in schema.items()}
    found = {name: value if name in _NO_SCHEMA else _exact(value) for name, value in schema.items()}
    if kind in {"bool", "float", "int"}:
        found["strict"] = True
    if kind != "int":
        return found
    return core_schema.no_info_before_validator_function(_whole, found)


def _whole(value: Any) -> Any:
    return int(value) if type(value) is float and value.is_integer() else value
