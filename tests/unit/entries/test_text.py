"""Text that others wrote never steers the terminal."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.entries.cli.text import amount, clean, quoted, span


@given(st.text(st.characters(), max_size=60))
def test_no_control_bidi_or_surrogate_survives(text: str) -> None:
    shown = clean(text)
    assert all(unicodedata.category(one) not in {"Cc", "Cf", "Cs", "Zl", "Zp"} for one in shown)
    assert shown.encode().decode() == shown


def test_what_could_steer_a_terminal_is_written_out() -> None:
    assert clean("a\x1b[31mb") == "a\\x1b[31mb"
    assert clean("user\u202etxt.exe") == "user\\u202etxt.exe"
    assert clean("a\x9b31mb\x7f") == "a\\x9b31mb\\x7f"
    assert clean("a\nb\tc") == "a b c"
    assert clean("half \ud800 pair") == "half \\ud800 pair"


def test_other_scripts_and_accents_are_left_alone() -> None:
    for text in ("日本語", "Größe naïve", "مرحبا", "e\u0301", "🚀"):
        assert clean(text) == text


@pytest.mark.parametrize(
    ("word", "shown"),
    [("r-1", "r-1"), ("a b", "'a b'"), ("it's", "'it'\\''s'"), ("$(rm)", "'$(rm)'"), ("", "''")],
)
def test_a_word_is_safe_to_paste_into_a_shell(word: str, shown: str) -> None:
    assert quoted(word) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "no data"),
        (0.1 + 0.2, "0.3"),
        (13, "13"),
        (1234567.0, "1,234,567"),
        (12345.678, "12,346"),
        (0.00001234, "1.234e-05"),
        (-840.123, "-840.1"),
    ],
)
def test_a_number_reads_as_people_write_it(value: float | None, shown: str) -> None:
    assert amount(value) == shown


@pytest.mark.parametrize(
    ("value_s", "shown"),
    [
        (None, ""),
        (0.0004, "0.4 ms"),
        (0.12, "120 ms"),
        (0.9996, "1.00 s"),
        (5.003, "5.00 s"),
        (42.0, "42.0 s"),
        (125, "2 m 05 s"),
    ],
)
def test_a_span_reads_as_people_say_it(value_s: float | None, shown: str) -> None:
    assert span(value_s) == shown
