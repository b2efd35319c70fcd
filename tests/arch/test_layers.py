"""The import contracts hold, and each of them breaks where it is broken."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from house import PACKAGE, ROOT

CONTRACTS = {
    one["id"]: one["name"]
    for one in tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
}
UNDER_TYPING = """
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from headwater.policy import quota
"""
PLANTED = {
    "layers": {"model/planted.py": UNDER_TYPING},
    "entries": {
        "entries/web/__init__.py": "",
        "entries/web/planted.py": "import headwater.entries.cli.exits",
    },
    "islands-stores": {"stores/memory/planted.py": "import headwater.stores.sql.tables"},
    "islands-sources": {"sources/bundle/planted.py": "import headwater.sources.netbox"},
    "islands-packs": {"packs/ci/planted.py": "import headwater.packs.graph.views"},
    "one-door": {"entries/cli/planted.py": "import headwater.engine.run"},
    "one-bridge": {"sync.py": "import headwater.engine.call"},
    "one-wiring": {"app/planted.py": "import headwater.stores.memory.cache"},
    "pure": {"policy/planted.py": "import time"},
    "anyio-only": {"engine/planted.py": "import asyncio"},
    "no-testing": {"app/more.py": "import headwater.testing"},
    "acyclic": {
        "composing/planted.py": "import headwater.composing.more",
        "composing/more.py": "import headwater.composing.planted",
    },
}


def lint(source: Path) -> str:
    """Return what import-linter says of a source tree."""
    ended = subprocess.run(
        [
            Path(sys.executable).with_name("lint-imports"),
            "--no-cache",
            "--config",
            ROOT / "pyproject.toml",
        ],
        env={**os.environ, "PYTHONPATH": str(source), "COLUMNS": "300"},
        cwd=source,
        capture_output=True,
        text=True,
        check=False,
    )
    return ended.stdout + ended.stderr


def test_every_contract_breaks_where_it_is_broken(tmp_path: Path) -> None:
    copy = shutil.copytree(
        PACKAGE, tmp_path / "headwater", ignore=shutil.ignore_patterns("__pycache__")
    )
    for planted in PLANTED.values():
        for place, text in planted.items():
            path = copy / place
            path.parent.mkdir(exist_ok=True)
            path.write_text((path.read_text("utf-8") if path.exists() else "") + text, "utf-8")
    said = lint(tmp_path)
    kept = [name for name in CONTRACTS.values() if f"{name} BROKEN" not in said]
    assert kept == [], said


def test_a_violation_is_planted_for_every_contract() -> None:
    assert set(PLANTED) == set(CONTRACTS)


def test_every_contract_holds() -> None:
    said = lint(PACKAGE.parent)
    assert f"Contracts: {len(CONTRACTS)} kept, 0 broken." in said, said
