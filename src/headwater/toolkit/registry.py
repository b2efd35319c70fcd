"""Which tools there are, and what the engine supplies to each; it calls none."""

from __future__ import annotations

import difflib
import types
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from headwater.errors import UsageError
from headwater.toolkit.phrasing import Phrasing
from headwater.toolkit.schema import SUPPLIED_EACH_CALL
from headwater.toolkit.tool import Tool

Pack = Sequence[Tool] | types.ModuleType
"""A list of tools, or a module that has some among its public names."""


class Registry:
    """The tools by name, each with the ports that it asked for.

    Args:
        packs: Lists of tools or modules of them; a later tool of the same name is refused.
        supplies: The adapter for each port, by the port's Protocol.

    Raises:
        UsageError: `pack.bad`, `tool.twice`, `tool.no_port` or `tool.bad_promise`.
    """

    def __init__(self, packs: Iterable[Pack], supplies: Mapping[type, Any]) -> None:
        self._tools: dict[str, Tool] = {}
        self._ports: dict[str, dict[str, Any]] = {}
        for pack in packs:
            for tool in tools_of(pack):
                self._add(tool, supplies)
        for tool in self._tools.values():
            if tool.fallback is not None and tool.fallback not in self._tools:
                message = f"{tool.name}: its fallback {tool.fallback} is no tool here"
                raise UsageError(message, code="tool.bad_promise")

    def _add(self, tool: Tool, supplies: Mapping[type, Any]) -> None:
        if tool.name in self._tools:
            message = f"two packs bring a tool called {tool.name}; rename one"
            raise UsageError(message, code="tool.twice")
        ports: dict[str, Any] = {}
        for parameter, port in tool.schema.supplied.items():
            if port in SUPPLIED_EACH_CALL:
                continue
            if port not in supplies:
                message = f"{tool.name}: nothing here stands behind the port {port.__name__}"
                raise UsageError(message, code="tool.no_port")
            ports[parameter] = supplies[port]
        self._tools[tool.name] = tool
        self._ports[tool.name] = ports

    def __iter__(self) -> Iterator[Tool]:
        """Give the listed tools by name."""
        return iter([self._tools[name] for name in sorted(self._tools) if self._tools[name].listed])

    def get(self, name: str) -> Tool | None:
        """Return the tool of this name, or None."""
        return self._tools.get(name)

    def find(self, name: str) -> Tool:
        """Return the tool of this name.

        Raises:
            UsageError: `tool.unknown`, with close names.
        """
        found = self._tools.get(name)
        if found is None:
            shown = str(name)[:80]  # comparing ten megabytes would hold the loop up for seconds
            close = difflib.get_close_matches(shown, self._tools, n=3)
            hint = f"; did you mean {', '.join(close)}?" if close else "; see `headwater tools`"
            message = f"there is no tool called {shown!r}{hint}"
            raise UsageError(message, code="tool.unknown")
        return found

    def ports(self, name: str) -> dict[str, Any]:
        """Return the adapters that the tool asked for, by parameter."""
        return self._ports[name]

    @property
    def phrasings(self) -> tuple[Phrasing, ...]:
        """Return what the tools say they answer, in the order of names."""
        return tuple(one for tool in self for one in tool.phrasings)


def tools_of(pack: Pack) -> list[Tool]:
    """Return the tools of a pack.

    Raises:
        UsageError: `pack.bad` where there is none or something else among them.
    """
    if isinstance(pack, types.ModuleType):
        tools = [one for one in vars(pack).values() if isinstance(one, Tool)]
        if not tools:
            message = f"module {pack.__name__} has no tool; decorate a function with @tool"
            raise UsageError(message, code="pack.bad")
        return tools
    for one in pack:
        if not isinstance(one, Tool):
            message = f"a pack is a list of tools; {one!r} is none: decorate it with @tool"
            raise UsageError(message, code="pack.bad")
    return list(pack)
