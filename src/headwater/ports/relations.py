"""What the inside needs of the relations between items; it stores none itself."""

from __future__ import annotations

from typing import Protocol

from headwater.model.load import LoadCount, Rows
from headwater.model.principal import Principal
from headwater.model.relation import (
    ExpandQuery,
    Graph,
    GraphEdge,
    Path,
    PathQuery,
    RelationRecord,
)


class Relations(Protocol):
    """Relations between a tenant's items; those of deleted items never appear."""

    async def expand(self, query: ExpandQuery, *, principal: Principal) -> Graph | None:
        """Walk breadth first from the root, or return None where there is no such item.

        Within a depth, nodes are taken by id until `max_nodes` (the root counts); edges are
        those among the nodes kept that the walk may use, each once, self-loops and parallel
        ones included, by id until `max_edges`.
        """
        ...

    async def path(self, query: PathQuery, *, principal: Principal) -> Path | None:
        """Return one shortest path (always the same one), or None where there is none."""
        ...

    async def batch(
        self, after_id: int, *, limit: int, principal: Principal
    ) -> list[tuple[GraphEdge, dict[str, object]]]:
        """Return up to `limit` relations with their attributes, by id: a page of an export."""
        ...

    async def load(
        self, rows: Rows[RelationRecord], *, replace: bool, principal: Principal
    ) -> LoadCount:
        """Add and update relations, all or nothing.

        A relation is known by source, target, type and, where its attributes have one, `key`
        (so that two cables between two devices are two relations). Unknown codes are bad lines.
        """
        ...
