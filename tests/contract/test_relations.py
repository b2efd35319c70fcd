"""Relations behave alike behind every adapter, and as a slow walk by hand says."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.estates import (
    FEW,
    MINE,
    OTHERS,
    Ports,
    an_item,
    assert_same,
    id_of,
    load_items,
    new_tenant,
    rows,
)
from headwater.errors import UsageError
from headwater.model.load import LoadCount
from headwater.model.relation import ExpandQuery, GraphCut, PathQuery, RelationRecord

CODES = "abcdefg"
TYPES = ("uses", "runs_on")


def joins(*texts: str) -> list[RelationRecord]:
    """Read relations such as `a>b` (uses), `a>b runs_on` and `a>b uses key1`."""
    made = []
    for text in texts:
        ends, *rest = text.split()
        source, target = ends.split(">")
        key = {"key": rest[1]} if len(rest) > 1 else {}
        kind = rest[0] if rest else "uses"
        made.append(RelationRecord(source=source, target=target, type=kind, attributes=key))
    return made


async def load(ports: Ports, *texts: str, replace: bool = False, **of: Any) -> LoadCount:
    principal = of.pop("principal", MINE)
    return await ports.relations.load(
        rows(joins(*texts), **of), replace=replace, principal=principal
    )


async def graph(ports: Ports, root: str, **query: Any) -> Any:
    asked = ExpandQuery(**({"root": await id_of(ports, root), "direction": "out"} | query))
    return await ports.relations.expand(asked, principal=MINE)


async def path(ports: Ports, source: str, target: str, **query: Any) -> Any:
    ends = {"source": await id_of(ports, source), "target": await id_of(ports, target)}
    return await ports.relations.path(PathQuery(**(ends | query)), principal=MINE)


def shown(found: Any) -> tuple[dict[str, int], list[str]]:
    """Show a graph as depths by code, and edges by their codes."""
    depths = {node.code: node.depth for node in found.nodes}
    return depths, [f"{edge.source.code}>{edge.target.code}" for edge in found.edges]


async def test_a_walk_gives_nodes_by_depth_and_each_relation_among_them_once(
    estate: Ports,
) -> None:
    await load_items(estate, *"abcd")
    await load(estate, "a>b", "b>c", "c>a", "b>b", "a>b runs_on", "c>d")
    found = await graph(estate, "a", depth=2)
    assert shown(found) == (
        {"a": 0, "b": 1, "c": 2},
        ["a>b", "b>c", "c>a", "b>b", "a>b"],
    )
    assert found.root.code == "a"
    assert (found.node_counts, found.edge_counts) == ({"host": 3}, {"runs_on": 1, "uses": 4})
    assert (found.depth, found.truncated, found.cuts) == (2, False, [])


@pytest.mark.parametrize(
    ("direction", "types", "reached"),
    [
        ("out", (), {"b": 0, "c": 1}),
        ("in", (), {"b": 0, "a": 1, "d": 1}),
        ("both", (), {"b": 0, "a": 1, "c": 1, "d": 1}),
        ("in", ("runs_on",), {"b": 0, "d": 1}),
        ("both", ("uses", "unheard_of"), {"b": 0, "a": 1, "c": 1}),
    ],
)
async def test_a_walk_heeds_direction_and_types(
    estate: Ports, direction: str, types: tuple[str, ...], reached: dict[str, int]
) -> None:
    await load_items(estate, *"abcd")
    await load(estate, "a>b", "b>c", "d>b runs_on")
    found = await graph(estate, "b", direction=direction, types=types)
    assert shown(found)[0] == reached


async def test_nodes_are_cut_by_id_and_the_cut_says_where_it_began(estate: Ports) -> None:
    await load_items(estate, *"abcdef")
    await load(estate, "a>f", "a>e", "a>d", "d>b", "e>c")
    found = await graph(estate, "a", depth=3, max_nodes=3)
    assert shown(found) == ({"a": 0, "d": 1, "e": 1}, ["a>e", "a>d"])
    assert found.truncated
    assert found.cuts == [GraphCut(limit="max_nodes", depth=1, left_out=1)]


async def test_a_limit_met_exactly_cuts_what_lies_one_deeper(estate: Ports) -> None:
    await load_items(estate, *"abcd")
    await load(estate, "a>b", "b>c", "b>d")
    found = await graph(estate, "a", depth=2, max_nodes=2)
    assert found.cuts == [GraphCut(limit="max_nodes", depth=2, left_out=2)]
    assert (await graph(estate, "a", depth=1, max_nodes=2)).cuts == []


async def test_edges_are_cut_by_id_and_counted_as_kept(estate: Ports) -> None:
    await load_items(estate, *"abc")
    await load(estate, "a>b", "a>c", "b>c", "c>c", "a>a")
    found = await graph(estate, "a", depth=2, max_edges=2)
    assert shown(found)[1] == ["a>b", "a>c"]
    assert found.cuts == [GraphCut(limit="max_edges", depth=0, left_out=3)]
    assert found.edge_counts == {"uses": 2}
    assert (await graph(estate, "a", depth=2, max_edges=0)).edges == []


async def test_deleted_items_are_not_walked_through_and_come_back_with_their_relations(
    estate: Ports,
) -> None:
    await load_items(estate, *"abc")
    await load(estate, "a>b", "b>c")
    gone = await id_of(estate, "b")
    await load_items(estate, *"ac", replace=True)
    assert shown(await graph(estate, "a", depth=3)) == ({"a": 0}, [])
    assert await path(estate, "a", "c") is None
    asked = ExpandQuery(root=gone, direction="out")
    assert await estate.relations.expand(asked, principal=MINE) is None
    for ends in ((gone, gone), (gone, gone + 1), (gone - 1, gone)):
        across = PathQuery(source=ends[0], target=ends[1])
        assert await estate.relations.path(across, principal=MINE) is None
    assert await estate.relations.batch(0, limit=9, principal=MINE) == []
    await load_items(estate, "b")
    assert await id_of(estate, "b") == gone
    assert (await path(estate, "a", "c")).length == 2


async def test_a_path_is_the_shortest_and_of_several_that_with_the_smallest_ids(
    estate: Ports,
) -> None:
    await load_items(estate, *"abcdef")
    await load(estate, "a>d", "a>c", "c>f", "d>f", "a>b", "b>e", "e>f", "c>f runs_on")
    found = await path(estate, "a", "f", direction="out")
    assert [node.code for node in found.nodes] == ["a", "c", "f"]
    assert [node.depth for node in found.nodes] == [0, 1, 2]
    assert [edge.type for edge in found.edges] == ["uses", "uses"]
    assert found.length == 2


async def test_a_path_to_itself_has_no_length_and_none_beyond_its_hops(estate: Ports) -> None:
    await load_items(estate, *"abcd")
    await load(estate, "a>b", "b>c", "a>a")
    assert (await path(estate, "a", "a", max_hops=0)).length == 0
    assert await path(estate, "a", "c", max_hops=1) is None
    assert (await path(estate, "a", "c", max_hops=2)).length == 2
    assert await path(estate, "a", "d") is None
    assert await path(estate, "c", "a", direction="out") is None
    backwards = await path(estate, "c", "a", direction="in")
    assert [edge.source.code for edge in backwards.edges] == ["b", "a"]
    assert await path(estate, "a", "c", types=("runs_on",)) is None


async def test_no_item_gives_no_graph_and_no_path(estate: Ports) -> None:
    await load_items(estate, "a")
    one = await id_of(estate, "a")
    for ref in (0, -1, 10**6, 2**70):
        asked = ExpandQuery(root=ref, direction="both")
        assert await estate.relations.expand(asked, principal=MINE) is None
        assert (
            await estate.relations.path(PathQuery(source=one, target=ref), principal=MINE) is None
        )


async def test_the_same_relations_twice_change_nothing(estate: Ports) -> None:
    await load_items(estate, *"ab")
    texts = ("a>b", "a>b uses second", "a>b runs_on", "b>a")
    assert await load(estate, *texts) == LoadCount(read=4, added=4)
    before = await estate.relations.batch(0, limit=9, principal=MINE)
    assert await load(estate, *texts) == LoadCount(read=4)
    assert await load(estate, *texts, replace=True) == LoadCount(read=4)
    assert await estate.relations.batch(0, limit=9, principal=MINE) == before


async def test_attributes_change_and_what_is_not_brought_again_is_removed(estate: Ports) -> None:
    await load_items(estate, *"ab")
    await load(estate, "a>b", "b>a")
    new = RelationRecord(source="a", target="b", type="uses", attributes={"speed": [1, None]})
    count = await estate.relations.load(rows([new]), replace=True, principal=MINE)
    assert count == LoadCount(read=1, changed=1, removed=1)
    [(edge, attributes)] = await estate.relations.batch(0, limit=9, principal=MINE)
    assert (edge.source.code, edge.target.code) == ("a", "b")
    assert attributes == {"speed": [1, None]}


async def test_a_replacing_load_removes_only_what_lies_within_its_scope(estate: Ports) -> None:
    await load_items(estate, *(an_item(code, source=source) for code, source in ("ax", "bx", "cy")))
    await load(estate, "a>b", "b>c", "c>c")
    assert await load(estate, replace=True, scope={"x"}) == LoadCount(removed=1)
    left = await estate.relations.batch(0, limit=9, principal=MINE)
    assert [edge.source.code for edge, _ in left] == ["b", "c"]


async def test_a_bad_line_refuses_all_of_them_and_names_itself(estate: Ports) -> None:
    await load_items(estate, *"ab")
    with pytest.raises(UsageError, match="line 2: target: no item has the code 'x'") as caught:
        await load(estate, "a>b", "a>x", "b>a")
    assert caught.value.code == "load.bad_line"
    assert await estate.relations.batch(0, limit=9, principal=MINE) == []
    skipping = rows(joins("a>b", "x>b", "b>a"), skip_bad=True)
    count = await estate.relations.load(skipping, replace=False, principal=MINE)
    assert count == LoadCount(read=3, added=2)
    assert [bad.line for bad in skipping.bad_lines] == [2]


@pytest.mark.parametrize(
    "record",
    [
        RelationRecord(source="a", target="b", type=""),
        RelationRecord(source="a", target="b", type="x\x00"),
        RelationRecord(source="a", target="b", type="\ud800"),
        RelationRecord(source="a", target="b", type="t", attributes={"x": float("nan")}),
        RelationRecord(source="a", target="b", type="t", attributes={"key": 1.5}),
        RelationRecord(source="a", target="b", type="t", attributes={"x": 2**64}),
        RelationRecord(source="\ud800", target="b", type="t"),
    ],
)
async def test_what_cannot_be_stored_is_a_bad_line(estate: Ports, record: RelationRecord) -> None:
    await load_items(estate, *"ab")
    with pytest.raises(UsageError, match="line 1"):
        await estate.relations.load(rows([record]), replace=False, principal=MINE)


async def test_pages_of_an_export_hold_everything_once(estate: Ports) -> None:
    await load_items(estate, *CODES)
    every = [f"{a}>{b}" for a, b in itertools.product(CODES, CODES)]
    await load(estate, *every)
    got, last = [], 0
    while page := await estate.relations.batch(last, limit=10, principal=MINE):
        got += [f"{edge.source.code}>{edge.target.code}" for edge, _ in page]
        last = page[-1][0].id
    assert got == every


async def test_two_tenants_with_the_same_codes_never_see_each_other(estate: Ports) -> None:
    for principal in (MINE, OTHERS):
        await load_items(estate, *"ab", principal=principal)
    await load(estate, "a>b", principal=OTHERS)
    assert shown(await graph(estate, "a")) == ({"a": 0}, [])
    assert await path(estate, "a", "b") is None
    assert await estate.relations.batch(0, limit=9, principal=MINE) == []
    theirs = await id_of(estate, "a", principal=OTHERS)
    mine = await id_of(estate, "a")
    asked = ExpandQuery(root=theirs, direction="both")
    assert await estate.relations.expand(asked, principal=MINE) is None
    across = PathQuery(source=mine, target=theirs)
    assert await estate.relations.path(across, principal=MINE) is None
    assert (await load(estate, replace=True)).removed == 0
    assert len(await estate.relations.batch(0, limit=9, principal=OTHERS)) == 1


RELATIONS = st.lists(
    st.tuples(st.sampled_from(CODES), st.sampled_from(CODES), st.sampled_from(TYPES)),
    max_size=18,
    unique=True,
)
WAYS = st.tuples(
    st.sampled_from(["out", "in", "both"]), st.sampled_from([(), ("uses",), ("uses", "runs_on")])
)


def walked(edges: set[tuple[str, str, str]], root: str, way: Any) -> dict[str, int]:
    """Walk by hand: the depth of each item, one relation at a time."""
    direction, types = way
    depths = {root: 0}
    changed = True
    while changed:
        changed = False
        for source, target, kind in edges:
            hops = {"out": [(source, target)], "in": [(target, source)]}
            hops["both"] = hops["out"] + hops["in"]
            for start, end in hops[direction] if not types or kind in types else []:
                if start in depths and depths[start] + 1 < depths.get(end, 99):
                    depths[end] = depths[start] + 1
                    changed = True
    return depths


@pytest.mark.parametrize("adapter", ["sqlite", "postgresql", "mariadb"], indirect=True)
@FEW
@given(edges=RELATIONS, way=WAYS, ends=st.tuples(*[st.sampled_from(CODES)] * 2),
       cut=st.tuples(st.integers(0, 4), st.integers(1, 8), st.integers(0, 12)),
       gone=st.sets(st.sampled_from(CODES[2:]), max_size=2))  # fmt: skip
async def test_random_graphs_are_walked_alike_and_as_by_hand(
    memory: Ports, estate: Ports, edges: Any, way: Any, ends: Any, cut: Any, gone: set[str]
) -> None:
    mine = new_tenant()
    gone = gone - set(ends)
    records = [RelationRecord(source=a, target=b, type=kind) for a, b, kind in edges]
    found = []
    for ports in (memory, estate):
        await load_items(ports, *CODES, principal=mine)
        await ports.relations.load(rows(records), replace=False, principal=mine)
        kept = [code for code in CODES if code not in gone]
        await load_items(ports, *kept, principal=mine, replace=True)
        source, target = [await id_of(ports, end, principal=mine) for end in ends]
        depth, nodes, edges_kept = cut
        query = ExpandQuery(root=source, direction=way[0], types=way[1], depth=depth,
                            max_nodes=nodes, max_edges=edges_kept)  # fmt: skip
        whole = ExpandQuery(root=source, direction=way[0], types=way[1], depth=9)
        across = PathQuery(
            source=source, target=target, direction=way[0], types=way[1], max_hops=12
        )
        found.append([
            await ports.relations.expand(query, principal=mine),
            await ports.relations.expand(whole, principal=mine),
            await ports.relations.path(across, principal=mine),
        ])  # fmt: skip
    assert_same(found[0], found[1])
    living = {edge for edge in edges if not gone & set(edge[:2])}
    depths = walked(living, ends[0], way)
    _, whole_graph, route = found[1]
    assert {node.code: node.depth for node in whole_graph.nodes} == depths
    among = {edge for edge in living if {edge[0], edge[1]} <= depths.keys()}
    among = {edge for edge in among if not way[1] or edge[2] in way[1]}
    assert {(e.source.code, e.target.code, e.type) for e in whole_graph.edges} == among
    assert len(whole_graph.edges) == len(among)
    assert (route.length if route else None) == depths.get(ends[1])
