"""What befalls real processes: killed in a load, a full disk, a folder that cannot be written."""

from __future__ import annotations

import contextlib
import json
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from commands import carry_out
from patience import GUARD_S

ROWS = 2_000
SAMPLES = 40_000
WHOLE = {"configuration_item": ROWS, "relation": ROWS, "sample": SAMPLES}
LOOK_S = 0.001


def words_of(*words: str) -> list[str]:
    return [sys.executable, "-m", "headwater.entries.cli.main", *words]


def headwater(
    *words: str,
    database: Path | str,
    stdin: bytes = b"",
    before: Callable[[], None] | None = None,
) -> tuple[int, Any]:
    """Return a process's exit status and the one JSON document on its stdout."""
    done = subprocess.run(
        [*words_of(*words), "--json", "--database", f"sqlite:///{database}"],
        input=stdin,
        capture_output=True,
        timeout=GUARD_S,
        check=False,
        preexec_fn=before,
    )
    assert b"Traceback" not in done.stderr
    return done.returncode, json.loads(done.stdout)


def here(
    *words: str, database: Path | str, folder: Path, stdin: bytes = b"", **env: str
) -> tuple[int, Any]:
    """Return the same of a command carried out in this process."""
    given = [*words, "--json", "--database", f"sqlite:///{database}"]
    done = carry_out(*given, folder=folder, stdin=stdin, env=env)
    assert b"Traceback" not in done.stderr
    return done.returncode, json.loads(done.stdout)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundle")
    items = ({"code": f"n{n}", "name": f"n{n}", "type": "host"} for n in range(ROWS))
    relations = (
        {"source": f"n{n}", "target": f"n{(n * 7 + 1) % ROWS}", "type": "uses"} for n in range(ROWS)
    )
    for name, rows in (("items", items), ("relations", relations)):
        text = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")
    samples = "".join(f"load,n{n % 100},{1_795_132_800 + n // 100},{n}\n" for n in range(SAMPLES))
    (folder / "samples.csv").write_text(f"metric,ci,at,value\n{samples}", encoding="utf-8")
    return folder


def counted(database: Path) -> dict[str, int]:
    """Count the rows of an estate, past Headwater, and look whether its file is whole."""
    with contextlib.closing(sqlite3.connect(database)) as outside:
        assert outside.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        found = {}
        for table in WHOLE:
            with contextlib.suppress(sqlite3.OperationalError):  # killed before it was made
                found[table] = outside.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        return found


@pytest.mark.parametrize(
    "grown_bytes",
    [500_000, *(pytest.param(size, marks=pytest.mark.slow) for size in (1, 1_000_000, 2_000_000))],
)
def test_a_load_killed_at_any_moment_leaves_whole_files_and_can_be_done_again(
    tmp_path: Path, bundle: Path, grown_bytes: int
) -> None:
    database = tmp_path / "estate.db"
    log = Path(f"{database}-wal")
    with subprocess.Popen(
        words_of("load", str(bundle), "--quiet", "--database", f"sqlite:///{database}")
    ) as process:
        give_up_at = time.monotonic() + GUARD_S
        while process.poll() is None and time.monotonic() < give_up_at:
            with contextlib.suppress(OSError):
                if log.stat().st_size >= grown_bytes:
                    break
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(LOOK_S)
        process.send_signal(signal.SIGKILL)
    for table, rows in counted(database).items():
        assert rows in {0, WHOLE[table]}
    status, report = headwater("load", str(bundle), database=database)
    assert (status, set(report["counts"])) == (0, {"items", "relations", "samples"})
    assert counted(database) == WHOLE


@pytest.mark.slow
def test_two_loads_and_a_question_at_once_all_end_well(tmp_path: Path, bundle: Path) -> None:
    database = tmp_path / "estate.db"
    headwater("runs", database=database)
    loads = [
        subprocess.Popen(
            words_of("load", str(bundle), "--json", "--database", f"sqlite:///{database}"),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for _ in range(2)
    ]
    status, answer = headwater("call", "ci.aggregate", "{}", database=database)
    assert (status, answer["value"]["total_items"] in {0, ROWS}) == (0, True)
    for load in loads:
        out, err = load.communicate(timeout=GUARD_S)
        assert load.returncode == 0, err.decode()
        json.loads(out)
    assert counted(database) == WHOLE


def test_a_disk_that_fills_up_keeps_what_was_acknowledged(tmp_path: Path, bundle: Path) -> None:
    database = tmp_path / "estate.db"
    status, _ = headwater("load", str(bundle / "items.jsonl"), database=database)
    assert status == 0
    room = max(file.stat().st_size for file in tmp_path.iterdir()) + 200_000

    def fill() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))

    status, told = headwater("load", str(bundle), database=database, before=fill)
    assert (status, told["error"]["fault"]) == (1, "store")
    assert str(database) in told["error"]["message"]
    found = counted(database)
    assert found["configuration_item"] == ROWS
    assert all(rows in {0, WHOLE[table]} for table, rows in found.items())
    assert headwater("load", str(bundle), database=database)[0] == 0


def test_where_nothing_can_be_written_the_error_names_the_place(tmp_path: Path) -> None:
    status, told = here("runs", database="/proc/estate.db", folder=tmp_path)  # not even root may
    assert (status, told["error"]["code"]) == (1, "store.read_only")
    assert "/proc/estate.db" in told["error"]["message"]


def test_a_folder_in_the_databases_place_is_named(tmp_path: Path) -> None:
    status, told = here("runs", database=tmp_path, folder=tmp_path)
    assert (status, told["error"]["code"]) == (2, "store.is_folder")


def test_hostile_standard_input_is_refused_in_one_document(tmp_path: Path) -> None:
    database = tmp_path / "estate.db"
    deep = b"[" * 100_000 + b"]" * 100_000
    words = ("call", "ci.search", "-")
    status, told = headwater(*words, database=database, stdin=b'{"filters": ' + deep + b"}")
    assert (status, told["error"]["code"]) == (2, "cli.bad_json")
    for stdin, code in (
        (b"\xff\xfe{}", "cli.not_text"),
        (b'{"keywords": ["\\ud800"]}', "cli.not_text"),
        (b"", "cli.bad_json"),
    ):
        status, told = here(*words, database=database, folder=tmp_path, stdin=stdin)
        assert (status, told["error"]["code"]) == (2, code)
    large = json.dumps({"keywords": ["x" * 10_000_000]}).encode()
    status, told = here(*words, database=database, folder=tmp_path, stdin=large)
    assert (status, told["status"], told["code"]) == (1, "failed", "tool.bad_arguments")
    assert len(told["message"]) < 1_000


def test_a_setting_that_is_wrong_is_named(tmp_path: Path) -> None:
    status, told = here(
        "runs", database=tmp_path / "estate.db", folder=tmp_path, HEADWATER_MAX_STEPS="many"
    )
    assert (status, told["error"]["code"]) == (2, "settings.bad")
    assert "max_steps" in told["error"]["message"]
