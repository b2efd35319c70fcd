"""How Python's values cross to the Data API and back, as its extended JSON; it sends nothing.

`datetime` is `{"$date": milliseconds}`, `UUID` is `{"$uuid": text}`, `ObjectId` is
`{"$objectId": hex}`, `bytes` are `{"$binary": base64}`. A vector goes as `$binary` of big-endian
32-bit floats, a fifth of its size as JSON, and comes back as a list of floats.
"""

from __future__ import annotations

import json
import math
import struct
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from numbers import Integral, Real
from typing import Any
from uuid import UUID

from pydantic_core import to_json

from headwater.errors import UsageError

Vector = Sequence[float] | bytes
"""Numbers, or the bytes of little-endian 32-bit floats, as vectors cross Headwater's ports."""
VECTOR = "$vector"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
FLOAT_BYTES = 4
SHOWN = 80
"""Characters of a value that an error shows."""


@dataclass(frozen=True, slots=True)
class ObjectId:
    """An id of MongoDB's form: 24 hexadecimal digits."""

    hex: str

    def __str__(self) -> str:
        return self.hex


def encode(value: Any) -> bytes:
    """Return a value as JSON for the API.

    Raises:
        UsageError: `astra.bad_value`.
    """
    try:
        return to_json(value) if _plain(value) else _ENCODER.encode(value).encode()
    except (TypeError, ValueError, RecursionError) as error:
        message = f"{error}; the API takes JSON, aware datetimes, UUIDs, ObjectIds and bytes"
        raise UsageError(message, code="astra.bad_value") from None


def encode_document(document: Mapping[str, Any]) -> bytes:
    """Return a document with an `_id` as it is sent; a vector is written past the JSON encoder.

    Raises:
        UsageError: `astra.bad_value`, `astra.bad_vector`.
    """
    vector: Any = document.get(VECTOR)
    if type(vector) is not list and _is_written(vector):
        return encode(document)
    rest = encode({name: value for name, value in document.items() if name != VECTOR})
    return b'%s,"$vector":{"$binary":"%s"}}' % (rest[:-1], b64encode(_packed(vector)))


def _is_written(vector: Any) -> bool:
    """Tell whether what stands in a vector's place is none, sent already, or a clause about it."""
    return vector is None or isinstance(vector, Mapping | str | int)


def _plain(value: Any) -> bool:
    """Tell whether the fast encoder writes a value as the careful one would."""
    kind = type(value)
    if kind is dict:
        for name, inner in value.items():
            if type(name) is not str or not (type(inner) in _PLAIN or _plain(inner)):
                return False
        return True
    if kind is list:
        return all(map(_plain, value))
    return kind in _PLAIN or (kind is float and math.isfinite(value))


_PLAIN = {str, int, bool, type(None)}


def _extended(value: object) -> Any:
    """Return what JSON does not know as what it does; json calls it."""
    if isinstance(value, datetime):
        return {"$date": _milliseconds(value)}
    for kind, write in _WRITTEN.items():
        if isinstance(value, kind):
            return write(value)
    message = f"{str(value)[:SHOWN]!r} ({type(value).__name__}) cannot be written as JSON"
    raise TypeError(message)


def _milliseconds(value: datetime) -> int:
    if value.utcoffset() is None:
        message = f"{value} has no time zone"
        raise ValueError(message)
    return (value - EPOCH) // MILLISECOND


_WRITTEN: dict[type[Any], Callable[[Any], Any]] = {
    UUID: lambda value: {"$uuid": str(value)},
    ObjectId: lambda value: {"$objectId": value.hex},
    bytes: lambda value: {"$binary": b64encode(value).decode()},
    Mapping: dict,
    Integral: int,
    Real: float,
}
_ENCODER = json.JSONEncoder(
    ensure_ascii=False,
    allow_nan=False,
    check_circular=False,
    separators=(",", ":"),
    default=_extended,
)


@lru_cache(maxsize=16)
def _floats(count: int) -> struct.Struct:
    return struct.Struct(f">{count}f")


def write_vector(vector: Vector) -> dict[str, str]:
    """Return a vector as it is sent.

    Raises:
        UsageError: `astra.bad_vector`: it is empty, or holds what is no finite 32-bit float.
    """
    return {"$binary": b64encode(_packed(vector)).decode()}


def _packed(vector: Vector) -> bytes:
    try:
        numbers = _numbers(vector)
        packed = _floats(len(numbers)).pack(*numbers)
        if numbers and math.isfinite(sum(numbers)):
            return packed
        problem = "it is empty or holds a number that is not finite"
    except (TypeError, ValueError, OverflowError, struct.error) as error:
        problem = str(error)
    message = f"this is no vector of 32-bit floats: {problem}"
    raise UsageError(message, code="astra.bad_vector")


def _numbers(vector: Vector) -> Sequence[float]:
    if isinstance(vector, bytes):
        return struct.unpack(f"<{len(vector) // FLOAT_BYTES}f", vector)
    return vector if isinstance(vector, list) else list(vector)


def read_vector(value: Any) -> Any:
    """Return a vector that came as `$binary` as a list of floats; anything else as it is."""
    if isinstance(value, dict) and "$binary" in value:
        packed = b64decode(value["$binary"])
        return list(_floats(len(packed) // FLOAT_BYTES).unpack(packed))
    return value


def with_vector(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a document, sort or `$set` with its vector, if it has one, as it is sent."""
    vector: Any = fields.get(VECTOR)
    if _is_written(vector):
        return fields
    return {**fields, VECTOR: write_vector(vector)}


def read_documents(documents: Iterable[Any], body: bytes) -> list[dict[str, Any]]:
    """Return documents with Python's values in them; `body` is the answer that they came in.

    Looking for marks in the body costs next to nothing, walking through documents does.
    """
    found: list[dict[str, Any]] = list(documents)
    if any(mark in body for mark in (b'"$date"', b'"$uuid"', b'"$objectId"')):
        return [read(one) for one in found]
    marks = body.count(b'"$binary"')
    for one in found if marks else ():
        vector = one.get(VECTOR)
        if isinstance(vector, dict):
            marks -= 1
            one[VECTOR] = read_vector(vector)
    return [read(one) for one in found] if marks else found


def read(value: Any, *, name: str = "") -> Any:
    """Return a value of the API's extended JSON as Python's; `name` is the field it stands in."""
    if isinstance(value, list):
        return [read(one) for one in value]
    if not isinstance(value, dict):
        return value
    if name == VECTOR:
        return read_vector(value)
    if len(value) == 1:
        ((mark, inner),) = value.items()
        if mark in _READ:
            return _READ[mark](inner)
    return {key: read(inner, name=key) for key, inner in value.items()}


_READ: dict[str, Callable[[Any], Any]] = {
    "$date": lambda inner: EPOCH + int(inner) * MILLISECOND,
    "$uuid": UUID,
    "$objectId": ObjectId,
    "$binary": b64decode,
}


def id_key(value: Any) -> Any:
    """Return what two ids have in common where they are the same for the API.

    Raises:
        UsageError: `astra.bad_id`: no document can have it.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping) and len(value) == 1:
        value = _read_id(value)
    if value is None or isinstance(value, bool):
        return "json", value
    if isinstance(value, int | float | UUID):
        return type(value) is UUID, value
    if isinstance(value, ObjectId):
        return "$objectId", value.hex.lower()
    if isinstance(value, datetime) and value.utcoffset() is not None:
        return "$date", _milliseconds(value)
    message = f"{str(value)[:SHOWN]!r} ({type(value).__name__}) is no id that a document can have"
    raise UsageError(message, code="astra.bad_id")


def _read_id(value: Mapping[str, Any]) -> Any:
    try:
        return read(dict(value))
    except (TypeError, ValueError, AttributeError, OverflowError):
        return value


def same_document(sent: Mapping[str, Any], stored: Mapping[str, Any]) -> bool:
    """Tell whether a stored document is the one that was sent, the API's own additions aside."""
    ours = read(json.loads(encode(with_vector(sent))))
    if any(key not in ours and not key.startswith("$") for key in stored):
        return False
    return all(
        key in stored and (_as_sent(stored[key]) if key == VECTOR else stored[key]) == value
        for key, value in ours.items()
    )


def _as_sent(vector: Any) -> Any:
    return read_vector(write_vector(vector)) if isinstance(vector, list) else vector
