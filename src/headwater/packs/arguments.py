"""What the arguments of the tools we ship have in common; it looks nothing up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from headwater.analysis.records import text_problem
from headwater.model.item import ItemRef
from headwater.model.query import Filter, Sort

MAX_TEXT = 1_000
MAX_REFS = 10_000


def _storable(text: str) -> str:
    problem = text_problem(text)
    if problem:
        message = f"give {problem}"
        raise ValueError(message)
    return text


def _storable_value(value: Any) -> Any:
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, str):
            _storable(one)
    return value


def _storable_filter(one: Filter) -> Filter:
    _storable(one.field)
    _storable_value(one.value)
    return one


Text = Annotated[str, Field(max_length=MAX_TEXT), AfterValidator(_storable)]
ItemId = Annotated[int, Field(ge=-(2**63), le=2**63 - 1, strict=True)]
Ref = Annotated[ItemId | Text, Field(description="An item's id (a number) or code (text).")]
Refs = Annotated[
    Sequence[Ref], Field(max_length=MAX_REFS, description="Items by id (numbers) or code (texts).")
]
Filters = Annotated[
    Sequence[Annotated[Filter, AfterValidator(_storable_filter)]],
    Field(max_length=50, description="Conditions on items, joined by AND."),
]
Sorts = Annotated[Sequence[Sort], Field(max_length=10, description="Ties are broken by id.")]
Cursor = Annotated[Text | None, Field(description="What an earlier page gave as next_cursor.")]
Types = Annotated[Sequence[Text], Field(max_length=100, description="Relation types.")]
WindowText = Annotated[
    Text, Field(description="last_30m, last_1h, last_7d... or an ISO 8601 interval (naive: UTC).")
]


def described(refs: Sequence[ItemRef], shown: int = 5) -> str:
    """Return the first few ids and codes as one text, and how many more there are."""
    more = len(refs) - shown
    return ", ".join(map(str, refs[:shown])) + (f" and {more} more" if more > 0 else "")
