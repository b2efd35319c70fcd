"""What was done in a project, by whom and when; it changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from headwater.model.activity import Activity
from headwater.model.principal import Principal
from headwater.packs.work.arguments import Limit, Number
from headwater.packs.work.citing import cited
from headwater.ports.activities import Activities
from headwater.toolkit.cited import Cited
from headwater.toolkit.tool import tool


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What was done, in order; `next_after` is where the next page begins, null at the end."""

    activities: list[Activity]
    next_after: int | None
    truncated: bool


@tool(
    name="work.activity",
    description="Give what was done in a project, by whom and when, from its beginning.",
    role="reader",
    idempotent=True,
    cacheable=True,
    personal=True,
)
async def activity(
    project: Number,
    *,
    after: Annotated[Number, Field(ge=0, description="The `seq` last seen; 0 for all.")] = 0,
    limit: Limit = 100,
    activities: Activities,
    principal: Principal,
) -> Cited[History]:
    """Give the changes with a higher `seq`, each with what was before and after."""
    found = await activities.since(project, after=after, limit=limit + 1, principal=principal)
    shown, more = found[:limit], len(found) > limit
    value = History(activities=shown, next_after=shown[-1].seq if more else None, truncated=more)
    words = f"activity of project {project} after {after}"
    return cited(value, shown, unit="activities", query=words, truncated=more)
