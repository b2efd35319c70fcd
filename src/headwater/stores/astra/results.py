"""What the client gives back: plain data; it asks nobody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

Document = dict[str, Any]
"""A document as the API gives it; `$date`, `$uuid` and the like are Python's values."""


class Count(int):
    """A number of documents, which may be only the least that there are.

    It is an int in every way. `at_least` says that there may be more: the API stops counting at
    an upper bound, and an answer that was lost took its count along. As text it is `1000+` then.
    """

    at_least: bool

    def __new__(cls, value: int, *, at_least: bool = False) -> Self:
        """Make one."""
        made = super().__new__(cls, value)
        made.at_least = at_least
        return made

    def __repr__(self) -> str:
        return f"{int(self)}+" if self.at_least else f"{int(self)}"

    __str__ = __repr__

    def __add__(self, other: int) -> Count:
        """Add up; the sum is `at_least` where a part is."""
        more = isinstance(other, Count) and other.at_least
        return Count(int(self) + int(other), at_least=self.at_least or more)

    def __getnewargs_ex__(self) -> tuple[tuple[int], dict[str, bool]]:
        """Tell pickle how to make it again."""
        return (int(self),), {"at_least": self.at_least}


@dataclass(frozen=True, slots=True)
class Fetched:
    """What became of the ids asked for: each is in one of the two, in the order asked.

    An id asked for twice is there twice.
    """

    documents: list[Document]
    missing: list[Any]


@dataclass(frozen=True, slots=True)
class Page:
    """One page as the API gives it; `next_page_state` is None where nothing follows."""

    documents: list[Document]
    next_page_state: str | None


@dataclass(frozen=True, slots=True)
class Inserted:
    """The ids of the documents inserted, in the order given."""

    ids: list[Any]


@dataclass(frozen=True, slots=True)
class Updated:
    """How many documents matched and how many were changed, and the id of one made new."""

    matched: Count
    modified: Count
    upserted_id: Any = None
