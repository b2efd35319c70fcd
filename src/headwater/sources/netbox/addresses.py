"""Which network each address is in: NetBox works this out when asked, and so do we."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Interface, IPv6Interface, ip_interface

from headwater.sources.netbox.dump import Dump, Fields, Ref
from headwater.sources.netbox.links import Joined

Network = tuple[object, int, int, int]
"""VRF, IP version, length of the prefix, and the network's first address as a number."""


def containments(dump: Dump) -> Iterator[Joined]:
    """Give `part_of` from address, range or prefix to the narrowest prefix around it.

    Only within one VRF; a prefix of no VRF in no other prefix is part of its aggregate.
    """
    prefixes = _networks(dump, "ipam.prefix")
    aggregates = _networks(dump, "ipam.aggregate")
    for model, field in _INSIDE:
        for ref, fields in dump.all(model):
            address = _address(fields, field)
            if address is None:
                continue
            within = _narrowest(prefixes, fields, address, narrower=model == "ipam.prefix")
            if within is None and fields.get("vrf") is None:
                within = _narrowest(aggregates, fields, address, narrower=False)
            if within is not None:
                yield Joined(ref, within, "part_of", {}, ref)


_INSIDE = (
    ("ipam.prefix", "prefix"),
    ("ipam.ipaddress", "address"),
    ("ipam.iprange", "start_address"),
)


def _networks(dump: Dump, model: str) -> dict[Network, Ref]:
    found: dict[Network, Ref] = {}
    for ref, fields in dump.all(model):
        address = _address(fields, "prefix")
        if address is not None:
            network = address.network
            key = (_vrf(fields), address.version, network.prefixlen, int(network.network_address))
            found.setdefault(key, ref)
    return found


def _narrowest(
    networks: dict[Network, Ref],
    fields: Fields,
    address: IPv4Interface | IPv6Interface,
    *,
    narrower: bool,
) -> Ref | None:
    bits, own = address.max_prefixlen, address.network.prefixlen
    longest = own - 1 if narrower else bits
    for length in range(longest, -1, -1):
        first = int(address.ip) >> (bits - length) << (bits - length)
        found = networks.get((_vrf(fields), address.version, length, first))
        if found is not None:
            return found
    return None


def _vrf(fields: Fields) -> object:
    vrf = fields.get("vrf")
    return vrf if isinstance(vrf, int | str) else None


def _address(fields: Fields, field: str) -> IPv4Interface | IPv6Interface | None:
    try:
        return ip_interface(str(fields.get(field)))
    except ValueError:
        return None
