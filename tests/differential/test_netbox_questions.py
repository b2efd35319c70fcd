"""Questions about a real NetBox dump give what a plain recount of the dump gives."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from headwater import Headwater
from headwater.entries.cli.main import respond

DUMP = Path(__file__).parents[3] / "shared/data/netbox/netbox-demo-v3.6.json"
pytestmark = pytest.mark.skipif(not DUMP.exists(), reason="needs ../shared/data/netbox")
Row = Mapping[str, Any]


class Dump:
    """The dump as it stands, by model and key, read without any code of ours."""

    def __init__(self) -> None:
        self.models: defaultdict[str, dict[int, Row]] = defaultdict(dict)
        for one in json.loads(DUMP.read_text("utf-8")):
            self.models[one["model"]][one["pk"]] = one["fields"]

    def all(self, model: str) -> list[Row]:
        return list(self.models[model].values())

    def name(self, model: str, key: int | None) -> str:
        return "(none)" if key is None else str(self.models[model][key]["name"])

    def device(self, key: int) -> str:
        row = self.models["dcim.device"][key]
        if row["name"]:
            return str(row["name"])
        kind = self.models["dcim.devicetype"][row["device_type"]]
        return f"{self.name('dcim.manufacturer', kind['manufacturer'])} {kind['model']} ({key})"

    def count(self, model: str, field: str, of: str) -> Counter[str]:
        return Counter(self.name(of, row[field]) for row in self.all(model))

    def devices_per_manufacturer(self) -> Counter[str]:
        kinds = self.models["dcim.devicetype"]
        return Counter(
            self.name("dcim.manufacturer", kinds[row["device_type"]]["manufacturer"])
            for row in self.all("dcim.device")
        )

    def devices_per_region(self) -> Counter[str]:
        sites = self.models["dcim.site"]
        return Counter(
            self.name("dcim.region", sites[row["site"]]["region"])
            for row in self.all("dcim.device")
        )

    def devices_per_rack(self) -> Counter[str]:
        racks, found = self.models["dcim.rack"], Counter[str]()
        used = {row["rack"] for row in self.all("dcim.device")} - {None}
        often = Counter(racks[key]["name"] for key in used)
        for row in self.all("dcim.device"):
            rack = racks[row["rack"]] if row["rack"] else None
            name = str(rack["name"]) if rack else "(none)"
            if rack and often[name] > 1:
                name += f" at {self.name('dcim.site', rack['site'])}"
            found[name] += 1
        return found

    def is_switch(self, row: Row) -> bool:
        return "switch" in self.models["dcim.devicerole"][row["role"]]["slug"]


@pytest.fixture(scope="module")
def dump() -> Dump:
    return Dump()


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    url = f"sqlite:///{tmp_path_factory.mktemp('netbox') / 'estate.db'}"
    with Headwater.open(url) as hw:
        hw.load(DUMP)
    return url


@pytest.fixture
def ask(database: str, capsys: pytest.CaptureFixture[str]) -> Any:
    def asked(question: str) -> dict[str, Any]:
        respond(["ask", question, "--json", "--database", database, "--budget", "30s"])
        answer: dict[str, Any] = json.loads(capsys.readouterr().out)
        return answer

    return asked


def counts(answer: dict[str, Any]) -> dict[str, int]:
    """Return an answer's groups; each is named once."""
    table = answer["blocks"][0]
    assert (answer["status"], table["kind"], table["truncated"]) == ("complete", "table", False)
    assert all(type(number) is int for _, number in table["rows"])
    groups = dict(table["rows"])
    assert len(groups) == len(table["rows"])
    return groups


def test_devices_per_site_are_those_of_each_devices_site(ask: Any, dump: Dump) -> None:
    expected = dump.count("dcim.device", "site", "dcim.site")
    answer = ask("how many devices per site?")

    assert counts(answer) == expected
    assert len(expected) == 17
    assert answer["summary"].startswith("72 devices over 17 sites")


@pytest.mark.parametrize(
    ("question", "model", "field", "of"),
    [
        ("how many racks per site?", "dcim.rack", "site", "dcim.site"),
        ("how many devices per role?", "dcim.device", "role", "dcim.devicerole"),
        ("how many devices per tenant?", "dcim.device", "tenant", "tenancy.tenant"),
        ("how many devices per platform?", "dcim.device", "platform", "dcim.platform"),
        (
            "how many virtual machines per cluster?",
            "virtualization.virtualmachine", "cluster", "virtualization.cluster",
        ),
        ("count VMs by role", "virtualization.virtualmachine", "role", "dcim.devicerole"),
        ("how many circuits per provider?", "circuits.circuit", "provider", "circuits.provider"),
        ("how many sites per region?", "dcim.site", "region", "dcim.region"),
        ("how many prefixes per site?", "ipam.prefix", "site", "dcim.site"),
        ("how many vlans per site?", "ipam.vlan", "site", "dcim.site"),
    ],
)  # fmt: skip
def test_groups_are_those_of_the_foreign_key(
    ask: Any, dump: Dump, question: str, model: str, field: str, of: str
) -> None:
    assert counts(ask(question)) == dump.count(model, field, of)


def test_groups_that_the_device_has_by_way_of_its_type_or_site(ask: Any, dump: Dump) -> None:
    assert counts(ask("how many devices per manufacturer?")) == dump.devices_per_manufacturer()
    assert counts(ask("how many devices per region?")) == dump.devices_per_region()
    assert counts(ask("how many devices per status?")) == {"active": 72}


def test_racks_of_one_name_at_thirteen_sites_are_thirteen_racks(ask: Any, dump: Dump) -> None:
    assert counts(ask("how many devices per rack?")) == dump.devices_per_rack()


def test_interfaces_per_device_add_up_to_all_interfaces(ask: Any, dump: Dump) -> None:
    expected = Counter(dump.device(row["device"]) for row in dump.all("dcim.interface"))

    assert counts(ask("how many interfaces per device?")) == expected


@pytest.mark.parametrize(
    ("things", "model"),
    [
        ("devices", "dcim.device"), ("sites", "dcim.site"), ("racks", "dcim.rack"),
        ("virtual machines", "virtualization.virtualmachine"), ("cables", "dcim.cable"),
        ("VMs", "virtualization.virtualmachine"), ("circuits", "circuits.circuit"),
        ("ip addresses", "ipam.ipaddress"), ("prefixes", "ipam.prefix"),
        ("interfaces", "dcim.interface"), ("tenants", "tenancy.tenant"),
        ("power feeds", "dcim.powerfeed"), ("clusters", "virtualization.cluster"),
    ],
)  # fmt: skip
def test_how_many_there_are_is_how_many_the_dump_has(
    ask: Any, dump: Dump, things: str, model: str
) -> None:
    (number,) = ask(f"how many {things} are there?")["blocks"]

    assert (number["kind"], number["value"]) == ("number", len(dump.all(model)))


def test_all_circuits_are_listed(ask: Any, dump: Dump) -> None:
    (table,) = ask("list all circuits")["blocks"]

    place = table["columns"].index("name")
    expected = {row["cid"] for row in dump.all("circuits.circuit")}
    assert {row[place] for row in table["rows"]} == expected
    assert table["total"] == len(expected) == 29


def test_the_switches_in_a_rack_are_its_devices_with_a_switchs_role(ask: Any, dump: Dump) -> None:
    racks = dump.models["dcim.rack"]
    often = Counter(row["name"] for row in racks.values())
    switches = defaultdict(set)
    for key, row in dump.models["dcim.device"].items():
        if dump.is_switch(row):
            switches[row["rack"]].add(dump.device(key))
    seen = set()
    for key in sorted({row["rack"] for row in dump.all("dcim.device")} - {None})[::2]:
        name, site = racks[key]["name"], dump.name("dcim.site", racks[key]["site"])
        where = f'"{name}" at {site}' if often[name] > 1 else name
        answer = ask(f"show the switches in rack {where}")
        assert answer["status"] == "complete", answer["summary"]
        found = set()
        for table in answer["blocks"]:
            named = [dict(zip(table["columns"], row, strict=True)) for row in table["rows"]]
            found = {row.get("name", row["code"]) for row in named}
        assert found == switches[key], where
        seen |= found
    assert len(seen) > 8


def test_a_rack_name_that_thirteen_sites_have_is_not_guessed(ask: Any) -> None:
    answer = ask("show the switches in rack Comms closet")

    assert (answer["status"], answer["code"]) == ("partial", "question.ambiguous")
    assert answer["blocks"][0]["total"] == 13
    assert ask(answer["next"][0])["status"] == "complete"


@pytest.mark.parametrize("name", ["ncsu-coreswitch1", "dmi01-akron-rtr01", "vm1"])
def test_what_something_is_names_its_role_and_where_it_stands(
    ask: Any, dump: Dump, name: str
) -> None:
    answer = ask(f"what is {name}?")
    model = "virtualization.virtualmachine" if name == "vm1" else "dcim.device"
    rows = [row for row in dump.all(model) if row["name"] == name]

    assert answer["status"] == "complete"
    role = dump.name("dcim.devicerole", rows[0]["role"])
    assert role.lower() in answer["summary"].lower()
    if rows[0]["site"]:
        assert dump.name("dcim.site", rows[0]["site"]) in answer["summary"]


def joined(dump: Dump) -> dict[str, set[str]]:
    """Return which devices a cable joins."""
    ends: defaultdict[int, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for row in dump.all("dcim.cabletermination"):
        part = dump.models[".".join(row["termination_type"])][row["termination_id"]]
        if "device" in part:
            ends[row["cable"]][row["cable_end"]].add(dump.device(part["device"]))
    found: defaultdict[str, set[str]] = defaultdict(set)
    for sides in ends.values():
        for one in sides["A"]:
            for other in sides["B"]:
                found[one].add(other)
                found[other].add(one)
    return found


def test_what_breaks_with_a_router_or_a_pdu_is_cabled_to_it(ask: Any, dump: Dump) -> None:
    cabled = joined(dump)
    for name in ("dmi01-akron-rtr01", "dmi01-utica-rtr01", "dmi01-akron-pdu01"):
        (graph,) = ask(f"what breaks if {name} fails?")["blocks"]
        first = {one["code"] for one in graph["nodes"] if one["depth"] == 1}
        devices = {one["code"] for one in graph["nodes"] if one["type"] == "device"} & first
        assert devices, name
        assert devices <= cabled[name]


def test_a_way_between_devices_goes_over_cables(ask: Any, dump: Dump) -> None:
    cabled = joined(dump)
    for name, other in (
        ("dmi01-akron-sw01", "dmi01-akron-rtr01"),
        ("dmi01-utica-sw01", "dmi01-utica-pdu01"),
    ):
        (path,) = ask(f"how does {name} reach {other}?")["blocks"]
        assert other in cabled[name]
        assert [one["code"] for one in path["nodes"]] == [name, other]


def test_a_way_between_sites_does_not_go_over_an_owner(ask: Any) -> None:
    (path,) = ask("how does dmi01-akron-rtr01 reach dmi01-utica-rtr01?")["blocks"]

    types = {one["type"] for one in path["nodes"]}
    assert "circuit" in types
    assert "tenant" not in types
