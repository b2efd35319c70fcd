"""What happened lately: events, changes, deployments, incidents; it blames none of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from headwater.analysis.windows import parse_window
from headwater.model.evidence import Evidence
from headwater.model.history import HistoryPage, HistoryQuery
from headwater.model.moment import Asked
from headwater.model.principal import Principal
from headwater.packs.arguments import Filters, Refs, Text, WindowText
from headwater.packs.citing import history_records, seen_by, told
from headwater.packs.naming import Named, find_named
from headwater.ports.history import History
from headwater.ports.inventory import Inventory
from headwater.toolkit.cited import Cited
from headwater.toolkit.tool import tool

Kinds = Annotated[
    Sequence[Text],
    Field(max_length=50, description="event, change, deployment, maintenance, incident..."),
]
Severity = Annotated[
    Text | None,
    Field(description="The least wanted: info, low, medium, high or critical."),
]


@tool(
    name="history.recent",
    description="Give what happened to items within a window, newest first.",
    role="reader",
    idempotent=True,
)
async def recent(  # noqa: PLR0913 - a tool's parameters are its arguments
    *,
    ci_ids: Refs | None = None,
    filters: Filters = (),
    kinds: Kinds = (),
    window: WindowText = "last_24h",
    severity: Severity = None,
    limit: Annotated[int, Field(ge=1, le=500)] = 50,
    history: History,
    inventory: Inventory,
    asked: Asked,
    principal: Principal,
) -> Cited[HistoryPage]:
    """Give the newest entries of the items named, of those that match filters, or of all."""
    named = Named()
    if ci_ids is not None:
        named = await find_named(ci_ids, inventory=inventory, principal=principal)
    query = HistoryQuery(
        window=parse_window(window, asked.at),
        ci_ids=None if ci_ids is None else named.ids,
        filters=tuple(filters),
        kinds=tuple(kinds),
        severity=severity,
        limit=limit,
    )
    page = await history.recent(query, principal=principal)
    words = told("history", of=ci_ids, where=filters, kinds=kinds, from_severity=severity)
    evidence = Evidence(
        count=page.total,
        unit="entries",
        records=history_records(page.entries),
        query=words + named.note,
        window=page.window,
        observed_at=seen_by(page.window, asked.at),
        truncated=page.truncated,
    )
    return Cited(page, (evidence,))
