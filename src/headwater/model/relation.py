"""How items are joined, and what walking along relations gives; it does not walk."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from headwater.model.item import ItemName

Direction = Literal["out", "in", "both"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RelationRecord:
    """A relation as a source gives it: two codes and a type. Parallel ones differ in type."""

    source: str
    target: str
    type: str
    attributes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphNode:
    """An item reached from the root; `depth` counts relations, the root is at 0."""

    id: int
    code: str
    name: str
    type: str
    status: str | None = None
    criticality: str | None = None
    depth: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphEdge:
    """A relation between two nodes of a graph, in its stored direction."""

    id: int
    source: ItemName
    target: ItemName
    type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphCut:
    """What a limit cut: how many nodes or edges were left out, and at which depth it began."""

    limit: Literal["max_nodes", "max_edges"]
    depth: int
    left_out: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpandQuery:
    """How far and along what to walk from a root; empty `types` means every type."""

    root: int
    direction: Direction
    types: tuple[str, ...] = ()
    depth: int = 1
    max_nodes: int = 200
    max_edges: int = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """Nodes by depth then id, edges once each by id, and what was cut where.

    `frontier` names nodes at the last depth reached that have further relations beyond it only
    where a limit cut; `truncated` is true where any limit cut something.
    """

    root: GraphNode
    nodes: list[GraphNode]
    edges: list[GraphEdge]
    node_counts: dict[str, int]
    edge_counts: dict[str, int]
    depth: int
    truncated: bool
    cuts: list[GraphCut]


@dataclass(frozen=True, slots=True, kw_only=True)
class PathQuery:
    """From where to where, along which types and direction, over at most how many relations."""

    source: int
    target: int
    types: tuple[str, ...] = ()
    direction: Direction = "both"
    max_hops: int = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """One shortest path: `length` relations over `length + 1` nodes; 0 for the same node."""

    length: int
    nodes: list[GraphNode]
    edges: list[GraphEdge]
