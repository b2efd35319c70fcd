"""May a stranger's URL be called, and the address that its name stands for? It calls nothing.

An address counts by what it leads to: one of IPv6 that stands for one of IPv4 (mapped, NAT64) is
judged as that one; what only old tunnels reach (compatible, translated, 6to4, Teredo) is called by
nobody. Only what everyone may reach is called: what leads into this machine, its network or its
provider's is not, however it is written.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import SplitResult, urlsplit

Address = IPv4Address | IPv6Address
HTTPS_PORT = 443
LEAST_PORT, MOST_PORT = 1024, 65_535
"""Below this only 443 is called: nothing else there is a webhook."""
MOST_CHARS = 2_000
LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
MOST_HOST_CHARS = 253
NAT64 = IPv6Network("64:ff9b::/96")
"""Where networks without IPv4 reach it: what is in it stands for an address of IPv4 alone."""
ISATAP = frozenset({0x0000_5EFE, 0x0200_5EFE})
"""The upper half of an interface's id that has an IPv4 address in the lower (RFC 5214)."""
REACHED = IPv6Network("2000::/3")
"""All that is given out of IPv6 for everyone to reach."""
BESIDES = (
    IPv4Network("100.64.0.0/10"),  # shared by providers; some keep their metadata there
    IPv4Network("168.63.129.16/32"),  # a cloud's own services, at a public address
    IPv4Network("192.0.0.0/24"),
    IPv4Network("192.31.196.0/24"),
    IPv4Network("192.52.193.0/24"),
    IPv4Network("192.88.99.0/24"),
    IPv4Network("192.175.48.0/24"),
    IPv6Network("2001::/23"),  # Teredo among it
    IPv6Network("2001:db8::/32"),
    IPv6Network("2002::/16"),  # 6to4: what is in it leads to an address of IPv4
    IPv6Network("2620:4f:8000::/48"),
    IPv6Network("3fff::/20"),
)
"""Ranges of special use (IANA's registries), whatever this Python's `is_global` says of them."""


def is_public(address: Address) -> bool:
    """Tell whether everyone may reach an address, by what it leads to."""
    if isinstance(address, IPv4Address):
        return _is_given_out(address)
    low = IPv4Address(int(address) & 0xFFFF_FFFF)
    if address.scope_id:
        return False
    if address.ipv4_mapped is not None or address in NAT64:
        return _is_given_out(low)
    if (int(address) >> 32) & 0xFFFF_FFFF in ISATAP and not _is_given_out(low):
        return False
    return address in REACHED and _is_given_out(address)


def _is_given_out(address: Address) -> bool:
    return (
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and not any(address in one for one in BESIDES if one.version == address.version)
    )


def address_of(text: str) -> Address | None:
    """Return the address that a host is, or None where it is a name."""
    try:
        return ip_address(text.removeprefix("[").removesuffix("]"))
    except ValueError:
        return None


class Egress:
    """Which URLs of strangers may be called.

    Args:
        allowed: Hosts, each `name` or `name:port`, that may be called wherever they are, and
            without TLS: the operator's own, for development. Names are not looked into.
    """

    def __init__(self, allowed: Sequence[str] = ()) -> None:
        self._allowed = frozenset(one.strip().casefold() for one in allowed if one.strip())

    def allows(self, host: str, port: int) -> bool:
        """Tell whether the operator lets a host be called wherever it is."""
        known = host.casefold().removeprefix("[").removesuffix("]")
        return not self._allowed.isdisjoint({known, f"{known}:{port}", f"[{known}]:{port}"})

    def problem(self, url: str) -> str | None:
        """Say what is wrong with a URL, or None; where its name leads is asked when it is called.

        Args:
            url: As it was given.
        """
        if len(url) > MOST_CHARS or not url.isascii() or not url.isprintable() or " " in url:
            return f"is over {MOST_CHARS} characters, or has some that belong in no URL"
        if "\\" in url or "#" in url:
            return "has a backslash or a fragment, which readers of URLs read differently"
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            return "is no URL"
        return _problem_of_place(parts) or self._problem_of_reach(parts, port)

    def _problem_of_reach(self, parts: SplitResult, port: int | None) -> str | None:
        host = parts.hostname or ""
        if self.allows(host, port or (80 if parts.scheme == "http" else HTTPS_PORT)):
            return None
        if parts.scheme != "https":
            return "is not https"
        if port is not None and port != HTTPS_PORT and not LEAST_PORT <= port <= MOST_PORT:
            return f"has the port {port}; 443 and those from {LEAST_PORT} are called"
        address = address_of(host)
        if address is not None:
            return None if is_public(address) else "is an address that not everyone reaches"
        return _problem_of_name(host)


def _problem_of_place(parts: SplitResult) -> str | None:
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return "is not https, or has no host"
    if "@" in parts.netloc:
        return "has a user or password in it"
    if "%" in parts.netloc or parts.netloc.endswith(":"):
        return "has a host that readers of URLs read differently"
    return None


def _problem_of_name(host: str) -> str | None:
    """Say what is wrong with a name: such as one whose end is a number, which some read as IPv4."""
    labels = host.removesuffix(".").split(".")
    if len(host) > MOST_HOST_CHARS or not all(map(LABEL.fullmatch, labels)):
        return "has a host that is no name"
    last = labels[-1]
    if last.isdigit() or re.fullmatch(r"0x[0-9a-f]*", last):
        return "has a host that some read as an address"
    if len(labels) == 1 or last in {"localhost", "local", "internal", "localdomain", "lan"}:
        return "has a host of this network alone"
    return None
