"""What hangs together: expand from an item, and the way from one to another; it changes nothing."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from headwater.model.evidence import Evidence
from headwater.model.item import ItemRef
from headwater.model.principal import Principal
from headwater.model.relation import Direction, ExpandQuery, Graph, Path, PathQuery
from headwater.packs.arguments import Ref, Types
from headwater.packs.citing import ci_records, told
from headwater.packs.graph.views import VIEWS, Expansion, ViewName, expansion_of
from headwater.packs.naming import find_named
from headwater.ports.inventory import Inventory
from headwater.ports.relations import Relations
from headwater.toolkit.cited import Cited
from headwater.toolkit.tool import tool

Depth = Annotated[
    Annotated[int, Field(ge=0, le=2**31)] | None,
    Field(description="Relations to go; null is the view's default, more than its most is cut."),
]


@tool(
    name="graph.expand",
    description=(
        "Walk from an item along a view: summary, composition, dependency, impact "
        "(what breaks if it breaks) or neighbours."
    ),
    role="reader",
    idempotent=True,
    cacheable=True,
)
async def expand(  # noqa: PLR0913 - a tool's parameters are its arguments
    root: Ref,
    *,
    view: ViewName = "summary",
    depth: Depth = None,
    max_nodes: Annotated[int, Field(ge=1, le=5_000)] = 200,
    max_edges: Annotated[int, Field(ge=1, le=50_000)] = 400,
    types: Types | None = None,
    relations: Relations,
    inventory: Inventory,
    principal: Principal,
) -> Cited[Expansion | None]:
    """Give nodes with their depth and edges once each, or null where there is no such item.

    `types` stand in for the view's own. A depth above the view's most is clamped to it.
    """
    walk = VIEWS[view]
    requested = walk.default_depth if depth is None else depth
    applied = min(requested, walk.max_depth)
    along = walk.types if types is None else tuple(types)
    question = told(f"expand {root}", view=view, depth=str(applied), along=along)
    absent = Evidence(count=0, unit="relations", query=f"{question}; not in the estate: {root}")
    root_id = await _id_of(root, inventory=inventory, principal=principal)
    if root_id is None:
        return Cited(None, (absent,))
    query = ExpandQuery(
        root=root_id,
        direction=walk.direction,
        types=along,
        depth=applied,
        max_nodes=max_nodes,
        max_edges=max_edges,
    )
    graph = await relations.expand(query, principal=principal)
    if graph is None:
        return Cited(None, (absent,))
    value = expansion_of(graph, view, types=along, requested=requested, applied=applied)
    return Cited(value, (_cite_graph(graph, question),))


@tool(
    name="graph.path",
    description="Find one shortest path between two items, or null where there is none.",
    role="reader",
    idempotent=True,
    cacheable=True,
)
async def path(
    source: Ref,
    target: Ref,
    *,
    types: Types = (),
    max_hops: Annotated[int, Field(ge=0, le=12)] = 6,
    direction: Direction = "both",
    relations: Relations,
    inventory: Inventory,
    principal: Principal,
) -> Cited[Path | None]:
    """Give the path's nodes and relations in order; its length is 0 for the same item."""
    question = told(
        f"path from {source} to {target}", along=types, max_hops=str(max_hops), direction=direction
    )
    ends = [await _id_of(one, inventory=inventory, principal=principal) for one in (source, target)]
    if ends[0] is None or ends[1] is None:
        return await _no_path([source, target], question, inventory=inventory, principal=principal)
    query = PathQuery(
        source=ends[0],
        target=ends[1],
        types=tuple(types),
        direction=direction,
        max_hops=max_hops,
    )
    found = await relations.path(query, principal=principal)
    if found is None:
        return await _no_path([source, target], question, inventory=inventory, principal=principal)
    evidence = Evidence(
        count=found.length, unit="relations", records=ci_records(found.nodes), query=question
    )
    return Cited(found, (evidence,))


async def _id_of(ref: ItemRef, *, inventory: Inventory, principal: Principal) -> int | None:
    """Return an item's id; a number is taken as it is, for the walk to find or not."""
    if isinstance(ref, int):
        return ref
    item = await inventory.get(ref, principal=principal)
    return None if item is None else item.id


async def _no_path(
    ends: list[ItemRef], question: str, *, inventory: Inventory, principal: Principal
) -> Cited[Path | None]:
    """Say that there is none, and which of the ends is not in the estate."""
    named = await find_named(ends, inventory=inventory, principal=principal)
    query = question + named.note
    records = () if named.unknown else ci_records(named.items)
    return Cited(None, (Evidence(count=0, unit="relations", records=records, query=query),))


def _cite_graph(graph: Graph, question: str) -> Evidence:
    return Evidence(
        count=len(graph.edges),
        unit="relations",
        records=ci_records(graph.nodes),
        query=question,
        truncated=graph.truncated,
    )
