"""How items are joined, walked in memory the obvious way; it keeps no items."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from copy import deepcopy

from anyio.lowlevel import checkpoint

from headwater.analysis.records import relation_key, relation_problem
from headwater.model.item import ConfigurationItem
from headwater.model.load import LoadCount, Rows
from headwater.model.principal import Principal
from headwater.model.relation import (
    Direction,
    ExpandQuery,
    Graph,
    GraphCut,
    GraphEdge,
    GraphNode,
    Path,
    PathQuery,
    RelationRecord,
)
from headwater.stores.memory.estate import (
    Items,
    Joins,
    MemoryEstate,
    StoredRelation,
    Tenant,
    name_of,
    watched,
)

Reached = dict[int, int]
"""The depth of each item reached."""


class MemoryRelations:
    """Relations between a tenant's items; those of deleted items never appear."""

    def __init__(self, estate: MemoryEstate) -> None:
        self._estate = estate

    async def expand(self, query: ExpandQuery, *, principal: Principal) -> Graph | None:
        """Walk breadth first from the root, or return None where there is no such item.

        `depth` of the graph is that of its deepest node. Edges cut by `max_edges` begin at the
        least depth at which one of them would have been seen whole.
        """
        await checkpoint()
        tenant = self._estate.of(principal)
        root = tenant.items.live(query.root)
        if root is None:
            return None
        depths, cuts = _reach(tenant, query)
        edges = _among(tenant, depths, query.types)
        kept, left = edges[: query.max_edges], edges[query.max_edges :]
        if left:
            begun = min(max(depths[each.source], depths[each.target]) for each in left)
            cuts.append(GraphCut(limit="max_edges", depth=begun, left_out=len(left)))
        nodes = [_node(tenant.items, ci, depth) for ci, depth in depths.items()]
        nodes.sort(key=lambda node: (node.depth, node.id))
        return Graph(
            root=nodes[0],
            nodes=nodes,
            edges=[_edge(tenant.items, each) for each in kept],
            node_counts=_counts(node.type for node in nodes),
            edge_counts=_counts(each.type for each in kept),
            depth=nodes[-1].depth,
            truncated=bool(cuts),
            cuts=cuts,
        )

    async def path(self, query: PathQuery, *, principal: Principal) -> Path | None:
        """Return the shortest path, of several the one whose ids in their order are smallest."""
        await checkpoint()
        tenant = self._estate.of(principal)
        if tenant.items.live(query.source) is None or tenant.items.live(query.target) is None:
            return None
        distances = _distances(tenant, query)
        if query.source not in distances:
            return None
        nodes = [_node(tenant.items, query.source, 0)]
        edges: list[GraphEdge] = []
        for left in range(distances[query.source] - 1, -1, -1):
            steps = _steps(tenant, nodes[-1].id, (query.direction, query.types))
            near = [(ci, each.id, each) for each, ci in steps if distances.get(ci) == left]
            ci, _, taken = min(near, key=lambda step: step[:2])
            nodes.append(_node(tenant.items, ci, len(nodes)))
            edges.append(_edge(tenant.items, taken))
        return Path(length=len(edges), nodes=nodes, edges=edges)

    async def batch(
        self, after_id: int, *, limit: int, principal: Principal
    ) -> list[tuple[GraphEdge, dict[str, object]]]:
        """Return up to `limit` relations with their attributes, by id: a page of an export."""
        await checkpoint()
        tenant = self._estate.of(principal)
        rows = sorted(tenant.joins.by_key.values(), key=lambda each: each.id)
        rows = [each for each in rows if each.id > after_id and _is_live(tenant.items, each)]
        return [(_edge(tenant.items, row), deepcopy(row.attributes)) for row in rows[:limit]]

    async def load(
        self, rows: Rows[RelationRecord], *, replace: bool, principal: Principal
    ) -> LoadCount:
        """Add and update relations, all or nothing; unknown codes are bad lines.

        Where the rows have a scope, `replace` removes only relations with both ends in it.
        """

        def work(tenant: Tenant) -> LoadCount:
            return self._load(tenant, rows, replace=replace)

        return await self._estate.write("relations", work, principal=principal)

    def _load(self, tenant: Tenant, rows: Rows[RelationRecord], *, replace: bool) -> LoadCount:
        held = dict(tenant.joins.by_key)
        seen: set[tuple[int, int, str, str]] = set()
        added = changed = 0
        for line, record in watched(rows):
            ends = _ends(tenant.items, record)
            problem = ends if isinstance(ends, str) else relation_problem(record)
            if isinstance(ends, str) or problem:
                rows.bad(line, str(problem))
                continue
            key = (*ends, record.type, relation_key(record))
            old = held.get(key)
            number = old.id if old else self._estate.next_id("relations")
            row = StoredRelation(number, *key, deepcopy(record.attributes))
            added += old is None
            changed += old is not None and old.attributes != row.attributes
            held[key] = row
            seen.add(key)
        if not replace:
            seen |= held.keys()
        kept = {
            key: row
            for key, row in held.items()
            if key in seen or not all(tenant.items.owned(ci, rows.scope) for ci in key[:2])
        }
        tenant.joins = _joined(kept)
        removed = len(held) - len(kept)
        return LoadCount(read=rows.read, added=added, changed=changed, removed=removed)


def _reach(tenant: Tenant, query: ExpandQuery) -> tuple[Reached, list[GraphCut]]:
    depths = {query.root: 0}
    frontier = [query.root]
    for depth in range(1, query.depth + 1):
        way = (query.direction, query.types)
        found = {ci for at in frontier for _, ci in _steps(tenant, at, way)}
        reached = sorted(found - depths.keys())
        frontier = reached[: query.max_nodes - len(depths)]
        depths.update(dict.fromkeys(frontier, depth))
        if len(frontier) < len(reached):
            left_out = len(reached) - len(frontier)
            return depths, [GraphCut(limit="max_nodes", depth=depth, left_out=left_out)]
    return depths, []


def _distances(tenant: Tenant, query: PathQuery) -> Reached:
    back: Direction = {"out": "in", "in": "out", "both": "both"}[query.direction]  # type: ignore[assignment]
    distances = {query.target: 0}
    frontier = {query.target}
    for distance in range(1, query.max_hops + 1):
        if not frontier or query.source in distances:
            break
        found = {ci for at in frontier for _, ci in _steps(tenant, at, (back, query.types))}
        frontier = found - distances.keys()
        distances.update(dict.fromkeys(frontier, distance))
    return distances


def _steps(
    tenant: Tenant, ci: int, way: tuple[Direction, tuple[str, ...]]
) -> list[tuple[StoredRelation, int]]:
    direction, types = way
    return [
        (each, other)
        for each, other in tenant.joins.at(ci, direction)
        if (not types or each.type in types) and tenant.items.live(other)
    ]


def _among(tenant: Tenant, depths: Reached, types: tuple[str, ...]) -> list[StoredRelation]:
    found = [
        each
        for ci in depths
        for each in tenant.joins.leaving.get(ci, ())
        if each.target in depths and (not types or each.type in types)
    ]
    return sorted(found, key=lambda each: each.id)


def _joined(rows: dict[tuple[int, int, str, str], StoredRelation]) -> Joins:
    joins = Joins(by_key=rows)
    for row in rows.values():
        joins.leaving.setdefault(row.source, []).append(row)
        joins.entering.setdefault(row.target, []).append(row)
    return joins


def _ends(items: Items, record: RelationRecord) -> tuple[int, int] | str:
    source, target = items.live_id(record.source), items.live_id(record.target)
    if source is None:
        return f"source: no item has the code {record.source!r}"
    return f"target: no item has the code {record.target!r}" if target is None else (source, target)


def _is_live(items: Items, row: StoredRelation) -> bool:
    return items.live(row.source) is not None and items.live(row.target) is not None


def _node(items: Items, ci: int, depth: int) -> GraphNode:
    item: ConfigurationItem = items.by_id[ci]
    return GraphNode(
        id=ci,
        code=item.code,
        name=item.name,
        type=item.type,
        status=item.status,
        criticality=item.criticality,
        depth=depth,
    )


def _edge(items: Items, row: StoredRelation) -> GraphEdge:
    source, target = items.by_id[row.source], items.by_id[row.target]
    return GraphEdge(id=row.id, source=name_of(source), target=name_of(target), type=row.type)


def _counts(types: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(types).items()))
