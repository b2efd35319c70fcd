"""What an agent can read by its address: runs, items, work; it decides nothing about them.

Next: `headwater.app.service`
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote, unquote

from mcp import types

from headwater.app.namespace import value_of
from headwater.app.service import AsyncHeadwater
from headwater.entries.mcp.bounding import Wanted, bounded
from headwater.entries.mcp.turns import turn
from headwater.entries.wire.clean import clean
from headwater.entries.wire.encode import document, plain
from headwater.errors import UsageError
from headwater.model.principal import Principal

SCHEME = "headwater://"
JSON = "application/json"
MOST_RUNS = 50
MOST_PROJECTS = 50
MOST_BYTES = 192 * 1024
"""Bytes of a resource; an agent reads one on purpose, so it may be larger than a result."""
ROWS = 500
ID = re.compile(r"[0-9]{1,18}")
KINDS = {
    "run": "A run as it stands: its row, and its answer or result once it has ended.",
    "ci": "A configuration item by its code, with its tags and attributes.",
    "item": "An item of work by its id; a configuration item by its code.",
    "project": "A project with its progress.",
    "session": "An investigation: its goal, runs, notes, and its summary once it has ended.",
}
TEMPLATES = [
    types.ResourceTemplate(
        name=kind,
        uri_template=f"{SCHEME}{kind}/{{id}}",
        title=words.partition(":")[0].rstrip("."),
        description=words,
        mime_type=JSON,
    )
    for kind, words in KINDS.items()
]


async def listed(hw: AsyncHeadwater, principal: Principal | None) -> list[types.Resource]:
    """Return the newest runs and projects as resources; items are too many to list."""
    runs = await hw.runs(limit=MOST_RUNS, principal=principal)
    page = await _Reader(hw, principal).ask("work.projects", limit=MOST_PROJECTS)
    return [
        *(
            _resource(
                "run",
                run.run_id,
                title=run.text,
                words=f"{run.kind}, {run.status or 'running'}: {run.summary or ''}",
            )
            for run in runs
        ),
        *(
            _resource(
                "project",
                str(one["id"]),
                title=one["name"],
                words=f"{one['status']}, {one['progress']:.0%} done: {one['description'] or ''}",
            )
            for one in page["projects"]
        ),
    ]


def _resource(kind: str, name: str, *, title: str, words: str) -> types.Resource:
    return types.Resource(
        name=name if kind == "run" else f"{kind} {name}",
        uri=f"{SCHEME}{kind}/{quote(name, safe='')}",
        title=clean(title)[:80],
        description=clean(words)[:200],
        mime_type=JSON,
    )


async def read(hw: AsyncHeadwater, uri: str, principal: Principal | None) -> str:
    """Return what a resource holds, as JSON in ASCII.

    Raises:
        HeadwaterError: `mcp.unknown_resource`, `run.unknown`, `work.unknown`, or why it cannot be
            read.
    """
    kind, _, name = uri.removeprefix(SCHEME).partition("/")
    name = unquote(name)
    if not (uri.startswith(SCHEME) and kind in KINDS and name):
        message = f"there is no resource {uri[:120]!a}; read {SCHEME}KIND/ID: {', '.join(KINDS)}"
        raise UsageError(message, code="mcp.unknown_resource")
    found = await _Reader(hw, principal).find(kind, name)
    kept, cuts = bounded(found, Wanted(rows=ROWS, most_bytes=MOST_BYTES))
    return document({**kept, **({"truncated": True, "cut": cuts[:10]} if cuts else {})})


class _Reader:
    """Who reads, and where.

    Args:
        hw: The app.
        principal: Who reads.
    """

    def __init__(self, hw: AsyncHeadwater, principal: Principal | None) -> None:
        self._hw = hw
        self._principal = principal

    async def find(self, kind: str, name: str) -> dict[str, Any]:
        """Return what an address stands for; an item that is no number is one of the estate."""
        if kind == "run":
            run: dict[str, Any] = plain(await self._hw.live.find(name, principal=self._principal))
            return run
        number = int(name) if ID.fullmatch(name) else None
        if kind == "ci" or (kind == "item" and number is None):
            return await self._ci(name)
        if number is None:
            message = f"{name[:80]!a} is no id of a {kind}; an id is a number"
            raise UsageError(message, code="mcp.unknown_resource")
        return await self._work(kind, number)

    async def ask(self, tool: str, **arguments: Any) -> Any:
        """Return what one tool gives."""
        who = self._principal
        async with turn(self._hw, who, budget_s=None, read=True) as left_s:
            outcome = await self._hw.call(tool, arguments, budget_s=left_s, principal=who)
        return value_of(outcome)

    async def _work(self, kind: str, number: int) -> dict[str, Any]:
        """Return something of work; an item of the estate may have a number for a code."""
        try:
            found: dict[str, Any] = await self.ask(f"work.{kind}", **{kind: number})
        except UsageError as error:
            if kind != "item" or error.code != "work.unknown":
                raise
            return await self._ci(str(number))
        return found

    async def _ci(self, code: str) -> dict[str, Any]:
        found: dict[str, Any] | None = await self.ask("ci.get_by_code", code=code)
        if found is None:
            message = f"there is no item with the code {code[:80]!a}; find it with ci_search"
            raise UsageError(message, code="mcp.unknown_resource")
        return found
