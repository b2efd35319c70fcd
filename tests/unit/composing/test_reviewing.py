"""Instants of series are those that their text says, however it is read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from headwater.composing.reviewing import instants_of

AT = st.datetimes(min_value=datetime(1980, 1, 1), max_value=datetime(2200, 1, 1))  # noqa: DTZ001
ZONES = st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30))])


@given(st.lists(AT, max_size=20), st.lists(ZONES, min_size=20), st.booleans())
def test_instants_are_those_of_the_text(
    at: list[datetime], zones: list[timezone], short: bool
) -> None:
    known = [one.replace(tzinfo=zone) for one, zone in zip(at, zones, strict=False)]
    texts = [one.isoformat() for one in known]
    if short:
        texts = [text.replace("+00:00", "Z") for text in texts]

    found = instants_of({"points": [{"at": text, "value": 1.0} for text in texts]})

    assert found.tolist() == [one.timestamp() for one in known]
