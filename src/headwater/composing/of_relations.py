"""How answers about relations are put: what breaks, what is joined, which way; no metrics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from headwater.composing.shapes import graph_block, items_block, path_block
from headwater.composing.telling import ask_name, count, names, singular, tally
from headwater.composing.view import Part, View, nothing, type_is
from headwater.model.block import Block

GRAVE = {"critical", "high"}
TITLES = {
    "dependency": "What {code} depends on",
    "composition": "What {code} is made of",
    "neighbours": "What is joined to {code}",
    "host": "What {code} runs on",
    "hosted": "What runs on {code}",
}


def compose_impact(view: View) -> Part:
    """Say what leans on an item and may break with it."""
    graph = view.value("impact")
    if graph is None:
        return nothing(view, "impact")
    mark = view.ledger.mark("impact")
    code = view.code()
    kinds = list(view.fact("kinds") or ())
    hit = [node for node in graph["nodes"] if node["depth"] > 0 and type_is(node, kinds)]
    if not hit:
        leaning = len(graph["nodes"]) - 1
        said = f"{_none(view, kinds)} is recorded that leans on {code}"
        said += f", of {count(leaning, 'item')} that do" if leaning else ""
        return Part(f"{said}.{mark}{_bound(graph)}", next=_next(view))
    deep = max(int(node["depth"]) for node in hit)
    counts = Counter(str(node["type"]) for node in hit)
    far = f"up to {count(deep, 'relation')} away"
    summary = f"{count(len(hit), 'item')} may break if {code} fails, {far}: {tally(counts)}."
    grave = [node for node in hit if node.get("criticality") in GRAVE]
    if grave:
        summary += f" Of high or critical weight: {names(grave)}."
    summary += mark + _bound(graph)
    title = f"What breaks with {code} ({count(len(hit), 'item')}, depth {deep})"
    cites = view.ledger.cite("impact")
    blocks: tuple[Block, ...] = (graph_block(graph, title=title, cites=cites),)
    if kinds:
        word = str(view.fact("kind") or "item")
        blocks = (items_block(hit, len(hit), title=f"{word} among them", cites=cites), *blocks)
    return Part(summary, blocks, next=_next(view, hit))


def _none(view: View, kinds: Sequence[str]) -> str:
    return f"No {singular(str(view.fact('kind')))}" if kinds else "Nothing"


def _bound(graph: Mapping[str, Any]) -> str:
    """Return the sentence that says where a limit cut a walk, or nothing."""
    if not graph.get("truncated"):
        return ""
    return f" A limit cut the walk at {count(len(graph['nodes']), 'item')}: there may be more."


def compose_expand(view: View) -> Part:
    """Say what is joined to an item, along the view that was meant."""
    graph = view.value("graph")
    if graph is None:
        return nothing(view, "graph")
    kind = str(view.fact("view"))
    if kind in {"host", "hosted"}:
        graph = along(graph, view.fact("types") or [], inward=kind == "hosted")
    title = TITLES.get(kind, TITLES["neighbours"]).format(code=view.code())
    mark = view.ledger.mark("graph")
    kinds = list(view.fact("kinds") or ())
    joined = [node for node in graph["nodes"] if node["depth"] > 0 and type_is(node, kinds)]
    if not joined:
        said = f"{title}: {_none(view, kinds).lower()} is recorded"
        others = len(graph["nodes"]) - 1
        said += f", of {count(others, 'item')} that are" if others > 0 else ""
        return Part(f"{said}.{mark}{_bound(graph)}", next=_next(view))
    counts = Counter(str(node["type"]) for node in joined)
    near = [node for node in joined if node["depth"] == 1]
    summary = f"{title}: {count(len(joined), 'item')} ({tally(counts)})"
    summary += f", directly {names(near)}." if near else "."
    cites = view.ledger.cite("graph")
    blocks: tuple[Block, ...] = (graph_block(graph, title=title, cites=cites),)
    if kinds:
        blocks = (
            items_block(joined, len(joined), title=str(view.fact("kind")), cites=cites),
            *blocks,
        )
    return Part(summary + mark + _bound(graph), blocks, next=_next(view, joined))


def along(graph: Mapping[str, Any], types: Sequence[str], *, inward: bool) -> dict[str, Any]:
    """Return the part of a graph that is reached from its root along some types of relations."""
    edges = [edge for edge in graph["edges"] if edge["type"] in types]
    come, go = ("target", "source") if inward else ("source", "target")
    reached = {graph["root"]["id"]}
    kept: list[Mapping[str, Any]] = []
    grown = True
    while grown:
        new = [edge for edge in edges if edge not in kept and edge[come]["id"] in reached]
        kept.extend(new)
        reached |= {edge[go]["id"] for edge in new}
        grown = bool(new)
    nodes = [node for node in graph["nodes"] if node["id"] in reached]
    return {**graph, "nodes": nodes, "edges": kept}


def compose_path(view: View) -> Part:
    """Say how one item reaches another, or that it does not."""
    if not view.ledger.succeeded("path"):
        return nothing(view, "path")
    wider = view.value("path_any")
    step = "path" if wider is None else "path_any"
    path = view.value("path") or wider
    mark = view.ledger.mark("path", *(["path_any"] if view.ledger.succeeded("path_any") else []))
    source, target = view.code(), view.code("target")
    following = (f"what depends on {view.asked('target')}?", f"what does {view.asked()} depend on?")
    if path is None:
        said = f"No path{_along(view)} leads from {source} to {target} within the hops allowed."
        return Part(f"{said}{mark}", next=following)
    if path["length"] == 0:
        return Part(f"{source} and {target} are the same item.{mark}")
    between = [str(node["code"]) for node in path["nodes"][1:-1]]
    way = f" by way of {', '.join(between)}" if between else " directly"
    block = path_block(path, title=f"From {source} to {target}", cites=view.ledger.cite(step))
    summary = f"{source} reaches {target}{way}: {count(int(path['length']), 'relation')}.{mark}"
    if wider is not None:
        types = ", ".join(dict.fromkeys(str(edge["type"]) for edge in path["edges"]))
        summary = (
            f"{source} and {target} are not connected; what they share joins them{way} ({types}), "
            f"{count(int(path['length']), 'relation')}.{mark}"
        )
    return Part(summary, (block,), next=following)


def _along(view: View) -> str:
    """Return along what there is no path: all relations only where those were walked as well."""
    if view.fact("along"):
        return " along dependencies"
    return "" if view.ledger.succeeded("path_any") else " of connections or dependencies"


def _next(view: View, nodes: Sequence[Mapping[str, Any]] = ()) -> tuple[str, ...]:
    asked = view.asked()
    opposite = f"what does {asked} depend on?"
    if view.reading.intent == "expand":
        opposite = f"what breaks if {asked} fails?"
    first = [f"how does {ask_name(str(nodes[-1]['code']))} reach {asked}?"] if nodes else []
    return (opposite, f"what changed on {asked} in the last 7 days?", *first)
