"""How a name becomes addresses, and an address a socket; it judges neither."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

AddressInfo = tuple[int, int, int, str, tuple[Any, ...]]
LookUp = Callable[[str, int], Awaitable[Sequence[AddressInfo]]]
MakeSocket = Callable[[AddressInfo], socket.socket]


async def look_up(host: str, port: int) -> Sequence[AddressInfo]:
    """Return the addresses that a name stands for, as the system knows them."""
    loop = asyncio.get_running_loop()
    return await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)


def make_socket(address: AddressInfo) -> socket.socket:
    """Make a socket for an address."""
    family, kind, protocol, _, _ = address
    return socket.socket(family, kind, protocol)
