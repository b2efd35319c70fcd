"""The options of every command stand before or after its name."""

from __future__ import annotations

import pytest

from headwater.entries.cli.options import options_last, wants_json


@pytest.mark.parametrize(
    ("words", "moved"),
    [
        (["--quiet", "ask", "q"], ["ask", "--quiet", "q"]),
        (
            ["--database", "sqlite:///a.db", "--tenant=t", "ask", "q", "--json"],
            ["ask", "--database", "sqlite:///a.db", "--tenant=t", "q", "--json"],
        ),
        (["ask", "q", "--quiet"], ["ask", "q", "--quiet"]),
        (["--help"], ["--help"]),
        (["--quiet", "--help"], ["--help"]),
        (["--bogus", "ask"], ["--bogus", "ask"]),
        (["--database"], ["--database"]),
        ([], []),
    ],
)
def test_options_before_the_command_are_read_as_if_after(
    words: list[str], moved: list[str]
) -> None:
    assert options_last(words) == moved


def test_json_is_wanted_wherever_it_stands_but_not_after_the_end_of_options() -> None:
    assert wants_json(["ask", "--json", "q"])
    assert wants_json(["ask", "q", "--bogus", "--json"])
    assert not wants_json(["ask", "--", "--json"])
    assert not wants_json(["ask", "q"])
