"""Whether the fields of a line are what they should be; it knows no kind of record."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

MAX_NAME = 512
MAX_TEXT = 100_000
_BROKEN = re.compile("[\x00\ud800-\udfff]")
_CONTROL = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")


def decode_object(line: bytes) -> dict[str, Any]:
    """Return the JSON object on a line.

    Raises:
        ValueError: not UTF-8, not JSON, no object, a name twice, or a value that JSON or a
            database cannot hold (NaN, infinity, NUL, half of a surrogate pair).
    """
    try:
        found = _DECODER.decode(line.decode())
    except UnicodeDecodeError as error:
        message = f"not UTF-8 at byte {error.start + 1}"
        raise ValueError(message) from error
    except json.JSONDecodeError as error:
        message = f"not JSON: {error.msg} at column {error.colno}"
        raise ValueError(message) from error
    except RecursionError as error:
        message = "nested too deeply"
        raise ValueError(message) from error
    if not isinstance(found, dict):
        message = "must be a JSON object: {...}"
        raise ValueError(message)  # noqa: TRY004 - one kind of error for all that a line can be
    if b"\\u" in line:  # only escapes can bring in what the decoding above refuses
        _refuse_broken(found)
    return found


def only(fields: Mapping[str, Any], known: Collection[str]) -> None:
    """Refuse a field that is not among the known ones, by name."""
    if not fields.keys() <= set(known):
        strange = ", ".join(sorted(map(repr, fields.keys() - set(known)))[:5])
        message = f"unknown field {strange}; known: {', '.join(known)}"
        raise ValueError(message)


def name(fields: Mapping[str, Any], field: str) -> str:
    """Return a text that must be there: one line, not empty, at most 512 characters."""
    found = optional_name(fields, field)
    if found is None:
        message = f"{field} is missing"
        raise ValueError(message)
    return found


def optional_name(fields: Mapping[str, Any], field: str) -> str | None:
    """Return a text of one line, or None where it is absent, null or empty."""
    found = fields.get(field)
    if found is None or found == "":
        return None
    if not isinstance(found, str):
        message = f"{field} must be text, not {kind_of(found)}"
        raise ValueError(message)  # noqa: TRY004
    return one_line(found, field)


def one_line(found: str, field: str) -> str:
    """Return a text without outer spaces, or refuse it."""
    clean = found.strip()
    if not clean or len(clean) > MAX_NAME or _CONTROL.search(clean):
        message = f"{field} must be one line of 1 to {MAX_NAME} characters"
        raise ValueError(message)
    return clean


def optional_text(fields: Mapping[str, Any], field: str) -> str | None:
    """Return a text of any number of lines, or None where it is absent, null or empty."""
    found = fields.get(field)
    if found is None or found == "":
        return None
    if not isinstance(found, str) or len(found) > MAX_TEXT:
        message = f"{field} must be text of at most {MAX_TEXT:,} characters"
        raise ValueError(message)
    return found


def flag(fields: Mapping[str, Any], field: str, *, default: bool) -> bool:
    """Return true or false, or the default where it is absent or null."""
    found = fields.get(field)
    if found is None:
        return default
    if not isinstance(found, bool):
        message = f"{field} must be true or false, not {kind_of(found)}"
        raise ValueError(message)  # noqa: TRY004
    return found


def attributes(fields: Mapping[str, Any], field: str = "attributes") -> dict[str, Any]:
    """Return an object of any JSON, or an empty one where it is absent or null."""
    found = fields.get(field)
    if found is None:
        return {}
    if not isinstance(found, dict):
        message = f"{field} must be an object, not {kind_of(found)}"
        raise ValueError(message)  # noqa: TRY004
    return found


def tags(fields: Mapping[str, Any]) -> dict[str, str]:
    """Return tags as text by key; numbers and booleans are written out, nulls left out."""
    found = attributes(fields, "tags")
    if all(type(value) is str for value in found.values()):
        return found
    clean = {}
    for key, value in found.items():
        if isinstance(value, dict | list):
            message = f"tags.{key} must be text, not {kind_of(value)}"
            raise ValueError(message)  # noqa: TRY004
        if value is not None:
            clean[key] = value if isinstance(value, str) else json.dumps(value)
    return clean


def kind_of(value: object) -> str:
    """Name the JSON type of a value."""
    names = {bool: "a boolean", dict: "an object", list: "a list", str: "text", type(None): "null"}
    return names.get(type(value), "a number")


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        [(twice, _)] = Counter(key for key, _ in pairs).most_common(1)
        message = f"{twice!r} is there twice"
        raise ValueError(message)
    return found


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        message = f"{text[:20]} is too large a number"
        raise ValueError(message)
    return value


def _refuse_constant(text: str) -> float:
    message = f"{text} is not a number that can be kept"
    raise ValueError(message)


def _refuse_broken(found: Mapping[str, Any]) -> None:
    left: list[Any] = [found]
    while left:
        one = left.pop()
        if isinstance(one, dict):
            left += [*one.keys(), *one.values()]
        elif isinstance(one, list):
            left += one
        elif isinstance(one, str) and _BROKEN.search(one):
            message = f"{one[:40]!a} holds NUL or half of a surrogate pair, which no database keeps"
            raise ValueError(message)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_pairs, parse_float=_finite, parse_constant=_refuse_constant
)
