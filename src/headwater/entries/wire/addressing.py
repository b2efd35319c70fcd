"""By which names a server may be addressed, and which pages may do so; it refuses nobody.

A wrong Host is a name that an attacker made lead here (DNS rebinding); a wrong Origin is a page
that a browser was made to open.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from headwater.entries.wire.asgi import Scope

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
ANY = frozenset(("", "0.0.0.0", "::", "[::]", "*"))  # noqa: S104  (what names no host)


@dataclass(frozen=True, slots=True)
class Names:
    """By which names this server may be addressed, and which pages may do so.

    Args:
        hosts: `name` for any port of it, or `name:port`; in lower case.
        origins: Whole origins such as `https://console.example.org`, beside those of the hosts.
    """

    hosts: frozenset[str]
    origins: frozenset[str]

    def host_allowed(self, host: str) -> bool:
        """Tell whether a Host header names this server."""
        name = host.lower()
        return name in self.hosts or _without_port(name) in self.hosts

    def origin_allowed(self, origin: str) -> bool:
        """Tell whether an Origin header is of a page that may ask."""
        name = origin.lower()
        if name in self.origins:
            return True
        scheme, slashes, host = name.partition("://")
        return bool(slashes) and scheme in {"http", "https"} and self.host_allowed(host)


def names_of(bound: str, hosts: str, origins: str) -> Names:
    """Return the names of a server.

    Args:
        bound: The address it listens on; one that stands for all of them adds no name.
        hosts: Further hosts, separated by commas.
        origins: Further origins, separated by commas.
    """
    mine = bound.lower()
    mine = f"[{mine}]" if ":" in mine and not mine.startswith("[") else mine
    named = [] if mine in ANY else [mine]
    return Names(
        frozenset([*LOOPBACK, *named, *_listed(hosts)]),
        frozenset(one.rstrip("/") for one in _listed(origins)),
    )


def _listed(text: str) -> Iterable[str]:
    return [one.strip().lower() for one in text.split(",") if one.strip()]


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdecimal() else host


def values_of(scope: Scope, name: bytes) -> list[str]:
    """Return the values of a header, as often as it was sent."""
    return [value.decode("latin-1") for key, value in scope["headers"] if key.lower() == name]
