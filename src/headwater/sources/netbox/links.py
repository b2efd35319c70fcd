"""Which relations the objects of a dump have among themselves, cables and addresses aside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from headwater.sources.netbox.dump import Dump, Fields, Ref
from headwater.sources.netbox.kinds import EVERYWHERE, KINDS, Kind, Link
from headwater.sources.netbox.naming import clean, name_of


class Joined(NamedTuple):
    """Two objects, how they are related, and what is said of it."""

    source: Ref
    target: Ref
    type: str
    attributes: dict[str, Any]
    said_by: Ref


def links(dump: Dump) -> Iterator[Joined]:
    """Give the relations that the table of kinds tells of, and those of the joining models."""
    for model, kind in KINDS.items():
        for ref, fields in dump.all(model):
            yield from _of_object(dump, ref, fields, kind=kind)
    yield from _of_joints(dump)


def labels_of(dump: Dump) -> dict[Ref, list[Ref]]:
    """Return the NetBox tags of each tagged object."""
    labels: dict[Ref, list[Ref]] = {}
    for _, fields in dump.all("extras.taggeditem"):
        tagged = dump.generic(fields.get("content_type"), fields.get("object_id"))
        tag = dump.refer("extras.tag", fields.get("tag"))
        if tagged is not None and tag is not None:
            labels.setdefault(tagged, []).append(tag)
    return labels


def _of_object(dump: Dump, ref: Ref, fields: Fields, *, kind: Kind) -> Iterator[Joined]:
    if kind.within is not None:
        field, model = kind.within
        whole = dump.refer(model, fields.get(field))
        if whole is not None:
            yield Joined(whole, ref, kind.part_of, {}, ref)
    is_placed = False
    for link in (*kind.links, *EVERYWHERE):
        if link.relation == "located_in" and is_placed:
            continue  # only the narrowest place; the wider ones follow from it
        for other in _others(dump, fields, link):
            is_placed = is_placed or link.relation == "located_in"
            ends = (other, ref) if link.inward else (ref, other)
            yield Joined(*ends, link.relation, {}, ref)


def _others(dump: Dump, fields: Fields, link: Link) -> Iterator[Ref]:
    value = fields.get(link.field)
    for pk in value if isinstance(value, list) else [value]:
        if link.generic:
            found = dump.generic(fields.get(link.generic), pk)
        else:
            found = dump.refer(link.model, pk)
        if found is not None and found.model in KINDS:
            yield found


def _of_joints(dump: Dump) -> Iterator[Joined]:
    for ref, fields in dump.all("extras.taggeditem"):
        tagged = dump.generic(fields.get("content_type"), fields.get("object_id"))
        tag = dump.refer("extras.tag", fields.get("tag"))
        yield from _joined(tagged, tag, "tagged_with", said_by=ref)
    for ref, fields in dump.all("tenancy.contactassignment"):
        holder = dump.generic(
            fields.get("content_type") or fields.get("object_type"), fields.get("object_id")
        )
        contact = dump.refer("tenancy.contact", fields.get("contact"))
        about = _contact_role(dump, fields)
        yield from _joined(holder, contact, "has_contact", said_by=ref, attributes=about)
    for model, held_by, field, target, relation in _JOINTS:
        for ref, fields in dump.all(model):
            holder = dump.generic(fields.get(f"{held_by}_type"), fields.get(f"{held_by}_id"))
            yield from _joined(holder, dump.refer(target, fields.get(field)), relation, said_by=ref)
    for ref, fields in dump.all("wireless.wirelesslink"):
        one = dump.refer("dcim.interface", fields.get("interface_a"))
        other = dump.refer("dcim.interface", fields.get("interface_b"))
        about = {"key": f"wireless:{ref.pk}", "ssid": clean(fields.get("ssid") or "")}
        yield from _joined(one, other, "connected_to", said_by=ref, attributes=about)


def _joined(
    source: Ref | None,
    target: Ref | None,
    relation: str,
    *,
    said_by: Ref,
    attributes: Mapping[str, Any] | None = None,
) -> Iterator[Joined]:
    if source is not None and target is not None and source.model in KINDS:
        yield Joined(source, target, relation, dict(attributes or {}), said_by)


def _contact_role(dump: Dump, fields: Fields) -> dict[str, Any]:
    role = dump.refer("tenancy.contactrole", fields.get("role"))
    about = {"role": name_of(dump, role) if role else None, "priority": fields.get("priority")}
    return {key: clean(value) for key, value in about.items() if value}


_JOINTS = (
    ("ipam.fhrpgroupassignment", "interface", "group", "ipam.fhrpgroup", "uses"),
    ("ipam.l2vpntermination", "assigned_object", "l2vpn", "ipam.l2vpn", "uses"),
    ("vpn.l2vpntermination", "assigned_object", "l2vpn", "vpn.l2vpn", "uses"),
    ("vpn.tunneltermination", "termination", "tunnel", "vpn.tunnel", "uses"),
)
"""Models that only join: the generic key of the one, the field and model of the other."""
