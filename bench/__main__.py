"""`make bench`: take the figures of the bars named (all, if none is), and show them."""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

from bench.machine import machine
from bench.report import read_json, save_json, show, write_page
from bench.rows import Row, failed

BARS = (
    "calls",
    "steps",
    "blocking",
    "dag",
    "deadline",
    "start",
    "load",
    "ingest",
    "estate",
    "astra",
    "knowledge",
    "github",
)
PEERED = ("calls", "steps")
"""Bars with peers, taken where the peers are installed if there is such an environment."""
PEERS_PYTHON = Path(".venv-bench/bin/python")


def main() -> int:
    """Run as a command; the exit status is 1 where a bar is missed or could not be taken."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("bars", nargs="*", metavar="BAR", help=", ".join(BARS))
    parser.add_argument("--quick", action="store_true", help="fewer rounds, a small estate")
    parser.add_argument("--full", action="store_true", help="a million items as well")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures as JSON")
    parser.add_argument("--write", action="store_true", help="renew docs/reference/performance.md")
    given = parser.parse_args()
    unknown = sorted(set(given.bars) - set(BARS))
    if unknown:
        parser.error(f"no bar called {', '.join(unknown)}; there are {', '.join(BARS)}")
    rows: list[Row] = []
    for bar in given.bars or BARS:
        started_s = time.monotonic()
        rows += taken(bar, quick=given.quick, full=given.full)
        print(f"{bar}: {time.monotonic() - started_s:.0f} s", file=sys.stderr, flush=True)
    told = machine()
    show(rows, told)
    if given.json is not None:
        save_json(rows, told, given.json)
    if given.write:
        write_page(rows, told)
    return int(any(row.verdict in {"missed", "failed"} for row in rows))


def taken(bar: str, *, quick: bool, full: bool) -> list[Row]:
    """Return the rows of a bar; a bar that raises is a row that says so, and the next goes on."""
    try:
        return _rows(bar, quick=quick, full=full)
    except Exception as error:  # noqa: BLE001  whatever it was, the other bars have their figures
        traceback.print_exc()
        return [failed(bar, error)]


def _rows(bar: str, *, quick: bool, full: bool) -> list[Row]:
    here = importlib.util.find_spec("langgraph") is not None
    if bar in PEERED and not here and PEERS_PYTHON.exists():
        return _beside_peers(bar, quick=quick)
    rows: list[Row] = importlib.import_module(f"bench.{bar}").measure(quick=quick, full=full)
    return rows


def _beside_peers(bar: str, *, quick: bool) -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rows.json"
        command = [str(PEERS_PYTHON), "-m", "bench", bar, "--json", str(file)]
        subprocess.run([*command, *["--quick"] * quick], stdout=subprocess.DEVNULL, check=False)
        return read_json(file)


if __name__ == "__main__":
    sys.exit(main())
