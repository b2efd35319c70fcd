"""What each object is called and its code: readable, unique, and the same at every load."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable

from headwater.sources.netbox.dump import Dump, Fields, Ref
from headwater.sources.netbox.kinds import KINDS
from headwater.sources.netbox.places import site_of

MAX_NAME = 512
BARE = frozenset({"dcim.device", "virtualization.virtualmachine"})
"""Devices and machines have their name as code; the code of anything else begins with its type."""
TYPE_IS_IN_CODE = frozenset({"dcim.interface", "virtualization.vminterface"})
_BROKEN = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
_QUALIFIED: dict[str, tuple[tuple[str, str], ...]] = {
    "dcim.location": (("site", "dcim.site"),),
    "dcim.rack": (("site", "dcim.site"),),
    "dcim.powerpanel": (("site", "dcim.site"),),
    "dcim.powerfeed": (("power_panel", "dcim.powerpanel"),),
    "ipam.vlan": (("group", "ipam.vlangroup"), ("site", "dcim.site")),
    "ipam.prefix": (("vrf", "ipam.vrf"),),
    "ipam.ipaddress": (("vrf", "ipam.vrf"),),
    "ipam.iprange": (("vrf", "ipam.vrf"),),
    "ipam.service": (
        ("device", "dcim.device"),
        ("virtual_machine", "virtualization.virtualmachine"),
    ),
}
"""What a code says before the name, because the name alone is seldom unique."""


def clean(text: object) -> str:
    """Return one line of text without what no database keeps, at most 512 characters."""
    return " ".join(_BROKEN.sub("\ufffd", str(text)).split())[:MAX_NAME]


def name_of(dump: Dump, ref: Ref) -> str:
    """Return what an object is called, as NetBox shows it."""
    fields = dump.get(ref)
    special = _SPECIAL.get(ref.model)
    if special is not None:
        return clean(special(dump, ref, fields))
    kind = KINDS.get(ref.model)
    found = fields.get(kind.named_by if kind else "name") or fields.get("name")
    return clean(found or "") or f"{kind.type if kind else ref.model} {ref.pk}"


def codes_of(dump: Dump) -> dict[Ref, str]:
    """Return a code for every object that becomes an item.

    A code depends on the object and on others of its name only, never on the order of the dump:
    of two devices with one name both get their site, and where that is not enough their key.
    """
    codes: dict[Ref, str] = {}
    wholes = [ref for model, kind in KINDS.items() if not kind.within for ref, _ in dump.all(model)]
    parts = [ref for model, kind in KINDS.items() if kind.within for ref, _ in dump.all(model)]
    _add(codes, wholes, first=lambda ref: _code(dump, ref), second=lambda ref: _sited(dump, ref))

    def of_part(ref: Ref) -> str:
        return _part_code(dump, ref, codes)

    _add(codes, parts, first=of_part, second=of_part)
    return codes


def _add(
    codes: dict[Ref, str],
    refs: Iterable[Ref],
    *,
    first: Callable[[Ref], str],
    second: Callable[[Ref], str],
) -> None:
    wanted = {ref: first(ref) for ref in refs}
    taken = Counter(wanted.values())
    wanted = {ref: code if taken[code] == 1 else second(ref) for ref, code in wanted.items()}
    taken = Counter([*wanted.values(), *codes.values()])
    for ref, code in wanted.items():
        codes[ref] = code if taken[code] == 1 else f"{code}#{ref.model.split('.')[-1]}-{ref.pk}"


def _code(dump: Dump, ref: Ref) -> str:
    fields, kind = dump.get(ref), KINDS[ref.model]
    if ref.model in BARE:
        return clean(fields.get("name") or "") or f"{kind.type}-{ref.pk}"
    if ref.model == "dcim.cable":
        return f"cable:{ref.pk}"
    own = fields.get("vid") or fields.get("slug") or fields.get(kind.named_by) or ref.pk
    for field, model in _QUALIFIED.get(ref.model, ()):
        within = dump.refer(model, fields.get(field))
        if within is not None:
            return f"{kind.type}:{_short(dump, within)}/{_joined(own)}"
    return f"{kind.type}:{_joined(own)}"


def _sited(dump: Dump, ref: Ref) -> str:
    site = site_of(dump, ref)
    code = _code(dump, ref)
    return f"{code}@{_short(dump, site)}" if site and ref.model in BARE else code


def _part_code(dump: Dump, ref: Ref, codes: dict[Ref, str]) -> str:
    kind = KINDS[ref.model]
    field, model = kind.within or ("", "")
    whole = dump.refer(model, dump.get(ref).get(field))
    own = dump.get(ref).get("term_side") or name_of(dump, ref)
    if whole is None:
        return f"{kind.type}:{_joined(own)}#{ref.pk}"
    middle = "" if ref.model in TYPE_IS_IN_CODE else f"{kind.type}:"
    return f"{codes[whole]}:{middle}{_joined(own)}"


def _short(dump: Dump, ref: Ref) -> str:
    fields = dump.get(ref)
    return _joined(fields.get("slug") or fields.get("name") or ref.pk)


def _joined(text: object) -> str:
    return "-".join(clean(text).split())[:200]


def _device_name(dump: Dump, ref: Ref, fields: Fields) -> str:
    if fields.get("name"):
        return str(fields["name"])
    type_ = dump.get(dump.refer("dcim.devicetype", fields.get("device_type")))
    maker = dump.get(dump.refer("dcim.manufacturer", type_.get("manufacturer")))
    words = [maker.get("name"), type_.get("model") or "device", f"({ref.pk})"]
    return " ".join(str(word) for word in words if word)


def _module_name(dump: Dump, ref: Ref, fields: Fields) -> str:
    type_ = dump.get(dump.refer("dcim.moduletype", fields.get("module_type")))
    bay = dump.get(dump.refer("dcim.modulebay", fields.get("module_bay")))
    return f"{type_.get('model') or 'module'} ({bay.get('name') or ref.pk})"


def _termination_name(dump: Dump, ref: Ref, fields: Fields) -> str:
    circuit = dump.get(dump.refer("circuits.circuit", fields.get("circuit")))
    return f"{circuit.get('cid') or 'circuit'} side {fields.get('term_side') or ref.pk}"


def _range_name(_: Dump, ref: Ref, fields: Fields) -> str:
    return f"{fields.get('start_address') or ref.pk} to {fields.get('end_address') or '?'}"


def _asn_name(_: Dump, ref: Ref, fields: Fields) -> str:
    return f"AS{fields.get('asn') or ref.pk}"


def _cable_name(_: Dump, ref: Ref, fields: Fields) -> str:
    return str(fields.get("label") or f"cable {ref.pk}")


_SPECIAL: dict[str, Callable[[Dump, Ref, Fields], str]] = {
    "dcim.device": _device_name,
    "dcim.module": _module_name,
    "circuits.circuittermination": _termination_name,
    "ipam.iprange": _range_name,
    "ipam.asn": _asn_name,
    "dcim.cable": _cable_name,
}
