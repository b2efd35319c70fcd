"""Keys and tenants on the command line: exact JSON, and a key on stdout alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from headwater import Headwater
from headwater.entries.cli.main import COMMANDS, GROUPS, respond
from headwater.entries.cli.options import options_last


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.delenv("HEADWATER_TENANT", raising=False)
    return f"sqlite:///{tmp_path}/estate.db"


@pytest.fixture
def said(url: str, capsys: pytest.CaptureFixture[str]) -> Any:
    """Return what runs a command line with --json on the estate and gives its status and JSON."""

    def say(*words: str) -> tuple[int, Any]:
        status = respond([*words, "--database", url, "--json"])
        return status, json.loads(capsys.readouterr().out)

    return say


def test_a_key_is_made_listed_and_revoked_with_exact_json(said: Any, url: str) -> None:
    status, made = said("keys", "create", "--role", "operator", "--name", "ci", "--expires", "30d")
    assert status == 0
    assert set(made) == {"id", "key", "tenant", "role", "name", "expires_at"}
    assert (made["tenant"], made["role"], made["name"]) == ("default", "operator", "ci")
    assert made["expires_at"].endswith("+00:00")
    with Headwater.open(url) as hw:
        assert hw.access.identify(made["key"]).roles == ("operator",)
        status, (listed,) = said("keys", "list")
        assert status == 0
        assert set(listed) == {
            "id", "tenant", "name", "role", "created_at", "expires_at", "revoked_at",
        }  # fmt: skip
        assert (listed["id"], listed["revoked_at"]) == (made["id"], None)
        status, gone = said("keys", "revoke", made["id"])
        assert (status, gone["id"]) == (0, made["id"])
        assert gone["revoked_at"] is not None
        assert said("keys", "revoke", made["id"]) == (0, gone)


def test_a_key_without_name_and_end(said: Any) -> None:
    _, made = said("keys", "create", "--role", "reader")
    assert (made["name"], made["expires_at"]) == ("", None)


@pytest.mark.parametrize(
    "words",
    [
        ["keys", "create", "--role", "reader", "--tenant", "acme"],
        ["--tenant", "acme", "keys", "create", "--role", "reader"],
        ["keys", "--tenant", "acme", "create", "--role", "reader"],
        ["keys", "create", "--tenant=acme", "--role=reader"],
    ],
    ids=" ".join,
)
def test_a_key_of_a_tenant_wherever_the_option_stands(said: Any, words: list[str]) -> None:
    status, made = said(*words)
    assert (status, made["tenant"]) == (0, "acme")
    assert [one["name"] for one in said("tenants", "list")[1]] == ["acme", "default"]
    assert [one["id"] for one in said("keys", "list", "--tenant", "acme")[1]] == [made["id"]]
    assert said("keys", "list", "--tenant", "default") == (0, [])
    assert len(said("keys", "list")[1]) == 1


def test_the_environment_names_the_tenant_of_a_key(
    said: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADWATER_TENANT", "acme")
    assert said("keys", "create", "--role", "reader")[1]["tenant"] == "acme"


def test_tenants_are_made_once(said: Any) -> None:
    status, made = said("tenants", "create", "acme")
    assert (status, set(made), made["name"]) == (0, {"name", "created_at"}, "acme")
    status, refused = said("tenants", "create", "acme")
    assert (status, refused["error"]["code"]) == (2, "tenant.exists")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("cli.usage", ["keys", "create"]),
        ("cli.usage", ["keys", "create", "--role", "root"]),
        ("cli.usage", ["keys", "create", "--role", "reader", "--expires", "soon"]),
        ("cli.usage", ["keys", "create", "--role", "reader", "--expires", "-1d"]),
        ("key.bad_expiry", ["keys", "create", "--role", "reader", "--expires", "0d"]),
        ("key.bad_name", ["keys", "create", "--role", "reader", "--name", "a\nb"]),
        ("tenant.bad_name", ["keys", "create", "--role", "reader", "--tenant", "x" * 65]),
        ("tenant.bad_name", ["tenants", "create", ""]),
        ("key.unknown", ["keys", "revoke", "nothing"]),
        ("key.unknown", ["keys", "revoke", "' OR 1=1 --"]),
        ("cli.usage", ["keys", "revoke"]),
        ("cli.usage", ["keys", "nothing"]),
        ("cli.usage", ["keys"]),
    ],
)
def test_what_cannot_be_is_refused(said: Any, code: str, words: list[str]) -> None:
    status, told = said(*words)
    assert (status, told["error"]["code"]) == (2, code)


def test_without_json_the_key_alone_is_on_stdout(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert respond(["keys", "create", "--role", "reader", "--database", url]) == 0
    told = capsys.readouterr()
    assert told.out.startswith("hw_")
    assert told.out.count("\n") == 1
    assert "not shown again" in told.err
    assert told.out.strip() not in told.err
    assert respond(["keys", "list", "--database", url]) == 0
    shown = capsys.readouterr().out
    assert "in force" in shown
    assert told.out.strip() not in shown
    assert respond(["tenants", "list", "--database", url]) == 0
    assert "default" in capsys.readouterr().out


@pytest.mark.parametrize("group", GROUPS)
def test_a_group_alone_shows_its_commands(group: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert respond([group]) == 0
    shown = capsys.readouterr().out
    named = [name.partition(" ")[2] for name in COMMANDS if name.startswith(f"{group} ")]
    assert [name for name in named if name not in shown] == []


@pytest.mark.parametrize(
    ("words", "moved"),
    [
        (["--quiet", "keys", "list"], ["keys", "list", "--quiet"]),
        (["--quiet", "keys", "--tenant", "t", "list", "x"],
         ["keys", "list", "--quiet", "--tenant", "t", "x"]),
        (["keys", "--help"], ["keys", "--help"]),
        (["--quiet", "keys"], ["keys"]),
        (["keys"], ["keys"]),
    ],
)  # fmt: skip
def test_options_move_behind_both_words_of_a_name(words: list[str], moved: list[str]) -> None:
    assert options_last(words, GROUPS) == moved
