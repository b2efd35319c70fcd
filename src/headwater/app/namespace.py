"""How tools are shown, and how `hw.ci.search(...)` becomes a call; it knows none by name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

from headwater.errors import (
    DeadlineExceeded,
    EngineBug,
    HeadwaterError,
    LimitError,
    StoreFault,
    ToolFault,
    UsageError,
)
from headwater.model.explanation import ToolInfo
from headwater.model.outcome import Failed, Late, Outcome, Succeeded
from headwater.toolkit.tool import Tool

ERRORS: dict[str, type[HeadwaterError]] = {
    "asker": UsageError,
    "limit": LimitError,
    "tool": ToolFault,
    "store": StoreFault,
    "engine": EngineBug,
}
"""Which error tells of which fault, for callers who want exceptions."""


def value_of(outcome: Outcome) -> Any:
    """Return an outcome's value.

    Raises:
        HeadwaterError: of the outcome's fault and code, where it is no success.
    """
    if isinstance(outcome, Succeeded):
        return outcome.value
    if isinstance(outcome, Failed):
        raise ERRORS[outcome.fault](outcome.message, code=outcome.code, facts=outcome.facts)
    if isinstance(outcome, Late):
        raise DeadlineExceeded(outcome.message, code=outcome.code)
    raise EngineBug(f"a direct call was skipped: {outcome.message}", code="engine.call_skipped")


def describe(tool: Tool) -> ToolInfo:
    """Return a tool as it is shown."""
    return ToolInfo(
        name=tool.name,
        description=tool.description,
        arguments=tool.schema.arguments,
        result=tool.schema.result,
        idempotent=tool.idempotent,
        cacheable=tool.cacheable,
        within_s=tool.within_s,
        fallback=tool.fallback,
        phrasings=tuple(one.words for one in tool.phrasings),
        role=tool.role,
    )


def namespace(
    name: str, tools: Sequence[str], ask: Callable[[str, dict[str, Any]], Any]
) -> Namespace:
    """Return the tools of a namespace as functions.

    Raises:
        AttributeError: no tool's name begins so.
    """
    if not any(one.startswith(f"{name}.") for one in tools):
        message = f"there is no method and no tool called {name!r}"
        raise AttributeError(message)
    return Namespace(name, tools, ask)


class Namespace:
    """The tools whose names begin alike, as functions: `hw.ci` has `search`, `get`, ...

    Args:
        name: What the names begin with.
        tools: The full names of all tools.
        ask: Called with a tool's name and its arguments.
    """

    def __init__(
        self, name: str, tools: Iterable[str], ask: Callable[[str, dict[str, Any]], Any]
    ) -> None:
        self._name = name
        self._tools = sorted(one for one in tools if one.startswith(f"{name}."))
        self._ask = ask

    def __getattr__(self, name: str) -> Any:
        """Return a tool as a function of its arguments, or a namespace below this one."""
        full = f"{self._name}.{name}"
        if full in self._tools:
            return _Bound(full, self._ask)
        if any(one.startswith(f"{full}.") for one in self._tools):
            return Namespace(full, self._tools, self._ask)
        message = f"there is no tool {full}; there are {', '.join(self._tools) or 'none'}"
        raise AttributeError(message)

    def __dir__(self) -> list[str]:
        """List the tools."""
        return [one.removeprefix(f"{self._name}.") for one in self._tools]


class _Bound:
    """One tool as a function of its arguments, given by name."""

    def __init__(self, tool: str, ask: Callable[[str, dict[str, Any]], Any]) -> None:
        self._tool = tool
        self._ask = ask

    def __call__(self, **arguments: Any) -> Awaitable[Any] | Any:
        """Call the tool and return its typed value."""
        return self._ask(self._tool, arguments)

    def __repr__(self) -> str:
        return f"<tool {self._tool}>"
