"""Windows as text: every accepted form, and clear refusals of the rest."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.analysis.windows import parse_duration, parse_window
from headwater.errors import UsageError
from headwater.model.window import Window

ASKED = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
START = datetime(1980, 1, 1, tzinfo=UTC)
UNITS = {"s": 1, "m": 60, "min": 60, "h": 3_600, "d": 86_400, "w": 604_800}


@given(st.integers(1, 5_000), st.sampled_from(sorted(UNITS)))
def test_a_relative_window_ends_when_it_was_asked(number: int, unit: str) -> None:
    window = parse_window(f"last_{number}{unit}", ASKED)
    assert window == Window(ASKED - timedelta(seconds=number * UNITS[unit]), ASKED)


@given(
    st.integers(0, 3 * 10**9).map(lambda seconds: START + timedelta(seconds=seconds)),
    st.timedeltas(timedelta(microseconds=1), timedelta(days=3_000)),
    st.integers(-14, 14),
)
def test_an_interval_with_zones_means_the_same_instants(
    start: datetime, span: timedelta, hours: int
) -> None:
    zone = timezone(timedelta(hours=hours))
    text = f"{start.astimezone(zone).isoformat()}/{(start + span).astimezone(zone).isoformat()}"
    assert parse_window(text, ASKED) == Window(start, start + span)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2026-01-01/2026-01-02", "2026-01-01T00:00Z", "2026-01-02T00:00Z"),
        ("2026-01-01T10:00/PT2H", "2026-01-01T10:00Z", "2026-01-01T12:00Z"),
        ("2026-01-01T10:00Z/P1DT30M", "2026-01-01T10:00Z", "2026-01-02T10:30Z"),
        ("P1W/2026-01-08T00:00+02:00", "2025-12-31T22:00Z", "2026-01-07T22:00Z"),
        ("PT0.5S/2026-01-08", "2026-01-07T23:59:59.5Z", "2026-01-08T00:00Z"),
    ],
)
def test_iso_intervals_take_durations_on_either_side(text: str, start: str, end: str) -> None:
    expected = Window(datetime.fromisoformat(start), datetime.fromisoformat(end))
    assert parse_window(text, ASKED) == expected


@pytest.mark.parametrize(
    "text",
    [
        "", "/", "yesterday", "last_h", "last_0h", "last_1y", "last_-1h", "LAST_1H ", "last_1h\n",
        "last_99999999999d", "last_4000000w", "2026-01-02/2026-01-01", "2026-01-01/2026-01-01",
        "1900-01-01/2026-01-01", "0000-01-01/0001-01-01", "2026-13-01/2026-14-01", "2026-01-01/P",
        "2026-01-01/PT", "2026-01-01/P1M", "2026-01-01/P0D", "P1D/P1D", "2026-01-01/P999999999D",
        "9999-12-31T23:59-12:00/PT2H", "0001-01-01T00:00+14:00/PT1H", "\ud800/\x00", "a" * 10_000,
        "last_\u0661h",
    ],
)  # fmt: skip
def test_any_other_text_is_refused_with_the_forms_accepted(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_window(text, ASKED)
    assert caught.value.code == "window.bad"
    assert "last_1h" in caught.value.message
    assert len(caught.value.message) < 600
    assert caught.value.message.encode()


@given(st.text(max_size=40))
def test_no_text_raises_anything_but_a_refusal(text: str) -> None:
    with suppress(UsageError):
        window = parse_window(text, ASKED)
        assert window.start < window.end


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("5m", 300), ("90s", 90), ("PT5M", 300), ("P1DT1H", 90_000), ("2w", 1_209_600)],
)
def test_durations_have_a_short_and_an_iso_form(text: str, seconds: float) -> None:
    assert parse_duration(text).total_seconds() == seconds
