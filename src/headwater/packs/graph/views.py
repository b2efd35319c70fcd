"""Which way and along what each view of the graph walks; it walks nowhere itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from headwater.model.relation import Direction, Graph, GraphCut, GraphEdge, GraphNode

ViewName = Literal["summary", "composition", "dependency", "impact", "neighbours"]
DEPENDENCY_TYPES = ("depends_on", "runs_on", "deployed_on", "uses", "connected_to")


@dataclass(frozen=True, slots=True)
class View:
    """A view's depth where none is asked for and at most, its direction and relation types."""

    default_depth: int
    max_depth: int
    direction: Direction
    types: tuple[str, ...] = ()


VIEWS: dict[ViewName, View] = {
    "summary": View(1, 1, "both"),
    "composition": View(2, 4, "out", ("composed_of",)),
    "dependency": View(2, 4, "out", DEPENDENCY_TYPES),
    "impact": View(2, 6, "in", DEPENDENCY_TYPES),
    "neighbours": View(1, 2, "both"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Expansion:
    """What a walk from the root reached, and how it went.

    `requested_depth` is what was asked for (or the view's default), `applied_depth` what was
    walked: never more than the view allows. Empty `types` means every type. The rest is a `Graph`.
    """

    view: ViewName
    direction: Direction
    types: list[str]
    requested_depth: int
    applied_depth: int
    root: GraphNode
    nodes: list[GraphNode]
    edges: list[GraphEdge]
    node_counts: dict[str, int]
    edge_counts: dict[str, int]
    truncated: bool
    cuts: list[GraphCut]


def expansion_of(
    graph: Graph, view: ViewName, *, types: tuple[str, ...], requested: int, applied: int
) -> Expansion:
    """Return the graph together with how it was walked."""
    return Expansion(
        view=view,
        direction=VIEWS[view].direction,
        types=list(types),
        requested_depth=requested,
        applied_depth=applied,
        root=graph.root,
        nodes=graph.nodes,
        edges=graph.edges,
        node_counts=graph.node_counts,
        edge_counts=graph.edge_counts,
        truncated=graph.truncated,
        cuts=graph.cuts,
    )
