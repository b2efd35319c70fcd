"""A wrong command line is a clear error, with its status, and as JSON where that was asked for."""

from __future__ import annotations

import json

import pytest

from headwater.entries.cli.exits import Stopped
from headwater.entries.cli.failing import status_of
from headwater.entries.cli.main import COMMANDS, respond
from headwater.errors import EngineBug, LimitError, StoreFault, ToolFault, UsageError

WRONG = [
    (["ask", "--bugdet", "2", "x"], "--budget"),
    (["aks", "x"], "ask"),
    (["call"], "requires an argument"),
    (["call", "ci.get", "{}", "more"], "more"),
    (["ask", "x", "--budget", "soon"], "write 2s, 500ms or 2"),
    (["load", "x", "--as", "xml"], "netbox"),
    (["ask"], "there is no question"),
    (["call", "ci.get", "{"], "line 1, column 2"),
    (["run", "/no/such/plan.json"], "No such file"),
    (["tools", "--database"], "requires an argument"),
    (["--bogus"], "--bogus"),
]


@pytest.mark.parametrize(("words", "told"), WRONG)
def test_a_wrong_command_line_says_what_to_change(
    words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert respond(words) == 2
    shown = capsys.readouterr()
    assert told in shown.err
    assert shown.out == ""
    assert "Traceback" not in shown.err


@pytest.mark.parametrize(("words", "told"), WRONG)
def test_a_wrong_command_line_is_one_json_document_where_that_was_asked_for(
    words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert respond(["--json", *words]) == 2
    document = json.loads(capsys.readouterr().out)
    assert document["status"] == "failed"
    assert document["error"]["fault"] == "asker"
    assert document["error"]["code"].startswith("cli.")
    assert told in document["error"]["message"]


def test_json_without_a_command_is_refused_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert respond(["--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "cli.usage"


def test_help_names_every_command_and_status(capsys: pytest.CaptureFixture[str]) -> None:
    assert respond(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(f" {name.split()[0]} " in shown for name in COMMANDS)
    assert "3 partial" in shown


def test_every_command_has_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    for name in COMMANDS:
        assert respond([*name.split(), "--help"]) == 0
        assert f"headwater {name}" in capsys.readouterr().out


def test_the_version_is_the_packages(capsys: pytest.CaptureFixture[str]) -> None:
    assert respond(["--version"]) == 0
    assert capsys.readouterr().out.strip()[0].isdigit()


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (UsageError("m", code="a.b"), 2),
        (LimitError("m", code="a.b"), 1),
        (ToolFault("m", code="a.b"), 1),
        (StoreFault("m", code="a.b"), 1),
        (EngineBug("m", code="a.b"), 1),
        (ExceptionGroup("g", [ExceptionGroup("h", [UsageError("m", code="a.b")])]), 2),
    ],
)
def test_an_error_gives_the_status_of_its_fault(
    error: Exception, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status_of(error, as_json=True) == status
    shown = capsys.readouterr()
    assert json.loads(shown.out)["error"]["code"] == "a.b"
    assert shown.err.splitlines()[-1] == "headwater: m [a.b]"


def test_an_error_nobody_foresaw_is_told_with_its_trace(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ZeroDivisionError) as raised:
        _ = 1 / 0
    assert status_of(raised.value, as_json=False) == 1
    shown = capsys.readouterr()
    assert "Traceback" in shown.err
    assert "engine.unforeseen" in shown.err


def test_an_errors_message_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    status_of(UsageError("\x1b[31m", code="a.b"), as_json=False)
    assert "\x1b" not in capsys.readouterr().err


def _interrupted_import() -> RuntimeError:
    error = RuntimeError("Error calling __set_name__")
    error.__cause__ = KeyboardInterrupt()
    return error


@pytest.mark.parametrize("error", [Stopped(), KeyboardInterrupt(), _interrupted_import()])
def test_a_stop_is_status_130(error: BaseException, capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of(error, as_json=True) == 130
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "cli.stopped"
