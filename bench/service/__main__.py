"""`make bench-service`: take the figures of the bars named (all, if none is), and show them."""

from __future__ import annotations

import argparse
import importlib
import signal
import sys
import time
import traceback
from pathlib import Path
from typing import NoReturn

from bench.machine import machine
from bench.report import save_json, show, write_page
from bench.rows import Row, failed
from bench.service.servers import ROOT

BARS = ("search", "users", "slow", "asking", "overload", "tenants", "memory", "live", "before")
PAGE = ROOT / "docs/reference/performance-service.md"
MOST_S = 300
"""Seconds for which one bar may go on; the slowest takes half as long."""


def main() -> int:
    """Run as a command; the exit status is 1 where a bar is missed or could not be taken."""
    parser = argparse.ArgumentParser(prog="python -m bench.service", description=__doc__)
    parser.add_argument("bars", nargs="*", metavar="BAR", help=", ".join(BARS))
    parser.add_argument("--quick", action="store_true", help="shorter loads, a small estate")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures as JSON")
    parser.add_argument("--write", action="store_true", help=f"renew {PAGE.name}")
    given = parser.parse_args()
    unknown = sorted(set(given.bars) - set(BARS))
    if unknown:
        parser.error(f"no bar called {', '.join(unknown)}; there are {', '.join(BARS)}")
    rows: list[Row] = []
    for bar in given.bars or BARS:
        started_s = time.monotonic()
        rows += taken(bar, quick=given.quick)
        print(f"{bar}: {time.monotonic() - started_s:.0f} s", file=sys.stderr, flush=True)
        if given.json is not None:  # so that what was taken is there whatever comes
            save_json(rows, machine(), given.json)
    told = machine()
    show(rows, told, page=PAGE)
    if given.write:
        write_page(rows, told, page=PAGE)
    return int(any(row.verdict in {"missed", "failed"} for row in rows))


def taken(bar: str, *, quick: bool) -> list[Row]:
    """Return the rows of a bar; a bar that raises is a row that says so, and the next goes on."""
    signal.signal(signal.SIGALRM, _too_long)
    signal.alarm(MOST_S)
    try:
        rows: list[Row] = importlib.import_module(f"bench.service.{bar}").measure(quick=quick)
    except Exception as error:  # noqa: BLE001  whatever it was, the other bars have their figures
        traceback.print_exc()
        return [failed(bar, error)]
    finally:
        signal.alarm(0)
    return rows


def _too_long(number: int, frame: object) -> NoReturn:
    del number, frame
    message = f"no end after {MOST_S} s"
    raise TimeoutError(message)


if __name__ == "__main__":
    sys.exit(main())
