"""What cables join: ports with ports, and so devices with devices, circuits and power."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

from headwater.sources.netbox.dump import Dump, Fields, Ref
from headwater.sources.netbox.kinds import KINDS
from headwater.sources.netbox.links import Joined
from headwater.sources.netbox.naming import name_of

CABLED = (
    "dcim.interface", "dcim.frontport", "dcim.rearport", "dcim.consoleport",
    "dcim.consoleserverport", "dcim.powerport", "dcim.poweroutlet", "dcim.powerfeed",
    "circuits.circuittermination",
)  # fmt: skip
GIVES_POWER = frozenset({"dcim.poweroutlet", "dcim.powerfeed"})
GIVES_CONSOLE = frozenset({"dcim.consoleserverport"})
MAX_ENDS = 64
Ends = tuple[list[Ref], list[Ref]]

_RANKS = (("patch panel", 8), ("router", 6), ("firewall", 6), ("core", 5), ("distribution", 4),
          ("spine", 4), ("aggregation", 4), ("switch", 3), ("access point", 2))  # fmt: skip
CIRCUIT_RANK = 9


def cables(dump: Dump) -> Iterator[Joined]:
    """Give the relations of every cable.

    Ports: `connected_to`; who takes power `depends_on` who gives it. Their owners likewise, from
    the edge of the network towards its middle (server, access switch, distribution, core, router,
    patch panel, circuit), so that an impact follows the arrows against them; between equals from
    end A to end B. The cable itself `terminates_on` its ports.
    """
    for pk, ends in _ends(dump).items():
        cable = dump.refer("dcim.cable", pk)
        if cable is None:
            continue
        for port in (*ends[0], *ends[1]):
            yield Joined(cable, port, "terminates_on", {}, cable)
        for one, other in product(ends[0][:MAX_ENDS], ends[1][:MAX_ENDS]):
            yield from _of_pair(dump, cable, one, other=other)
    for ref, fields in dump.all("circuits.circuittermination"):
        yield from _of_termination(dump, ref, fields)


def _of_pair(dump: Dump, cable: Ref, one: Ref, *, other: Ref) -> Iterator[Joined]:
    source, target, relation = _directed(dump, one, other)
    yield Joined(source, target, relation, _about(dump, cable), cable)
    owner, owned_by = _owner(dump, source), _owner(dump, target)
    is_new = (owner, owned_by) != (source, target)
    if owner is not None and owned_by is not None and owner != owned_by and is_new:
        about = _about(dump, cable) | {
            "source_port": name_of(dump, source),
            "target_port": name_of(dump, target),
        }
        yield Joined(owner, owned_by, relation, about, cable)


def _of_termination(dump: Dump, ref: Ref, fields: Fields) -> Iterator[Joined]:
    """Join a circuit with what its end stands in: a site or a provider's network."""
    circuit = dump.refer("circuits.circuit", fields.get("circuit"))
    if circuit is None:
        return
    ends = (
        dump.refer("dcim.site", fields.get("site")),
        dump.refer("circuits.providernetwork", fields.get("provider_network")),
        dump.generic(fields.get("termination_type"), fields.get("termination_id")),
    )
    side = str(fields.get("term_side") or ref.pk)
    for end in dict.fromkeys(one for one in ends if one is not None and one.model in KINDS):
        yield Joined(circuit, end, "connected_to", {"key": f"side {side}", "side": side}, ref)


def _ends(dump: Dump) -> dict[int | str, Ends]:
    """Return the ports at both ends of each cable, in whichever way the dump tells of them."""
    ends: dict[int | str, Ends] = {}
    for _, fields in dump.all("dcim.cabletermination"):
        port = dump.generic(fields.get("termination_type"), fields.get("termination_id"))
        _add(ends, fields.get("cable"), fields.get("cable_end"), port=port)
    for ref, fields in dump.all("dcim.cable"):
        for end in ("A", "B"):
            kind = fields.get(f"termination_{end.lower()}_type")
            port = dump.generic(kind, fields.get(f"termination_{end.lower()}_id"))
            _add(ends, ref.pk, end, port=port)
    known = set(ends)
    for model in CABLED:
        for ref, fields in dump.all(model):
            if fields.get("cable") not in known:
                _add(ends, fields.get("cable"), fields.get("cable_end"), port=ref)
    return ends


def _add(ends: dict[int | str, Ends], cable: object, end: object, *, port: Ref | None) -> None:
    if isinstance(cable, int | str) and port is not None and port.model in KINDS:
        ends.setdefault(cable, ([], []))[0 if end == "A" else 1].append(port)


def _directed(dump: Dump, one: Ref, other: Ref) -> tuple[Ref, Ref, str]:
    for source, target in ((one, other), (other, one)):
        if target.model in GIVES_POWER:
            return source, target, "depends_on"
        if target.model in GIVES_CONSOLE:
            return source, target, "connected_to"
    if _rank(dump, one) > _rank(dump, other):
        return other, one, "connected_to"
    return one, other, "connected_to"


def _rank(dump: Dump, port: Ref) -> int:
    owner = _owner(dump, port)
    if owner is None or owner.model != "dcim.device":
        return CIRCUIT_RANK if owner and owner.model == "circuits.circuit" else 0
    fields = dump.get(owner)
    role = dump.refer("dcim.devicerole", fields.get("role") or fields.get("device_role"))
    words = name_of(dump, role).lower() if role else ""
    return next((rank for word, rank in _RANKS if word in words), 1)


def _owner(dump: Dump, port: Ref) -> Ref | None:
    kind = KINDS[port.model]
    if kind.within is None:
        return port
    field, model = kind.within
    return dump.refer(model, dump.get(port).get(field))


def _about(dump: Dump, cable: Ref) -> dict[str, Any]:
    fields = dump.get(cable)
    plain = {name: fields.get(name) for name in ("type", "label", "color", "length", "length_unit")}
    return {"key": f"cable:{cable.pk}"} | {
        name: value
        for name, value in plain.items()
        if isinstance(value, str | int | float) and value != ""
    }
