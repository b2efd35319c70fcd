"""The command line as a person or a program uses it: real processes, real files."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from patience import GUARD_S

ITEMS = (
    {"code": "web-1", "name": "Web 1", "type": "service", "owner": "web", "status": "live"},
    {"code": "db-1", "name": "DB 1", "type": "database", "owner": "data", "status": "live"},
    {
        "code": "evil",
        "name": "\u202e[bold]日本",
        "type": "service",
        "attributes": {"note": "\x1b[31m"},
    },
)
RELATIONS = ({"source": "web-1", "target": "db-1", "type": "depends_on"},)


def headwater(
    *words: str, folder: Path, stdin: bytes = b"", env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "headwater.entries.cli.main", *words],
        cwd=folder,
        input=stdin,
        env=environment(folder, env),
        capture_output=True,
        timeout=GUARD_S,
        check=False,
    )


def environment(folder: Path, more: Mapping[str, str] | None = None) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HEADWATER")}
    database = f"sqlite:///{folder / 'estate.db'}"
    return {**kept, "HEADWATER_DATABASE": database, "COLUMNS": "80", "TZ": "UTC", **(more or {})}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small estate, loaded once."""
    folder = tmp_path_factory.mktemp("home with a space")
    bundle = folder / "bundle"
    bundle.mkdir()
    for name, rows in (("items.jsonl", ITEMS), ("relations.jsonl", RELATIONS)):
        text = "".join(json.dumps(row) + "\n" for row in rows)
        (bundle / name).write_text(text, encoding="utf-8")
    done = headwater("load", "bundle", "--json", folder=folder)
    assert done.returncode == 0, done.stderr.decode()
    assert json.loads(done.stdout)["counts"]["items"]["added"] == 3
    return folder


def told(done: subprocess.CompletedProcess[bytes]) -> Any:
    assert done.stdout, done.stderr.decode()
    return json.loads(done.stdout)


def test_an_answer_has_its_shape_and_status(home: Path) -> None:
    done = headwater("ask", "what breaks if db-1 fails?", "--json", folder=home)
    answer = told(done)
    assert (answer["status"], done.returncode) == ("complete", 0)
    wanted = {"run_id", "status", "summary", "blocks", "evidence", "gaps", "confidence"}
    assert wanted | {"elapsed_s", "next"} <= set(answer)
    assert "web-1" in json.dumps(answer["blocks"])


def test_a_reader_that_goes_away_ends_it_quietly(home: Path) -> None:
    line = f"'{sys.executable}' -m headwater.entries.cli.main tools | head -c 5"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", line],
        cwd=home,
        env=environment(home),
        capture_output=True,
        timeout=GUARD_S,
        check=False,
    )
    assert done.returncode in {0, 141}
    assert done.stderr == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_behind_stdout_is_told(home: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "headwater.entries.cli.main", "tools"],
            cwd=home,
            env=environment(home),
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=GUARD_S,
            check=False,
        )
    assert done.returncode == 1
    assert b"cli.cannot_write" in done.stderr
    assert b"Traceback" not in done.stderr


def test_ctrl_c_while_a_plan_is_awaited_stops_at_once(home: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "headwater.entries.cli.main", "run", "-"],
        cwd=home,
        env=environment(home),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None
        process.stdin.write(b'{"steps": [')
        process.stdin.flush()
        for _ in range(200):  # the signal may come before Python listens, and then ends it as well
            process.send_signal(signal.SIGINT)
            try:
                process.wait(timeout=0.25)
                break
            except subprocess.TimeoutExpired:
                continue
        assert process.returncode in {130, -signal.SIGINT}


def test_ctrl_c_while_it_still_imports_leaves_no_traceback() -> None:
    code = (
        "import os, signal, sys\n"
        "class CtrlC:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'cyclopts': os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, CtrlC())\n"
        "from headwater.entries.cli.start import main\n"
        "main()\n"
    )
    words = [sys.executable, "-c", code, "tools"]
    ended = subprocess.run(words, capture_output=True, timeout=GUARD_S, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (-signal.SIGINT, b"", b"")


def test_help_does_not_wait_for_the_app() -> None:
    code = (
        "import sys; from headwater.entries.cli.main import respond\n"
        "heavy = {'headwater.app.service', 'sqlalchemy', 'numpy', 'alembic'}\n"
        "for command in ('ask', 'tools', 'load', 'demo'):\n"
        "    respond([command, '--help'])\n"
        "    found = heavy & set(sys.modules)\n"
        "    if found: sys.exit(f'{command}: {found}')\n"
    )
    words = [sys.executable, "-c", code]
    ended = subprocess.run(words, capture_output=True, text=True, timeout=GUARD_S, check=False)

    assert (ended.returncode, ended.stderr) == (0, "")
    for command in ("ask", "tools", "load", "demo"):
        assert f"headwater {command}" in ended.stdout


def test_an_app_opens_without_what_speaks_to_others() -> None:
    code = (
        "import sys; from headwater import Headwater; "
        "opened = Headwater.open('memory:'); "
        "opened.__enter__(); opened.__exit__(None, None, None); "
        "heavy = {'aiohttp', 'gidgethub', 'cryptography', 'jwt', 'sqlalchemy', 'fastapi', 'dbos'}; "
        "sys.exit(','.join(sorted(heavy & set(sys.modules))) or 0)"
    )
    words = [sys.executable, "-c", code]
    ended = subprocess.run(words, capture_output=True, text=True, timeout=GUARD_S, check=False)

    assert (ended.returncode, ended.stderr) == (0, "")
