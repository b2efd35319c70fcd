"""Which processes run, and what they listen on and are connected to; it samples nothing.

Command lines and environments are never read, since both may hold secrets: a process is its
name and its executable.
"""

from __future__ import annotations

import socket
from collections import Counter
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

import psutil

from headwater.sources.host.findings import Findings
from headwater.sources.instants import moment

MAX_PROCESSES = 2_000
MAX_CONNECTIONS = 5_000
WANTED = ("pid", "ppid", "name", "username", "status", "create_time")
KTHREADD = 2
"""The process that the kernel's own threads are children of; they are left out."""
KERNEL_NAME = 15
"""The most characters that the kernel keeps of a name."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A process that became an item."""

    code: str
    process: psutil.Process
    parent: int | None


def add_processes(found: Findings, host: str) -> dict[int, Seen]:
    """Add up to 2,000 processes, and return them by process id.

    A code is the name, and a number where the name runs more than once (the oldest is first), so
    that the next scan of a host finds the same daemons again instead of adding new items.
    """
    seen: dict[int, Seen] = {}
    count: Counter[str] = Counter()
    for process, facts in _running():
        name = _name(facts)
        count[name] += 1
        number = f"#{count[name]}" if count[name] > 1 else ""
        code = _add(found, host, facts, number=number, executable=_executable(process))
        seen[facts["pid"]] = Seen(code, process, facts.get("ppid"))
    for one in seen.values():
        parent = seen.get(one.parent or 0)
        found.relate(one.code, "runs_on", host)
        if parent is not None and parent.code != one.code:
            found.relate(parent.code, "started", one.code)
    return seen


def add_connections(found: Findings, host: str, seen: dict[int, Seen]) -> None:
    """Add listening sockets, and whom processes are connected to, as far as we may see."""
    connections = _connections(seen)
    listening: dict[tuple[str, int], str] = {}
    owners: dict[tuple[str, int], str] = {}
    for pid, one in connections:
        code = seen[pid].code if pid in seen else None
        if code is not None and one.laddr:
            owners[one.laddr.ip, one.laddr.port] = code
        if one.status == psutil.CONN_LISTEN or (one.type == socket.SOCK_DGRAM and not one.raddr):
            _add_socket(found, host, one, owner=code, listening=listening)
    for pid, one in connections:
        if pid in seen and one.status == psutil.CONN_ESTABLISHED and one.raddr:
            _connect(found, seen[pid].code, one, owners=owners, listening=listening)


def _running() -> list[tuple[psutil.Process, dict[str, Any]]]:
    running = [(process, process.info) for process in psutil.process_iter(WANTED)]
    if any(facts["pid"] == KTHREADD and facts.get("name") == "kthreadd" for _, facts in running):
        running = [one for one in running if KTHREADD not in {one[1]["pid"], one[1].get("ppid")}]
    running.sort(key=lambda one: (one[1].get("create_time") or 0, one[1]["pid"]))
    return running[:MAX_PROCESSES]


def _name(facts: dict[str, Any]) -> str:
    """Return a process's name; a long one was completed from its arguments, so only one word."""
    name = facts.get("name") or "?"
    return name if len(name) <= KERNEL_NAME else name.split()[0]


def _add(
    found: Findings, host: str, facts: dict[str, Any], *, number: str, executable: str | None
) -> str:
    name, started = _name(facts), facts.get("create_time")
    return found.item(
        f"{host}:process:{name}{number}",
        f"{name}{number}",
        "process",
        subtype=PurePath(executable).name if executable else None,
        status=facts.get("status"),
        owner=facts.get("username"),
        tags={"host": found.items[host].name},
        attributes={
            "pid": facts["pid"],
            "executable": executable,
            "started_at": moment(started).isoformat(timespec="seconds") if started else None,
        },
    )


def _executable(process: psutil.Process) -> str | None:
    try:
        return process.exe() or None
    except (psutil.Error, OSError):
        return None


def _connections(seen: dict[int, Seen]) -> list[tuple[int | None, Any]]:
    try:
        found = [(one.pid, one) for one in psutil.net_connections(kind="inet")]
    except (psutil.Error, OSError, RuntimeError):
        found = [(pid, one) for pid, each in seen.items() for one in _of_process(each.process)]
    return found[:MAX_CONNECTIONS]


def _of_process(process: psutil.Process) -> list[Any]:
    try:
        return list(process.net_connections(kind="inet"))
    except (psutil.Error, OSError):
        return []


def _add_socket(
    found: Findings,
    host: str,
    one: Any,
    *,
    owner: str | None,
    listening: dict[tuple[str, int], str],
) -> None:
    if not one.laddr:
        return
    kind = "udp" if one.type == socket.SOCK_DGRAM else "tcp"
    address = f"{_bracketed(one.laddr.ip)}:{one.laddr.port}"
    code = found.item(
        f"{host}:{kind}:{address}",
        f"{kind} {address}",
        "socket",
        subtype=kind,
        status="listening",
        tags={"host": found.items[host].name},
        attributes={"address": one.laddr.ip, "port": one.laddr.port},
    )
    found.relate(host if owner is None else owner, "composed_of", code)
    if owner is not None and kind == "tcp":
        listening[one.laddr.ip, one.laddr.port] = owner


def _connect(
    found: Findings,
    code: str,
    one: Any,
    *,
    owners: dict[tuple[str, int], str],
    listening: dict[tuple[str, int], str],
) -> None:
    if _listener(listening, one.laddr.ip, one.laddr.port) == code:
        return  # the other end connected to us, and says so itself if it is on this host
    ip, port = one.raddr.ip, one.raddr.port
    other = _listener(listening, ip, port) if (ip, port) in owners else None
    other = other or owners.get((ip, port))
    if other is None:
        name = f"{_bracketed(ip)}:{port}"
        other = found.item(
            f"endpoint:{name}", name, "endpoint", attributes={"address": ip, "port": port}
        )
    found.relate(code, "connected_to", other)


def _listener(listening: dict[tuple[str, int], str], ip: str, port: int) -> str | None:
    for address in (ip, "0.0.0.0", "::"):  # noqa: S104 - looked up, not bound
        if (address, port) in listening:
            return listening[address, port]
    return None


def _bracketed(ip: str) -> str:
    return f"[{ip}]" if ":" in ip else ip
