"""How items and the relations between them look as a tree or a path; it walks nothing anew."""

from __future__ import annotations

from collections import defaultdict, deque
from typing import Any

from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from headwater.entries.cli.render_table import facts_grid
from headwater.entries.cli.text import clean
from headwater.model.block import GraphBlock, PathBlock

MOST_NODES = 24
MOST_CHILDREN = 6


def draw_graph(block: GraphBlock) -> Tree:
    """Return a tree from the root: each item once, under the one it was first reached from."""
    nodes = {node["id"]: node for node in block.nodes}
    children = _children(block, nodes)
    mixed = len({edge.get("type") for edge in block.edges}) > 1
    tree = Tree(_node(block.root), guide_style="dim")
    waiting = deque([(block.root["id"], tree)])
    shown = 0
    while waiting:
        parent, branch = waiting.popleft()
        below = children.get(parent, [])
        room = max(min(MOST_CHILDREN, MOST_NODES - shown), 0)
        for child, via in below[:room]:
            waiting.append((child, branch.add(_node(nodes[child], via if mixed else ""))))
            shown += 1
        if len(below) > room:
            hidden = _below(children, [child for child, _ in below[room:]])
            branch.add(Text(f"… {hidden} more (all of them with --json)", style="dim"))
    return tree


def draw_path(block: PathBlock) -> Table:
    """Return the items of a path, one a line, with the relation and its direction before each."""
    grid = facts_grid()
    if not block.nodes:
        grid.add_row(Text(""), Text("no path", style="dim"))
    for number, node in enumerate(block.nodes):
        arrow = Text("")
        if number and number <= len(block.edges):
            edge = block.edges[number - 1]
            forward = _end(edge, "source") == block.nodes[number - 1]["id"]
            arrow = Text(f"{'↓' if forward else '↑'} {clean(edge.get('type', ''))}")
        grid.add_row(arrow, _node(node))
    return grid


def _children(
    block: GraphBlock, nodes: dict[int, dict[str, Any]]
) -> dict[int, list[tuple[int, str]]]:
    """Return under each item the items first reached from it, and by which type of relation."""
    depth = {number: node.get("depth", 0) for number, node in nodes.items()}
    parents: dict[int, tuple[int, str]] = {}
    for edge in block.edges:
        one, two = _end(edge, "source"), _end(edge, "target")
        for near, far in ((one, two), (two, one)):
            stepped = depth.get(far, -1) == depth.get(near, -1) + 1
            if near in nodes and stepped and far not in parents:
                parents[far] = (near, clean(edge.get("type", "")))
    children: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for number in sorted(nodes, key=lambda one: (depth[one], one)):
        if number == block.root["id"]:
            continue
        parent, via = parents.get(number, (block.root["id"], ""))
        children[parent].append((number, via))
    return children


def _below(children: dict[int, list[tuple[int, str]]], first: list[int]) -> int:
    count, waiting = 0, list(first)
    while waiting:
        count += 1
        waiting.extend(child for child, _ in children.get(waiting.pop(), []))
    return count


def _node(node: dict[str, Any], via: str = "") -> Text:
    code, name = clean(node.get("code", "")), clean(node.get("name", ""))
    text = Text(code or name)
    if name and name.casefold() != code.casefold() and code:
        text.append(f" “{name}”")
    text.append(f"  {clean(node.get('type', ''))}", style="cyan")
    if node.get("criticality") in {"critical", "high"}:
        text.append(f"  {node['criticality']}", style="red")
    if via:
        text.append(f"  {via}", style="dim")
    return text


def _end(edge: dict[str, Any], side: str) -> Any:
    end = edge.get(side)
    return end.get("id") if isinstance(end, dict) else end
