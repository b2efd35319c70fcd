"""Which zone the person at this terminal lives in, and how an instant reads there."""

from __future__ import annotations

import os
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

LOCALTIME = Path("/etc/localtime")


def local_zone() -> tzinfo:
    """Return the user's zone: `TZ`, else the machine's, else UTC."""
    named = os.environ.get("TZ", "").lstrip(":")
    if not named and LOCALTIME.exists():
        named = str(LOCALTIME.resolve()).rpartition("zoneinfo/")[2]
    if not named or named.startswith("/"):
        return datetime.now(UTC).astimezone().tzinfo or UTC
    try:
        return ZoneInfo(named.removeprefix("posix/"))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return datetime.now(UTC).astimezone().tzinfo or UTC


def zone_name(zone: tzinfo) -> str:
    """Return a zone's short name, such as `Berlin` or `UTC`."""
    key = getattr(zone, "key", None)
    if isinstance(key, str):
        name = key.rpartition("/")[2].replace("_", " ")
        return "UTC" if name in {"UTC", "Universal", "Zulu", "UCT"} else name
    return datetime.now(zone).tzname() or str(zone)


def instant(value: object) -> datetime | None:
    """Return an instant from ISO 8601 text or a datetime, or None where it is neither."""
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if not isinstance(value, str):
        return None
    try:
        read = datetime.fromisoformat(value)
    except ValueError:
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


class Times:
    """How instants are written beside one another: no more of the date than tells them apart.

    Args:
        zone: The zone to show them in.
        seen: All instants that are shown together.
        today: The day that needs no naming; None names every day.
    """

    def __init__(self, zone: tzinfo, seen: list[object], today: datetime | None = None) -> None:
        self.zone = zone
        local = [at.astimezone(zone) for at in map(instant, seen) if at is not None]
        days = {at.date() for at in local}
        here = today.astimezone(zone) if today else None
        if here is not None and days <= {here.date()}:
            self._format = "%H:%M"
        elif len({at.year for at in local} | ({here.year} if here else set())) <= 1:
            self._format = "%m-%d %H:%M"
        else:
            self._format = "%Y-%m-%d %H:%M"

    def show(self, value: object) -> str:
        """Return an instant as it reads here, or the text itself where it is none."""
        at = instant(value)
        if at is None:
            return "" if value is None else str(value)
        return at.astimezone(self.zone).strftime(self._format)
