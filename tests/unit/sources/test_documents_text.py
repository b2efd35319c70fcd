"""What Markdown, text and HTML say, and how they are cut into passages."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.errors import LimitError, UsageError
from headwater.sources.documents.blocks import Parsed
from headwater.sources.documents.front_matter import front_matter
from headwater.sources.documents.html_text import parse_html
from headwater.sources.documents.kinds import check_kind, decoded, kind_of_content
from headwater.sources.documents.markdown import parse_markdown, parse_plain
from headwater.sources.documents.passages import (
    MOST_CHARACTERS,
    MOST_WORDS,
    SLACK,
    passages_of,
)


def cut(text: str) -> list[tuple[str, str]]:
    return [(one.section, one.text) for one in passages_of(parse_markdown(text))]


def sentences(count: int) -> str:
    return " ".join(f"Sentence {number} says that pod {number} is slow." for number in range(count))


RUNBOOK = """---
title: "Queue is full"  # shown
tags: [queue, team=payments]
items:
  - orders-db
  - checkout
date: 2024-05-01
---

# QueueFull

First words.

## Meaning

The queue is full.

```shell
## no heading
kubectl get pods
```

Diagnosis
---------

Look at it.
"""


def test_front_matter_gives_title_tags_items_and_date() -> None:
    parsed = parse_markdown(RUNBOOK)
    assert parsed.title == "Queue is full"
    assert parsed.tags == {"queue": "", "team": "payments"}
    assert parsed.items == ("orders-db", "checkout")
    assert parsed.at == datetime(2024, 5, 1, tzinfo=UTC)


def test_passages_follow_the_headings_and_leave_front_matter_out() -> None:
    assert cut(RUNBOOK) == [
        ("QueueFull", "First words."),
        (
            "QueueFull > Meaning",
            "The queue is full.\n\n```shell\n## no heading\nkubectl get pods\n```",
        ),
        ("QueueFull > Diagnosis", "Look at it."),
    ]


@pytest.mark.parametrize("text", ["---\n---\n# A\nb", "+++\n+++\n# A\nb", "---\n: :\n---\n# A\nb"])
def test_empty_or_odd_front_matter_is_passed_over(text: str) -> None:
    assert cut(text) == [("A", "b")]


def test_toml_in_front_is_read_too() -> None:
    found = front_matter('+++\ntitle = "T"\ntags = ["a"]\ndate = 2024-01-02T03:04:05Z\n+++\nx')
    assert (found.title, found.tags) == ("T", {"a": ""})
    assert found.at == datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_tags_may_be_a_mapping() -> None:
    assert front_matter("---\ntags:\n  team: core\n  tier: 1\n---\n").tags == {
        "team": "core",
        "tier": "1",
    }


def test_a_rule_without_an_end_is_no_front_matter() -> None:
    assert front_matter("---\ntitle: x\n").characters == 0


def test_a_long_text_is_cut_at_the_ends_of_sentences() -> None:
    found = cut(f"# T\n\n{sentences(100)}")
    assert len(found) > 3
    for _, text in found:
        assert text.endswith("slow.")
        assert len(text.split()) <= MOST_WORDS * SLACK


def test_code_that_fits_is_never_cut() -> None:
    code = "```\n" + "\n".join(f"line {number} of the code" for number in range(20)) + "\n```"
    found = cut(f"# T\n\n{sentences(14)}\n\n{code}\n\n{sentences(14)}")
    assert sum(code in text for _, text in found) == 1


def test_code_that_is_too_long_is_cut_at_lines() -> None:
    lines = [f"line {number} of the code" for number in range(200)]
    found = cut("```\n" + "\n".join(lines) + "\n```")
    assert len(found) > 1
    assert [line for _, text in found for line in text.split("\n")] == ["```", *lines, "```"]


def test_what_has_few_words_joins_its_neighbour() -> None:
    assert len(cut(f"# T\n\nSee this:\n\n{sentences(18)}\n\nThat is all.")) == 1


def test_a_heading_without_words_below_gives_no_passage() -> None:
    assert cut("# A\n\n## B\n\n***\n\n## C\n\nwords") == [("A > C", "words")]


def test_links_and_marks_are_left_out_of_headings_alone() -> None:
    assert cut("# The `code` [link](http://x) ##\n\na [link](http://x)") == [
        ("The code link", "a [link](http://x)")
    ]


UNDERLINED = """\
=========
Procedure
=========

First words.

How to check
------------
Look at it.

Part two
~~~~~~~~

More words.

How to fix
----------

a   b
--- ---
1   2

Regards, somebody
---
"""


def test_underlined_lines_are_headings_of_plain_text() -> None:
    found = [(one.section, one.text) for one in passages_of(parse_plain(UNDERLINED))]
    assert found == [
        ("Procedure", "First words."),
        ("Procedure > How to check", "Look at it."),
        ("Procedure > How to check > Part two", "More words."),
        ("Procedure > How to fix", "a   b\n--- ---\n1   2\n\nRegards, somebody\n---"),
    ]


def test_headings_of_asciidoc_are_headings() -> None:
    text = "= Manual\n\nWords.\n\n== Part\n\nMore words.\nx == y\n"
    found = [(one.section, one.text) for one in passages_of(parse_plain(text))]
    assert found == [("Manual", "Words."), ("Manual > Part", "More words.\nx == y")]


def test_plain_text_has_no_headings_by_other_marks() -> None:
    parsed = parse_plain("# no heading\n\nsecond")
    assert [(one.section, one.text) for one in passages_of(parsed)] == [
        ("", "# no heading\n\nsecond")
    ]


def check_spans(parsed: Parsed) -> None:
    last = 0
    for one in passages_of(parsed):
        assert parsed.text[one.start : one.end] == one.text
        assert one.start >= last
        assert len(one.text) <= MOST_CHARACTERS * SLACK
        last = one.end


MARKS = st.sampled_from(["# ", "## ", "```\n", "~~~", "---\n", "===\n", "\n\n", "- ", "a b", ". "])


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(MARKS, st.text(max_size=30)), max_size=60).map("".join))
def test_a_passages_span_is_its_text_whatever_the_text(text: str) -> None:
    for parsed in (parse_markdown(text), parse_plain(text)):
        check_spans(parsed)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(["<p>", "<h2>", "</h2>", "<pre>", "</pre>", "<td>",
       "<script>", "</script>", "<br>", "&lt;", "<!--", "-->", "<a b='"]), st.text(max_size=20)),
       max_size=60).map("".join))  # fmt: skip
def test_a_passages_span_is_its_text_whatever_the_page(page: str) -> None:
    check_spans(parse_html(page, within_s=5))


@settings(max_examples=50, deadline=None)
@given(st.text(alphabet="ab .\n", min_size=1, max_size=8), st.integers(1, 3_000))
def test_no_word_is_lost_between_passages(unit: str, times: int) -> None:
    text = unit * times
    kept = "".join(one.text for one in passages_of(parse_plain(text)))
    assert "".join(kept.split()).replace(".", "") == "".join(text.split()).replace(".", "")


PAGE = """<!doctype html><html><head><title>My &amp; page</title><style>p{}</style></head><body>
<script>alert("no")</script><h1>Top <b>one</b></h1><p>Hello <i>wor</i>ld<br>next.<ul><li>one<li>two
</ul><h2>Code</h2><pre>
kubectl get
  -n x
</pre><table><tr><td>a<td>b</table><img src=x><template>never</template>last"""


def test_a_page_has_a_title_headings_and_code_and_no_scripts() -> None:
    parsed = parse_html(PAGE, within_s=5)
    assert (parsed.title, parsed.images) == ("My & page", 1)
    assert [(one.section, one.text) for one in passages_of(parsed)] == [
        ("Top one", "Hello world\nnext.\n\none\n\ntwo"),
        ("Top one > Code", "kubectl get\n  -n x\n\na b\n\nlast"),
    ]


def test_a_comment_that_never_ends_is_refused() -> None:
    with pytest.raises(UsageError) as caught:
        parse_html("<p>words<!--" + "<!-- " * 1_000_000, within_s=20)
    assert caught.value.code == "document.broken"


def test_a_page_that_takes_too_long_is_refused() -> None:
    with pytest.raises(LimitError) as caught:
        parse_html("<p>" * 100_000, within_s=0.0)
    assert caught.value.code == "document.too_slow"


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"%PDF-1.7", "application/pdf"),
        (b"  <!DOCTYPE html><p>", "text/html"),
        (b"\xef\xbb\xbf<html>", "text/html"),
        (b"# Title", "text/markdown"),
        (b"", "text/markdown"),
    ],
)
def test_a_kind_is_told_by_how_a_document_begins(head: bytes, kind: str) -> None:
    assert kind_of_content(head) == kind


def test_media_types_have_other_names_and_parameters() -> None:
    assert check_kind("Text/X-Markdown; charset=utf-8") == "text/markdown"
    assert check_kind("application/octet-stream") == ""
    with pytest.raises(UsageError) as caught:
        check_kind("image/png")
    assert caught.value.code == "document.unknown_type"


@pytest.mark.parametrize(
    ("raw", "kind", "text"),
    [
        (b"a\r\nb\rc", "text/plain", "a\nb\nc"),
        ("\ufeffé".encode(), "text/plain", "é"),
        ("é".encode("utf-16"), "text/plain", "é"),
        (b'<meta charset="latin-1">\xe9', "text/html", '<meta charset="latin-1">é'),
        (b'<meta charset="hex">a', "text/html", '<meta charset="hex">a'),
    ],
)
def test_a_text_is_decoded_as_it_says(raw: bytes, kind: str, text: str) -> None:
    assert decoded(raw, kind=kind) == text


@pytest.mark.parametrize("raw", [b"a\0b", b"\xff\xfe\x00", b"caf\xe9", b"\x89PNG\r\n"])
def test_what_is_no_text_is_refused(raw: bytes) -> None:
    with pytest.raises(UsageError) as caught:
        decoded(raw, kind="text/plain")
    assert caught.value.code == "document.not_text"


@pytest.mark.parametrize("mark", ["| alert {0} | ", "{0}. alert ", "- alert {0} "])
def test_a_long_table_is_cut_between_its_rows_and_a_long_list_between_its_items(mark: str) -> None:
    lines = [f"{mark.format(number)}{'It is full. ' * 6}| Wait." for number in range(1, 60)]
    found = cut("\n".join(lines))
    assert len(found) > 5
    assert [line.strip() for _, text in found for line in text.split("\n")] == lines
