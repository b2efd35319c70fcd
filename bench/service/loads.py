"""How a load is put on a server: by children that run `load.py`; and what their figures say."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from bench.service.asked import Request
from bench.service.load import READY
from bench.service.servers import ROOT, Server
from bench.timing import percentile

Spec = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Load:
    """What came of a load."""

    seconds: float
    latencies_s: list[float]
    statuses: dict[str, int]
    errors: int
    marks: dict[str, int]
    unsent: int
    late: int

    @property
    def rate(self) -> float:
        """Return the answers of 200 a second."""
        return len(self.latencies_s) / self.seconds

    @property
    def asked(self) -> int:
        """Count the answers."""
        return sum(self.statuses.values())

    @property
    def failed(self) -> int:
        """Count what was answered by anything but 200, or not at all."""
        return self.errors + self.asked - len(self.latencies_s)

    def at(self, share: float) -> float:
        """Return the seconds in which this share of the answers of 200 came."""
        return percentile(self.latencies_s, share) if self.latencies_s else float("inf")

    @property
    def mean_s(self) -> float:
        """Return the mean of the latencies, in seconds."""
        return sum(self.latencies_s) / max(1, len(self.latencies_s))


def spec(
    server: Server,
    requests: Sequence[Request],
    *,
    connections: int,
    seconds: float,
    key: str | None = None,
    **more: Any,
) -> Spec:
    """Return what `load.py` is to do."""
    return {
        "host": "127.0.0.1",
        "port": server.port,
        "connections": connections,
        "seconds": seconds,
        "headers": {"Authorization": f"Bearer {key or server.key}"},
        "requests": list(requests),
        **more,
    }


def put(*specs: Spec) -> list[Load]:
    """Put loads on at the same time, each by a child, and return what came of them."""
    children = [prepared(one) for one in specs]
    try:
        for child in children:
            begin(child)
        return [ended(child) for child in children]
    finally:
        for child in children:
            child.kill()


def started(one: Spec) -> subprocess.Popen[str]:
    """Start a child that puts a load on at once."""
    child = prepared(one)
    begin(child)
    return child


def begin(child: subprocess.Popen[str]) -> None:
    """Have a child begin, which waits for that."""
    assert child.stdin is not None
    child.stdin.close()


def prepared(one: Spec) -> subprocess.Popen[str]:
    """Start a child that could put a load on: to read what it is to send takes it a second."""
    child = subprocess.Popen(
        [sys.executable, "-m", "bench.service.load"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(json.dumps(one) + "\n")
    child.stdin.flush()
    if child.stdout.readline().strip() != READY:
        message = f"a load ended with status {child.wait()} before it could begin"
        raise ChildProcessError(message)
    return child


def ended(child: subprocess.Popen[str]) -> Load:
    """Wait for a child, and return what came of its load."""
    assert child.stdout is not None
    text = child.stdout.read()
    if child.wait() != 0:
        message = f"a load ended with status {child.returncode} before it told its figures"
        raise ChildProcessError(message)
    told = json.loads(text)
    told["latencies_s"] = [one for some in told["latencies_s"].values() for one in some]
    return Load(**told)


@contextmanager
def beside(one: Spec) -> Iterator[list[Load]]:
    """Put a load on while the block runs; gives a list that has what came of it afterwards."""
    child = started(one)
    came: list[Load] = []
    try:
        yield came
        came.append(ended(child))
    finally:
        child.kill()
