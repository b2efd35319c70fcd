"""What every command takes, before or after its name; it opens nothing."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from cyclopts import Parameter

from headwater.entries.cli.decode import seconds

_FLAGS = ("--quiet", "--json")
_VALUES = ("--database", "--tenant")


@Parameter(name="*", group="Everywhere")
@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options of every command.

    Args:
        database: URL of the estate; without it a file in your data folder.
        tenant: Whose estate in that database; `default` without it.
        quiet: Show nothing on stderr but errors.
        json: Print one JSON document on stdout and nothing else.
    """

    database: Annotated[str | None, Parameter(env_var="HEADWATER_DATABASE")] = None
    tenant: str | None = None
    quiet: Annotated[bool, Parameter(negative="")] = False
    json: Annotated[bool, Parameter(negative="")] = False


NO_OPTIONS = Options()


def read_seconds(type_: Any, tokens: Sequence[Any]) -> float:
    """Read a budget for the parser of the command line."""
    del type_
    return seconds(tokens[0].value)


Budget = Annotated[float | None, Parameter(converter=read_seconds)]
"""Seconds given for an answer, as `2s`, `500ms` or `2`."""


def options_last(words: Sequence[str], groups: Container[str] = ()) -> list[str]:
    """Return the words with options that stand before the command put behind its name.

    A command of a group has two words for a name, and options may stand between them.
    """
    front, rest = _split(words)
    if not rest or rest[0].startswith("-"):
        return rest or (front if front and front[-1] in _VALUES else [])
    if rest[0] not in groups:
        return [rest[0], *front, *rest[1:]]
    between, after = _split(rest[1:])
    if not after or after[0].startswith("-"):
        return [rest[0], *(after or between)]
    return [rest[0], after[0], *front, *between, *after[1:]]


def _split(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the options of every command that words begin with, and the rest."""
    front: list[str] = []
    rest = list(words)
    while rest and rest[0].partition("=")[0] in (*_FLAGS, *_VALUES):
        word = rest.pop(0)
        front.append(word)
        if word in _VALUES and rest:
            front.append(rest.pop(0))
    return front, rest


def wants_json(words: Sequence[str]) -> bool:
    """Tell whether JSON is asked for, whatever else is wrong with the words."""
    before = words[: words.index("--")] if "--" in words else words
    return "--json" in before or any(word.startswith("--json=") for word in before)
