"""Tools that do what a test tells them: answer, fail, take time, hang, block; and count it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import anyio

from headwater.toolkit.tool import Tool, tool


@dataclass(slots=True, kw_only=True)
class Script:
    """What a scripted tool does, try by try; the last entry is repeated.

    Args:
        gives: Values to return or exceptions to raise, one a try.
        takes_s: Seconds on the loop's clock before each of them.
        hangs: Wait for ever.
        stubborn_s: On cancellation, refuse to end for so many seconds.
    """

    gives: Sequence[Any] = (None,)
    takes_s: float = 0.0
    hangs: bool = False
    stubborn_s: float = 0.0
    asked: list[dict[str, Any]] = field(default_factory=list)
    cancelled: int = 0
    under_way: int = 0
    most_at_once: int = 0

    async def play(self, arguments: dict[str, Any]) -> Any:
        """Do what the script says for this try.

        Raises:
            Exception: the one that the script holds for this try.
        """
        gives = self.gives[min(len(self.asked), len(self.gives) - 1)]
        self.asked.append(arguments)
        self.under_way += 1
        self.most_at_once = max(self.most_at_once, self.under_way)
        ended = False
        try:
            if self.hangs:
                await anyio.sleep_forever()
            await anyio.sleep(self.takes_s)
            ended = True
        finally:
            self.under_way -= 1
            if not ended:
                self.cancelled += 1
                with anyio.CancelScope(shield=True):
                    await anyio.sleep(self.stubborn_s)
        if isinstance(gives, BaseException):
            raise gives
        return gives


def scripted(name: str, script: Script | None = None, **promises: Any) -> Tool:
    """Return a tool that takes any `value` and plays a script, or gives the value back.

    Args:
        name: The tool's name.
        script: What it does; None gives `value` back at once.
        promises: As for `headwater.tool`: idempotent, within_s, fallback, ...
    """

    async def play(value: Any = None) -> Any:
        return value if script is None else await script.play({"value": value})

    return tool(name=name, description=f"Scripted tool {name}.", **promises)(play)


def blocking(name: str, release: threading.Event, **promises: Any) -> Tool:
    """Return a plain (blocking) tool that holds its thread until `release` is set."""

    def hold(value: Any = None) -> Any:
        release.wait()
        return value

    return tool(name=name, description=f"Blocking tool {name}.", **promises)(hold)


def plain(name: str, function: Callable[..., Any], **promises: Any) -> Tool:
    """Return a tool of a function, async or plain, whose parameters all have annotations."""
    return tool(name=name, description=f"Tool {name}.", **promises)(function)
