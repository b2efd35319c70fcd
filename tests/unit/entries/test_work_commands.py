"""Work on the command line: what a team does in a day, as text and as JSON."""

import json
import shlex

import pytest

from headwater.entries.cli.main import respond

STORY = (
    'work create-team "on call"',
    'work open 1 "Checkout is slow" --repository shop/checkout',
    'work add 1 "Look at the pool" kind=incident priority=1 assignee=olga',
    'work add 1 "Raise its size" parent=1',
    "work depend 2 --on 1 --how related",
    'work start 1 "find out why"',
    'work note 1 "the pool is full" --done',
    "work set 2 status=done",
    "work end 1",
)


@pytest.fixture
def hw(tmp_path, monkeypatch, capsys):
    """Give what a command line ends with and says."""
    monkeypatch.setenv("HEADWATER_DATABASE", f"sqlite:///{tmp_path}/estate.db")
    monkeypatch.setenv("HEADWATER_JOBS", "false")

    def run(line):
        status = respond(shlex.split(line))
        said = capsys.readouterr()
        return status, said.out, said.err

    return run


def test_a_day_of_work_is_told_and_resumed(hw):
    for line in STORY:
        status, out, err = hw(line)
        assert (status, err) == (0, ""), line
        assert out.startswith("●"), out
    status, out, _ = hw("resume 1")
    assert status == 0
    for words in ("Checkout is slow", "Raise its size", "the pool is full", "session.ended"):
        assert words in out
    _, shown, _ = hw("resume 1 --json")
    value = json.loads(shown)
    assert value["project"]["progress"] == 1.0
    assert value["session"]["summary"].startswith("find out why")


def test_changes_are_read_from_words_and_clear(hw):
    for line in STORY[:3]:
        hw(line)
    _, out, _ = hw("work set 1 due=2026-12-01 assignee= description=words --json")
    item = json.loads(out)
    assert (item["due"], item["assignee"], item["description"]) == ("2026-12-01", None, "words")
    assert item["version"] == 2
    _, out, _ = hw("work items --open-only --json")
    assert [one["id"] for one in json.loads(out)["items"]] == [1]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("work set 1", "cli.bad_change"),
        ("work set 1 done", "cli.bad_change"),
        ("work set 1 tags=x", "cli.bad_change"),
        ("work set 1 colour=red", "tool.bad_arguments"),
        ("work set 1 priority=9", "tool.bad_arguments"),
        ("work set 99 status=done", "work.unknown"),
        ("work join nothing", "work.bad_invitation"),
        ("work items --ci nowhere", "work.unknown"),
        ("resume 99", "work.unknown"),
        ("work move 1 --version 7", "work.conflict"),
        ("work start 99 goal", "work.unknown"),
        ("work item one", "cli.usage"),
    ],
)
def test_what_is_wrong_is_named(hw, line, code):
    for words in STORY[:3]:
        hw(words)
    status, out, err = hw(f"{line} --json")
    assert status == 2, (out, err)
    assert json.loads(out)["error"]["code"] == code


def test_an_empty_estate_has_no_work(hw):
    for line, words in (
        ("work teams", "no teams yet"),
        ("work projects", "no projects yet"),
        ("work items", "nothing to do"),
        ("work sessions", "no sessions yet"),
    ):
        assert hw(line)[:2] == (0, f"{words}\n")
