"""A notice becomes a letter in which what others wrote stays what it is: text."""

from __future__ import annotations

from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.composing.letters import MOST_SUBJECT_CHARS, TEMPLATES, letter_of
from headwater.composing.messages import body_of
from headwater.model.notice import Notice

AT = datetime(2026, 11, 21, 9, tzinfo=UTC)
NAMES = (
    "team", "role", "code", "by", "expires_at", "title", "kind", "item", "project", "due",
    "priority", "goal", "summary", "project_id", "details", "at",
)  # fmt: skip
ALLOWED = {"!doctype", "html", "head", "meta", "body", "p", "pre", "br"}


def notice(kind: Any, /, **facts: Any) -> Notice:
    return Notice(key="k", kind=kind, to="a@b.c", made_at=AT, facts=facts)


class Tags(HTMLParser):
    """Gathers what is in a page beside text."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.found |= {tag, *(f"{name}=" for name, _ in attrs if tag != "meta")}

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("kind", TEMPLATES)
@given(value=st.text(max_size=60))
def test_no_fact_becomes_a_tag_a_header_or_a_name(kind: str, value: str) -> None:
    letter = letter_of(notice(kind, **dict.fromkeys(NAMES, value)), notice_id="n-1")
    tags = Tags()
    tags.feed(letter.html)
    assert tags.found <= ALLOWED
    assert "\n" not in letter.subject
    assert "\r" not in letter.subject
    assert len(letter.subject) <= MOST_SUBJECT_CHARS
    assert "\x1b" not in letter.text + letter.html


def test_a_title_like_a_template_or_a_tag_is_shown_as_it_is() -> None:
    title = "$by ${code} <script>alert(1)</script> {{7*7}} %s"
    letter = letter_of(notice("alert", title=title, project="p", by="eve", at="now"), notice_id="n")
    assert title in letter.text
    assert letter.subject == f"Alert: {title}"
    tags = Tags()
    tags.feed(letter.html)
    assert title in tags.text


def test_what_is_not_known_leaves_its_sentence_out() -> None:
    facts = {"title": "t", "kind": "todo", "item": 7, "project": "p", "by": "ann", "due": None}
    letter = letter_of(notice("assigned", **facts), notice_id="n")
    assert "ann gave you the todo" in letter.text
    assert "due" not in letter.text
    assert "$" not in letter.text


def test_a_letter_is_the_same_each_time() -> None:
    one = notice("invitation", team="ops", role="member", code="c0de", by="ann", expires_at="x")
    assert letter_of(one, notice_id="n") == letter_of(one, notice_id="n")
    assert "headwater work join c0de" in letter_of(one, notice_id="n").text


def test_a_webhooks_message_is_json_of_the_same_bytes_each_time() -> None:
    body = body_of(notice("webhook", kind="item.updated", title="ü", changes={"a": [1, None]}))
    assert body == body_of(
        notice("webhook", title="ü", changes={"a": [1, None]}, kind="item.updated")
    )
    assert body.startswith(b'{"data": {')
    assert b'"type": "item.updated"' in body
