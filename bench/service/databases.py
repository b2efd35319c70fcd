"""The estate in PostgreSQL, loaded once and kept as long as the servers of `make services`."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

from bench import made_estate as made
from bench.service.servers import FOLDER, HEADWATER, ROOT

STATE = ROOT / ".services/servers.json"


def postgresql(size: made.Size) -> str | None:
    """Return the URL of the estate in PostgreSQL, items alone; None where there is no server."""
    if not STATE.exists():
        return None
    servers = json.loads(STATE.read_text(encoding="utf-8"))["servers"]
    if "postgresql" not in servers:
        return None
    server, name = str(servers["postgresql"]["url"]), f"headwater_bench_{size.items}"
    url = urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    with psycopg.connect(server, autocommit=True) as line:
        known = line.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
        if known is None:
            line.execute(f"CREATE DATABASE {name}")
    if known is None:
        _load(url, size)
    return url


def _load(url: str, size: made.Size) -> None:
    folder = FOLDER / "bundle"
    shutil.rmtree(folder, ignore_errors=True)
    made.write_bundle(folder, made.Size(items=size.items, measured=1, points=1, entries=0))
    command = [*HEADWATER, "load", str(Path(folder) / "items"), "--database", url]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    shutil.rmtree(folder)
