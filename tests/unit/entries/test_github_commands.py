"""GitHub, webhooks and notices on the command line: secrets go in unseen and are shown once."""

from __future__ import annotations

import io
import json
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from anyio.from_thread import start_blocking_portal
from github_standin import GOOD, GitHubStandin

from headwater.entries.cli import decode
from headwater.entries.cli.main import respond
from headwater.errors import UsageError

Run = Callable[[str], tuple[int, str, str]]


@pytest.fixture(scope="module")
def standin() -> Iterator[GitHubStandin]:
    """Serve a GitHub beside the command line, which has loops of its own."""
    made = GitHubStandin()
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(made.served()):
        shop = made.repository()
        for number in range(3):
            made.open_issue(shop, f"slow {number}")
        yield made


@pytest.fixture
def hw(
    tmp_path: Path,
    standin: GitHubStandin,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """Give what a command line ends with and says; nothing of a secret may be on it."""
    monkeypatch.setenv("HEADWATER_DATABASE", f"sqlite:///{tmp_path}/estate.db")
    monkeypatch.setenv("HEADWATER_JOBS", "false")
    monkeypatch.setenv("HEADWATER_GITHUB_URL", f"{standin.base}/api/v3")
    monkeypatch.setenv("HEADWATER_GITHUB_SYNC_S", "0")
    monkeypatch.setenv("HEADWATER_SEALING_KEY", "a key of the tests with over 32 characters")
    (tmp_path / "token").write_text(f"{GOOD}\n", encoding="utf-8")

    def run(line: str) -> tuple[int, str, str]:
        status = respond(shlex.split(line.replace("TOKEN", str(tmp_path / "token"))))
        said = capsys.readouterr()
        assert GOOD not in said.out + said.err
        return status, said.out, said.err

    return run


def test_a_project_is_linked_and_its_issues_are_work(hw: Run) -> None:
    for line in (
        "work create-team shop",
        "work open 1 checkout",
        "github add robot --token TOKEN --repository acme/*",
        "github link 1 acme/shop --credential robot",
    ):
        status, out, err = hw(line)
        assert (status, err) == (0, ""), line
    status, out, _ = hw("github import 1")
    assert (status, out) == (0, "● acme/shop: 3 added; in step\n")
    status, out, _ = hw("work items")
    assert "slow 2" in out
    _, out, _ = hw("github repository 1")
    assert "robot" in out
    assert hw("github sync 1")[:2] == (0, "● acme/shop: nothing new; in step\n")
    _, out, _ = hw("github hook 1")
    assert "application/json" in out
    assert "not shown again" in out
    _, out, _ = hw("github list --json")
    assert [(one["name"], one["login"]) for one in json.loads(out)] == [("robot", "ann")]
    assert hw("github unlink 1")[0] == 0
    assert hw("github remove robot")[0] == 0
    assert hw("github list")[1] == "no credentials\n"


def test_a_token_comes_from_a_file_or_standard_input_and_never_from_the_line(
    hw: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    piped = io.TextIOWrapper(io.BytesIO(f"{GOOD}\n".encode()), encoding="utf-8")
    monkeypatch.setattr("sys.stdin", piped)
    assert hw("github add robot --token -")[::2] == (0, "")
    status, out, _ = hw("github add robot --json")
    assert (status, json.loads(out)["error"]["code"]) == (2, "cli.usage")
    status, out, _ = hw("github add robot --token - --installation 7 --json")
    assert (status, json.loads(out)["error"]["code"]) == (2, "cli.usage")
    with pytest.raises(UsageError, match="standard input"):
        decode.secret(None, "--token")


def test_a_webhook_is_made_shown_once_and_removed(hw: Run) -> None:
    hw("work create-team shop")
    status, out, _ = hw(
        "work add-webhook 1 https://hooks.example.org/team --kind item --kind alert"
    )
    assert (status, "whsec_" in out, "not shown again" in out) == (0, True, True)
    _, out, _ = hw("work webhooks 1")
    assert ("item, alert" in out, "whsec_" in out) == (True, False)
    assert "whsec_" in hw("work rotate-webhook 1 --hours 0")[1]
    assert hw("work remove-webhook 1")[1] == "removed: https://hooks.example.org/team\n"
    assert hw("work webhooks 1")[1] == "no webhooks\n"


def test_who_is_in_a_team_is_said_by_its_leader(hw: Run) -> None:
    hw("work create-team shop")
    _, out, _ = hw("work invite 1 --uses 5 --json")
    code = json.loads(out)["code"]
    assert code in hw("work invitations 1")[1]
    assert hw("work revoke 1")[0] == 0
    assert "revoked" in hw("work invitations 1")[1]
    assert "bob" in hw("work set-member 1 bob --role leader")[1]
    assert "bob" not in hw("work remove-member 1 bob")[1]


def test_notices_are_shown_without_a_server(hw: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    hw("work create-team shop")
    assert hw("work notices --team 1") == (0, "no notices\n", "")
