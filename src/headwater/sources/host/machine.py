"""What the machine itself is and has: system, file systems, network interfaces."""

from __future__ import annotations

import platform
import socket
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import psutil

from headwater.sources.host.findings import Findings
from headwater.sources.instants import moment

MAX_FILE_SYSTEMS = 200
MAX_INTERFACES = 500
OS_RELEASE = Path("/etc/os-release")


def host_code(hostname: str) -> str:
    """Return the code of a host's item."""
    return f"host:{hostname}"


def add_host(found: Findings, hostname: str) -> str:
    """Add the host, and return its code."""
    system = _system_name()
    memory = psutil.virtual_memory()
    return found.item(
        host_code(hostname),
        hostname,
        "host",
        subtype=platform.system().lower() or None,
        status="active",
        location=None,
        tags={"os": system, "architecture": platform.machine() or "unknown"},
        attributes={
            "kernel": platform.release(),
            "processors": psutil.cpu_count(),
            "memory_bytes": memory.total,
            "booted_at": moment(psutil.boot_time()).isoformat(timespec="seconds"),
        },
    )


def add_file_systems(found: Findings, host: str) -> list[tuple[str, str]]:
    """Add the file systems with a device behind them, and return `(code, mount point)` of each."""
    added: list[tuple[str, str]] = []
    hostname = found.items[host].name
    with suppress(OSError):
        for one in psutil.disk_partitions(all=False)[:MAX_FILE_SYSTEMS]:
            if Path(one.mountpoint).is_file():
                continue  # a single file bound into a container
            code = found.item(
                f"{host}:fs:{one.mountpoint}",
                f"{hostname} {one.mountpoint}",
                "file_system",
                subtype=one.fstype or None,
                attributes={
                    "mount_point": one.mountpoint,
                    "device": one.device,
                    "size_bytes": _size(one.mountpoint),
                },
            )
            found.relate(host, "composed_of", code)
            added.append((code, one.mountpoint))
    root = f"{host}:fs:/"
    if root not in found.items:
        size_bytes = _size("/")
        about = {"mount_point": "/", "size_bytes": size_bytes}
        added.append((found.item(root, f"{hostname} /", "file_system", attributes=about), "/"))
        found.relate(host, "composed_of", root)
    return added


def add_interfaces(found: Findings, host: str) -> list[tuple[str, str]]:
    """Add the network interfaces, and return `(code, name)` of each."""
    added: list[tuple[str, str]] = []
    hostname = found.items[host].name
    with suppress(OSError):
        states = psutil.net_if_stats()
        for name, addresses in list(psutil.net_if_addrs().items())[:MAX_INTERFACES]:
            state = states.get(name)
            code = found.item(
                f"{host}:if:{name}",
                f"{hostname} {name}",
                "interface",
                status=("up" if state.isup else "down") if state else None,
                attributes={
                    "addresses": _addresses(addresses),
                    "mtu": state.mtu if state else None,
                    "speed_mbps": state.speed or None if state else None,
                },
            )
            found.relate(host, "composed_of", code)
            added.append((code, name))
    return added


def _addresses(addresses: Iterable[object]) -> list[str]:
    wanted = {socket.AF_INET, socket.AF_INET6}
    return [
        str(getattr(one, "address", ""))
        for one in addresses
        if getattr(one, "family", None) in wanted
    ]


def _size(mount_point: str) -> int | None:
    try:
        return psutil.disk_usage(mount_point).total
    except OSError:
        return None


def _system_name() -> str:
    try:
        lines = OS_RELEASE.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.system() or "unknown"
    names = [
        line.partition("=")[2].strip("\"' ") for line in lines if line.startswith("PRETTY_NAME=")
    ]
    return names[0] if names and names[0] else platform.system() or "unknown"
