"""How are a tenant's items joined? Walked by whole levels in SQL; it keeps no items."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection, bindparam, select

from headwater.analysis.records import canonical_json, relation_key, relation_problem
from headwater.model.item import ItemName
from headwater.model.load import LoadCount, Rows
from headwater.model.principal import Principal
from headwater.model.relation import (
    Direction,
    ExpandQuery,
    Graph,
    GraphCut,
    GraphEdge,
    Path,
    PathQuery,
    RelationRecord,
)
from headwater.stores.sql.code_book import read_codes
from headwater.stores.sql.database import Database
from headwater.stores.sql.leftovers import Leftovers, of_sources
from headwater.stores.sql.shortest import shortest
from headwater.stores.sql.statistics import tell_planner
from headwater.stores.sql.tables import item, relation
from headwater.stores.sql.upserts import Upsert, batches, count_rows
from headwater.stores.sql.versions import raise_version
from headwater.stores.sql.walking import Walk

KEYS = ("source_id", "target_id", "type", "relation_key")
COLUMNS = ("tenant_id", *KEYS, "attributes")
ALL = 2**62

_from, _to = item.alias("from_item"), item.alias("to_item")
BATCH = (
    select(
        relation.c.id,
        relation.c.type,
        relation.c.attributes,
        *(each.c[name] for each in (_from, _to) for name in ("id", "code", "name")),
    )
    .join_from(relation, _from, _from.c.id == relation.c.source_id)
    .join(_to, _to.c.id == relation.c.target_id)
    .where(
        relation.c.tenant_id == bindparam("tenant"),
        relation.c.id > bindparam("after_id"),
        _from.c.deleted_at.is_(None),
        _to.c.deleted_at.is_(None),
    )
    .order_by(relation.c.id)
    .limit(bindparam("limit"))
)


class SqlRelations:
    """Relations between a tenant's items; those of deleted items never appear."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def expand(self, query: ExpandQuery, *, principal: Principal) -> Graph | None:
        """Walk breadth first from the root, or return None where there is no such item.

        `depth` of the graph is that of its deepest node. Edges cut by `max_edges` begin at the
        least depth at which one of them would have been seen whole.
        """

        def work(connection: Connection) -> Graph | None:
            walk = Walk(connection, principal.tenant, direction=query.direction, types=query.types)
            return _expand(walk, query)

        return await self._database.read(work, tenant=principal.tenant)

    async def path(self, query: PathQuery, *, principal: Principal) -> Path | None:
        """Return the shortest path, of several the one whose ids in their order are smallest."""

        def work(connection: Connection) -> Path | None:
            walk = Walk(connection, principal.tenant, direction=query.direction, types=query.types)
            return _path(walk, query)

        return await self._database.read(work, tenant=principal.tenant)

    async def batch(
        self, after_id: int, *, limit: int, principal: Principal
    ) -> list[tuple[GraphEdge, dict[str, object]]]:
        """Return up to `limit` relations with their attributes, by id: a page of an export."""
        given = {"tenant": principal.tenant, "after_id": after_id, "limit": limit}

        def work(connection: Connection) -> list[tuple[GraphEdge, dict[str, object]]]:
            rows = connection.execute(BATCH, given).all()
            return [
                (
                    GraphEdge(
                        id=row[0],
                        type=row[1],
                        source=ItemName(*row[3:6]),
                        target=ItemName(*row[6:]),
                    ),
                    row[2],
                )
                for row in rows
            ]

        return await self._database.read(work, tenant=principal.tenant)

    async def load(
        self, rows: Rows[RelationRecord], *, replace: bool, principal: Principal
    ) -> LoadCount:
        """Add and update relations, all or nothing; unknown codes are bad lines.

        Where the rows have a scope, `replace` removes only relations with both ends in it.
        """

        def work(connection: Connection) -> LoadCount:
            return _load(connection, rows, replace=replace, principal=principal)

        return await self._database.load(work, tenant=principal.tenant)


def _expand(walk: Walk, query: ExpandQuery) -> Graph | None:
    depths, cuts = _reach(walk, query)
    nodes = walk.nodes(depths)
    if query.root not in nodes:
        return None
    edges = walk.edges(nodes, after_id=0, limit=query.max_edges + 1)
    if len(edges) > query.max_edges:
        edges = edges[: query.max_edges]
        left = walk.edges(nodes, after_id=edges[-1].id if edges else 0, limit=ALL)
        begun = min(max(depths[each.source.id], depths[each.target.id]) for each in left)
        cuts.append(GraphCut(limit="max_edges", depth=begun, left_out=len(left)))
    return Graph(
        root=nodes[query.root],
        nodes=list(nodes.values()),
        edges=edges,
        node_counts=_counts(node.type for node in nodes.values()),
        edge_counts=_counts(edge.type for edge in edges),
        depth=max(depths.values()),
        truncated=bool(cuts),
        cuts=cuts,
    )


def _reach(walk: Walk, query: ExpandQuery) -> tuple[dict[int, int], list[GraphCut]]:
    depths = {query.root: 0}
    frontier = [query.root]
    for depth in range(1, query.depth + 1):
        reached = sorted(walk.neighbours(frontier) - depths.keys())
        frontier = reached[: query.max_nodes - len(depths)]
        depths.update(dict.fromkeys(frontier, depth))
        if len(frontier) < len(reached):
            left_out = len(reached) - len(frontier)
            return depths, [GraphCut(limit="max_nodes", depth=depth, left_out=left_out)]
        if not frontier:
            break
    return depths, []


def _path(walk: Walk, query: PathQuery) -> Path | None:
    ids = shortest(walk, (query.source, query.target), max_hops=query.max_hops)
    if ids is None:
        return None
    nodes = walk.nodes({ci: depth for depth, ci in enumerate(ids)})
    if len(nodes) < len(ids):  # an end was deleted; between them nobody deleted is walked through
        return None
    edges = walk.edges(nodes, after_id=0, limit=ALL)
    taken = [_taken(edges, hop, query.direction) for hop in pairwise(ids)]
    return Path(length=len(taken), nodes=list(nodes.values()), edges=taken)


def _taken(edges: list[GraphEdge], hop: tuple[int, int], direction: Direction) -> GraphEdge:
    ways = {"out": {hop}, "in": {hop[::-1]}, "both": {hop, hop[::-1]}}[direction]
    return next(edge for edge in edges if (edge.source.id, edge.target.id) in ways)


def _load(
    connection: Connection, rows: Rows[RelationRecord], *, replace: bool, principal: Principal
) -> LoadCount:
    raise_version(connection, "relations", principal=principal)
    tenant = principal.tenant
    codes = read_codes(connection, tenant)
    before = count_rows(connection, relation, tenant)
    upsert = Upsert(connection, relation, columns=COLUMNS, keys=COLUMNS[:5], values=COLUMNS[5:])
    with Leftovers(connection, relation, keys=KEYS) as leftovers:
        for batch in batches(connection, rows, lambda record: _row(codes, record), tenant=tenant):
            _write(upsert, leftovers if replace else None, batch)
        added = count_rows(connection, relation, tenant) - before
        within = [
            each
            for end in (relation.c.source_id, relation.c.target_id)
            for each in of_sources(end, tenant, rows.scope)
        ]
        removed = leftovers.remove(tenant, *within) if replace else 0
    tell_planner(connection, relation, changed=added + removed)
    return LoadCount(read=rows.read, added=added, changed=upsert.changed(added), removed=removed)


def _write(upsert: Upsert, leftovers: Leftovers | None, batch: list[tuple[Any, ...]]) -> None:
    upsert.write(batch)
    if leftovers is not None:
        leftovers.keep([row[1:5] for row in batch])


def _row(codes: dict[str, int], record: RelationRecord) -> tuple[Any, ...] | str:
    source, target = codes.get(record.source), codes.get(record.target)
    if source is None:
        return f"source: no item has the code {record.source!r}"
    if target is None:
        return f"target: no item has the code {record.target!r}"
    if problem := relation_problem(record):
        return problem
    attributes = canonical_json(record.attributes)
    return source, target, record.type, relation_key(record), attributes


def _counts(types: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(types).items()))
