"""What the words of a command line mean: JSON, seconds, steps; it asks nobody."""

from __future__ import annotations

import json
import re
import sys
from datetime import UTC, datetime, timedelta
from getpass import getpass
from pathlib import Path
from typing import Any, NoReturn

from headwater.errors import UsageError

MOST_BYTES = 64 * 1024 * 1024
"""Bytes of JSON that are read at the most; the engine's own limits on plans are smaller."""

_SPAN = re.compile(r"(\d+(?:\.\d*)?|\.\d+)\s*(ms|s|m|)", re.IGNORECASE | re.ASCII)
_SECONDS = {"ms": 0.001, "s": 1.0, "": 1.0, "m": 60.0}
_LONG = re.compile(r"(\d{1,6})\s*([smhdw])", re.IGNORECASE | re.ASCII)
_LONG_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_EXCERPT = 40


def seconds(text: str) -> float:
    """Return the seconds that `2s`, `500ms`, `1m` or `2` stand for.

    Raises:
        ValueError: for anything else.
    """
    found = _SPAN.fullmatch(text.strip())
    if found is None:
        message = f"{text[:_EXCERPT]!r} is no span of time: write 2s, 500ms or 2"
        raise ValueError(message)
    return float(found[1]) * _SECONDS[found[2].lower()]


def instant_after(text: str | None, what: str) -> datetime | None:
    """Return the instant after a span of `30d`, `2w`, `12h` or `45m` from now; None for none.

    Raises:
        UsageError: `cli.usage` where it is no such span.
    """
    if text is None:
        return None
    found = _LONG.fullmatch(text.strip())
    if found is None:
        message = f"{what}: {ascii(text)[:_EXCERPT]} is no span of time: write 30d, 2w or 12h"
        raise UsageError(message, code="cli.usage")
    return datetime.now(UTC) + timedelta(seconds=int(found[1]) * _LONG_S[found[2].lower()])


def steps(text: str | None) -> tuple[str, ...]:
    """Return the step ids of `a,b`."""
    return tuple(one.strip() for one in (text or "").split(",") if one.strip())


def question(words: tuple[str, ...]) -> str:
    """Return the question that words make.

    Raises:
        UsageError: `cli.not_text` where they are no valid text, `cli.no_question` for none.
    """
    text = " ".join(words).strip()
    if not text:
        message = 'there is no question; write one, such as headwater ask "what is db-1?"'
        raise UsageError(message, code="cli.no_question")
    return checked(text, "the question")


def checked(text: str, what: str) -> str:
    """Return the text where it can be written as UTF-8 and holds no NUL.

    Raises:
        UsageError: `cli.not_text`, naming the place.
    """
    try:
        text.encode()
    except UnicodeEncodeError as error:
        message = f"{what}: character {error.start + 1} is half of a pair or not UTF-8; take it out"
        raise UsageError(message, code="cli.not_text") from error
    if "\0" in text:
        message = f"{what}: character {text.index(chr(0)) + 1} is NUL; take it out"
        raise UsageError(message, code="cli.not_text")
    return text


def json_object(text: str, what: str) -> dict[str, Any]:
    """Return the JSON object in a text; `-` is standard input, `@FILE` a file.

    Raises:
        UsageError: `cli.bad_json`, naming line and column, or `cli.unreadable`.
    """
    if text == "-" or text.startswith("@"):
        text = _read(text.removeprefix("@") or "-", what)
    if len(text) > MOST_BYTES:
        _refuse(f"{what}: over {MOST_BYTES} bytes of JSON; send less")
    try:
        value = json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        _refuse(f"{what}: {_where(error)}: {error.msg}; begins {text[:_EXCERPT]!a}")
    except RecursionError:
        _refuse(f"{what}: the JSON is nested too deeply; make it flatter")
    except ValueError as error:
        many = "digits" in str(error)  # Python's own words advise on a switch of Python's
        _refuse(
            f"{what}: {'a whole number has thousands of digits; shorten it' if many else error}"
        )
    if not isinstance(value, dict):
        _refuse(f"{what}: a JSON object is wanted, such as {{}}, not {_kind(value)}")
    checked(json.dumps(value, ensure_ascii=False), what)  # "\\ud800" only shows once it is read
    return value


def json_file(path: str, what: str) -> dict[str, Any]:
    """Return the JSON object in a file; `-` is standard input.

    Raises:
        UsageError: `cli.bad_json` or `cli.unreadable`.
    """
    return json_object(_read(path, what), f"{what} {path}")


def secret(path: str | None, what: str) -> str:
    """Return the secret in a file, or of standard input; without either, as it is typed unseen.

    It is never a word of the command line, which other users of the machine see.

    Raises:
        UsageError: `cli.unreadable`, `cli.not_text`; `cli.usage` where there is nobody to type it.
    """
    if path is not None:
        return _read(path, what).strip()
    if sys.stdin is None or not sys.stdin.isatty():
        message = f"{what}: give the file that it is in, or - for standard input"
        raise UsageError(message, code="cli.usage")
    return getpass(f"{what}: ").strip()


def _read(path: str, what: str) -> str:
    if path == "-" and sys.stdin is None:
        message = f"{what}: standard input is closed; give it something to read, or a file"
        raise UsageError(message, code="cli.unreadable")
    try:
        if path == "-":
            raw = sys.stdin.buffer.read(MOST_BYTES + 1)
        else:
            with Path(path).open("rb") as file:
                raw = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        message = f"{what}: cannot read {path!a}: {reason}"
        raise UsageError(message, code="cli.unreadable") from error
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"{what}: byte {error.start + 1} of {path!a} is not UTF-8; write it in UTF-8"
        raise UsageError(message, code="cli.not_text") from error


def _refuse(message: str) -> NoReturn:
    raise UsageError(message, code="cli.bad_json") from None


def _no_constant(name: str) -> NoReturn:
    message = f"{name} is no JSON; write null or a number"
    raise ValueError(message)


def _where(error: json.JSONDecodeError) -> str:
    return f"line {error.lineno}, column {error.colno}"


def _kind(value: object) -> str:
    names = {list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")
