"""How a command on work asks its one tool and shows what it gives; it decides nothing.

Next: `headwater.entries.cli.door`
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import anyio
from rich.console import RenderableType

from headwater.entries.cli.decode import checked
from headwater.entries.cli.exits import COMPLETE
from headwater.entries.cli.look import Look
from headwater.entries.cli.options import Options
from headwater.entries.cli.screen import Screen
from headwater.errors import UsageError

Draw = Callable[[Any, Look], Sequence[RenderableType]]
LISTS = {"items", "constraints", "runs", "documents", "statuses"}
"""Fields that hold several, written with commas between."""
NUMBERS = {"priority", "version", "parent"}


def asked(
    tool: str,
    arguments: Mapping[str, Any],
    *,
    options: Options,
    draw: Draw,
    keeps_jobs: bool = False,
) -> int:
    """Ask a tool of work, and show what it gives; perhaps with what is kept beside jobs."""
    screen = Screen(options)

    from headwater.app.namespace import value_of
    from headwater.entries.cli.door import opened

    async def called() -> Any:
        async with opened(options, keeps_jobs=keeps_jobs) as app:
            return value_of(await app.call(tool, arguments))

    return shown(anyio.run(called), screen, draw)


def changed(
    tool: str, one: Mapping[str, int], words: Sequence[str], *, options: Options, draw: Draw
) -> int:
    """Change something by `field=value` words: the version that is there now, if nobody is faster.

    Args:
        tool: Such as `work.item`: what shows it; `work.update_item` changes it.
        one: Which one, by the argument's name.
        words: The changes; `field=` clears.
        options: Options of every command.
        draw: How it looks.
    """
    screen, changes = Screen(options), changes_of(words)

    from headwater.app.namespace import value_of
    from headwater.entries.cli.door import opened

    async def called() -> Any:
        async with opened(options) as app:
            now = value_of(await app.call(tool, one))
            update = tool.replace("work.", "work.update_")
            arguments = {**one, "version": now["version"], "changes": changes}
            return value_of(await app.call(update, arguments))

    return shown(anyio.run(called), screen, draw)


def shown(value: Any, screen: Screen, draw: Draw) -> int:
    """Print a value and return the exit status."""
    if screen.json:
        screen.give(value)
    else:
        screen.show(draw(value, screen.look()))
    return COMPLETE


def changes_of(words: Sequence[str]) -> dict[str, Any]:
    """Return the changes that `field=value` words ask for.

    Raises:
        UsageError: `cli.bad_change`.
    """
    if not words:
        message = "say what to change, as field=value, such as status=done; field= clears"
        raise UsageError(message, code="cli.bad_change")
    return dict(_change(checked(word, "a change")) for word in words)


def _change(word: str) -> tuple[str, Any]:
    name, equals, text = word.partition("=")
    if not equals or not name:
        message = f"{word[:40]!a} is no change; write field=value, such as status=done"
        raise UsageError(message, code="cli.bad_change")
    if not text:
        return name, None
    if name == "tags":
        return name, dict(_tag(one) for one in text.split(","))
    if name in LISTS:
        parts = [one.strip() for one in text.split(",")]
        return name, parts if name == "runs" else [_named(one) for one in parts]
    return name, int(text) if name in NUMBERS and text.isdigit() else text


def _tag(text: str) -> tuple[str, str]:
    key, colon, value = text.partition(":")
    if not colon:
        message = f"{text[:40]!a} is no tag; write tags=key:value,key:value"
        raise UsageError(message, code="cli.bad_change")
    return key, value


def given(**arguments: Any) -> dict[str, Any]:
    """Return the arguments that were given: all but those that are None."""
    return {name: value for name, value in arguments.items() if value is not None}


def words_of(value: str | None, what: str) -> str | None:
    """Return a text that was given, checked, or None."""
    return None if value is None else checked(value, what)


def names_of(values: Sequence[str], what: str) -> list[int | str] | None:
    """Return items of the estate by id or code; None where none is given."""
    return [_named(checked(one, what)) for one in values] or None


def name_of(value: str | None, what: str) -> int | str | None:
    """Return an item of the estate by id or code, or None."""
    return None if value is None else _named(checked(value, what))


def _named(text: str) -> int | str:
    return int(text) if text.isascii() and text.isdigit() else text
