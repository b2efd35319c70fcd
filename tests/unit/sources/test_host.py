"""This very host is scanned: whatever machine the tests run on."""

from __future__ import annotations

import gzip
import math
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from headwater.sources.host.findings import Findings
from headwater.sources.host.packages import package_history
from headwater.sources.host.scan import host_supply, scan

SECRET = "hunter2-not-to-be-kept"
LOG = """2025-06-24 14:36:25 startup archives unpack
2025-06-24 14:36:25 upgrade libc6:amd64 2.36-9 2.36-10
2025-06-24 14:36:25 status installed libc6:amd64 2.36-10
2025-06-24 14:36:26 install curl:amd64 <none> 7.88
nonsense
2025-13-24 14:36:26 install bad:amd64 <none> 1
2025-06-25 08:00:00 remove curl:amd64 7.88 <none>
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Findings]:
    """Scan beside a process with a secret on its command line, and one connected to itself."""
    script = "import sys; print('up', flush=True); sys.stdin.read()"
    words = [sys.executable, "-c", script, f"--password={SECRET}"]
    with (
        subprocess.Popen(
            words,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=dict(os.environ, API_KEY=SECRET),
        ) as child,
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()),
    ):
        assert child.stdout is not None
        assert child.stdout.readline() == b"up\n"
        yield scan(logs=tmp_path_factory.mktemp("logs"))
        assert child.stdin is not None
        child.stdin.close()


def test_the_host_its_parts_and_its_processes_are_found(found: Findings) -> None:
    types = {one.type for one in found.items.values()}
    assert {"host", "file_system", "process", "socket"} <= types
    assert all(one.source == "host" for one in found.items.values())
    me = [one for one in found.items.values() if one.attributes.get("pid") == os.getpid()]
    assert len(me) == 1
    host = f"host:{socket.gethostname()}"
    assert (me[0].code, "runs_on", host) in found.relations


def test_a_connection_joins_who_connected_with_who_listens(found: Findings) -> None:
    me = next(c for c, one in found.items.items() if one.attributes.get("pid") == os.getpid())
    assert (me, "connected_to", me) in found.relations


def test_no_command_line_and_no_environment_is_kept(found: Findings) -> None:
    kept = repr([found.items, found.relations, found.history, found.samples])
    assert SECRET not in kept


def test_samples_are_finite_of_known_metrics_and_items_and_in_more_than_one_round(
    found: Findings,
) -> None:
    host = f"host:{socket.gethostname()}"
    assert len([one for one in found.samples if one[:2] == ("cpu_utilization", host)]) >= 2
    assert all(math.isfinite(value) for _, _, _, value in found.samples)
    assert {metric for metric, _, _, _ in found.samples} <= set(found.metrics)
    assert {ci for _, ci, _, _ in found.samples} <= set(found.items)


def test_only_items_and_relations_are_replaced_by_the_next_scan(tmp_path: Path) -> None:
    stop = threading.Event()
    stop.set()
    supply = host_supply(logs=tmp_path, stop=stop)
    assert supply.scope == ("host",)
    parts = (supply.items, supply.relations, supply.metrics, supply.samples, supply.history)
    assert [part.replaceable for part in parts if part] == [True, True, False, False, False]


def test_package_history_is_read_from_plain_and_packed_logs_once(tmp_path: Path) -> None:
    (tmp_path / "dpkg.log").write_text(LOG)
    (tmp_path / "dpkg.log.1").write_text(LOG)
    (tmp_path / "dpkg.log.2.gz").write_bytes(
        gzip.compress(b"2024-01-01 00:00:00 install vim:amd64 <none> 9\n")
    )
    (tmp_path / "dpkg.log.3.gz").write_bytes(gzip.compress(b"x" * 5000)[:-20])
    entries = package_history("host:me", tmp_path)
    assert [one.title for one in entries] == [
        "installed vim 9",
        "upgraded libc6 2.36-9 to 2.36-10",
        "installed curl 7.88",
        "removed curl 7.88",
    ]
    assert {(one.ci, one.kind, one.actor) for one in entries} == {("host:me", "change", "dpkg")}


def test_without_a_log_there_is_no_package_history(tmp_path: Path) -> None:
    assert package_history("host:me", tmp_path / "none") == []
