"""Spans of time in words become half-open windows in the asker's zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.reading.parse import parse
from headwater.reading.windows import iso_interval, take_window

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 21, 15, 30, tzinfo=BERLIN)  # a Saturday


def span(text: str, now: datetime = NOW) -> str:
    rest, spoken = take_window(f"cpu of x {text}", now)
    assert spoken is not None, text
    assert rest == "cpu of x"
    return iso_interval(spoken.window).replace(":00+01:00", "").replace("2026-", "")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("in the last 2 hours", "11-21T13:30/11-21T15:30"),
        ("last 24h", "11-20T15:30/11-21T15:30"),
        ("over the past 90 minutes", "11-21T14:00/11-21T15:30"),
        ("last_2h", "11-21T13:30/11-21T15:30"),
        ("90m", "11-21T14:00/11-21T15:30"),
        ("in the last hour", "11-21T14:30/11-21T15:30"),
        ("for the past half an hour", "11-21T15:00/11-21T15:30"),
        ("last couple of days", "11-19T15:30/11-21T15:30"),
        ("over the last week", "11-14T15:30/11-21T15:30"),
        ("last week", "11-09T00:00/11-16T00:00"),
        ("this week", "11-16T00:00/11-21T15:30"),
        ("today", "11-21T00:00/11-21T15:30"),
        ("yesterday", "11-20T00:00/11-21T00:00"),
        ("yesterday afternoon", "11-20T12:00/11-20T18:00"),
        ("the day before yesterday", "11-19T00:00/11-20T00:00"),
        ("since yesterday 14:00", "11-20T14:00/11-21T15:30"),
        ("since monday", "11-16T00:00/11-21T15:30"),
        ("on saturday", "11-21T00:00/11-21T15:30"),
        ("last saturday", "11-14T00:00/11-15T00:00"),
        ("since 14:00", "11-21T14:00/11-21T15:30"),
        ("since 16:00", "11-20T16:00/11-21T15:30"),
        ("since 2pm", "11-21T14:00/11-21T15:30"),
        ("since midnight", "11-21T00:00/11-21T15:30"),
        ("since 2 hours ago", "11-21T13:30/11-21T15:30"),
        ("3 days ago", "11-18T00:00/11-19T00:00"),
        ("on 2026-11-20", "11-20T00:00/11-21T00:00"),
        ("on 3 november", "11-03T00:00/11-04T00:00"),
        ("on november 3rd at 10:15", "11-03T10:15/11-03T11:15"),
        ("between 13:00 and 14:30", "11-21T13:00/11-21T14:30"),
        ("between 14:00 and 15:00 yesterday", "11-20T14:00/11-20T15:00"),
        ("yesterday between 14:00 and 15:00", "11-20T14:00/11-20T15:00"),
        ("between 22:00 and 06:00", "11-20T22:00/11-21T06:00"),
        ("from yesterday 10:00 to now", "11-20T10:00/11-21T15:30"),
        ("from 2026-11-19 to 2026-11-20", "11-19T00:00/11-21T00:00"),
        ("overnight", "11-20T22:00/11-21T06:00"),
        ("last night", "11-20T22:00/11-21T06:00"),
        ("this morning", "11-21T06:00/11-21T12:00"),
        ("around 14:00", "11-21T13:30/11-21T14:30"),
        ("since 2026-11-20T23:00:00Z", "11-20T23:00:00+00:00/11-21T15:30"),
    ],
)
def test_words_for_a_span_are_taken_out_and_understood(text: str, expected: str) -> None:
    assert span(text) == expected


@pytest.mark.parametrize(
    "text",
    ["path from db-1 to db-2", "service may-api", "what is sun", "on 2026-13-45", "at 27:99", "r5"],
)
def test_what_is_no_span_is_left_alone(text: str) -> None:
    assert take_window(text, NOW) == (text, None)


def test_hours_are_true_hours_where_clocks_changed_and_days_are_the_askers_days() -> None:
    after = datetime(2026, 10, 25, 12, 0, tzinfo=BERLIN)  # clocks went back at 03:00
    _, day = take_window("today", after)
    _, hours = take_window("last 12 hours", after)
    assert day is not None
    assert hours is not None
    midnight = datetime(2026, 10, 25, tzinfo=BERLIN)

    assert day.window.start == midnight
    assert day.window.end.astimezone(UTC) - day.window.start.astimezone(UTC) == timedelta(hours=13)
    assert hours.window.start.astimezone(UTC) == midnight.astimezone(UTC) + timedelta(hours=1)


def test_an_hour_that_clocks_skipped_is_moved_on() -> None:
    spring = datetime(2026, 3, 29, 12, 0, tzinfo=BERLIN)
    _, spoken = take_window("since 02:30", spring)

    assert spoken is not None
    assert spoken.window.start == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


@settings(max_examples=150, deadline=None)
@given(
    st.integers(0, 10**30),
    st.sampled_from(["h", "hours", "days", "weeks", "months", "years", "m", "minutes"]),
    st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2100, 1, 1)),  # noqa: DTZ001
)
def test_any_number_gives_a_window_that_ends_now(number: int, unit: str, naive: datetime) -> None:
    now = naive.replace(tzinfo=UTC)
    _, spoken = take_window(f"last {number} {unit}", now)

    assert spoken is not None
    assert spoken.window.start < spoken.window.end
    assert spoken.window.end <= now + timedelta(seconds=1)


def test_the_same_words_at_the_same_instant_mean_another_day_in_another_zone() -> None:
    at = datetime(2026, 11, 21, 23, 30, tzinfo=UTC)
    spoken = [parse("what changed yesterday", one).spoken for one in (at, at.astimezone(BERLIN))]
    starts = [one.window.start for one in spoken if one is not None]
    assert starts == [
        datetime(2026, 11, 20, tzinfo=UTC),
        datetime(2026, 11, 21, tzinfo=BERLIN),
    ]
