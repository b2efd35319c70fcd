"""What an agent can read by its address: runs and items; it decides nothing about them.

Next: `headwater.app.service`
"""

from __future__ import annotations

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

RUN = "headwater://run/"
ITEM = "headwater://item/"
JSON = "application/json"
MOST_RUNS = 50
MOST_BYTES = 192 * 1024
"""Bytes of a resource; an agent reads one on purpose, so it may be larger than a result."""
ROWS = 500
TEMPLATES = [
    types.ResourceTemplate(
        name="run",
        uri_template=f"{RUN}{{id}}",
        title="A run",
        description="A run as it stands: its row, and its answer or result once it has ended.",
        mime_type=JSON,
    ),
    types.ResourceTemplate(
        name="item",
        uri_template=f"{ITEM}{{code}}",
        title="A configuration item",
        description="An item by its code, with its tags and attributes.",
        mime_type=JSON,
    ),
]


async def listed(hw: AsyncHeadwater, principal: Principal | None) -> list[types.Resource]:
    """Return the tenant's newest runs as resources; items are too many to list."""
    runs = await hw.runs(limit=MOST_RUNS, principal=principal)
    return [
        types.Resource(
            name=run.run_id,
            uri=f"{RUN}{quote(run.run_id, safe='')}",
            title=clean(run.text)[:80],
            description=clean(f"{run.kind}, {run.status or 'running'}: {run.summary or ''}")[:200],
            mime_type=JSON,
        )
        for run in runs
    ]


async def read(hw: AsyncHeadwater, uri: str, principal: Principal | None) -> str:
    """Return what a resource holds, as JSON in ASCII.

    Raises:
        HeadwaterError: `mcp.unknown_resource`, `run.unknown`, or why it cannot be read.
    """
    kind, name = (RUN, uri.removeprefix(RUN)) if uri.startswith(RUN) else (ITEM, "")
    if uri.startswith(ITEM):
        name = uri.removeprefix(ITEM)
    name = unquote(name)
    if not name:
        message = f"there is no resource {uri[:120]!a}; read {RUN}ID or {ITEM}CODE"
        raise UsageError(message, code="mcp.unknown_resource")
    found = await (_run if kind == RUN else _item)(hw, name, principal)
    kept, cuts = bounded(found, Wanted(rows=ROWS, most_bytes=MOST_BYTES))
    return document({**kept, **({"truncated": True, "cut": cuts[:10]} if cuts else {})})


async def _run(hw: AsyncHeadwater, run_id: str, principal: Principal | None) -> dict[str, Any]:
    state: dict[str, Any] = plain(await hw.live.find(run_id, principal=principal))
    return state


async def _item(hw: AsyncHeadwater, code: str, principal: Principal | None) -> dict[str, Any]:
    async with turn(hw, principal, budget_s=None, read=True) as left_s:
        outcome = await hw.call(
            "ci.get_by_code", {"code": code}, budget_s=left_s, principal=principal
        )
    found: dict[str, Any] | None = value_of(outcome)
    if found is None:
        message = f"there is no item with the code {code[:80]!a}; find it with ci_search"
        raise UsageError(message, code="mcp.unknown_resource")
    return found
