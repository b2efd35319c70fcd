"""What the machine that we run on supplies; it loads nothing."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from headwater.model.load import Part, Rows, Supply
from headwater.sources.host.findings import SOURCE, Findings, one_line
from headwater.sources.host.machine import add_file_systems, add_host, add_interfaces
from headwater.sources.host.packages import LOGS, package_history
from headwater.sources.host.processes import add_connections, add_processes
from headwater.sources.host.sampling import Sampler

RecordT = TypeVar("RecordT")


def host_supply(*, logs: Path = LOGS, stop: threading.Event | None = None) -> Supply:
    """Look at this host for a second or two, and return what was found. It blocks.

    Load it with `replace`: items and relations that are no longer there go, while history and
    samples are kept from scan to scan.

    Args:
        logs: The folder of dpkg's logs.
        stop: Set it from elsewhere to end the sampling early.
    """
    found = scan(logs=logs, stop=stop)
    return Supply(
        source=SOURCE,
        scope=(SOURCE,),
        items=_part("items", found.items.values()),
        relations=_part("relations", found.relations.values()),
        metrics=_part("metrics", found.metrics.values(), replaceable=False),
        samples=_part("samples", found.samples, replaceable=False),
        history=_part("history", found.history, replaceable=False),
    )


def scan(*, logs: Path = LOGS, stop: threading.Event | None = None) -> Findings:
    """Look at this host, and return what was found. It blocks for a second or two."""
    found = Findings()
    host = add_host(found, one_line(socket.gethostname() or "localhost"))
    file_systems = add_file_systems(found, host)
    interfaces = add_interfaces(found, host)
    processes = add_processes(found, host)
    add_connections(found, host, processes)
    found.history = package_history(host, logs)
    sampler = Sampler(
        found, host, file_systems=file_systems, interfaces=interfaces, processes=processes
    )
    sampler.run(stop or threading.Event())
    return found


def _part(name: str, records: Iterable[RecordT], *, replaceable: bool = True) -> Part[RecordT]:
    held = list(records)
    return Part(
        file=f"this host's {name}",
        size_bytes=len(held),
        records=_stream(held),
        replaceable=replaceable,
    )


def _stream(held: list[RecordT]) -> Callable[[Rows[RecordT]], Iterator[tuple[int, RecordT]]]:
    def records(rows: Rows[RecordT]) -> Iterator[tuple[int, RecordT]]:
        for number, record in enumerate(held, 1):
            rows.read_bytes = number
            yield number, record

    return records
