"""How a route on work is answered: by the one tool behind it; it decides nothing.

Next: `headwater.app.service.AsyncHeadwater.call`
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any

from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response

from headwater.app.namespace import value_of
from headwater.app.service import AsyncHeadwater
from headwater.entries.http.admitted import admitted
from headwater.entries.http.decode import budget_s, flag, json_object, number
from headwater.entries.http.describing import Parameter
from headwater.entries.http.routing import Endpoint
from headwater.entries.wire.decode import Body, checked
from headwater.entries.wire.visit import visit_of
from headwater.errors import UsageError

JSON = "application/json"
WHOLE = re.compile(r"[0-9]{1,18}")
TAG = re.compile(r'(?:W/)?"([0-9]{1,18})"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A route, and the tool that answers it.

    Args:
        method: The HTTP method.
        path: The path; its parameters are arguments of the tool, and so are those of the query.
        tool: The tool.
        words: What it does, in a sentence.
        gives: What a success holds.
        takes: What a body holds; its fields are arguments, or all of them are one, `changes`.
        parameters: What the path and the query take, named as the tool names it.
        changes: Whether the body is a merge patch: what is absent stays, null clears.
        versioned: Whether `If-Match` has to name the version that is changed.
        status: Of a success.
        made_at: Where what was made is found, with `{id}`.
    """

    method: str
    path: str
    tool: str
    words: str
    gives: Any
    takes: type[Body] | None = None
    parameters: tuple[Parameter, ...] = ()
    changes: bool = False
    versioned: bool = False
    status: int = 200
    made_at: str = ""

    @property
    def name(self) -> str:
        """Return a name for generated clients."""
        return self.tool.replace(".", "_")


def endpoint_of(hw: AsyncHeadwater, way: Way) -> Endpoint:
    """Return what answers a way."""

    async def answer(request: Request) -> Response:
        arguments = await _arguments(way, request)
        async with admitted(hw, request, budget_s=budget_s(request), cheap=True) as left_s:
            outcome = await hw.call(
                way.tool, arguments, budget_s=left_s, principal=visit_of(request.scope).who
            )
        return _told(way, value_of(outcome), request)

    answer.__name__, answer.__doc__ = way.name, way.words
    return answer


async def _arguments(way: Way, request: Request) -> dict[str, Any]:
    """Return what the tool is asked: of the path, the query, the body and `If-Match`."""
    found = {one.name: _written(one, request) for one in way.parameters}
    arguments = {name: value for name, value in found.items() if value is not None}
    if way.takes is not None:
        sent = await json_object(request)
        told = checked(way.takes, sent).model_dump(mode="json", exclude_unset=True)
        arguments |= {"changes": told} if way.changes else told
    if way.versioned:
        arguments["version"] = _version(request)
    return arguments


def _written(parameter: Parameter, request: Request) -> Any:
    """Return an argument of the path or the query, or None where the query has none."""
    name, kind = parameter.name, parameter.schema.get("type")
    if parameter.place == "path":
        text = request.path_params[name]
        return int(text) if WHOLE.fullmatch(text) and kind == "integer" else text
    read = READERS.get(kind, _text)
    return read(request, name) if name in request.query_params else None


def _text(request: Request, name: str) -> str:
    return request.query_params[name]


READERS: Mapping[str | None, Callable[[Request, str], Any]] = {
    "integer": partial(number, otherwise=0),
    "boolean": flag,
    "array": lambda request, name: request.query_params.getlist(name),
}


def _version(request: Request) -> int:
    """Return the version that the asker has read.

    Raises:
        UsageError: `http.no_version`, `http.bad_header`.
    """
    written = request.headers.get("if-match")
    if written is None:
        message = "send If-Match with the ETag that you read, so that nobody's change is lost"
        raise UsageError(message, code="http.no_version")
    found = TAG.fullmatch(written.strip())
    if found is None:
        message = f'If-Match: {written[:40]!a} is no ETag of ours; send it as it came, such as "3"'
        raise UsageError(message, code="http.bad_header")
    return int(found[1])


def _told(way: Way, value: Any, request: Request) -> Response:
    """Return a success, with its version as ETag; nothing where the asker has that one."""
    headers: dict[str, str] = {}
    if isinstance(value, Mapping) and "version" in value:
        headers["ETag"] = f'"{value["version"]}"'
        if way.method == "GET" and request.headers.get("if-none-match") == headers["ETag"]:
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    if way.made_at and isinstance(value, Mapping):
        headers["Location"] = way.made_at.format_map(value)
    return Response(to_json(value, inf_nan_mode="null"), way.status, headers, JSON)
