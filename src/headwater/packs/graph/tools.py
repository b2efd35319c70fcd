"""What hangs together: expand from an item, and the way from one to another; it changes nothing."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from headwater.model.evidence import Evidence
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
    item = await inventory.get(root, principal=principal)
    if item is None:
        absent = Evidence(count=0, unit="relations", query=f"{question}; not in the estate: {root}")
        return Cited(None, (absent,))
    query = ExpandQuery(
        root=item.id,
        direction=walk.direction,
        types=along,
        depth=applied,
        max_nodes=max_nodes,
        max_edges=max_edges,
    )
    graph = await relations.expand(query, principal=principal)
    if graph is None:  # deleted since it was looked up
        return Cited(None, (Evidence(count=0, unit="relations", query=question),))
    value = expansion_of(graph, view, types=along, requested=requested, applied=applied)
    return Cited(value, (_cite_graph(graph, question),))


@tool(
    name="graph.path",
    description="Find one shortest path between two items, or null where there is none.",
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
    named = await find_named([source, target], inventory=inventory, principal=principal)
    if named.unknown:
        absent = Evidence(count=0, unit="relations", query=question + named.note)
        return Cited(None, (absent,))
    query = PathQuery(
        source=named.ids[0],
        target=named.ids[-1],
        types=tuple(types),
        direction=direction,
        max_hops=max_hops,
    )
    found = await relations.path(query, principal=principal)
    evidence = Evidence(
        count=0 if found is None else found.length,
        unit="relations",
        records=ci_records(named.items if found is None else found.nodes),
        query=question,
    )
    return Cited(found, (evidence,))


def _cite_graph(graph: Graph, question: str) -> Evidence:
    return Evidence(
        count=len(graph.edges),
        unit="relations",
        records=ci_records(graph.nodes),
        query=question,
        truncated=graph.truncated,
    )
