"""Which tools an agent is offered, under which names and schemas; it calls none."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from mcp import types

from headwater.entries.mcp.arguments import (
    AskArguments,
    Budgeted,
    ExplainArguments,
    Fields,
    Given,
    Rows,
    RunArguments,
    RunsArguments,
)
from headwater.entries.mcp.schemas import Shape, of_document, of_outcome, shape_of, slim
from headwater.errors import UsageError
from headwater.model.access import only_reads
from headwater.model.answer import Answer, RunResult
from headwater.model.event import RunRecord
from headwater.model.explanation import Explanation, ToolInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A tool as an agent sees it.

    Args:
        definition: What `tools/list` says of it.
        tool: Its name in the registry; None for a tool of this entry, such as `ask`.
        extras: The arguments that this entry takes, not the tool.
        shape: Where its result has rows.
    """

    definition: types.Tool
    tool: str | None
    extras: frozenset[str]
    shape: Shape


@dataclass(frozen=True, slots=True)
class RunList:
    """The newest runs, newest first."""

    runs: list[RunRecord]
    status: str = "complete"


OWN: tuple[tuple[str, str, type[Given], Any], ...] = (
    (
        "ask",
        (
            "Answer a question about the estate in plain words, by a deadline: a typed, cited "
            "answer, complete or honestly partial. Start here: it looks in all places at once."
        ),
        AskArguments,
        Answer,
    ),
    (
        "run",
        "Carry out a plan of tool calls by a deadline, as parallel as their dependencies allow.",
        RunArguments,
        RunResult,
    ),
    (
        "explain",
        "Tell what happened in a run: its row and its events, with where each happened.",
        ExplainArguments,
        Explanation,
    ),
    ("runs", "List the newest runs of your tenant.", RunsArguments, RunList),
)
"""The tools of this entry: name, description, arguments, result."""


class Catalogue:
    """The tools by the names that agents use: `ci.search` is `ci_search`.

    Args:
        infos: The tools of the registry.

    Raises:
        UsageError: `mcp.name_twice`.
    """

    def __init__(self, infos: Iterable[ToolInfo]) -> None:
        self._offers = {one.definition.name: one for one in map(_own_offer, OWN)}
        for info in sorted(infos, key=lambda one: one.name):
            offer = _offer(info)
            other = self._offers.setdefault(offer.definition.name, offer)
            if other is not offer:
                message = (
                    f"{info.name} and {other.tool} are both called {offer.definition.name} by "
                    "agents, who refuse dots; rename one"
                )
                raise UsageError(message, code="mcp.name_twice")

    @property
    def definitions(self) -> list[types.Tool]:
        """Return what `tools/list` says, always in the same order."""
        return [one.definition for one in self._offers.values()]

    def find(self, name: str) -> Offer:
        """Return the tool of this name.

        Raises:
            UsageError: `tool.unknown`, with close names.
        """
        found = self._offers.get(name)
        if found is None:
            shown = name[:80]
            close = difflib.get_close_matches(shown, self._offers, n=3)
            hint = f"; did you mean {', '.join(close)}?" if close else "; see tools/list"
            raise UsageError(f"there is no tool called {shown!a}{hint}", code="tool.unknown")
        return found


def _own_offer(own: tuple[str, str, type[Given], Any]) -> Offer:
    name, description, arguments, result = own
    return Offer(
        definition=types.Tool(
            name=name,
            description=description,
            input_schema=slim(arguments.model_json_schema()),
            output_schema=of_document(result),
            annotations=_promises(reads=True, idempotent=True),
        ),
        tool=None,
        extras=frozenset(),
        shape=Shape(None, None, rows=False),
    )


def _offer(info: ToolInfo) -> Offer:
    takes = slim(info.arguments)
    members = takes.setdefault("properties", {})
    shape = shape_of(info.result)
    extras = {
        name: schema
        for name, schema in _extra_members(shape).items()
        if name not in members  # the tool's own stands
    }
    members.update(extras)
    return Offer(
        definition=types.Tool(
            name=info.name.replace(".", "_"),
            title=info.name,
            description=info.description,
            input_schema=takes,
            output_schema=of_outcome(info),
            annotations=_promises(
                reads=only_reads(info.role, idempotent=info.idempotent), idempotent=info.idempotent
            ),
        ),
        tool=info.name,
        extras=frozenset(extras),
        shape=shape,
    )


def _extra_members(shape: Shape) -> dict[str, Any]:
    kinds: list[type[Given]] = [Budgeted]
    if shape.rows:
        kinds.append(Rows)
    if shape.fields:
        kinds.append(Fields)
    return {
        name: schema
        for kind in kinds
        for name, schema in slim(kind.model_json_schema())["properties"].items()
    }


def _promises(*, reads: bool, idempotent: bool) -> types.ToolAnnotations:
    return types.ToolAnnotations(
        read_only_hint=reads,
        destructive_hint=not reads,
        idempotent_hint=idempotent,
        open_world_hint=False,
    )
