"""Instants are shown in the user's zone, with no more of the date than is needed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from headwater.entries.cli.zone import Times, instant, local_zone, zone_name

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def test_the_zone_is_the_one_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    assert zone_name(local_zone()) == "New York"
    monkeypatch.setenv("TZ", "UTC")
    assert zone_name(local_zone()) == "UTC"


@pytest.mark.parametrize("named", ["No/Where", "../../etc/passwd", ":", "a\nb"])
def test_a_zone_that_is_none_is_no_reason_to_fail(
    named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", named)
    assert NOON.astimezone(local_zone()) == NOON


def test_a_zone_without_a_name_shows_its_offset() -> None:
    assert zone_name(timezone(timedelta(hours=2))) == "UTC+02:00"


def test_today_needs_no_date_and_another_day_does() -> None:
    assert Times(BERLIN, [NOON], NOON).show(NOON.isoformat()) == "13:00"
    yesterday = NOON - timedelta(days=1)
    assert Times(BERLIN, [NOON, yesterday], NOON).show(yesterday) == "11-20 13:00"
    last_year = NOON - timedelta(days=365)
    assert Times(BERLIN, [last_year], NOON).show(last_year) == "2025-11-21 13:00"


def test_what_is_no_instant_is_shown_as_it_is() -> None:
    assert instant("noon") is None
    assert Times(UTC, []).show("noon") == "noon"
    assert Times(UTC, []).show(None) == ""
