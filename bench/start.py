"""What do starting the command and importing the package cost, and what do they pull in?"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys

from bench.rows import Row, at_most

BAR = "start"
MOST_S = 0.5
HEAVY = {
    "aiohttp", "anthropic", "duckdb", "fastapi", "fastmcp", "httpx", "httpx2", "langchain_core",
    "langgraph", "mcp", "numpy", "onnxruntime", "openai", "pandas", "polars", "pyarrow",
    "pydantic_ai", "redis", "scipy", "sklearn", "sqlalchemy", "starlette", "torch",
    "transformers", "uvicorn",
}  # fmt: skip
"""Server, model and data libraries."""
LIST = (
    "import headwater, sys, json; print(json.dumps(sorted({m.split('.')[0] for m in sys.modules})))"
)


def measure(*, quick: bool, full: bool) -> list[Row]:
    """Take the figures of this bar."""
    del full
    command = [sys.executable, "-m", "headwater.entries.cli.main", "--help"]
    cpu_s = statistics.median(_cpu_s(command) for _ in range(3 if quick else 7))
    listed = subprocess.run([sys.executable, "-c", LIST], capture_output=True, check=True)
    heavy = sorted(HEAVY & set(json.loads(listed.stdout)))
    import_s = statistics.median(
        _cpu_s([sys.executable, "-c", "import headwater"]) for _ in range(3)
    )
    shown = (f"{cpu_s:.2f} s", f"{MOST_S:g} s")
    return [
        at_most(BAR, "headwater --help, CPU", value=cpu_s, limit=MOST_S, shown=shown),
        at_most(
            BAR,
            "server, model and data libraries that import headwater pulls in",
            value=len(heavy),
            limit=0,
            shown=(", ".join(heavy) or "none", "none"),
            note=f"{import_s:.2f} s of CPU",
        ),
    ]


def _cpu_s(command: list[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        command, stdout=subprocess.DEVNULL, check=True, env={**os.environ, "NO_COLOR": "1"}
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
