"""How a function's annotations become checks on arguments and results; it calls nothing."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, Union, get_args, get_origin, get_type_hints

from pydantic import ConfigDict, TypeAdapter, ValidationError, create_model
from pydantic_core import PydanticSerializationError, from_json, to_json

from headwater.errors import ToolFault, UsageError
from headwater.model.moment import Asked
from headwater.model.principal import Principal
from headwater.model.remark import Remarks
from headwater.toolkit.cited import Cited
from headwater.toolkit.exact import exact_fields

SUPPLIED_EACH_CALL: tuple[type, ...] = (Principal, Asked, Remarks)
MAX_LISTED = 5
PLAIN: frozenset[type] = frozenset((bool, int, type(None)))


def is_supplied(annotation: object) -> bool:
    """Tell whether a parameter of this type comes from the engine and not from the asker.

    Those are `Principal`, `Asked`, `Remarks` and every port: a Protocol.
    """
    if annotation in SUPPLIED_EACH_CALL:
        return True
    return isinstance(annotation, type) and getattr(annotation, "_is_protocol", False)


class Schema:
    """A function's parameters and result, ready to check and to turn into plain JSON.

    Args:
        name: The tool's name, for messages.
        function: A function whose parameters all have annotations.
    """

    def __init__(self, name: str, function: Callable[..., Any]) -> None:
        hints = get_type_hints(function, include_extras=True)
        returned = hints.pop("return", Any)
        if get_origin(returned) is Cited:
            returned = get_args(returned)[0]
        fields: dict[str, Any] = {}
        self.name = name
        self.supplied: dict[str, type] = {}
        self.each_call: dict[str, type] = {}
        for parameter in inspect.signature(function).parameters.values():
            annotation = _annotation_of(parameter, hints, name)
            if is_supplied(annotation):
                self.supplied[parameter.name] = annotation
                if annotation in SUPPLIED_EACH_CALL:
                    self.each_call[parameter.name] = annotation
                continue
            empty = parameter.default is inspect.Parameter.empty
            fields[parameter.name] = (annotation, ... if empty else parameter.default)
        config = ConfigDict(extra="forbid", arbitrary_types_allowed=False)
        self.names = frozenset(fields)
        self._arguments = create_model(f"{name} arguments", __config__=config, **fields)
        self._result: TypeAdapter[Any] = TypeAdapter(returned)
        self._dump = self._result.serializer.to_json
        self._plain = _plain_types(returned)

    def decode(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Return arguments ready to call with.

        Raises:
            UsageError: `tool.bad_arguments`, naming each path that is wrong and why.
        """
        try:
            decoded: dict[str, Any] = self._check(arguments)[0]
        except ValidationError as error:
            message = f"{self.name}: {describe(error)}"
            raise UsageError(message, code="tool.bad_arguments") from error
        except RecursionError as error:
            message = f"{self.name}: the arguments are nested too deeply"
            raise UsageError(message, code="tool.bad_arguments") from error
        return decoded

    def encode(self, value: Any) -> Any:
        """Return a result as plain JSON data.

        Raises:
            ToolFault: `tool.bad_value` where the tool gave what its annotation does not allow.
        """
        return from_json(self.write(value))

    def write(self, value: Any) -> bytes:
        """Return a result as JSON.

        Raises:
            ToolFault: `tool.bad_value` where the tool gave what its annotation does not allow.
        """
        if type(value) in self._plain:  # annotated so, and plain JSON as it is
            return to_json(value)
        try:
            return self._dump(value, warnings="error")
        except (PydanticSerializationError, RecursionError, UnicodeError) as error:
            message = f"{self.name} returned what its annotation does not allow: {error}"
            raise ToolFault(message, code="tool.bad_value", retry_safe=False) from error

    def restore(self, value: Any) -> Any:
        """Return a result's typed form from plain JSON data."""
        return self._result.validate_python(value)

    def check(self, arguments: Mapping[str, Any], skip: frozenset[str]) -> None:
        """Check arguments before a run, leaving out the ones named, which are references.

        Raises:
            UsageError: `tool.bad_arguments`.
        """
        known = arguments
        if skip:
            absent = skip.intersection(self.names)
            known = {one: value for one, value in arguments.items() if one not in absent}
        try:
            self._check(known)
        except ValidationError as error:
            wrong = [
                one for one in error.errors() if one["loc"][:1] not in {(name,) for name in skip}
            ]
            if wrong:
                message = f"{self.name}: {_list_of(wrong)}"
                raise UsageError(message, code="tool.bad_arguments") from error

    @cached_property
    def _check(self) -> Callable[[Mapping[str, Any]], Any]:
        """Return what checks arguments and gives them by name, first in a tuple."""
        return exact_fields(self._arguments).validate_python

    @cached_property
    def arguments(self) -> dict[str, Any]:
        """Return the JSON Schema of the arguments; made once, and not to be changed."""
        schema: dict[str, Any] = self._arguments.model_json_schema()
        return schema

    @cached_property
    def result(self) -> dict[str, Any]:
        """Return the JSON Schema of the result; made once, and not to be changed."""
        return self._result.json_schema(mode="serialization")


def _plain_types(returned: Any) -> frozenset[type]:
    """Return the types of an annotation, or of its union, whose values are plain JSON already."""
    either = get_args(returned) if get_origin(returned) in {Union, types.UnionType} else (returned,)
    return frozenset(one for one in PLAIN if any(one is other for other in either))


def describe(error: ValidationError) -> str:
    """Return one line that names each wrong path, what is wrong there, and what was given."""
    return _list_of(error.errors())


def _path_of(place: tuple[int | str, ...]) -> str:
    """Return a place as a dotted path, without the names that pydantic gives a union's members."""
    members = [part for part in place[1:] if isinstance(part, int) or part.isidentifier()]
    return ".".join(str(part) for part in [*place[:1], *members])


def _list_of(errors: list[Any]) -> str:
    lines = []
    for one in errors[:MAX_LISTED]:
        path = _path_of(one["loc"]) or "arguments"
        given = "" if one["type"] == "missing" else f" (got {_short(one['input'])})"
        lines.append(f"{path}: {one['msg'][:1].lower()}{one['msg'][1:]}{given}")
    more = len(errors) - MAX_LISTED
    return "; ".join(lines) + (f"; and {more} more" if more > 0 else "")


def _short(value: object) -> str:
    text = ascii(value) if isinstance(value, str) else repr(type(value).__name__)
    if isinstance(value, bool | int | float):
        text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."  # noqa: PLR2004


def _annotation_of(parameter: inspect.Parameter, hints: Mapping[str, Any], name: str) -> Any:
    if parameter.kind in {parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD}:
        message = f"{name}: *{parameter.name} has no schema; name each parameter"
        raise UsageError(message, code="tool.bad_signature")
    if parameter.name not in hints:
        message = f"{name}: parameter {parameter.name} needs a type annotation"
        raise UsageError(message, code="tool.bad_signature")
    return hints[parameter.name]
