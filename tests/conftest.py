"""What every test stands under: nothing blocks the loop, nothing stays behind, CI skips nothing."""

from __future__ import annotations

import gc
import os
import threading
import traceback
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
import servers
from blockbuster import BlockBuster, blockbuster
from hypothesis import HealthCheck, settings

DATA = Path(__file__).parents[2] / "shared/data"
"""Real data that lies beside a checkout; tests of it skip where it is not there."""
DESCRIPTORS = Path("/proc/self/fd")
JOIN_S = 20.0
"""Seconds for a thread of ours to end that was told to."""
MAY_BLOCK = [
    # Drivers are imported where they are opened, once a process.
    ("<frozen importlib._bootstrap>", "_find_and_load"),
    # A log line goes where the process's owner sent it.
    ("logging/__init__.py", "emit"),
    # The list of installed packs is read while the app opens, before it can be asked anything.
    ("headwater/app/wiring.py", "shipped_packs"),
]
blocked: list[str] = []
"""Blocking calls of ours in the asyncio loop during this test, each with its stack."""


class Blocked(blockbuster.BlockingError):
    """A blocking call, remembered: the engine would turn it into a tool's fault like any other."""

    def __init__(self, function: str) -> None:
        super().__init__(function)
        blocked.append(f"{function}\n{''.join(traceback.format_stack(limit=12))}")


def pytest_configure(config: pytest.Config) -> None:
    """Give every test the real servers' fixtures; look at no clock where examples are made."""
    slow = [HealthCheck.too_slow]  # a property says nothing of how busy the machine is
    settings.register_profile("house", settings(), deadline=None, suppress_health_check=slow)
    settings.load_profile("house")
    config.pluginmanager.register(servers, "servers")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, Any, Any]:
    """Collect without looking for garbage, nor later among what it made: that is there to stay."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture(scope="session", autouse=True)
def loop_guard() -> Iterator[None]:
    """Refuse blocking calls that our code makes in the asyncio loop, in every test."""
    blockbuster.BlockingError = Blocked  # type: ignore[misc]
    guard = BlockBuster(["headwater"])
    for place, function in MAY_BLOCK:
        for one in guard.functions.values():
            one.can_block_in(place, {function})
    guard.activate()
    try:
        yield
    finally:
        guard.deactivate()


@pytest.fixture(autouse=True)
def nothing_blocked() -> Iterator[None]:
    """Fail a test in which a blocking call was refused, whatever became of it."""
    blocked.clear()
    yield
    if blocked:
        pytest.fail(f"a blocking call in the loop: {blocked[0]}")


@pytest.fixture(autouse=True)
def nothing_left_behind() -> Iterator[None]:
    """Fail a test that leaves threads of ours running or a database's files open."""
    threads, files = set(threading.enumerate()), open_databases()
    yield
    for thread in set(threading.enumerate()) - threads:
        if thread.name.startswith("headwater"):
            thread.join(JOIN_S)
            if thread.is_alive():
                pytest.fail(f"left behind: the thread {thread.name}")
    left = open_databases() - files
    if left:
        pytest.fail(f"left open: {', '.join(sorted(left))}")


def open_databases() -> set[str]:
    """Return the descriptors of this process that lead to files of databases."""
    found: set[str] = set()
    for one in DESCRIPTORS.iterdir() if DESCRIPTORS.is_dir() else ():
        try:
            target = one.readlink()
        except OSError:  # closed since it was listed
            continue
        if target.name.endswith((".db", ".db-wal", ".db-shm", ".db-journal")):
            found.add(f"{one.name} to {target}")
    return found


def refused_skip(reason: str) -> str | None:
    """Return why a skip is a failure here: in CI all tests run but those of data not there."""
    if os.environ.get("CI", "").lower() not in {"1", "true"}:
        return None
    if not DATA.exists() and "shared/data" in reason:
        return None
    return f"skipped, and under CI nothing is: {reason}"


def _refuse(report: Any) -> None:
    if not report.skipped or hasattr(report, "wasxfail"):
        return
    reason = report.longrepr[-1] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    refusal = refused_skip(str(reason))
    if refusal is not None:
        report.outcome = "failed"
        report.longrepr = refusal


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, Any, Any]:
    """Turn a skipped test into a failed one under CI."""
    report = yield
    _refuse(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, Any, Any]:
    """Turn a skipped module into a failed one under CI."""
    report = yield
    _refuse(report)
    return report
