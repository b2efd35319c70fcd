"""Which items are one relation away? The statements that relations are walked by; it walks none.

Each takes the whole frontier at once. Deleted items are never given, so never walked through.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Select,
    bindparam,
    select,
    union_all,
)

from headwater.model.item import ItemName
from headwater.model.relation import Direction, GraphEdge, GraphNode
from headwater.stores.sql.id_lists import Unindexed, among, listed
from headwater.stores.sql.plain_rows import packed_rows
from headwater.stores.sql.tables import item, relation

TENANT: BindParameter[str] = bindparam("tenant")
IS_LIVE = (item.c.tenant_id == TENANT) & item.c.deleted_at.is_(None)
NODES = select(
    item.c.id, item.c.code, item.c.name, item.c.type, item.c.status, item.c.criticality
).where(IS_LIVE, among(item.c.id, "ids"))


class Walk:
    """Walk a tenant's relations in one direction along some types (all, where empty)."""

    def __init__(
        self, connection: Connection, tenant: str, *, direction: Direction, types: tuple[str, ...]
    ) -> None:
        self._connection = connection
        self._direction = direction
        self._typed = bool(types)
        self._given = {"tenant": tenant} | ({"types": listed(types)} if types else {})

    def nodes(self, depths: Mapping[int, int]) -> dict[int, GraphNode]:
        """Return the living items with these ids, at their depths and in their order."""
        given = {"tenant": self._given["tenant"], "ids": listed(depths)}
        rows = packed_rows(self._connection, NODES, given)
        found = {
            row[0]: GraphNode(
                id=row[0],
                code=row[1],
                name=row[2],
                type=row[3],
                status=row[4],
                criticality=row[5],
                depth=depths[row[0]],
            )
            for row in rows
        }
        return {ci: found[ci] for ci in depths if ci in found}

    def neighbours(self, frontier: Iterable[int]) -> set[int]:
        """Return the living items that one relation leads to from any of the frontier.

        They are made distinct here: asked to, SQLite would read a whole index for its order.
        """
        return {to for _, to in self.steps(frontier, back=False)}

    def steps(self, frontier: Iterable[int], *, back: bool) -> list[tuple[int, int]]:
        """Return `(from, to)` for each relation that may be taken (backwards, if `back`)."""
        direction = _REVERSED[self._direction] if back else self._direction
        given = self._given | {"ids": listed(frontier)}
        rows = packed_rows(self._connection, _steps(direction, self._typed), given)
        return [(row[0], row[1]) for row in rows]

    def edges(self, nodes: dict[int, GraphNode], *, after_id: int, limit: int) -> list[GraphEdge]:
        """Return the relations among nodes with an id above `after_id`, by id."""
        given = self._given | {"ids": listed(nodes), "after_id": after_id, "limit": limit}
        rows = packed_rows(self._connection, _edges(self._typed), given)
        names = {each.id: ItemName(each.id, each.code, each.name) for each in nodes.values()}
        return [
            GraphEdge(id=row[0], source=names[row[1]], target=names[row[2]], type=row[3])
            for row in rows
        ]


_REVERSED: dict[Direction, Direction] = {"out": "in", "in": "out", "both": "both"}


@cache
def _steps(direction: Direction, typed: bool) -> Select[int, int]:  # noqa: FBT001
    ways = {"out": ("out",), "in": ("in",), "both": ("out", "in")}[direction]
    parts = [_one_way(way, typed) for way in ways]
    if len(parts) == 1:
        return parts[0]
    both = union_all(*parts).subquery()
    return select(both.c.at, both.c.to)


def _one_way(way: str, typed: bool) -> Select[int, int]:  # noqa: FBT001
    at, to = relation.c.source_id, relation.c.target_id
    if way == "in":
        at, to = to, at
    is_live = select(item.c.id).where(item.c.id == to, IS_LIVE)
    return select(at.label("at"), to.label("to")).where(
        relation.c.tenant_id == TENANT, among(at, "ids"), *_of_types(typed), is_live.exists()
    )


@cache
def _edges(typed: bool) -> Select[int, int, int, str]:  # noqa: FBT001
    return (
        select(relation.c.id, relation.c.source_id, relation.c.target_id, relation.c.type)
        .where(
            relation.c.tenant_id == TENANT,
            among(relation.c.source_id, "ids"),
            among(Unindexed(relation.c.target_id), "ids"),
            *_of_types(typed),
            Unindexed(relation.c.id) > bindparam("after_id"),
        )
        .order_by(Unindexed(relation.c.id))
        .limit(bindparam("limit"))
    )


def _of_types(typed: bool) -> list[ColumnElement[bool]]:  # noqa: FBT001
    return [among(Unindexed(relation.c.type), "types")] if typed else []
