"""The guards that every test stands under do fail the test that breaks them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from house import PACKAGE, ROOT

TESTS = """
import threading
import time

import pytest

OURS = {planted!r}


def ours(text):
    names = {{}}
    exec(compile(text, OURS, "exec"), names)
    return names


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_blocks_the_loop():
    ours("import time\\ndef block():\\n    time.sleep(0.001)")["block"]()


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_blocks_the_loop_and_hides_it():
    try:
        ours("import time\\ndef block():\\n    time.sleep(0.001)")["block"]()
    except Exception:
        pass


def test_leaves_a_thread():
    wait = threading.Event().wait
    threading.Thread(target=wait, args=(999,), name="headwater-left", daemon=True).start()


def test_leaves_a_database_open(tmp_path):
    global kept
    kept = open(tmp_path / "left.db", "w")


def test_skips():
    pytest.skip("no reason")


def test_is_well():
    pass


@pytest.mark.slow
def test_is_slow():
    raise AssertionError


@pytest.mark.xfail(raises=ZeroDivisionError)
def test_is_expected_to_fail():
    1 / 0
"""


def run(folder: Path, **environment: str) -> dict[str, int]:
    """Run the planted tests under our guards and return how many ended how."""
    (folder / "test_planted.py").write_text(TESTS.format(planted=str(PACKAGE / "planted.py")))
    shutil.copy(ROOT / "tests/servers.py", folder)
    guards = (ROOT / "tests/conftest.py").read_text()
    (folder / "conftest.py").write_text(guards.replace("\nJOIN_S = 20.0\n", "\nJOIN_S = 0.1\n"))
    command = [sys.executable, "-m", "pytest", "-q", "-c", str(ROOT / "pyproject.toml")]
    ended = subprocess.run(
        [*command, "--rootdir", str(folder), "-p", "no:cacheprovider", str(folder)],
        env={**os.environ, **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    counted = re.findall(r"(\d+) (\w+)", ended.stdout.splitlines()[-1])
    return {word.rstrip("s"): int(number) for number, word in counted if word != "in"}


def test_what_blocks_or_stays_behind_fails_and_slow_ones_are_left_out(tmp_path: Path) -> None:
    assert run(tmp_path, CI="") == {
        "failed": 1,  # the one that lets the refusal pass
        "error": 4,  # found when the test was over: blocked twice, a thread, a file
        "passed": 4,
        "skipped": 1,
        "deselected": 1,
        "xfailed": 1,
    }


def test_under_ci_a_skipped_test_fails(tmp_path: Path) -> None:
    ended = run(tmp_path, CI="true")
    assert (ended["failed"], ended.get("skipped", 0), ended["xfailed"]) == (2, 0, 1)
