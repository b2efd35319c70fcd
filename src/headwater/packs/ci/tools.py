"""What the estate's items are: search, get, aggregate and page through them; it changes none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from headwater.model.evidence import Evidence
from headwater.model.item import ConfigurationItem, GroupTable, ItemPage
from headwater.model.principal import Principal
from headwater.model.query import GroupQuery, ItemQuery, Match
from headwater.packs.arguments import Cursor, Filters, Ref, Refs, Sorts, Text
from headwater.packs.ci.measures import Written, read_measure
from headwater.packs.citing import ci_records, newest_update, told
from headwater.packs.naming import Named, find_named
from headwater.ports.inventory import Inventory
from headwater.toolkit.cited import Cited
from headwater.toolkit.tool import tool

Keywords = Annotated[
    Sequence[Text],
    Field(max_length=20, description="Words of code, name or tags; the last may be a beginning."),
]
Limit = Annotated[int, Field(ge=1, le=200)]
Offset = Annotated[int, Field(ge=0, le=2**53)]
Fields = Annotated[
    Text | Annotated[Sequence[Text], Field(max_length=10)],
    Field(description="Columns, tags.KEY or attributes.PATH to group by; none: one group."),
]
Measures = Annotated[
    Sequence[Written],
    Field(
        min_length=1,
        max_length=10,
        description='"count", "count_distinct(FIELD)" or {"count_distinct": FIELD}.',
    ),
]


@tool(
    name="ci.search",
    description="Find items by keywords and filters, with the true total.",
    role="reader",
    idempotent=True,
    cacheable=True,
    fallback="ci.search_like",
)
async def search(  # noqa: PLR0913 - a tool's parameters are its arguments
    *,
    keywords: Keywords = (),
    match: Match = "all",
    filters: Filters = (),
    limit: Limit = 10,
    sort: Sorts = (),
    offset: Offset = 0,
    cursor: Cursor = None,
    inventory: Inventory,
    principal: Principal,
) -> Cited[ItemPage]:
    """Find items whose code, name or tags hold the keywords (all, or any of them)."""
    query = ItemQuery(
        keywords=tuple(keywords),
        match=match,
        filters=tuple(filters),
        sort=tuple(sort),
        limit=limit,
        offset=offset,
        cursor=cursor,
    )
    return _cite_page(await inventory.search(query, principal=principal), query)


@tool(
    name="ci.search_like",
    description="Find items as ci.search does, without a full-text index.",
    role="reader",
    idempotent=True,
    cacheable=True,
    listed=False,
)
async def search_like(  # noqa: PLR0913 - the same arguments as ci.search
    *,
    keywords: Keywords = (),
    match: Match = "all",
    filters: Filters = (),
    limit: Limit = 10,
    sort: Sorts = (),
    offset: Offset = 0,
    cursor: Cursor = None,
    inventory: Inventory,
    principal: Principal,
) -> Cited[ItemPage]:
    """Find items by comparing texts, where there is no index to ask."""
    query = ItemQuery(
        keywords=tuple(keywords),
        match=match,
        filters=tuple(filters),
        sort=tuple(sort),
        limit=limit,
        offset=offset,
        cursor=cursor,
        text="like",
    )
    return _cite_page(await inventory.search(query, principal=principal), query)


@tool(
    name="ci.list_preview",
    description="Page through the items that match filters, with the true total.",
    role="reader",
    idempotent=True,
    cacheable=True,
)
async def list_preview(
    *,
    filters: Filters = (),
    limit: Limit = 20,
    cursor: Cursor = None,
    inventory: Inventory,
    principal: Principal,
) -> Cited[ItemPage]:
    """Give a page by id; pages neither overlap nor skip while items are added."""
    query = ItemQuery(filters=tuple(filters), limit=limit, cursor=cursor)
    return _cite_page(await inventory.search(query, principal=principal), query)


@tool(
    name="ci.get",
    description="Give the item with an id (or a code), with its tags and attributes, or null.",
    role="reader",
    idempotent=True,
    cacheable=True,
)
async def get(
    id: Ref,  # noqa: A002 - the argument is called so in the estate
    *,
    inventory: Inventory,
    principal: Principal,
) -> Cited[ConfigurationItem | None]:
    """Give the full item with this id; text is read as a code first."""
    found = await inventory.get(id, principal=principal)
    return _cite_item(found, told("get item", id=str(id)))


@tool(
    name="ci.get_by_code",
    description="Give the item with a code, with its tags and attributes, or null.",
    role="reader",
    idempotent=True,
    cacheable=True,
)
async def get_by_code(
    code: Text, *, inventory: Inventory, principal: Principal
) -> Cited[ConfigurationItem | None]:
    """Give the full item with exactly this code; an id written as text is no code."""
    found = await inventory.get(code, principal=principal)
    if found is not None and found.code != code:
        found = None
    return _cite_item(found, told("get item", code=code))


@tool(
    name="ci.aggregate",
    description="Count items, or distinct values of a field, by groups.",
    role="reader",
    idempotent=True,
    cacheable=True,
)
async def aggregate(
    *,
    group_by: Fields = (),
    metrics: Measures = ("count",),
    filters: Filters = (),
    ci_ids: Refs | None = None,
    top_n: Annotated[int, Field(ge=1, le=500)] = 10,
    inventory: Inventory,
    principal: Principal,
) -> Cited[GroupTable]:
    """Count items by groups, the largest first; `total_groups` is counted before the cut."""
    fields = [group_by] if isinstance(group_by, str) else group_by
    named = Named()
    if ci_ids is not None:
        named = await find_named(ci_ids, inventory=inventory, principal=principal)
    query = GroupQuery(
        group_by=tuple(fields),
        measures=tuple(read_measure(one) for one in metrics),
        filters=tuple(filters),
        ci_ids=None if ci_ids is None else named.ids,
        top_n=top_n,
    )
    table = await inventory.aggregate(query, principal=principal)
    asked = told("count items", by=fields, where=filters, among=ci_ids) + named.note
    evidence = Evidence(
        count=table.total_items, unit="items", query=asked, truncated=table.truncated
    )
    return Cited(table, (evidence,))


def _cite_page(page: ItemPage, query: ItemQuery) -> Cited[ItemPage]:
    how = "search items" if query.text == "index" else "search items by LIKE"
    sorts = [f"{one.field} {'descending' if one.descending else 'ascending'}" for one in query.sort]
    evidence = Evidence(
        count=page.total,
        unit="items",
        records=ci_records(page.items),
        query=told(how, for_=query.keywords, where=query.filters, sorted_by=sorts),
        observed_at=newest_update(page.items),
        truncated=page.truncated,
    )
    return Cited(page, (evidence,))


def _cite_item(item: ConfigurationItem | None, query: str) -> Cited[ConfigurationItem | None]:
    items = () if item is None else [item]
    evidence = Evidence(
        count=len(items),
        unit="items",
        records=ci_records(items),
        query=query,
        observed_at=newest_update(items),
    )
    return Cited(item, (evidence,))
