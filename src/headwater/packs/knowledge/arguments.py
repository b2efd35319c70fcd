"""What the arguments of the tools of documents have in common, and which filter they make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import Field

from headwater.analysis.windows import parse_window
from headwater.model.document import PassageFilter
from headwater.model.item import ItemRef
from headwater.model.principal import Principal
from headwater.packs.arguments import Refs, Text, WindowText
from headwater.packs.naming import Named, find_named
from headwater.ports.inventory import Inventory

Query = Annotated[Text, Field(min_length=1, description="What to look for, in plain words.")]
Tags = Annotated[
    Mapping[Text, Text], Field(max_length=20, description="The document has all of these tags.")
]
Items = Annotated[
    Refs | None, Field(description="Only passages about one of these items, by id or code.")
]
Dates = Annotated[
    WindowText | None, Field(description="Only documents of this window, such as last_90d.")
]


@dataclass(frozen=True, slots=True)
class Within:
    """The filter that arguments make, and which of the items named are not in the estate."""

    filter: PassageFilter
    named: Named


async def find_within(
    *,
    tags: Mapping[str, str],
    items: Sequence[ItemRef] | None,
    dates: str | None,
    asked_at: datetime,
    inventory: Inventory,
    principal: Principal,
) -> Within:
    """Return the filter for passages; items that are not in the estate let none through.

    Raises:
        UsageError: `window.bad` where the dates are no window.
    """
    named = Named()
    if items is not None:
        named = await find_named(items, inventory=inventory, principal=principal)
    within = PassageFilter(
        tags=dict(tags),
        items=None if items is None else named.ids,
        window=None if dates is None else parse_window(dates, asked_at),
    )
    return Within(within, named)
