"""A value with where it came from, as tools return it; it checks nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from headwater.model.evidence import Evidence

ValueT = TypeVar("ValueT")


@dataclass(slots=True, unsafe_hash=True)
class Cited(Generic[ValueT]):
    """A tool's value and its evidence; a tool that returns a bare value is cited by its name.

    Args:
        value: What the tool gives.
        evidence: Where that came from.
        keep: Whether the same may be given to whoever asks the same later. Not where something
            is missing that another try, or more time, may bring: no cache keeps that, and equal
            calls at the same time share it only where they have no more time.
    """

    value: ValueT
    evidence: tuple[Evidence, ...] = ()
    keep: bool = True
