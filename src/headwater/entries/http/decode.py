"""What a request says: its JSON, its numbers, its key; it asks nobody."""

from __future__ import annotations

import re
from typing import Any

from anyio import to_thread
from starlette.requests import Request

from headwater.entries.wire.decode import BodyT, checked, read_object
from headwater.errors import UsageError

AT_ONCE_BYTES = 64 * 1024
"""Bytes of JSON that are read in the loop; more would hold others up, and goes to a thread."""
JSON = "application/json"
TAKEN = frozenset((JSON, "application/x-www-form-urlencoded"))
"""The second is what curl says of any body; it is read as JSON all the same."""
_EXCERPT = 40


async def decoded(model: type[BodyT], request: Request) -> BodyT:
    """Return a request's body as what it should be.

    Raises:
        UsageError: `http.bad_json`, `http.bad_media_type` or `http.bad_body`.
    """
    return checked(model, await json_object(request))


async def json_object(request: Request) -> dict[str, Any]:
    """Return the JSON object in a request's body; none at all is an empty one.

    Raises:
        UsageError: `http.bad_json` or `http.bad_media_type`.
    """
    raw = await request.body()
    if not raw:
        return {}
    kind = request.headers.get("content-type", JSON).partition(";")[0].strip()
    if kind.lower() not in TAKEN:
        message = f"the body is {kind[:_EXCERPT]!a}; send application/json"
        raise UsageError(message, code="http.bad_media_type")
    if len(raw) > AT_ONCE_BYTES:
        return await to_thread.run_sync(read_object, raw)
    return read_object(raw)


def budget_s(request: Request, in_body: float | None = None) -> float | None:
    """Return the seconds given: those of the body, else those of the header `X-Budget`.

    Raises:
        UsageError: `http.bad_header`.
    """
    written = request.headers.get("x-budget")
    if in_body is not None or written is None:
        return in_body
    try:
        return float(written.removesuffix("s"))
    except ValueError:
        message = f"X-Budget: {written[:_EXCERPT]!a} is no number of seconds; write 2 or 0.5"
        raise UsageError(message, code="http.bad_header") from None


def number(request: Request, name: str, *, otherwise: int) -> int:
    """Return a whole number of the query.

    Raises:
        UsageError: `http.bad_query`.
    """
    written = request.query_params.get(name)
    if written is None:
        return otherwise
    if not re.fullmatch(r"-?[0-9]{1,15}", written):
        message = f"{name}={written[:_EXCERPT]!a} is no whole number; write one such as 20"
        raise UsageError(message, code="http.bad_query")
    return int(written)


def flag(request: Request, name: str) -> bool:
    """Return whether the query says so.

    Raises:
        UsageError: `http.bad_query`.
    """
    written = request.query_params.get(name, "false")
    if written not in {"true", "false", "1", "0"}:
        message = f"{name}={written[:_EXCERPT]!a}: write true or false"
        raise UsageError(message, code="http.bad_query")
    return written in {"true", "1"}
