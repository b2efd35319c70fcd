"""Patterns that wait to be compiled match what they would match at once."""

from __future__ import annotations

import re
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phrasings import PHRASINGS

from headwater.reading import forms, windows
from headwater.reading.late_pattern import LatePattern, beginnings

ALPHABET = st.sampled_from(string.ascii_letters + string.digits + " -:,._'")
FLAGS = re.IGNORECASE | re.DOTALL
LATE = {form.pattern: form for _, form in forms.FORMS}
BEGUN = [pattern for pattern in LATE if beginnings(pattern)]


def test_a_beginning_is_a_literal_that_no_fitting_text_lacks() -> None:
    assert beginnings("(?:is|analy[sz]e) it") == ("is", "analy")
    assert beginnings("looks? at (?:it)") == ("look",)
    assert beginnings("(?:show )?it") == ()
    assert beginnings("(?:what|(?:a|b) c) d") == ()
    assert beginnings("[ab]c") == ()


@pytest.mark.parametrize("text", [text.rstrip("?") for text, _ in PHRASINGS[::8]])
def test_a_late_pattern_matches_phrasings_as_re_does(text: str) -> None:
    for pattern in BEGUN:
        late = LATE[pattern].fullmatch(text, text.lower())
        plain = re.compile(pattern, FLAGS).fullmatch(text)
        assert (late and late.span()) == (plain and plain.span())


@pytest.mark.parametrize("pattern", BEGUN)
@settings(max_examples=2, deadline=None)
@given(data=st.data())
def test_a_late_pattern_matches_whatever_text_fits_it(pattern: str, data: st.DataObject) -> None:
    text = data.draw(st.from_regex(re.compile(pattern, FLAGS), fullmatch=True, alphabet=ALPHABET))

    assert LatePattern(pattern, FLAGS).fullmatch(text, text.lower())


@pytest.mark.parametrize("form", windows._FORMS)
@settings(max_examples=6, deadline=None)
@given(data=st.data())
def test_a_window_has_what_its_form_hints_at(
    form: tuple[str, object, tuple[tuple[str, ...], ...]], data: st.DataObject
) -> None:
    pattern, _, hints = form
    inside = pattern.removeprefix(windows._EDGE[0]).removesuffix(windows._EDGE[1])
    plain = re.compile(inside, re.IGNORECASE)
    text = data.draw(st.from_regex(plain, fullmatch=True, alphabet=ALPHABET)).lower()

    assert all(any(word in text for word in words) for words in hints), text
