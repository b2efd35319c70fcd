"""The tools over relations against a slow, obvious walk on random graphs."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tool_estates import Estate, Stores, World, each_store, modest, settle

from headwater.errors import UsageError
from headwater.model.item import ItemRecord
from headwater.model.relation import RelationRecord

tool_stores = each_store
CODES = [f"n{number}" for number in range(8)]
TYPES = ["depends_on", "uses", "composed_of", "likes"]
DEPENDENCY = ["depends_on", "runs_on", "deployed_on", "uses", "connected_to"]
VIEWS: dict[str, tuple[int, int, str, list[str]]] = {
    "summary": (1, 1, "both", []),
    "composition": (2, 4, "out", ["composed_of"]),
    "dependency": (2, 4, "out", DEPENDENCY),
    "impact": (2, 6, "in", DEPENDENCY),
    "neighbours": (1, 2, "both", []),
}


@st.composite
def estates(draw: st.DrawFn) -> Estate:
    """Cycles, self-loops, relations side by side and in both directions, deleted items."""
    ends, types = st.sampled_from(CODES), st.sampled_from(TYPES)
    found = draw(st.lists(st.tuples(ends, ends, types), unique=True, max_size=20))
    relations = [RelationRecord(source=one, target=two, type=kind) for one, two, kind in found]
    if found and draw(st.booleans()):
        one, two, kind = found[0]
        relations += [
            RelationRecord(source=one, target=two, type=kind, attributes={"key": str(number)})
            for number in range(2)
        ]
    return Estate(
        items=[ItemRecord(code=code, name=code, type="server") for code in CODES],
        deleted=draw(st.sets(st.sampled_from(CODES), max_size=2)),
        relations=relations,
    )


def usable(estate: Estate, types: list[str]) -> list[RelationRecord]:
    return [
        one
        for one in estate.relations
        if {one.source, one.target}.isdisjoint(estate.deleted) and (not types or one.type in types)
    ]


def next_to(code: str, relations: list[RelationRecord], direction: str) -> set[str]:
    found: set[str] = set()
    for one in relations:
        if direction in {"out", "both"} and one.source == code:
            found.add(one.target)
        if direction in {"in", "both"} and one.target == code:
            found.add(one.source)
    return found


def depths(world: World, root: str, *, walk: tuple[str, list[str]], depth: int) -> dict[str, int]:
    direction, types = walk
    relations = usable(world.estate, types)
    reached = {root: 0}
    for step in range(1, depth + 1):
        edge = [code for code, at in reached.items() if at == step - 1]
        for code in edge:
            for other in next_to(code, relations, direction):
                reached.setdefault(other, step)
    return reached


def edges_of(graph: dict[str, Any]) -> Counter[tuple[str, str, str]]:
    return Counter(
        (one["source"]["code"], one["target"]["code"], one["type"]) for one in graph["edges"]
    )


@modest
@given(estates(), st.sampled_from(sorted(VIEWS)), st.none() | st.integers(0, 8), st.data())
def test_expanding_equals_a_walk_by_hand(
    tool_stores: Stores, estate: Estate, view: str, depth: int | None, data: st.DataObject
) -> None:
    world = settle(tool_stores, estate)
    root = data.draw(st.sampled_from(CODES))
    chosen = data.draw(st.none() | st.lists(st.sampled_from(TYPES), unique=True, min_size=1))
    default, most, direction, types = VIEWS[view]
    types = types if chosen is None else chosen
    asked = {"root": root, "view": view, "depth": depth, "types": chosen}
    graph, evidence = world.cited("graph.expand", asked)
    if root in estate.deleted:
        assert graph is None
        assert root in str(evidence.query)
        return
    requested = default if depth is None else depth
    expected = depths(world, root, walk=(direction, types), depth=min(requested, most))
    assert (graph["requested_depth"], graph["applied_depth"]) == (requested, min(requested, most))
    assert {one["code"]: one["depth"] for one in graph["nodes"]} == expected
    assert [(one["depth"], one["id"]) for one in graph["nodes"]] == sorted(
        (at, world.ids[code]) for code, at in expected.items()
    )
    within = [one for one in usable(estate, types) if {one.source, one.target} <= set(expected)]
    assert edges_of(graph) == Counter((one.source, one.target, one.type) for one in within)
    assert len({one["id"] for one in graph["edges"]}) == len(graph["edges"]) == evidence.count
    assert graph["root"] == graph["nodes"][0]
    assert graph["node_counts"] == {"server": len(expected)}
    assert graph["edge_counts"] == Counter(one.type for one in within)
    assert (graph["truncated"], graph["cuts"]) == (False, [])
    assert (graph["view"], graph["direction"], graph["types"]) == (view, direction, types)


@modest
@given(estates(), st.integers(1, 6), st.integers(1, 6))
def test_a_cut_is_named_with_what_was_left_out(
    tool_stores: Stores, estate: Estate, max_nodes: int, max_edges: int
) -> None:
    estate.deleted.discard("n0")
    world = settle(tool_stores, estate)
    reached = depths(world, "n0", walk=("both", []), depth=2)
    limits = {"max_nodes": max_nodes, "max_edges": max_edges}
    asked = {"root": "n0", "view": "neighbours", "depth": 2}
    graph, evidence = world.cited("graph.expand", {**asked, **limits})
    whole = world.call("graph.expand", asked)
    cuts = {one["limit"]: one for one in graph["cuts"]}
    codes = [one["code"] for one in graph["nodes"]]
    assert len(codes) == len(set(codes)) <= max_nodes
    assert codes[: len(codes)] == [one["code"] for one in whole["nodes"]][: len(codes)]
    assert ("max_nodes" in cuts) == (len(reached) > len(codes))
    if "max_nodes" in cuts:
        at = cuts["max_nodes"]["depth"]
        ring = [code for code, depth in reached.items() if depth == at]
        kept = [code for code in codes if reached[code] == at]
        assert cuts["max_nodes"]["left_out"] == len(ring) - len(kept) > 0
    among = [one for one in usable(estate, []) if {one.source, one.target} <= set(codes)]
    assert len(graph["edges"]) == min(len(among), max_edges)
    assert ("max_edges" in cuts) == (len(among) > max_edges)
    if "max_edges" in cuts:
        assert cuts["max_edges"]["left_out"] == len(among) - max_edges
    assert graph["truncated"] == evidence.truncated == bool(cuts)


@modest
@given(estates(), st.sampled_from(["out", "in", "both"]), st.integers(0, 5), st.data())
def test_a_path_is_as_short_as_any_and_made_of_real_relations(
    tool_stores: Stores, estate: Estate, direction: str, max_hops: int, data: st.DataObject
) -> None:
    world = settle(tool_stores, estate)
    source, target = data.draw(st.sampled_from(CODES)), data.draw(st.sampled_from(CODES))
    types = data.draw(st.just([]) | st.lists(st.sampled_from(TYPES), unique=True, min_size=1))
    asked = {"source": source, "target": target, "types": types, "direction": direction}
    path, evidence = world.cited("graph.path", asked, max_hops=max_hops)
    away = {}
    if source not in estate.deleted:
        away = depths(world, source, walk=(direction, types), depth=max_hops)
    if target not in away or target in estate.deleted:
        assert path is None
        return
    codes = [one["code"] for one in path["nodes"]]
    assert path["length"] == away[target] == len(path["edges"]) == evidence.count
    assert (codes[0], codes[-1], len(codes)) == (source, target, path["length"] + 1)
    known = {(one.source, one.target, one.type) for one in usable(estate, types)}
    for one, two, edge in zip(codes, codes[1:], path["edges"], strict=False):
        ends = (edge["source"]["code"], edge["target"]["code"])
        assert (*ends, edge["type"]) in known
        ways = {"out": [(one, two)], "in": [(two, one)], "both": [(one, two), (two, one)]}
        assert ends in ways[direction]
    assert world.call("graph.path", asked, max_hops=max_hops) == path


def test_the_root_may_be_an_id_and_what_is_not_there_is_null(tool_stores: Stores) -> None:
    relation = RelationRecord(source="a", target="b", type="uses")
    items = [ItemRecord(code=code, name=code, type="x") for code in "ab"]
    world = settle(tool_stores, Estate(items=items, relations=[relation]))
    by_id = world.call("graph.expand", root=world.ids["b"], view="impact")
    assert by_id == world.call("graph.expand", root="b", view="impact")
    assert [one["code"] for one in by_id["nodes"]] == ["b", "a"]
    assert world.call("graph.expand", root="nobody") is None
    value, evidence = world.cited("graph.path", source="a", target="nobody")
    assert value is None
    assert "not in the estate: nobody" in str(evidence.query)
    assert world.call("graph.path", source=world.ids["a"], target="a")["length"] == 0


def test_another_tenants_relations_are_not_walked(tool_stores: Stores) -> None:
    relation = RelationRecord(source="a", target="b", type="uses")
    items = [ItemRecord(code=code, name=code, type="x") for code in "ab"]
    world = settle(tool_stores, Estate(items=items, relations=[relation]))
    other = settle(tool_stores, Estate(items=items))
    assert len(other.call("graph.expand", root="a")["nodes"]) == 1
    assert other.call("graph.path", source="a", target="b") is None
    assert other.call("graph.expand", root=world.ids["a"]) is None


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("graph.expand", {"root": "a", "view": "everything"}),
        ("graph.expand", {"root": "a", "max_nodes": 5_001}),
        ("graph.expand", {"root": "a", "max_edges": 0}),
        ("graph.expand", {"root": "a", "depth": -1}),
        ("graph.path", {"source": "a", "target": "b", "max_hops": 13}),
        ("graph.path", {"source": "a", "target": "b", "direction": "up"}),
        ("graph.path", {"source": "a"}),
    ],
)
def test_values_over_a_limit_are_refused(
    tool_stores: Stores, tool: str, arguments: dict[str, Any]
) -> None:
    world = settle(tool_stores, Estate())
    with pytest.raises(UsageError) as caught:
        world.call(tool, arguments)
    assert caught.value.code == "tool.bad_arguments"
