"""What an item says of its NetBox object: columns, tags and attributes; it makes no relation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headwater.model.item import ItemRecord
from headwater.sources.netbox.dump import Dump, Fields, Ref
from headwater.sources.netbox.kinds import EVERYWHERE, KINDS
from headwater.sources.netbox.naming import clean, name_of
from headwater.sources.netbox.places import site_of

SOURCE = "netbox"
MAX_LIST = 100

_SUBTYPE: dict[str, tuple[tuple[str, str], ...]] = {
    "dcim.device": (("role", "dcim.devicerole"), ("device_role", "dcim.devicerole")),
    "virtualization.virtualmachine": (("role", "dcim.devicerole"),),
    "virtualization.cluster": (("type", "virtualization.clustertype"),),
    "circuits.circuit": (("type", "circuits.circuittype"),),
    "dcim.rack": (("role", "dcim.rackrole"), ("type", ""), ("form_factor", "")),
    "ipam.prefix": (("role", "ipam.role"),),
    "ipam.iprange": (("role", "ipam.role"),),
    "ipam.vlan": (("role", "ipam.role"),),
    "ipam.ipaddress": (("role", ""),),
    "dcim.inventoryitem": (("role", "dcim.inventoryitemrole"),),
}
"""Which field gives the subtype, and the model that it refers to, if it does."""

_TAGS = (
    ("location", "dcim.location", "location"),
    ("rack", "dcim.rack", "rack"),
    ("device", "dcim.device", "device"),
    ("virtual_machine", "virtualization.virtualmachine", "virtual_machine"),
    ("role", "dcim.devicerole", "role"),
    ("device_role", "dcim.devicerole", "role"),
    ("role", "dcim.rackrole", "role"),
    ("role", "ipam.role", "role"),
    ("platform", "dcim.platform", "platform"),
    ("tenant", "tenancy.tenant", "tenant"),
    ("cluster", "virtualization.cluster", "cluster"),
    ("virtual_chassis", "dcim.virtualchassis", "virtual_chassis"),
    ("provider", "circuits.provider", "provider"),
    ("circuit", "circuits.circuit", "circuit"),
    ("power_panel", "dcim.powerpanel", "power_panel"),
    ("vrf", "ipam.vrf", "vrf"),
    ("vlan", "ipam.vlan", "vlan"),
)
"""Fields whose object's name becomes a tag. Where two models share a field, the kind decides."""

_ROLE_MODEL = {
    "dcim.rack": "dcim.rackrole",
    "ipam.prefix": "ipam.role",
    "ipam.vlan": "ipam.role",
    "ipam.iprange": "ipam.role",
}
_CLASSES = (
    "switch", "router", "firewall", "load balancer", "server", "storage", "pdu", "ups",
    "patch panel", "access point", "console", "gateway", "modem", "camera", "phone", "printer",
)  # fmt: skip
_NOT_ATTRIBUTES = frozenset(
    {
        "name", "slug", "created", "last_updated", "custom_field_data", "custom_fields", "status",
        "cable", "cable_end", "local_context_data", "lft", "rght", "tree_id", "level", "user",
        "owner", "device_type", "module_type", "manufacturer", "config_template", "role",
        "device_role", "rack_type", "termination_a", "termination_z", "default_platform",
        "component_type", "component_id", "primary_mac_address", "front_image", "rear_image",
        "images", "tags", "contacts", "group", "vdcs", "master",
        "wireless_link", "qinq_svlan", "vlan_translation_policy", "auth_psk", "preshared_key",
    }
)  # fmt: skip


def item_of(dump: Dump, ref: Ref, code: str, *, labels: Mapping[Ref, list[Ref]]) -> ItemRecord:
    """Return the item that an object becomes.

    Args:
        dump: Where everything else is that the object refers to.
        ref: The object.
        code: Its code.
        labels: The NetBox tags of each object.
    """
    fields = dump.get(ref)
    site = site_of(dump, ref)
    tenant = dump.refer("tenancy.tenant", fields.get("tenant"))
    subtype = _subtype(dump, ref, fields)
    return ItemRecord(
        code=code,
        name=name_of(dump, ref),
        type=KINDS[ref.model].type,
        subtype=subtype,
        category=_class(subtype) if ref.model == "dcim.device" else None,
        status=_plain_text(fields.get("status")),
        owner=name_of(dump, tenant) if tenant else None,
        location=_location(dump, ref, site),
        tags=_tags(dump, ref, fields, site=site) | _labels(dump, labels.get(ref, [])),
        attributes=_attributes(dump, ref, fields),
        source=SOURCE,
        source_key=f"{ref.model}:{ref.pk}",
    )


def _location(dump: Dump, ref: Ref, site: Ref | None) -> str | None:
    if ref.model == "dcim.site":
        region = dump.refer("dcim.region", dump.get(ref).get("region"))
        return name_of(dump, region) if region else None
    return name_of(dump, site) if site else None


def _subtype(dump: Dump, ref: Ref, fields: Fields) -> str | None:
    for field, model in _SUBTYPE.get(ref.model, (("type", ""),)):
        if not model:
            return _plain_text(fields.get(field))
        found = dump.refer(model, fields.get(field))
        if found:
            return name_of(dump, found).lower()
    return None


def _class(role: str | None) -> str | None:
    words = (role or "").replace("-", " ").replace("_", " ")
    return next((one for one in _CLASSES if one in words), None)


def _tags(dump: Dump, ref: Ref, fields: Fields, *, site: Ref | None) -> dict[str, str]:
    tags: dict[str, str] = {}
    if site is not None and ref.model != "dcim.site":
        tags["site"] = name_of(dump, site)
    region = dump.refer("dcim.region", dump.get(site).get("region")) if site else None
    is_part = KINDS[ref.model].within is not None
    if region is not None and not is_part:
        tags["region"] = name_of(dump, region)
    for field, model, key in _TAGS:
        if field == "role" and model != _ROLE_MODEL.get(ref.model, "dcim.devicerole"):
            continue
        found = dump.refer(model, fields.get(field))
        if found is not None:
            tags[key] = name_of(dump, found)
    return tags | _make(dump, fields)


def _make(dump: Dump, fields: Fields) -> dict[str, str]:
    type_ = dump.get(
        dump.refer("dcim.devicetype", fields.get("device_type"))
        or dump.refer("dcim.moduletype", fields.get("module_type"))
    )
    maker = dump.refer("dcim.manufacturer", type_.get("manufacturer") or fields.get("manufacturer"))
    tags = {"model": clean(type_["model"])} if type_.get("model") else {}
    return tags | ({"manufacturer": name_of(dump, maker)} if maker else {})


def _labels(dump: Dump, labels: list[Ref]) -> dict[str, str]:
    return {clean(dump.get(one).get("slug") or one.pk): name_of(dump, one) for one in labels}


def _attributes(dump: Dump, ref: Ref, fields: Fields) -> dict[str, Any]:
    kind = KINDS[ref.model]
    mapped = {link.field for link in (*kind.links, *EVERYWHERE)} | {field for field, _, _ in _TAGS}
    mapped |= {f"{field[:-3]}_type" for field in mapped if field.endswith("_id")}
    mapped |= {kind.within[0]} if kind.within else set()
    mapped |= {field for field, model in _SUBTYPE.get(ref.model, ()) if model}
    found = {
        field: _plain(value)
        for field, value in fields.items()
        if field not in mapped and field not in _NOT_ATTRIBUTES and _is_plain(field, value)
    }
    custom = fields.get("custom_field_data")
    if isinstance(custom, dict) and any(value is not None for value in custom.values()):
        found["custom_fields"] = {
            key: _plain(value) for key, value in custom.items() if value is not None
        }
    master = dump.refer("dcim.device", fields.get("master"))
    return found | ({"master": name_of(dump, master)} if master else {})


def _is_plain(field: str, value: object) -> bool:
    if field.startswith("_") or value is None or value in ("", [], {}):
        return False
    if isinstance(value, list):
        return all(isinstance(one, str | int | float) for one in value)
    return isinstance(value, str | int | float)


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [_plain(one) for one in value[:MAX_LIST]]
    if isinstance(value, dict):
        return {str(_plain(key)): _plain(one) for key, one in value.items()}
    return value


def _plain_text(value: object) -> str | None:
    return clean(value) if isinstance(value, str) and value.strip() else None
