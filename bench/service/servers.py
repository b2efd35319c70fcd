"""The servers that are measured, each a process of its own, and what the system tells of them."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bench import estate
from bench import made_estate as made
from bench.service.slow_query import written_pack

ROOT = Path(__file__).parents[2]
PATHS = (ROOT, ROOT / "src")
FOLDER = Path(".bench/service")
HEADWATER = [sys.executable, "-m", "headwater.entries.cli.main"]
STARTS_S = 60.0
STOPS_S = 20.0


@dataclass(frozen=True, slots=True)
class Server:
    """A server that listens: where, by which key, and its process."""

    port: int
    key: str
    pid: int

    @property
    def url(self) -> str:
        """Return where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def text(self, path: str) -> str:
        """Return what it says at a path that needs no key."""
        with closing(urllib.request.urlopen(f"{self.url}{path}", timeout=30)) as answer:
            text: str = answer.read().decode()
            return text

    def gauge(self, name: str, **labels: str) -> float:
        """Return a number of /metrics; 0 where it is not there."""
        for line in self.text("/metrics").splitlines():
            if line.startswith((f"{name} ", f"{name}{{")) and all(
                f'{key}="{value}"' in line for key, value in labels.items()
            ):
                return float(line.rpartition(" ")[2])
        return 0.0

    def memory_mb(self) -> float:
        """Return what of the memory is its own now, in megabytes."""
        lines = Path(f"/proc/{self.pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
        own_kib = sum(int(line.split()[1]) for line in lines if line.startswith("Private_"))
        return own_kib / 1000 * 1.024

    def cpu_s(self) -> float:
        """Return the seconds of CPU that it used."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rpartition(")")[2]
        ticks = fields.split()
        return (int(ticks[11]) + int(ticks[12])) / os.sysconf("SC_CLK_TCK")


def estate_file(size: made.Size) -> Path:
    """Return a copy of the estate that may be written to, loading the estate where it is not."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    whole, copy = estate.built(size), FOLDER / f"estate-{size.items}.db"
    if not copy.exists() or copy.stat().st_mtime < whole.stat().st_mtime:
        for old in FOLDER.glob(f"{copy.name}*"):
            old.unlink()
        shutil.copy(whole, copy)
    return copy


def new_key(database: str, *, tenant: str = "default", role: str = "reader") -> str:
    """Make a key on the command line, as anybody does."""
    words = ["keys", "create", "--role", role, "--tenant", tenant, "--json"]
    made_ = subprocess.run(
        [*HEADWATER, *words, "--database", database], stdout=subprocess.PIPE, check=True
    )
    key: str = json.loads(made_.stdout)["key"]
    return key


@contextmanager
def ours(database: str, **settings: object) -> Iterator[Server]:
    """Give `headwater serve` over a database."""
    key = new_key(database)
    environment = {f"HEADWATER_{name.upper()}": str(value) for name, value in settings.items()}
    environment["PYTHONPATH"] = os.pathsep.join(map(str, (*PATHS, written_pack(FOLDER.resolve()))))
    command = [*HEADWATER, "serve", "--port", "0", "--json", "--database", database]
    with _started(command, environment) as (process, port):
        yield Server(port, key, process.pid)


@contextmanager
def other(way: str, file: Path, *, threads: int = 0) -> Iterator[Server]:
    """Give one of the blocking ways (`blocking_way` or `threads_way`) over the same file."""
    key = "bench-" + hashlib.sha256(way.encode()).hexdigest()[:32]
    command = [sys.executable, "-m", f"bench.service.{way}", str(file), key, str(threads)]
    with _started(command, {"PYTHONPATH": os.pathsep.join(map(str, PATHS))}) as (process, port):
        yield Server(port, key, process.pid)


@contextmanager
def _started(
    command: list[str], environment: dict[str, str]
) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Start a server that prints its address as JSON, and stop it at the end."""
    with (FOLDER / "server.log").open("a", encoding="utf-8") as log:
        process = subprocess.Popen(
            command,
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    try:
        port = _port(process)
        _until_ready(port)
        yield process, port
    finally:
        process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOPS_S)
        process.kill()
        process.wait()


def _port(process: subprocess.Popen[str]) -> int:
    assert process.stdout is not None
    text = ""
    while "}" not in text:
        line = process.stdout.readline()
        assert line, f"the server ended; see {FOLDER / 'server.log'}"
        text += line
    return int(json.loads(text)["address"].rpartition(":")[2])


def _until_ready(port: int) -> None:
    until = time.monotonic() + STARTS_S
    while time.monotonic() < until:
        with suppress(OSError):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=STARTS_S).close()
            return
        time.sleep(0.1)
    raise TimeoutError(f"the server on port {port} does not get ready")
