"""What the words of a command line mean, and how wrong ones are refused."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.entries.cli.decode import checked, json_file, json_object, question, seconds, steps
from headwater.errors import UsageError


@pytest.mark.parametrize(
    ("text", "expected_s"),
    [("2s", 2.0), ("500ms", 0.5), ("2", 2.0), (" 1.5 s ", 1.5), ("1m", 60.0), (".5", 0.5)],
)
def test_a_budget_is_read_with_its_unit(text: str, expected_s: float) -> None:
    assert seconds(text) == expected_s


@pytest.mark.parametrize("text", ["", "s", "2h", "-1s", "nan", "inf", "1e3", "2 s s", "٣s", "0x2"])
def test_what_is_no_span_of_time_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="write 2s, 500ms or 2"):
        seconds(text)


@given(st.text())
def test_any_text_is_a_span_of_time_or_refused(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert seconds(text) >= 0


def test_words_make_one_question() -> None:
    assert question(("what", "is", "db-1?")) == "what is db-1?"
    with pytest.raises(UsageError) as refused:
        question(("  ",))
    assert refused.value.code == "cli.no_question"


def test_half_a_pair_and_nul_are_no_text() -> None:
    for text in ("a\ud800b", "a\udcffb", "a\0b"):
        with pytest.raises(UsageError, match="character 2") as refused:
            checked(text, "the question")
        assert refused.value.code == "cli.not_text"


def test_steps_are_separated_by_commas() -> None:
    assert steps("a, b,,c") == ("a", "b", "c")
    assert steps(None) == ()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"a": }', "line 1, column 7"),
        ("", "line 1, column 1"),
        ("[1]", "not a list"),
        ("null", "not null"),
        ("3", "not a number"),
        ('{"a": NaN}', "NaN is no JSON"),
        ('{"a": -Infinity}', "-Infinity is no JSON"),
        ("[" * 100_000, "nested too deeply"),
        ('{"a": ' * 100_000, "nested too deeply"),
        ('{"a": ' + "9" * 5000 + "}", "digits"),
    ],
)
def test_bad_json_is_refused_by_place_and_reason(text: str, told: str) -> None:
    with pytest.raises(UsageError) as refused:
        json_object(text, "the arguments")
    assert refused.value.code == "cli.bad_json"
    assert told in refused.value.message
    assert len(refused.value.message) < 300


def test_a_lone_surrogate_written_as_an_escape_is_refused() -> None:
    with pytest.raises(UsageError) as refused:
        json_object('{"a": "\\ud800"}', "the arguments")
    assert refused.value.code == "cli.not_text"


def test_a_plan_is_read_from_a_file_or_standard_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "plan.json"
    file.write_text('\ufeff{"steps": []}', encoding="utf-8")
    assert json_file(str(file), "the plan") == {"steps": []}
    assert json_object(f"@{file}", "the arguments") == {"steps": []}
    big = json.dumps({"text": "x" * 10_000_000}).encode()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(big), encoding="utf-8"))
    assert len(json_file("-", "the plan")["text"]) == 10_000_000


def test_closed_standard_input_is_said_to_be_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(UsageError, match="standard input is closed") as refused:
        json_object("-", "the arguments")
    assert refused.value.code == "cli.unreadable"


def test_a_file_that_cannot_be_read_is_named_with_its_reason(tmp_path: Path) -> None:
    for path, told in ((tmp_path / "none.json", "No such file"), (tmp_path, "Is a directory")):
        with pytest.raises(UsageError, match=told) as refused:
            json_file(str(path), "the plan")
        assert refused.value.code == "cli.unreadable"
    (tmp_path / "latin.json").write_bytes(b'{"a": "\xe9"}')
    with pytest.raises(UsageError, match="byte 8"):
        json_file(str(tmp_path / "latin.json"), "the plan")


def test_a_path_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError):
        json_file("a\0b", "the plan")
