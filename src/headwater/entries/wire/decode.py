"""What a client's bytes say: one JSON object, as what it should be; it asks nobody."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import tzinfo
from typing import Any, NoReturn, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from anyio import to_thread
from pydantic import BaseModel, ConfigDict, ValidationError

from headwater.errors import UsageError

MOST_NESTED = 64
"""How deep the JSON of a body may be nested."""
_EXCERPT = 40
_MOST_LISTED = 5


class Body(BaseModel):
    """What a body may hold: nothing else, and no text where a number is wanted."""

    model_config = ConfigDict(extra="forbid", strict=True)


BodyT = TypeVar("BodyT", bound=BaseModel)


def read_object(raw: bytes) -> dict[str, Any]:
    """Return the JSON object in some bytes.

    Raises:
        UsageError: `http.bad_json`: no JSON, no object, NaN, a name twice, nested too deeply.
    """
    try:
        value = READER.decode(raw.decode())
    except UnicodeDecodeError as error:
        _refuse(f"byte {error.start + 1} is not UTF-8; write the body in UTF-8")
    except json.JSONDecodeError as error:
        _refuse(f"line {error.lineno}, column {error.colno}: {error.msg}")
    except RecursionError:
        _refuse(f"it is nested deeper than {MOST_NESTED}; make it flatter")
    except ValueError as error:
        many = "digits" in str(error)  # Python's own words advise on a switch of Python's
        _refuse("a whole number has thousands of digits; shorten it" if many else f"{error}")
    if not isinstance(value, dict):
        _refuse('a JSON object is wanted, such as {"limit": 10}')
    if raw.count(b"[") + raw.count(b"{") > MOST_NESTED and _depth(value) > MOST_NESTED:
        _refuse(f"it is nested deeper than {MOST_NESTED}; make it flatter")
    if b"\\u" in raw:
        _check_text(value)
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        message = f"{twice[:_EXCERPT]!a} is given twice in one object; give it once"
        raise ValueError(message)
    return found


def _no_constant(name: str) -> NoReturn:
    message = f"{name} is no JSON; write null or a number"
    raise ValueError(message)


READER = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_constant)


def _depth(value: Any) -> int:
    deepest, waiting = 0, [(value, 1)]
    while waiting:
        one, depth = waiting.pop()
        deepest = max(deepest, depth)
        inner = one.values() if isinstance(one, dict) else one
        waiting.extend((each, depth + 1) for each in inner if isinstance(each, dict | list))
    return deepest


def _check_text(value: Any) -> None:
    """Refuse halves of pairs and NUL, which only escapes can write."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            waiting.extend([*one, *one.values()])
        elif isinstance(one, list):
            waiting.extend(one)
        elif isinstance(one, str):
            if "\0" in one:
                _refuse("a text holds the character NUL; take it out")
            if any("\ud800" <= character <= "\udfff" for character in one):
                _refuse("a text holds half of a surrogate pair; take it out")


def _refuse(reason: str) -> NoReturn:
    raise UsageError(f"the body: {reason}", code="http.bad_json") from None


def checked(model: type[BodyT], data: Mapping[str, Any]) -> BodyT:
    """Return a body as what it should be.

    Raises:
        UsageError: `http.bad_body`, naming each member that is wrong and why.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        wrong = [_wrong(one["loc"], one["msg"]) for one in error.errors()[:_MOST_LISTED]]
        raise UsageError(f"the body: {'; '.join(wrong)}", code="http.bad_body") from error


def _wrong(place: tuple[int | str, ...], words: str) -> str:
    path = ".".join(str(part)[:_EXCERPT] for part in place) or "it"
    return f"{ascii(path)[1:-1]}: {words[:1].lower()}{words[1:]}"


async def zone(name: str | None) -> tzinfo | None:
    """Return a zone by its name.

    Raises:
        UsageError: `http.bad_body`.
    """
    if name is None:
        return None
    try:
        return await to_thread.run_sync(ZoneInfo, name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        message = f"the body: zone: there is no zone {name[:_EXCERPT]!a}; write Europe/Berlin"
        raise UsageError(message, code="http.bad_body") from error
