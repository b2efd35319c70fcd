"""How are connections to servers kept honest? By probes of the system, and by TLS; no more."""

from __future__ import annotations

import socket
import ssl
from typing import Any

from anyio import to_thread

from headwater.errors import UsageError
from headwater.stores.sql.server import Address

TLS_MODES = ("disable", "prefer", "require", "verify-full")
PROBES: dict[str, int] = {"TCP_KEEPIDLE": 15, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3}
"""Seconds of silence before a probe, between two, and how many may stay unanswered."""


def keep_alive(transport: Any) -> None:
    """Have the system notice a peer that is gone, where nothing else waits with a deadline."""
    raw = transport.get_extra_info("socket")
    if raw is None or raw.family not in {socket.AF_INET, socket.AF_INET6}:
        return
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in PROBES.items():
        if (option := getattr(socket, name, None)) is not None:
            raw.setsockopt(socket.IPPROTO_TCP, option, value)


async def tls_context(address: Address) -> ssl.SSLContext:
    """Make what TLS asks of the server, off the loop: certificates are read from files.

    Raises:
        UsageError: `database.bad_url`, the file of roots cannot be read.
    """
    return await to_thread.run_sync(_context, address)


def _context(address: Address) -> ssl.SSLContext:
    if address.tls == "verify-full":
        try:
            return ssl.create_default_context(cafile=address.tls_roots)
        except (OSError, ssl.SSLError) as error:
            message = f"sslrootcert {address.tls_roots}: {error}; name a file of certificates"
            raise UsageError(message, code="database.bad_url") from error
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    return made
