from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.sources.instants import instant_us, moment, seconds_text, to_us

ANY_US = st.integers(-62_135_596_800_000_000, 253_402_300_799_000_000)


@given(ANY_US)
def test_seconds_written_are_read_exactly(at_us: int) -> None:
    assert instant_us(seconds_text(at_us)) == at_us


@given(
    st.datetimes(timezones=st.just(UTC)).filter(lambda at: 1 < at.year < 9999),
    st.integers(-14, 14),
)
def test_iso_text_with_an_offset_is_read_exactly(at_utc: datetime, hours: int) -> None:
    at = at_utc.astimezone(timezone(timedelta(hours=hours)))
    assert moment(at.isoformat()) == at
    assert instant_us(at.isoformat()) == to_us(at)


def test_text_without_a_zone_is_utc_and_z_is_understood() -> None:
    expected = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
    assert moment("2026-03-01T12:30:00") == expected
    assert moment("2026-03-01T12:30:00Z") == expected
    assert moment("2026-03-01 14:30:00+02:00") == expected


@pytest.mark.parametrize(
    "value",
    ["", "yesterday", "nan", "inf", "2026-13-01", "1700000000000", 1e300, True, None, [],
     "9" * 5000, "0001-01-01T00:00:00+14:00", "-99999999999999.5"],
)  # fmt: skip
def test_what_is_no_instant_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        instant_us(value)
