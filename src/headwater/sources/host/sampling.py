"""How busy the host and its processes are, measured a few times; it finds no items."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

import psutil

from headwater.model.metric import MetricRecord
from headwater.sources.host.findings import Findings
from headwater.sources.host.processes import Seen
from headwater.sources.instants import to_us

ROUNDS = 4
BETWEEN_S = 0.3
TOP = 20

CPU = MetricRecord(name="cpu_utilization", unit="percent")
MEMORY = MetricRecord(name="memory_utilization", unit="percent")
LOAD = MetricRecord(name="load_1m", unit="processes")
DISK = MetricRecord(name="disk_usage", unit="percent")
RESIDENT = MetricRecord(name="memory_resident", unit="bytes")
RECEIVED = MetricRecord(name="network_received_bytes", unit="bytes", kind="counter")
SENT = MetricRecord(name="network_sent_bytes", unit="bytes", kind="counter")


class Sampler:
    """Samples one host. It blocks for about a second in all."""

    def __init__(
        self,
        found: Findings,
        host: str,
        *,
        file_systems: Sequence[tuple[str, str]],
        interfaces: Sequence[tuple[str, str]],
        processes: dict[int, Seen],
    ) -> None:
        self._found = found
        self._host = host
        self._file_systems = file_systems
        self._interfaces = interfaces
        self._processes = [one for one in processes.values() if one.code in found.items]

    def run(self, stop: threading.Event) -> None:
        """Measure a few rounds; a set `stop` ends it after the round at hand."""
        self._start()
        for _ in range(ROUNDS):
            if stop.wait(BETWEEN_S):
                return
            at_us = to_us(datetime.now(UTC))
            with _tolerant():
                self._host_round(at_us)
            with _tolerant():
                self._interface_round(at_us)
            self._process_round(at_us)
        for code, mount_point in self._file_systems:
            with _tolerant():
                usage = psutil.disk_usage(mount_point)
                self._found.sample(DISK, code, at_us, value=usage.percent)

    def _start(self) -> None:
        """Begin the interval that the first percentage is over, and keep only the busiest."""
        with _tolerant():
            psutil.cpu_percent()
        resident: dict[str, int] = {}
        for one in self._processes:
            with _tolerant():
                one.process.cpu_percent()
                resident[one.code] = one.process.memory_info().rss
        largest = sorted(resident, key=lambda code: (-resident[code], code))[:TOP]
        self._processes = [one for one in self._processes if one.code in set(largest)]

    def _host_round(self, at_us: int) -> None:
        self._found.sample(CPU, self._host, at_us, value=psutil.cpu_percent())
        self._found.sample(MEMORY, self._host, at_us, value=psutil.virtual_memory().percent)
        self._found.sample(LOAD, self._host, at_us, value=psutil.getloadavg()[0])

    def _interface_round(self, at_us: int) -> None:
        counters = psutil.net_io_counters(pernic=True)
        for code, name in self._interfaces:
            if name in counters:
                self._found.sample(RECEIVED, code, at_us, value=counters[name].bytes_recv)
                self._found.sample(SENT, code, at_us, value=counters[name].bytes_sent)

    def _process_round(self, at_us: int) -> None:
        for one in self._processes:
            with _tolerant():
                cpu, resident = one.process.cpu_percent(), one.process.memory_info().rss
                self._found.sample(CPU, one.code, at_us, value=cpu)
                self._found.sample(RESIDENT, one.code, at_us, value=resident)


@contextmanager
def _tolerant() -> Iterator[None]:
    """Go on without what has vanished, or what we may not see."""
    try:
        yield
    except (psutil.Error, OSError, AttributeError, NotImplementedError):
        return
