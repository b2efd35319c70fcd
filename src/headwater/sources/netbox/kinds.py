"""Which NetBox models become items and which of their fields become relations: the table.

It maps nothing itself. `docs/reference/netbox.md` tells the same in words; a test compares them.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Link:
    """A field that refers to another model, and the relation it becomes.

    With `inward` the relation points from the other object to this one. `generic` names the
    field that holds the other's model.
    """

    field: str
    model: str
    relation: str
    inward: bool = False
    generic: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """How a model becomes an item.

    Args:
        type: The item's type; codes begin with it, those of devices and machines do not.
        named_by: The field that names it.
        within: The field of the object that it is a part of, whose code its own code begins with.
        part_of: The relation that the whole has to it.
        links: Further fields that become relations.
    """

    type: str
    named_by: str = "name"
    within: tuple[str, str] | None = None
    part_of: str = "composed_of"
    links: tuple[Link, ...] = ()


def _part(type_: str, *links: Link, device: str = "device", model: str = "dcim.device") -> Kind:
    return Kind(type=type_, within=(device, model), links=links)


_SITE = Link("site", "dcim.site", "located_in")
_VRF = Link("vrf", "ipam.vrf", "uses")
_MODULE = Link("module", "dcim.module", "composed_of", inward=True)
_TAGGED_VLANS = Link("tagged_vlans", "ipam.vlan", "uses")
_UNTAGGED_VLAN = Link("untagged_vlan", "ipam.vlan", "uses")
_VLANS = (_VRF, _TAGGED_VLANS, _UNTAGGED_VLAN)

KINDS: dict[str, Kind] = {
    # places
    "dcim.region": Kind(type="region", links=(Link("parent", "dcim.region", "located_in"),)),
    "dcim.sitegroup": Kind(
        type="site_group", links=(Link("parent", "dcim.sitegroup", "member_of"),)
    ),
    "dcim.site": Kind(
        type="site",
        links=(
            Link("region", "dcim.region", "located_in"),
            Link("group", "dcim.sitegroup", "member_of"),
            Link("asns", "ipam.asn", "uses"),
        ),
    ),
    "dcim.location": Kind(
        type="location", links=(Link("parent", "dcim.location", "located_in"), _SITE)
    ),
    "dcim.rack": Kind(type="rack", links=(Link("location", "dcim.location", "located_in"), _SITE)),
    # what stands there
    "dcim.device": Kind(
        type="device",
        links=(
            Link("rack", "dcim.rack", "located_in"),
            Link("location", "dcim.location", "located_in"),
            _SITE,
            Link("virtual_chassis", "dcim.virtualchassis", "composed_of", inward=True),
            Link("cluster", "virtualization.cluster", "composed_of", inward=True),
            Link("cluster", "virtualization.cluster", "runs_on", inward=True),
            Link("primary_ip4", "ipam.ipaddress", "uses"),
            Link("primary_ip6", "ipam.ipaddress", "uses"),
            Link("oob_ip", "ipam.ipaddress", "uses"),
        ),
    ),
    "dcim.virtualchassis": Kind(type="virtual_chassis"),
    "dcim.virtualdevicecontext": _part("virtual_device_context"),
    "dcim.devicebay": _part("device_bay", Link("installed_device", "dcim.device", "composed_of")),
    "dcim.modulebay": _part("module_bay", _MODULE),
    "dcim.module": Kind(
        type="module",
        named_by="module_bay",
        within=("device", "dcim.device"),
        links=(Link("module_bay", "dcim.modulebay", "composed_of", inward=True),),
    ),
    "dcim.inventoryitem": _part(
        "inventory_item", Link("parent", "dcim.inventoryitem", "composed_of", inward=True)
    ),
    "dcim.interface": _part(
        "interface",
        _MODULE,
        Link("parent", "dcim.interface", "depends_on"),
        Link("lag", "dcim.interface", "composed_of", inward=True),
        Link("bridge", "dcim.interface", "connected_to"),
        Link("vdcs", "dcim.virtualdevicecontext", "composed_of", inward=True),
        Link("wireless_lans", "wireless.wirelesslan", "uses"),
        *_VLANS,
    ),
    "dcim.frontport": _part(
        "front_port", _MODULE, Link("rear_port", "dcim.rearport", "connected_to")
    ),
    "dcim.rearport": _part("rear_port", _MODULE),
    "dcim.consoleport": _part("console_port", _MODULE),
    "dcim.consoleserverport": _part("console_server_port", _MODULE),
    # power
    "dcim.powerpanel": Kind(
        type="power_panel", links=(Link("location", "dcim.location", "located_in"), _SITE)
    ),
    "dcim.powerfeed": Kind(
        type="power_feed",
        links=(
            Link("power_panel", "dcim.powerpanel", "depends_on"),
            Link("rack", "dcim.rack", "located_in"),
        ),
    ),
    "dcim.powerport": _part("power_port", _MODULE),
    "dcim.poweroutlet": _part(
        "power_outlet", _MODULE, Link("power_port", "dcim.powerport", "depends_on")
    ),
    # virtual machines
    "virtualization.clustergroup": Kind(type="cluster_group"),
    "virtualization.cluster": Kind(
        type="cluster",
        links=(
            Link("group", "virtualization.clustergroup", "member_of"),
            _SITE,
            Link("scope_id", "", "located_in", generic="scope_type"),
        ),
    ),
    "virtualization.virtualmachine": Kind(
        type="virtual_machine",
        links=(
            Link("device", "dcim.device", "runs_on"),
            Link("cluster", "virtualization.cluster", "runs_on"),
            _SITE,
            Link("primary_ip4", "ipam.ipaddress", "uses"),
            Link("primary_ip6", "ipam.ipaddress", "uses"),
        ),
    ),
    "virtualization.vminterface": Kind(
        type="vm_interface",
        within=("virtual_machine", "virtualization.virtualmachine"),
        links=(
            Link("parent", "virtualization.vminterface", "depends_on"),
            Link("bridge", "virtualization.vminterface", "connected_to"),
            *_VLANS,
        ),
    ),
    "virtualization.virtualdisk": Kind(
        type="virtual_disk", within=("virtual_machine", "virtualization.virtualmachine")
    ),
    # circuits
    "circuits.provider": Kind(type="provider", links=(Link("asns", "ipam.asn", "uses"),)),
    "circuits.provideraccount": Kind(
        type="provider_account", links=(Link("provider", "circuits.provider", "member_of"),)
    ),
    "circuits.providernetwork": Kind(
        type="provider_network", links=(Link("provider", "circuits.provider", "depends_on"),)
    ),
    "circuits.circuit": Kind(
        type="circuit",
        named_by="cid",
        links=(
            Link("provider", "circuits.provider", "depends_on"),
            Link("provider_account", "circuits.provideraccount", "member_of"),
        ),
    ),
    "circuits.circuittermination": Kind(
        type="circuit_termination",
        named_by="term_side",
        within=("circuit", "circuits.circuit"),
        links=(
            _SITE,
            Link("provider_network", "circuits.providernetwork", "connected_to"),
            Link("termination_id", "", "located_in", generic="termination_type"),
        ),
    ),
    # addresses and networks
    "ipam.vrf": Kind(
        type="vrf",
        links=(
            Link("import_targets", "ipam.routetarget", "imports"),
            Link("export_targets", "ipam.routetarget", "exports"),
        ),
    ),
    "ipam.routetarget": Kind(type="route_target"),
    "ipam.rir": Kind(type="registry"),
    "ipam.aggregate": Kind(
        type="aggregate", named_by="prefix", links=(Link("rir", "ipam.rir", "member_of"),)
    ),
    "ipam.asn": Kind(type="asn", named_by="asn", links=(Link("rir", "ipam.rir", "member_of"),)),
    "ipam.prefix": Kind(
        type="prefix",
        named_by="prefix",
        links=(
            _VRF,
            _SITE,
            Link("scope_id", "", "located_in", generic="scope_type"),
            Link("vlan", "ipam.vlan", "uses"),
        ),
    ),
    "ipam.iprange": Kind(type="ip_range", named_by="start_address", links=(_VRF,)),
    "ipam.ipaddress": Kind(
        type="ip_address",
        named_by="address",
        links=(
            _VRF,
            Link("nat_inside", "ipam.ipaddress", "uses"),
            Link("assigned_object_id", "", "uses", inward=True, generic="assigned_object_type"),
        ),
    ),
    "ipam.vlangroup": Kind(
        type="vlan_group", links=(Link("scope_id", "", "located_in", generic="scope_type"),)
    ),
    "ipam.vlan": Kind(type="vlan", links=(_SITE, Link("group", "ipam.vlangroup", "member_of"))),
    "ipam.fhrpgroup": Kind(type="fhrp_group", named_by="group_id"),
    "ipam.service": Kind(
        type="service",
        links=(
            Link("device", "dcim.device", "runs_on"),
            Link("virtual_machine", "virtualization.virtualmachine", "runs_on"),
            Link("parent_object_id", "", "runs_on", generic="parent_object_type"),
            Link("ipaddresses", "ipam.ipaddress", "uses"),
        ),
    ),
    "ipam.l2vpn": Kind(type="l2vpn"),
    "vpn.l2vpn": Kind(type="l2vpn"),
    "vpn.tunnelgroup": Kind(type="tunnel_group"),
    "vpn.tunnel": Kind(type="tunnel", links=(Link("group", "vpn.tunnelgroup", "member_of"),)),
    "wireless.wirelesslangroup": Kind(type="wireless_lan_group"),
    "wireless.wirelesslan": Kind(
        type="wireless_lan",
        named_by="ssid",
        links=(
            Link("group", "wireless.wirelesslangroup", "member_of"),
            Link("vlan", "ipam.vlan", "uses"),
        ),
    ),
    # people and words
    "tenancy.tenantgroup": Kind(
        type="tenant_group", links=(Link("parent", "tenancy.tenantgroup", "member_of"),)
    ),
    "tenancy.tenant": Kind(
        type="tenant", links=(Link("group", "tenancy.tenantgroup", "member_of"),)
    ),
    "tenancy.contactgroup": Kind(
        type="contact_group", links=(Link("parent", "tenancy.contactgroup", "member_of"),)
    ),
    "tenancy.contact": Kind(
        type="contact",
        links=(
            Link("group", "tenancy.contactgroup", "member_of"),
            Link("groups", "tenancy.contactgroup", "member_of"),
        ),
    ),
    "extras.tag": Kind(type="tag"),
    "dcim.cable": Kind(type="cable", named_by="label"),
}
"""Every model that becomes items, by its name in the dump; others only describe these."""

EVERYWHERE = (Link("tenant", "tenancy.tenant", "owned_by"),)
"""Links that any kind may have."""
