"""What a NetBox dump becomes: small dumps by hand, and the sample of NetBox's makers."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from gathering import gather

from headwater.errors import UsageError
from headwater.model.item import ItemRecord
from headwater.model.relation import RelationRecord
from headwater.sources.detect import open_supply
from headwater.sources.netbox.kinds import KINDS
from headwater.sources.netbox.supply import netbox_supply

ROOT = Path(__file__).parents[3]
SAMPLE = ROOT.parent / "shared/data/netbox/netbox-demo-v3.6.json"
Object = dict[str, Any]


def obj(model: str, pk: int, **fields: Any) -> Object:
    return {"model": model, "pk": pk, "fields": fields}


def translated(tmp_path: Path, *objects: Any) -> tuple[dict[str, ItemRecord], list[RelationRecord]]:
    path = tmp_path / "dump.json"
    path.write_text(json.dumps(objects))
    supply = netbox_supply(path)
    items, _ = gather(supply.items, skip_bad=True)
    relations, _ = gather(supply.relations)
    return {one.code: one for one in items}, relations


def ends(relations: list[RelationRecord]) -> set[tuple[str, str, str]]:
    return {(one.source, one.type, one.target) for one in relations}


SITE = obj("dcim.site", 1, name="North", slug="north")
RACK = obj("dcim.rack", 1, name="R1", site=1)
SWITCH_ROLE = obj("dcim.devicerole", 1, name="Access Switch", slug="access-switch")
ROUTER_ROLE = obj("dcim.devicerole", 2, name="Router", slug="router")


def device(pk: int, name: str | None, **fields: Any) -> Object:
    return obj("dcim.device", pk, name=name, site=1, rack=1, status="active", **fields)


def test_a_device_says_where_it_stands_and_what_it_is(tmp_path: Path) -> None:
    items, relations = translated(
        tmp_path,
        SITE,
        RACK,
        SWITCH_ROLE,
        obj("tenancy.tenant", 1, name="Shop", slug="shop"),
        obj("extras.tag", 1, name="Core", slug="core"),
        obj("extras.taggeditem", 1, content_type=["dcim", "device"], object_id=1, tag=1),
        device(1, "sw1", role=1, tenant=1, serial="X1"),
    )
    found = items["sw1"]
    assert (found.type, found.subtype, found.category) == ("device", "access switch", "switch")
    assert (found.location, found.owner, found.status) == ("North", "Shop", "active")
    assert found.tags.items() >= {"site": "North", "rack": "R1", "core": "Core"}.items()
    assert found.attributes["serial"] == "X1"
    assert ends(relations) == {
        ("sw1", "located_in", "rack:north/R1"),
        ("rack:north/R1", "located_in", "site:north"),
        ("sw1", "owned_by", "tenant:shop"),
        ("sw1", "tagged_with", "tag:core"),
    }


@pytest.mark.parametrize("shape", ["terminations", "on the cable", "on the ports"])
def test_a_cable_joins_its_devices_through_their_interfaces(tmp_path: Path, shape: str) -> None:
    ports = [
        obj("dcim.interface", 1, device=1, name="eth0", cable=9, cable_end="A"),
        obj("dcim.interface", 2, device=2, name="eth7", cable=9, cable_end="B"),
    ]
    cable = obj("dcim.cable", 9, type="cat6", label="")
    kind = ["dcim", "interface"]
    extra: list[Object] = []
    if shape == "terminations":
        extra = [
            obj("dcim.cabletermination", number, cable=9, cable_end=end,
                termination_type=kind, termination_id=number)
            for number, end in ((1, "A"), (2, "B"))
        ]  # fmt: skip
    if shape == "on the cable":
        cable["fields"] |= {"termination_a_type": kind, "termination_a_id": 1}
        cable["fields"] |= {"termination_b_type": kind, "termination_b_id": 2}
    _, relations = translated(
        tmp_path, SITE, RACK, SWITCH_ROLE, ROUTER_ROLE, device(1, "rtr", role=2),
        device(2, "sw", role=1), *ports, cable, *extra,
    )  # fmt: skip
    assert {
        ("sw", "connected_to", "rtr"),
        ("sw:eth7", "connected_to", "rtr:eth0"),
        ("rtr", "composed_of", "rtr:eth0"),
        ("cable:9", "terminates_on", "rtr:eth0"),
        ("cable:9", "terminates_on", "sw:eth7"),
    } <= ends(relations)
    assert len([one for one in relations if one.type == "connected_to"]) == 2


def test_power_flows_from_feed_to_device_by_what_depends_on_what(tmp_path: Path) -> None:
    def joint(number: int, cable: int, end: str, kind: str, pk: int) -> Object:
        return obj("dcim.cabletermination", number, cable=cable, cable_end=end,
                   termination_type=["dcim", kind], termination_id=pk)  # fmt: skip

    _, relations = translated(
        tmp_path, SITE, RACK, device(1, "server"), device(2, "pdu"),
        obj("dcim.powerpanel", 1, name="P", site=1),
        obj("dcim.powerfeed", 1, name="F", power_panel=1, rack=1),
        obj("dcim.powerport", 1, device=1, name="PSU"),
        obj("dcim.powerport", 2, device=2, name="In"),
        obj("dcim.poweroutlet", 1, device=2, name="Out", power_port=2),
        obj("dcim.cable", 1), obj("dcim.cable", 2),
        joint(1, 1, "A", "poweroutlet", 1), joint(2, 1, "B", "powerport", 1),
        joint(3, 2, "A", "powerport", 2), joint(4, 2, "B", "powerfeed", 1),
    )  # fmt: skip
    assert {
        ("server", "depends_on", "pdu"),
        ("pdu", "depends_on", "power_feed:P/F"),
        ("power_feed:P/F", "depends_on", "power_panel:north/P"),
    } <= ends(relations)


def test_a_machine_runs_on_its_device_and_cluster_and_the_cluster_on_its_devices(
    tmp_path: Path,
) -> None:
    _, relations = translated(
        tmp_path, SITE, RACK, obj("virtualization.cluster", 1, name="C"),
        device(1, "metal", cluster=1),
        obj("virtualization.virtualmachine", 1, name="vm1", cluster=1, device=1),
        obj("virtualization.vminterface", 1, name="eth0", virtual_machine=1),
        obj("ipam.prefix", 1, prefix="10.0.0.0/8"), obj("ipam.prefix", 2, prefix="10.1.0.0/16"),
        obj("ipam.ipaddress", 1, address="10.1.2.3/24", assigned_object_id=1,
            assigned_object_type=["virtualization", "vminterface"]),
    )  # fmt: skip
    assert {
        ("vm1", "runs_on", "metal"),
        ("vm1", "runs_on", "cluster:C"),
        ("cluster:C", "runs_on", "metal"),
        ("vm1", "composed_of", "vm1:eth0"),
        ("vm1:eth0", "uses", "ip_address:10.1.2.3/24"),
        ("ip_address:10.1.2.3/24", "part_of", "prefix:10.1.0.0/16"),
        ("prefix:10.1.0.0/16", "part_of", "prefix:10.0.0.0/8"),
    } <= ends(relations)


def test_codes_are_unique_and_do_not_depend_on_the_order_of_the_dump(tmp_path: Path) -> None:
    objects = [
        SITE, RACK, obj("dcim.site", 2, name="South", slug="south"),
        obj("dcim.rack", 2, name="R1", site=2),
        device(1, "twin"), obj("dcim.device", 2, name="twin", site=2), device(3, "twin"),
        device(4, None), device(5, ""), obj("dcim.interface", 1, device=1, name="eth0"),
        obj("dcim.interface", 2, device=1, name="eth0"),
    ]  # fmt: skip
    items, _ = translated(tmp_path, *objects)
    assert len(items) == len(objects)
    assert {"twin@south", "twin@north#device-1", "twin@north#device-3", "device-4"} <= set(items)
    random.Random(1).shuffle(objects)
    assert set(translated(tmp_path, *objects)[0]) == set(items)


def test_what_refers_to_nothing_or_is_unknown_is_left_out(tmp_path: Path) -> None:
    items, relations = translated(
        tmp_path, SITE, obj("plugin.thing", 1, name="?"), obj("dcim.rack", 1, name="R", site=77),
        obj("dcim.device", 1, name="d", site=[[1]], rack={"a": 1}, role="x", tenant=5.5),
        obj("dcim.cabletermination", 1, cable=[1], cable_end="A", termination_type=7,
            termination_id=None),
    )  # fmt: skip
    assert set(items) == {"site:north", "rack:R", "d"}
    assert relations == []


def test_broken_entries_are_named_by_their_place_in_the_list(tmp_path: Path) -> None:
    path = tmp_path / "dump.json"
    path.write_text(json.dumps([SITE, {"model": "dcim.site"}, 5, SITE]))
    _, rows = gather(netbox_supply(path).items, skip_bad=True)
    assert [bad.line for bad in rows.bad_lines] == [2, 3, 4]
    with pytest.raises(UsageError, match=r"dump\.json, line 2"):
        gather(netbox_supply(path).items)


def test_text_that_no_database_keeps_is_mended(tmp_path: Path) -> None:
    items, _ = translated(tmp_path, SITE, device(1, "a\x00b", comments="\ud800", serial="\x00"))
    assert "a\ufffdb" in items
    assert "\x00" not in json.dumps(items["a\ufffdb"].attributes, ensure_ascii=False)


def test_the_page_about_netbox_names_every_model() -> None:
    page = (ROOT / "docs/reference/netbox.md").read_text()
    assert [model for model in KINDS if f"`{model}`" not in page] == []


@pytest.fixture(scope="module")
def sample() -> tuple[list[ItemRecord], list[RelationRecord]]:
    if not SAMPLE.exists():
        pytest.skip(f"NetBox's sample dump is not at {SAMPLE}")
    supply = open_supply(SAMPLE)
    return gather(supply.items)[0], gather(supply.relations)[0]


def test_the_sample_of_netbox_has_its_objects(
    sample: tuple[list[ItemRecord], list[RelationRecord]],
) -> None:
    items, _ = sample
    types = Counter(one.type for one in items)
    entries = Counter(one["model"] for one in json.loads(SAMPLE.read_text()))
    assert {kind.type: types[kind.type] for kind in KINDS.values()} == {
        kind.type: sum(entries[name] for name, other in KINDS.items() if other.type == kind.type)
        for kind in KINDS.values()
    }
    assert len({one.code for one in items}) == len(items)
    closets = [one for one in items if one.type == "rack" and one.name == "Comms closet"]
    assert len({one.location for one in closets}) == 13
    per_site = Counter(one.location for one in items if one.type == "device")
    assert per_site["MDF"] == 14
    assert sum(per_site.values()) == 72


def test_the_sample_of_netbox_is_joined_up(
    sample: tuple[list[ItemRecord], list[RelationRecord]],
) -> None:
    items, relations = sample
    codes = {one.code: one.type for one in items}
    kinds = Counter((codes[one.source], one.type, codes[one.target]) for one in relations)
    cables = sum(one.type == "cable" for one in items)
    assert (
        sum(n for (a, kind, _), n in kinds.items() if (a, kind) == ("cable", "terminates_on"))
        == 2 * cables
    )
    by_cable = Counter(str(one.attributes.get("key")) for one in relations)
    assert {by_cable[code] for code in codes if code.startswith("cable:")} == {2}
    assert kinds["virtual_machine", "runs_on", "cluster"] == 180
    assert kinds["device", "located_in", "rack"] == 72
    assert kinds["device", "depends_on", "device"] == 26
