"""How an operation is described for OpenAPI: what it takes, gives and refuses; it answers none."""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from headwater.entries.http.problems import MEDIA_TYPE as PROBLEM
from headwater.entries.http.routing import Endpoint
from headwater.entries.http.streams import MEDIA_TYPE as EVENTS

REF = "#/components/schemas/{model}"
JSON = "application/json"
ALWAYS = (400, 401, 403, 413, 429, 431, 500, 503)
"""What any route behind the gate may refuse with."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """Something in a path, a query or a header."""

    name: str
    place: str
    words: str
    schema: dict[str, Any]
    example: Any = None

    def described(self) -> dict[str, Any]:
        """Return the parameter as OpenAPI has it."""
        told: dict[str, Any] = {
            "name": self.name,
            "in": self.place,
            "required": self.place == "path",
            "description": self.words,
            "schema": self.schema,
        }
        return told | ({} if self.example is None else {"example": self.example})


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """A route and its description.

    Args:
        method: The HTTP method.
        path: The path, with its parameters in braces.
        endpoint: What answers it; its docstring is the summary.
        tag: Which group of operations it belongs to.
        gives: What a success holds, by status: a type, or None for text.
        takes: What a body holds: a type, or a schema by media type.
        example: A body.
        parameters: What else it takes.
        refuses: The statuses it may refuse with, beside those of every route.
        events: Whether it tells events to who asks for them.
        open: Whether it needs no key.
    """

    method: str
    path: str
    endpoint: Endpoint
    tag: str
    gives: dict[int, Any]
    takes: Any = None
    example: Any = None
    parameters: tuple[Parameter, ...] = ()
    refuses: tuple[int, ...] = ()
    events: bool = False
    open: bool = False
    name: str = field(default="")

    @property
    def operation_id(self) -> str:
        """Return a name for generated clients."""
        return self.name or f"{self.endpoint.__name__}_{self.tag}"

    def described(self) -> dict[str, Any]:
        """Return what OpenAPI says of it beyond its path."""
        told: dict[str, Any] = {
            "operationId": self.operation_id,
            "parameters": [one.described() for one in self.parameters],
            "responses": self._responses(),
            "security": [] if self.open else [{"key": []}],
        }
        if self.takes is not None:
            told["requestBody"] = self._body()
        return told

    def _body(self) -> dict[str, Any]:
        if isinstance(self.takes, dict):
            return {"required": True, "content": self.takes}
        content: dict[str, Any] = {"schema": ref(self.takes)}
        if self.example is not None:
            content["example"] = self.example
        return {"required": True, "content": {JSON: content}}

    def _responses(self) -> dict[str, Any]:
        told: dict[str, Any] = {}
        for status, kind in self.gives.items():
            content: dict[str, Any] = {}
            if kind is not None:
                content[JSON] = {"schema": ref(kind)}
            if self.events and status == HTTPStatus.OK:
                content[EVENTS] = {"schema": ref("Told")}
            if not content:
                content["text/plain"] = {"schema": {"type": "string"}}
            told[str(status)] = {"description": HTTPStatus(status).phrase, "content": content}
            if status == HTTPStatus.ACCEPTED:
                told[str(status)]["headers"] = {
                    "Location": {"description": "Where it is found.", "schema": {"type": "string"}}
                }
        for status in (*(() if self.open else ALWAYS), *self.refuses):
            told[str(status)] = {
                "description": HTTPStatus(status).phrase,
                "content": {PROBLEM: {"schema": ref("Problem")}},
            }
        return dict(sorted(told.items()))


def ref(kind: Any) -> dict[str, Any]:
    """Return a reference to the schema of a type, by its name."""
    return {"$ref": REF.format(model=kind if isinstance(kind, str) else kind.__name__)}
