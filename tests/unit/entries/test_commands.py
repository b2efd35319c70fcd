"""Every command against a small estate on disk: what it prints, and its exit status."""

from __future__ import annotations

import contextlib
import io
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from headwater.entries.cli.main import respond

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


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    returncode: int
    stdout: bytes
    stderr: bytes


def headwater(
    *words: str, folder: Path, stdin: bytes = b"", env: Mapping[str, str] | None = None
) -> Done:
    """Carry a command line out in this process, as the installed command would."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    given = io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8")
    database = f"sqlite:///{folder / 'estate.db'}"
    around = {"HEADWATER_DATABASE": database, "COLUMNS": "80", "TZ": "UTC", **(env or {})}
    with (
        mock.patch.dict(os.environ, around),
        mock.patch("sys.stdin", given),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        contextlib.chdir(folder),
    ):
        status = respond(words)
    return Done(status, out.buffer.getvalue(), err.buffer.getvalue())


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


def told(done: Done) -> Any:
    assert done.stdout, done.stderr.decode()
    return json.loads(done.stdout)


def test_the_terminal_shows_what_the_json_holds(home: Path) -> None:
    shown = headwater("ask", "what breaks if db-1 fails?", folder=home).stdout.decode()
    assert shown.startswith("● COMPLETE in ")
    assert "web-1" in shown
    assert "Evidence" in shown
    assert "✓ " in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_a_number_asks_the_question_that_stands_under_the_last_answer(home: Path) -> None:
    mine = {"HEADWATER_PRINCIPAL": "ann"}
    before = headwater("ask", "1", folder=home, env=mine)
    first = told(headwater("ask", "what breaks if db-1 fails?", "--json", folder=home, env=mine))
    headwater("ask", "how many items per type?", folder=home, env={"HEADWATER_PRINCIPAL": "bob"})
    second = told(headwater("ask", "2", "--json", folder=home, env=mine))
    absent = headwater("ask", "9", folder=home, env=mine)

    assert before.returncode == 2
    assert b"cli.no_such_question" in before.stderr
    assert second["question"] == first["next"][1]
    assert absent.returncode == 2
    assert f"it has {len(second['next'])}" in absent.stderr.decode()


def test_names_from_the_estate_cannot_steer_the_terminal(home: Path) -> None:
    done = headwater("call", "ci.get_by_code", '{"code": "evil"}', folder=home)
    assert done.returncode == 0
    assert b"\x1b" not in done.stdout
    assert "\u202e" not in done.stdout.decode()
    assert "\\u202e[bold]日本" in done.stdout.decode()
    assert "u001b[31m" in done.stdout.decode()


def test_options_stand_before_or_after_the_command(home: Path) -> None:
    url = f"sqlite:///{home / 'estate.db'}"
    asked = ('{"code": "web-1"}', "--json")
    before = headwater(
        "--database", url, "--quiet", "call", "ci.get_by_code", *asked,
        folder=home, env={"HEADWATER_DATABASE": "sqlite:////nowhere/x.db"},
    )  # fmt: skip
    after = headwater("call", "ci.get_by_code", *asked, "--quiet", "--database", url, folder=home)
    assert told(before)["value"] == told(after)["value"]
    assert told(before)["value"]["code"] == "web-1"


def test_a_tenant_sees_only_its_own(home: Path) -> None:
    done = headwater(
        "--tenant", "other", "call", "ci.get_by_code", '{"code": "web-1"}', "--json", folder=home
    )
    assert told(done)["value"] is None


def test_a_call_of_a_tool_that_is_none_fails_with_its_name(home: Path) -> None:
    done = headwater("call", "ci.serch", "{}", "--json", folder=home)
    assert done.returncode in {1, 2}
    assert "ci.search" in json.dumps(told(done))


def test_ten_megabytes_of_arguments_are_refused_in_one_line(home: Path) -> None:
    arguments = json.dumps({"keywords": ["x" * 10_000_000]}).encode()
    done = headwater("call", "ci.search", "-", "--json", folder=home, stdin=arguments)
    assert done.returncode in {1, 2}
    assert told(done)["status"] == "failed"
    assert len(done.stdout) < 2000


def test_a_cyclic_plan_is_wrong_usage(home: Path) -> None:
    steps = [
        {"id": "a", "tool": "ci.search", "after": ["b"]},
        {"id": "b", "tool": "ci.search", "after": ["a"]},
    ]
    done = headwater("run", "-", "--json", folder=home, stdin=json.dumps({"steps": steps}).encode())
    assert done.returncode == 2
    assert told(done)["error"]["fault"] == "asker"


def test_a_run_is_listed_explained_asked_again_and_replayed(home: Path) -> None:
    run_id = told(headwater("ask", "what is web-1?", "--json", folder=home))["run_id"]
    assert run_id in {one["run_id"] for one in told(headwater("runs", "--json", folder=home))}
    explained = told(headwater("explain", run_id, "--json", folder=home))
    assert explained["run"]["run_id"] == run_id
    assert explained["events"][0]["kind"] == "run.started"
    shown = headwater("explain", run_id, folder=home).stdout.decode()
    assert " engine/run.py:" in shown
    assert told(headwater("again", run_id, "--json", folder=home))["status"] == "complete"
    replayed = headwater("replay", run_id, "--sequential", "--json", folder=home)
    assert replayed.returncode == 0
    assert told(replayed)["equal"] is True


def test_the_tools_are_listed_with_their_arguments(home: Path) -> None:
    names = {one["name"] for one in told(headwater("tools", "--json", folder=home))}
    assert {"ci.search", "graph.expand", "cep.simulate", "estate.resolve"} <= names
    assert "ci.search" in headwater("tools", folder=home).stdout.decode()


def test_an_export_can_be_loaded_again(home: Path, tmp_path: Path) -> None:
    assert headwater("export", str(tmp_path / "out"), "--json", folder=home).returncode == 0
    env = {"HEADWATER_DATABASE": f"sqlite:///{tmp_path / 'second.db'}"}
    done = headwater("load", str(tmp_path / "out"), "--json", folder=home, env=env)
    assert told(done)["counts"]["items"]["added"] == 3


def test_an_unknown_run_is_wrong_usage(home: Path) -> None:
    done = headwater("explain", "nothing", "--json", folder=home)
    assert done.returncode == 2
    assert told(done)["error"]["code"] == "run.unknown"


@pytest.mark.parametrize("make", ["text", "folder"])
def test_a_database_that_is_none_is_told_in_one_line(make: str, tmp_path: Path) -> None:
    file = tmp_path / "estate.db"
    if make == "text":
        file.write_text("this is no database, though it is long enough to look like one" * 40)
    else:
        file.mkdir()
    done = headwater("load", str(tmp_path), "--as", "bundle", "--json", folder=tmp_path)
    assert done.returncode in {1, 2}
    assert told(done)["status"] == "failed"
    assert b"Traceback" not in done.stderr


def test_a_plan_runs_from_a_file_and_from_standard_input(home: Path) -> None:
    steps = [
        {"id": "find", "tool": "ci.search", "args": {"keywords": ["web"]}},
        {"id": "get", "tool": "ci.get", "args": {"id": {"$": "find.items[0].id"}}},
    ]
    plan = json.dumps({"steps": steps})
    (home / "plan.json").write_text(plan, encoding="utf-8")
    first = headwater("run", "plan.json", "--json", folder=home)
    second = headwater("run", "-", "--json", folder=home, stdin=plan.encode())
    for done in (first, second):
        result = told(done)
        assert (done.returncode, result["status"]) == (0, "complete")
        assert set(result["outcomes"]) == {"find", "get"}
        assert result["outcomes"]["get"]["value"]["code"] == "web-1"
