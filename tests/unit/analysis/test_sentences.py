"""A text is cut where its sentences end, in Markdown too, and nothing is cut apart or lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.analysis.sentences import split_sentences

MARKED = st.text(alphabet="aB1.!?:`*-# \n>|[]()~", max_size=120)


def cut(text: str) -> list[tuple[str, str]]:
    return [(one.kind, one.text) for one in split_sentences(text)]


@pytest.mark.parametrize(
    "text",
    [
        "Use e.g. Redis or etcd.",
        "Wait approx. 5 min. per node.",
        "See v1.2.3 of the API.",
        "Run `kubectl get pods. Then stop.` now.",
        "Ask J. Smith of the team.",
        "Read [the docs](https://example.org/a.B) first.",
        "Keep 0.5 of it... and more.",
    ],
)
def test_a_sentence_stays_whole(text: str) -> None:
    assert cut(text) == [("prose", text)]


def test_sentences_of_a_paragraph_are_cut_over_line_ends() -> None:
    assert cut("It is\nslow. Is it? Yes! `etcd` says so.") == [
        ("prose", "It is\nslow."),
        ("prose", "Is it?"),
        ("prose", "Yes!"),
        ("prose", "`etcd` says so."),
    ]


def test_lists_code_tables_and_headings_are_told_apart() -> None:
    text = (
        "# Title\n\nDo this:\n\n- first one. It is\n  long\n- [ ] second\n1. third\n\n"
        "```sh\nls -l\n# no heading\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n---\n> quoted\n"
    )

    assert cut(text) == [
        ("heading", "Title"),
        ("prose", "Do this:"),
        ("item", "first one. It is\n  long"),
        ("item", "second"),
        ("item", "third"),
        ("code", "ls -l\n# no heading"),
        ("heading", "a | b |"),
        ("row", "1 | 2 |"),
        ("prose", "quoted"),
    ]


def test_a_long_item_is_cut_and_an_open_block_of_code_is_not() -> None:
    long = "This is said. " * 30

    assert len(cut(f"- {long}")) == 30
    assert cut("```\na. B\nc") == [("code", "a. B\nc")]


@given(MARKED)
def test_each_sentence_stands_where_it_says_in_order(text: str) -> None:
    end = 0
    for one in split_sentences(text):
        assert end <= one.start < one.end <= len(text)
        assert text[one.start : one.end] == one.text == one.text.strip()
        end = one.end


@given(st.lists(st.sampled_from(["It runs.", "Why so?", "Stop now!", "A b"]), max_size=6))
def test_no_word_of_plain_text_is_lost(parts: list[str]) -> None:
    text = " ".join(parts)

    assert " ".join(one.text for one in split_sentences(text)) == text


def test_the_row_that_names_a_tables_columns_is_its_heading() -> None:
    text = "Alerts:\n\n| alert | do |\n|---|:--|\n| Full | Delete logs. |\n| Slow | Wait. |\n"
    kinds = [(one.kind, one.text) for one in split_sentences(text)]
    assert [kind for kind, _ in kinds] == ["prose", "heading", "row", "row"]
    assert kinds[2][1] == "Full | Delete logs. |"
