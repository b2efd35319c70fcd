"""`make bench-service`: take the figures of the bars named (all, if none is), and show them."""

from __future__ import annotations

import argparse
import importlib
import sys
import time
from pathlib import Path

from bench.machine import machine
from bench.report import save_json, show, write_page
from bench.rows import Row
from bench.service.servers import ROOT

BARS = ("search", "users", "slow", "asking", "overload", "tenants", "memory", "live", "before")
PAGE = ROOT / "docs/reference/performance-service.md"


def main() -> int:
    """Run as a command; the exit status is 1 where a bar is missed."""
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
        rows += importlib.import_module(f"bench.service.{bar}").measure(quick=given.quick)
        print(f"{bar}: {time.monotonic() - started_s:.0f} s", file=sys.stderr, flush=True)
    told = machine()
    show(rows, told)
    if given.json is not None:
        save_json(rows, told, given.json)
    if given.write:
        write_page(rows, told, page=PAGE)
    return int(any(row.verdict == "missed" for row in rows))


if __name__ == "__main__":
    sys.exit(main())
