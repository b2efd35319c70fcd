"""Which figures does a text name, with their units? It says nothing about what they measure."""

from __future__ import annotations

import re
from dataclasses import dataclass

_UNITS: dict[str, tuple[str, float]] = {
    **dict.fromkeys(("ms", "msec", "millisecond", "milliseconds"), ("s", 0.001)),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), ("s", 1.0)),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), ("s", 60.0)),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), ("s", 3600.0)),
    **dict.fromkeys(("d", "day", "days"), ("s", 86_400.0)),
    **dict.fromkeys(("w", "week", "weeks"), ("s", 604_800.0)),
    **dict.fromkeys(("%", "percent"), ("%", 1.0)),
    **dict.fromkeys(("b", "byte", "bytes"), ("bytes", 1.0)),
    **dict.fromkeys(("kb", "kib"), ("bytes", 1024.0)),
    **dict.fromkeys(("mb", "mib"), ("bytes", 1024.0**2)),
    **dict.fromkeys(("gb", "gib"), ("bytes", 1024.0**3)),
    **dict.fromkeys(("tb", "tib"), ("bytes", 1024.0**4)),
}
_WORDS = {
    word: float(number)
    for number, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve".split()  # noqa: SIM905
    )
} | {"fifteen": 15.0, "twenty": 20.0, "thirty": 30.0}
_FIGURE = re.compile(
    r"(?<![\w.$:/-])(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)(?![\d.]*\.\d)"
    r"(?:[ \u00a0-]?(?P<unit>%|[A-Za-z]+))?"
    r"|\b(?P<word>" + "|".join(_WORDS) + r")[ -](?P<of>[A-Za-z]+)",
    re.IGNORECASE,
)
_ORDINAL = ("st", "nd", "rd", "th")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A figure in the `unit` `s`, `%` or `bytes`, or without one, and where it stands."""

    value: float
    unit: str
    start: int
    end: int

    def same(self, other: Quantity) -> bool:
        """Tell whether two figures say as much: 24h is 1 day."""
        near = abs(self.value - other.value) <= 1e-9 * max(abs(self.value), abs(other.value))
        return near and self.unit == other.unit


def quantities(text: str) -> list[Quantity]:
    """Return the figures of a text in order.

    Digits within names, versions and addresses (`p99`, `1.2.3`) are none; a number as a word is
    one before a unit only ("four hours"). Times come in seconds, sizes in bytes.
    """
    found: list[Quantity] = []
    for one in _FIGURE.finditer(text):
        if one["word"]:
            named = _UNITS.get(one["of"].lower())
            if named is not None:
                unit, factor = named
                value = _WORDS[one["word"].lower()] * factor
                found.append(Quantity(value, unit, one.start(), one.end()))
            continue
        digits, said = float(one["digits"].replace(",", "")), one["unit"] or ""
        unit, factor = _UNITS.get(said.lower(), ("", 1.0))
        end = one.end() if unit or said.lower() in _ORDINAL else one.end("digits")
        found.append(Quantity(digits * factor, unit, one.start(), end))
    return found


def missing_quantities(claimed: str, text: str) -> tuple[str, ...]:
    """Return the claim's figures that the text does not have, as they were written."""
    held = quantities(text)
    return tuple(
        dict.fromkeys(
            claimed[one.start : one.end]
            for one in quantities(claimed)
            if not any(_holds(other, one) for other in held)
        )
    )


def _holds(held: Quantity, claimed: Quantity) -> bool:
    """Tell whether a figure is held; one claimed without a unit may have any."""
    return held.same(claimed) or (
        not claimed.unit and not held.unit and held.value == claimed.value
    )
