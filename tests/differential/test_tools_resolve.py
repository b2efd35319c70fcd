"""What names stand for: candidates of every kind, and names that narrow each other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tool_estates import Estate, Stores, World, each_store, estates_of_items, modest, settle

from headwater.errors import UsageError
from headwater.model.item import ItemRecord
from headwater.model.metric import MetricRecord
from headwater.model.relation import RelationRecord
from headwater.model.rule import RuleRecord

tool_stores = each_store
DUMP = Path(__file__).parents[3] / "shared" / "data" / "netbox" / "netbox-demo-v3.6.json"


def a_company() -> Estate:
    def item(code: str, name: str, kind: str, **more: Any) -> ItemRecord:
        return ItemRecord(code=code, name=name, type=kind, **more)

    return Estate(
        items=[
            item("site-a", "DM-Akron", "site"),
            item("site-b", "DM-Albany", "site"),
            item("rack-1", "Comms closet", "rack", location="DM-Akron"),
            item("rack-2", "Comms closet", "rack", location="DM-Albany", owner="net ops"),
            item("rack-3", "Comms closet", "rack", tags={"tier": "gold"}),
            item("sw-1", "core", "switch", attributes={"vendor": {"name": "Cisco"}}),
            item("sw-2", "core", "switch"),
            item("proxy-1", "Edge proxy", "proxy"),
            item("web-1", "web-1", "server"),
            item("web-2", "web-2", "server"),
            item("WEB-2", "other", "server"),
        ],
        relations=[
            RelationRecord(source="rack-3", target="site-b", type="located_in"),
            RelationRecord(source="sw-2", target="rack-2", type="located_in"),
            RelationRecord(source="web-1", target="sw-1", type="connected_to"),
            RelationRecord(source="WEB-2", target="proxy-1", type="connected_to"),
        ],
        metrics=[MetricRecord(name="cpu_percent"), MetricRecord(name="http.latency")],
        rules=[RuleRecord(code="hot", name="Too hot", trigger={"type": "event"})],
    )


def resolved(world: World, *terms: str, **more: Any) -> list[dict[str, Any]]:
    found = world.call("estate.resolve", terms=list(terms), **more)
    assert [one["term"] for one in found["terms"]] == list(terms)
    terms_found: list[dict[str, Any]] = found["terms"]
    return terms_found


def names(term: dict[str, Any]) -> list[str]:
    return [one["code"] or one["name"] for one in term["candidates"]]


def test_equal_names_are_ambiguous_until_another_name_narrows_them(tool_stores: Stores) -> None:
    world = settle(tool_stores, a_company())
    (racks,) = resolved(world, "comms closet")
    assert racks["ambiguous"]
    assert set(names(racks)) == {"rack-1", "rack-2", "rack-3"}
    places = {"DM-Akron": "rack-1", "site-a": "rack-1", "gold": "rack-3", "net ops": "rack-2"}
    for place, expected in places.items():
        racks, other = resolved(world, "Comms closet", place)
        assert names(racks) == [expected], place
        assert not racks["ambiguous"]
        assert racks["narrowed_by"] == [place]
        assert other["narrowed_by"] == []
        assert names(resolved(world, place, "Comms closet")[1]) == [expected]


def test_relations_and_attributes_narrow_as_well_as_locations(tool_stores: Stores) -> None:
    world = settle(tool_stores, a_company())
    assert names(resolved(world, "core", "rack-2")[0]) == ["sw-2"]
    assert names(resolved(world, "core", "web-1")[0]) == ["sw-1"]
    assert names(resolved(world, "core", "Cisco")[0]) == ["sw-1"]


def test_many_items_of_one_name_are_narrowed_from_the_other_side(tool_stores: Stores) -> None:
    ports = [ItemRecord(code=f"port-{number}", name="eth0", type="port") for number in range(90)]
    items = [*ports, *(ItemRecord(code=code, name=code, type="server") for code in ("h1", "h2"))]
    joins = [
        RelationRecord(source=port.code, target="h1" if at == 70 else "h2", type="part_of")
        for at, port in enumerate(ports)
    ]
    world = settle(tool_stores, Estate(items=items, relations=joins))
    assert names(resolved(world, "eth0", "h1")[0]) == ["port-70"]
    assert resolved(world, "eth0", "h2")[0]["total"] == 89


def test_words_of_its_own_code_tell_an_item_apart(tool_stores: Stores) -> None:
    items = [ItemRecord(code=f"web-{city}-01", name="web", type="vm") for city in ("bonn", "oslo")]
    world = settle(tool_stores, Estate(items=items))
    assert names(resolved(world, "web", "Oslo")[0]) == ["web-oslo-01"]


def test_a_name_that_leaves_none_leaves_all(tool_stores: Stores) -> None:
    world = settle(tool_stores, a_company())
    racks, _ = resolved(world, "Comms closet", "proxy-1")
    assert racks["ambiguous"]
    assert (len(racks["candidates"]), racks["narrowed_by"]) == (3, [])


def test_an_exact_code_is_never_lost_to_a_neighbour_of_another_term(tool_stores: Stores) -> None:
    world = settle(tool_stores, a_company())
    first, second = resolved(world, "web-2", "proxy-1")
    assert names(first)[:2] == ["web-2", "WEB-2"]
    assert not first["ambiguous"]
    assert names(second)[0] == "proxy-1"


def test_every_kind_of_name_is_found(tool_stores: Stores) -> None:
    world = settle(tool_stores, a_company())
    for term, kind, name in (
        ("web-1", "item", "web-1"),
        ("cpu percent", "metric", "cpu_percent"),
        ("latency", "metric", "http.latency"),
        ("too hot", "rule", "Too hot"),
        ("switch", "type", "switch"),
        ("switches", "type", "switch"),
        ("proxies", "type", "proxy"),
        ("net ops", "owner", "net ops"),
        ("gold", "tag", "gold"),
    ):
        (found,) = resolved(world, term)
        assert (found["candidates"][0]["kind"], found["candidates"][0]["name"]) == (kind, name)
        assert found["candidates"][0]["term"] == term
    (gold,) = resolved(world, "gold")
    assert (gold["candidates"][0]["key"], gold["candidates"][0]["count"]) == ("tags.tier", 1)


def test_only_the_kinds_asked_for_are_given(tool_stores: Stores) -> None:
    world = settle(tool_stores, a_company())
    (found,) = resolved(world, "DM-Akron", kinds=["location"])
    assert found["candidates"][0]["key"] == "location"
    assert {one["kind"] for one in found["candidates"]} == {"location"}
    assert resolved(world, "DM-Akron", kinds=["metric"])[0]["candidates"] == []


def test_more_candidates_than_the_limit_are_counted(tool_stores: Stores) -> None:
    world = settle(tool_stores, a_company())
    value, evidence = world.cited("estate.resolve", terms=["Comms closet"], limit=2)
    (term,) = value["terms"]
    assert (len(term["candidates"]), term["total"], term["ambiguous"]) == (2, 3, True)
    assert evidence.truncated


def test_an_empty_estate_says_so_and_one_without_the_name_does_not(tool_stores: Stores) -> None:
    empty = settle(tool_stores, Estate())
    value = empty.call("estate.resolve", terms=["web"])
    assert value["estate_empty"]
    assert value["terms"][0] == {
        "term": "web", "candidates": [], "ambiguous": False, "total": 0, "narrowed_by": []
    }  # fmt: skip
    full = settle(tool_stores, a_company())
    assert not full.call("estate.resolve", terms=["zzzzqqqq"])["estate_empty"]


@modest
@given(estates_of_items(), st.data())
def test_an_exact_code_comes_first_and_deleted_items_never(
    tool_stores: Stores, estate: Estate, data: st.DataObject
) -> None:
    world = settle(tool_stores, estate)
    codes = [item.code for item in estate.items]
    terms = data.draw(st.lists(st.sampled_from([*codes, "c7"]), min_size=1, max_size=3))
    for term in resolved(world, *terms):
        there = [one["code"] for one in term["candidates"] if one["kind"] == "item"]
        assert estate.deleted.isdisjoint(there)
        if term["term"] in {item.code for item in estate.living}:
            assert term["candidates"][0]["code"] == term["term"]
            assert term["candidates"][0]["score"] == 1.0
            assert not term["ambiguous"]
        scores = [one["score"] for one in term["candidates"]]
        assert scores == sorted(scores, reverse=True)
    assert resolved(world, *terms) == resolved(world, *terms)


def test_another_tenants_names_mean_nothing(tool_stores: Stores) -> None:
    settle(tool_stores, a_company())
    other = settle(tool_stores, Estate(items=[ItemRecord(code="x", name="x", type="x")]))
    found = resolved(other, "Comms closet", "cpu_percent", "hot")
    assert [one["candidates"] for one in found] == [[], [], []]


@pytest.mark.parametrize(
    "arguments",
    [{}, {"terms": []}, {"terms": ["x"] * 21}, {"terms": ["\ud800"]}, {"terms": "x"},
     {"terms": ["x"], "kinds": ["planet"]}],
)  # fmt: skip
def test_terms_that_cannot_be_asked_are_refused(
    tool_stores: Stores, arguments: dict[str, Any]
) -> None:
    world = settle(tool_stores, Estate())
    with pytest.raises(UsageError) as caught:
        world.call("estate.resolve", arguments)
    assert caught.value.code == "tool.bad_arguments"


def test_thirteen_real_racks_of_one_name_are_told_apart_by_their_site(tool_stores: Stores) -> None:
    if not DUMP.exists():
        pytest.skip(f"the real inventory is not at {DUMP}")
    rows = json.loads(DUMP.read_text(encoding="utf-8"))
    sites = {row["pk"]: row["fields"]["name"] for row in rows if row["model"] == "dcim.site"}
    racks = [row for row in rows if row["model"] == "dcim.rack"]
    items = [ItemRecord(code=f"site-{pk}", name=name, type="site") for pk, name in sites.items()]
    items += [
        ItemRecord(code=f"rack-{one['pk']}", name=one["fields"]["name"], type="rack")
        for one in racks
    ]
    joins = [
        RelationRecord(
            source=f"rack-{one['pk']}", target=f"site-{one['fields']['site']}", type="located_in"
        )
        for one in racks
    ]
    world = settle(tool_stores, Estate(items=items, relations=joins))
    assert resolved(world, "Comms closet")[0]["total"] == 13
    closets = [one for one in racks if one["fields"]["name"] == "Comms closet"]
    for one in closets:
        rack, site = resolved(world, "Comms closet", sites[one["fields"]["site"]])
        assert names(rack) == [f"rack-{one['pk']}"]
        assert not rack["ambiguous"]
        assert names(site)[0] == f"site-{one['fields']['site']}"
