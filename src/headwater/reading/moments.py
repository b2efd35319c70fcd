"""When a word such as "yesterday 14:00" or "monday" was, in the asker's zone; it takes no spans."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

MONTHS = "january february march april may june july august september october november december"
WEEKDAYS = "monday tuesday wednesday thursday friday saturday sunday"
NUMBERS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "couple of": 2, "a couple of": 2, "few": 3, "a few": 3,
    "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "half an": 0.5, "half a": 0.5,
}  # fmt: skip
UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800, "mo": 2_592_000, "y": 31_536_000}
LONGEST_S = 50 * 365 * 86_400
"""Spans in words are clamped to fifty years, so that no number of digits overflows a date."""
PARTS = {"morning": (6, 12), "afternoon": (12, 18), "evening": (18, 23), "night": (22, 30)}
"""Hours of a day's part, from the day's midnight."""

_MONTH = "|".join(f"{name}|{name[:3]}" for name in MONTHS.split()) + "|sept"
_WEEKDAY = "|".join(f"{name}|{name[:3]}" for name in WEEKDAYS.split())
_PART = "|".join(PARTS)
UNIT = (
    r"(?:seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|hr|h|days?|d|weeks?|wks?|w|months?|mo"
    r"|years?|yrs?|y)"
)
NUMBER = r"(?:\d+(?:\.\d+)?|" + "|".join(sorted(NUMBERS, key=len, reverse=True)) + ")"
CLOCK = r"(?:\d{1,2}:\d{2}(?::\d{2})?(?: ?[ap]m)?|\d{1,2} ?[ap]m|noon|midday|midnight)"
DATE = (
    r"(?:\d{4}-\d{1,2}-\d{1,2}"
    rf"|\d{{1,2}}(?:st|nd|rd|th)? (?:of )?(?:{_MONTH})(?:,? \d{{4}})?"
    rf"|(?:{_MONTH}) \d{{1,2}}(?:st|nd|rd|th)?(?:,? \d{{4}})?)"
)
DAY = (
    rf"(?:today|(?:the )?day before yesterday|yesterday|(?:last |this )?(?:{_WEEKDAY})|{DATE}"
    rf"|{NUMBER} days? ago)"
)
ISO = r"(?:\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)"
MOMENT = (
    rf"(?:{ISO}|{DAY}(?:,| at| around)? {CLOCK}|{CLOCK} (?:on )?{DAY}|{DAY} (?:{_PART})"
    rf"|(?:this|last) (?:{_PART})|{DAY}|{CLOCK}|{NUMBER} {UNIT} ago|(?:this|last) (?:week|month))"
)
_AGO = re.compile(rf"({NUMBER}) ({UNIT}) ago", re.IGNORECASE)
_DAYS_AGO = re.compile(rf"({NUMBER}) days? ago", re.IGNORECASE)
_HALF = 12


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant and how long the word lasts: a day, a part of one, or nothing (a clock time)."""

    at: datetime
    until: datetime | None = None
    clock_only: bool = False


def seconds(number: str, unit: str) -> float:
    """Return how many seconds "2 hours" or "couple of days" last, at most fifty years."""
    digits = number.strip().lower()
    count = NUMBERS[digits] if digits in NUMBERS else float(digits[:12])
    short = unit.strip().lower()
    key = "mo" if short.startswith("mo") else short[:1]
    return min(count * UNITS_S[key], LONGEST_S)


def local(day: date, clock: time, now: datetime) -> datetime:
    """Return the instant of a wall-clock time in `now`'s zone; a skipped hour is moved on."""
    wall = datetime.combine(day, clock, tzinfo=now.tzinfo)
    return wall.astimezone(UTC).astimezone(now.tzinfo)


def back(now: datetime, span_s: float) -> datetime:
    """Return the instant a true number of seconds before, whatever clocks did between."""
    return (now.astimezone(UTC) - timedelta(seconds=span_s)).astimezone(now.tzinfo)


def find_moment(words: str, now: datetime) -> Moment:
    """Return what `words` (a match of `MOMENT`) name, as seen at `now`.

    Raises:
        ValueError: a date or a time that does not exist, such as 2026-02-31.
    """
    text = " ".join(words.lower().replace(",", " ").split())
    try:
        return _iso(words, now) or _ago(text, now) or _period(text, now) or _on_day(text, now)
    except OverflowError as error:
        raise ValueError(words) from error


def _iso(words: str, now: datetime) -> Moment | None:
    if not re.fullmatch(ISO, words.strip(), re.IGNORECASE):
        return None
    at = datetime.fromisoformat(words.strip().upper())
    return Moment(at if at.tzinfo else local(at.date(), at.time(), now))


def _ago(text: str, now: datetime) -> Moment | None:
    found = _AGO.fullmatch(text)
    if found is None or _DAYS_AGO.fullmatch(text):
        return None
    return Moment(back(now, seconds(found[1], found[2])))


def _period(text: str, now: datetime) -> Moment | None:
    today = now.date()
    monday = today - timedelta(days=today.weekday())
    first = today.replace(day=1)
    periods = {
        "this week": (monday, monday + timedelta(days=7)),
        "last week": (monday - timedelta(days=7), monday),
        "this month": (first, (first + timedelta(days=32)).replace(day=1)),
        "last month": ((first - timedelta(days=1)).replace(day=1), first),
    }
    if text not in periods:
        return None
    start, end = periods[text]
    return Moment(local(start, time(), now), local(end, time(), now))


def _on_day(text: str, now: datetime) -> Moment:
    part = re.search(rf"(?:(this|last) )?\b({_PART})$", text)
    if part is not None:
        day_words = text[: part.start()].strip() or ("yesterday" if part[1] == "last" else "today")
        return _part_of(find_day(day_words, now.date()), part[2], now)
    clock = re.search(rf"(?:^| ){CLOCK}(?= |$)", text)
    rest = (text[: clock.start()] + text[clock.end() :]) if clock else text
    rest = re.sub(r"\b(?:at|around|on)\b", " ", rest).strip()
    day = find_day(rest, now.date()) if rest else now.date()
    if clock is None:
        return Moment(local(day, time(), now), local(day + timedelta(days=1), time(), now))
    at = local(day, find_clock(clock[0].strip()), now)
    if not rest and at > now:
        at = local(day - timedelta(days=1), find_clock(clock[0].strip()), now)
    return Moment(at, clock_only=not rest)


def _part_of(day: date, part: str, now: datetime) -> Moment:
    first, last = PARTS[part]
    until = local(day + timedelta(days=last // 24), time(last % 24), now)
    return Moment(local(day, time(first), now), until)


def find_clock(words: str) -> time:
    """Return the time of day of "14:00", "2 pm" or "noon".

    Raises:
        ValueError: such as 27:00.
    """
    if words in {"noon", "midday"}:
        return time(_HALF)
    if words == "midnight":
        return time()
    half = words[-2:] if words[-1] == "m" else ""
    numbers = [int(part) for part in words.removesuffix(half).strip().split(":")]
    if half:
        if not 1 <= numbers[0] <= _HALF:
            raise ValueError(words)
        numbers[0] = numbers[0] % _HALF + (_HALF if half == "pm" else 0)
    hour, minute, second = (*numbers, 0, 0)[:3]
    return time(hour, minute, second)


def find_day(words: str, today: date) -> date:
    """Return the day of "yesterday", "monday", "2026-11-20" or "3 november", never in the future.

    Raises:
        ValueError: a date that does not exist.
    """
    words = words.strip()
    fixed = {"today": 0, "yesterday": 1, "day before yesterday": 2, "the day before yesterday": 2}
    if words in fixed:
        return today - timedelta(days=fixed[words])
    ago = _DAYS_AGO.fullmatch(words)
    if ago is not None:
        return today - timedelta(seconds=seconds(ago[1], "d"))
    weekday = words.removeprefix("last ").removeprefix("this ")
    if weekday[:3] in {name[:3] for name in WEEKDAYS.split()} and not re.search(r"\d", words):
        wanted = [name[:3] for name in WEEKDAYS.split()].index(weekday[:3])
        gone = (today.weekday() - wanted) % 7
        return today - timedelta(days=gone or (7 if words.startswith("last ") else 0))
    return _calendar_day(words, today)


def _calendar_day(words: str, today: date) -> date:
    iso = re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})", words)
    if iso is not None:
        return date(int(iso[1]), int(iso[2]), int(iso[3]))
    month = re.search(rf"\b({_MONTH})\b", words)
    if month is None:
        raise ValueError(words)
    number = [name[:3] for name in MONTHS.split()].index(month[1][:3]) + 1
    digits = [int(part) for part in re.findall(r"\d+", words)]
    year = next((one for one in digits if one > 31), None)  # noqa: PLR2004
    day = next(one for one in digits if one != year)
    found = date(year or today.year, number, day)
    return found if year or found <= today else found.replace(year=today.year - 1)
