"""What a tool is, and the decorator that makes one of a function; it runs nothing."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from headwater.errors import UsageError
from headwater.model.access import ROLES, Role
from headwater.model.moment import Asked
from headwater.toolkit.phrasing import Phrasing
from headwater.toolkit.schema import Schema

NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A function with a name, a schema and the promises that policies rely on.

    Args:
        name: Dotted, such as `ci.search`; the part before the first dot is its namespace.
        description: One sentence for people and agents.
        function: The function itself, async or plain; a plain one runs in a thread.
        schema: Its arguments and result.
        idempotent: Asking twice is as asking once: it may be retried and shared in flight.
        cacheable: Its result depends on its arguments and the estate's data only.
        dated_by: Arguments that are counted back from the moment of asking: without any of them
            that moment does not matter. Empty: it always does, where the tool asks for `Asked`.
        personal: Its result depends on who asks, not on their roles alone: it is shared with nobody
            else, and a run that shows something of it is seen by its asker and admins only.
        secret: What it takes or gives is nobody else's to read, such as a code or a key: it is
            called by itself and never a step of a plan, whose arguments and results are kept.
        within_s: The most seconds that a call may take, or None.
        concurrency: The most calls at once.
        attempts: The most tries of one call; only an idempotent tool is tried again.
        fallback: A tool with the same arguments, asked where this one does not succeed.
        phrasings: The questions in plain words that it answers.
        listed: Whether it is shown; a tool that only serves as a fallback is not.
        role: The least role that may call it; one that only reads says so by `reader`.
    """

    name: str
    description: str
    function: Callable[..., Any]
    schema: Schema
    blocking: bool
    idempotent: bool = False
    cacheable: bool = False
    dated_by: tuple[str, ...] = ()
    personal: bool = False
    secret: bool = False
    within_s: float | None = None
    concurrency: int = 16
    attempts: int = 3
    fallback: str | None = None
    phrasings: tuple[Phrasing, ...] = ()
    listed: bool = True
    role: Role = "operator"
    reads: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        """Refuse a bad name, and promises that do not go together.

        Raises:
            UsageError: `tool.bad_name`, `tool.bad_promise`.
        """
        _check_words(self.name, self.role)
        _check_promises(self)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function itself, past the engine: for the tool's own tests."""
        return self.function(*args, **kwargs)


def tool(  # noqa: PLR0913 (each promise is a keyword of its own)
    *,
    name: str,
    description: str,
    idempotent: bool = False,
    cacheable: bool = False,
    dated_by: tuple[str, ...] = (),
    personal: bool = False,
    secret: bool = False,
    within_s: float | None = None,
    concurrency: int = 16,
    attempts: int = 3,
    fallback: str | None = None,
    phrasings: tuple[str, ...] = (),
    listed: bool = True,
    role: Role = "operator",
) -> Callable[[Callable[..., Any]], Tool]:
    """Make a tool of a function whose parameters are its arguments.

    A parameter typed `Principal`, `Asked` or as a port is supplied by the engine and absent from
    the schema. See `Tool` for the promises.

    Raises:
        UsageError: `tool.bad_name`, `tool.bad_signature` or `tool.bad_promise`.
    """

    def make(function: Callable[..., Any]) -> Tool:
        schema = Schema(name, function)
        return Tool(
            name=name,
            description=description,
            function=function,
            schema=schema,
            blocking=not inspect.iscoroutinefunction(function),
            idempotent=idempotent,
            cacheable=cacheable,
            dated_by=dated_by,
            personal=personal,
            secret=secret,
            within_s=within_s,
            concurrency=concurrency,
            attempts=attempts,
            fallback=fallback,
            phrasings=tuple(Phrasing(name, words) for words in phrasings),
            listed=listed,
            role=role,
            reads=tuple(sorted({port.__name__.lower() for port in schema.supplied.values()})),
        )

    return make


def _check_words(name: str, role: str) -> None:
    if not NAME.fullmatch(name):
        message = f"tool name {name!r}: write it as `namespace.name`, lower case, such as ci.search"
        raise UsageError(message, code="tool.bad_name")
    if role not in ROLES:
        message = f"{name}: role is one of {', '.join(ROLES)}, not {role!r}"
        raise UsageError(message, code="tool.bad_promise")


def _check_promises(tool: Tool) -> None:
    """Refuse what does not go together, and no calls, no tries or no time."""
    if tool.cacheable and not tool.idempotent:
        raise _bad(tool, "a cacheable tool must be idempotent; say idempotent=True")
    if tool.secret and (tool.cacheable or tool.phrasings):
        raise _bad(tool, "a secret tool is kept in no cache and answers no question in words")
    if tool.within_s is not None and tool.within_s <= 0:
        raise _bad(tool, "within_s is above 0")
    if min(tool.concurrency, tool.attempts) < 1:
        raise _bad(tool, "concurrency and attempts start at 1")
    known = tool.schema.names if Asked in tool.schema.supplied.values() else ()
    unknown = ", ".join(sorted(set(tool.dated_by).difference(known)))
    if unknown:
        ask = "arguments of a tool that has a parameter typed Asked"
        raise _bad(tool, f"dated_by names {unknown}; it names {ask}")


def _bad(tool: Tool, words: str) -> UsageError:
    return UsageError(f"{tool.name}: {words}", code="tool.bad_promise")
