"""What `ci.aggregate` can count, as it is written and as it is meant; it counts nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from headwater.model.query import Measure
from headwater.packs.arguments import Text

_OPENING, _CLOSING = "count_distinct(", ")"


@dataclass(frozen=True, slots=True)
class CountDistinct:
    """Count the distinct values of a field."""

    count_distinct: Text


Written = (
    Literal["count"] | CountDistinct | Annotated[Text, Field(pattern=r"^count_distinct\([^()]+\)$")]
)
"""`count`, `count_distinct(FIELD)` or `{"count_distinct": FIELD}`."""


def read_measure(written: Written) -> Measure:
    """Return what a written measure means."""
    if isinstance(written, CountDistinct):
        return Measure(kind="count_distinct", field=written.count_distinct)
    if written == "count":
        return Measure()
    field = written.removeprefix(_OPENING).removesuffix(_CLOSING).strip()
    return Measure(kind="count_distinct", field=field)
