"""A real `headwater serve` in a process of its own, on loopback, with a pack of slow tools."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
from anyio import to_thread
from patience import GUARD_S

from headwater import AsyncHeadwater
from headwater.app.settings import Settings

PACK = """
import anyio
from headwater import tool

@tool(name="slow.sleep", description="Sleeps.", role="reader")
async def sleep(seconds: float = 30.0) -> str:
    await anyio.sleep(seconds)
    return "slept"

@tool(name="slow.held", description="Waits for a file.", role="reader")
async def held(until: str) -> str:
    while not await anyio.Path(until).exists():
        await anyio.sleep(0.01)
    return "held"

@tool(name="slow.large", description="Gives much.", role="reader")
async def large(size: int = 1000) -> str:
    return "x" * size
"""
ITEMS = [
    {"code": "web-1", "name": "web-1", "type": "service", "owner": "web"},
    {"code": "db-1", "name": "db-1", "type": "database", "owner": "data"},
]


@dataclass
class Server:
    """A server that runs."""

    process: subprocess.Popen[str]
    address: str
    url: str
    folder: Path

    def key(self, role: str = "reader", tenant: str = "default") -> str:
        """Make a key, from this process, while the server runs."""
        return anyio.run(make_key, self.url, role, tenant)

    def stop(self, number: int = signal.SIGTERM) -> None:
        """Tell the server to stop."""
        self.process.send_signal(number)

    def ended(self, within_s: float) -> int:
        """Wait until the server has ended, and return its exit status."""
        return self.process.wait(within_s)


async def make_key(url: str, role: Any, tenant: str) -> str:
    async with AsyncHeadwater.open(url, settings=Settings(prepare=False)) as hw:
        return (await hw.access.create_key(role=role, tenant=tenant)).key


async def load(url: str, bundle: Path) -> None:
    async with AsyncHeadwater.open(url, settings=Settings(prepare=False)) as hw:
        await hw.load(bundle)


def write_pack(folder: Path) -> None:
    """Write a distribution of slow tools, as an installed pack looks."""
    (folder / "slow_pack.py").write_text(PACK, "utf-8")
    info = folder / "slow_pack-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: slow-pack\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[headwater.packs]\nslow = slow_pack\n")


def write_estate(folder: Path) -> str:
    """Make a small estate, and return its URL."""
    bundle = folder / "bundle"
    bundle.mkdir()
    lines = "".join(json.dumps(one) + "\n" for one in ITEMS)
    (bundle / "items.jsonl").write_text(lines, "utf-8")
    url = f"sqlite:///{folder / 'estate.db'}"
    anyio.run(load, url, bundle)
    return url


@contextmanager
def served(
    folder: Path, url: str | None = None, *, env: Mapping[str, Any] | None = None
) -> Iterator[Server]:
    """Serve an estate, a small new one where none is named, for as long as the block."""
    url = url or write_estate(folder)
    packs = folder / "packs"
    packs.mkdir(exist_ok=True)
    if not (packs / "slow_pack.py").exists():
        write_pack(packs)
    changed = {name: str(value) for name, value in (env or {}).items()}
    with (folder / "log").open("a", encoding="utf-8") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "headwater.entries.cli.main", "serve", "--port", "0",
             "--json", "--database", url],
            env={**os.environ, "PYTHONPATH": str(packs), **changed},
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )  # fmt: skip
        try:
            assert process.stdout is not None
            told = "".join(iter(process.stdout.readline, "}\n")) + "}"
            yield Server(process, json.loads(told)["address"], url, folder)
        finally:
            if process.poll() is None:
                process.kill()
            process.wait(GUARD_S)
            process.stdout.close()


@asynccontextmanager
async def serving(
    folder: Path, url: str | None = None, *, env: Mapping[str, Any] | None = None
) -> AsyncIterator[Server]:
    """Serve as `served` does, from within a loop."""
    server = served(folder, url, env=env)
    one = await to_thread.run_sync(server.__enter__)
    try:
        yield one
    finally:
        with anyio.CancelScope(shield=True):
            await to_thread.run_sync(server.__exit__, None, None, None)
