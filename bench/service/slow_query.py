"""A query that takes 50 ms because its database does: the caller's thread does nothing meanwhile.

The same blocking function is called by all that are compared. `headwater serve` finds it as a tool
of a pack, as it finds those of any distribution (`written_pack`).
"""

from __future__ import annotations

import time
from pathlib import Path

from headwater import tool

WAIT_S = 0.05
DISTRIBUTION = {
    "METADATA": "Metadata-Version: 2.1\nName: headwater-bench\nVersion: 1\n",
    "entry_points.txt": "[headwater.packs]\nbench = bench.service.slow_query\n",
}


def wait_for_database(number: int) -> int:
    """Wait as a driver waits that blocks."""
    time.sleep(WAIT_S)
    return number


@tool(
    name="bench.slow_query",
    description="Wait for 50 ms.",
    role="reader",
    idempotent=True,
    concurrency=64,
)
def slow_query(number: int) -> int:
    return wait_for_database(number)


def written_pack(folder: Path) -> Path:
    """Write what makes the tool a pack, and return what to put on the path."""
    made = folder / "pack"
    for name, text in DISTRIBUTION.items():
        file = made / "headwater_bench-1.dist-info" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return made
