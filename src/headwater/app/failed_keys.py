"""How often somebody at an address may show a credential that is nobody's; it knows none.

Who guesses is turned away before anything is looked up for them. A credential that was good here
of late comes through all the same: many may share an address, as behind a proxy.
"""

from __future__ import annotations

import hashlib
from ipaddress import ip_address, ip_network

import anyio

from headwater.errors import LimitError
from headwater.policy.remembered import Remembered
from headwater.ports.rates import Rates

PER_S = 60.0
GOOD_S = 3600.0
"""Seconds for which a good credential is known as one that may pass."""
MOST = 10_000
NETWORK_BITS = 64
"""Whoever has one address of version six has this many bits of them."""


class FailedKeys:
    """Bounds failures by address.

    Args:
        rates: Counts them, over all replicas where it can.
        most: Failures of one address within a minute; 0 for no limit.
    """

    def __init__(self, rates: Rates, *, most: int) -> None:
        self._rates = rates
        self._most = most
        self._blocked = Remembered[float](MOST)
        self._good = Remembered[str](MOST)

    def check(self, address: str, name: bytes) -> None:
        """Refuse an address that failed too often lately, but for a credential known to be good.

        Args:
            address: Where the request comes from; empty for nowhere in particular.
            name: The credential's digest.

        Raises:
            LimitError: `limit.failed_keys`.
        """
        if not self._most or not address or not len(self._blocked):
            return
        now_s = anyio.current_time()
        until_s = self._blocked.get(_name_of(address), now_s=now_s)
        if until_s is not None and self._good.get(name, now_s=now_s) is None:
            raise _too_many(until_s - now_s)

    def succeeded(self, name: bytes) -> None:
        """Take note of a credential that was looked up and is somebody's."""
        self._good.put(name, "good", until_s=anyio.current_time() + GOOD_S)

    async def failed(self, address: str) -> None:
        """Take note of a credential that is nobody's.

        Raises:
            LimitError: `limit.failed_keys`, where it was one too many.
        """
        if not self._most or not address:
            return
        origin = _name_of(address)
        wait_s = await self._rates.take(
            f"failed-keys/{origin.hex()}", limit=self._most, per_s=PER_S
        )
        if wait_s > 0:
            until_s = anyio.current_time() + wait_s
            self._blocked.put(origin, until_s, until_s=until_s)
            raise _too_many(wait_s)


def _name_of(address: str) -> bytes:
    """Return what addresses of one origin have in common."""
    try:
        found = ip_address(address)
        if found.version == 6:  # noqa: PLR2004  the protocol's own number
            mapped = found.ipv4_mapped
            found = mapped or ip_network((found, NETWORK_BITS), strict=False).network_address
    except ValueError:
        return hashlib.sha256(address.encode(errors="replace")).digest()
    return found.packed


def _too_many(wait_s: float) -> LimitError:
    message = "too many credentials of this address were nobody's; send a key in force, later"
    return LimitError(message, code="limit.failed_keys", retry_after_s=wait_s)
