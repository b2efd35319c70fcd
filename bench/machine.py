"""On what was measured; it measures nothing."""

from __future__ import annotations

import os
import platform
import sqlite3
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

NAMED = ("headwater", "anyio", "pydantic", "sqlalchemy", "langchain-core", "langgraph", "fastmcp")


def machine() -> dict[str, str]:
    """Return the machine's name, its CPU and the versions that matter, as text."""
    return {
        "machine": platform.node() or "unnamed",
        "system": f"{platform.system()} {platform.release()}",
        "cpu": f"{os.cpu_count()} x {_cpu()}",
        "load": " ".join(f"{one:.1f}" for one in os.getloadavg()),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "versions": ", ".join(f"{name} {found}" for name in NAMED if (found := _version(name))),
        "measured_at": datetime.now(UTC).isoformat(timespec="minutes"),
    }


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown"
    found = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return found[0] if found else platform.machine()


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
