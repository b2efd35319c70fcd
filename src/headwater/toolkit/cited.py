"""A value with where it came from, as tools return it; it checks nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from headwater.model.evidence import Evidence

ValueT = TypeVar("ValueT")


@dataclass(slots=True, unsafe_hash=True)
class Cited(Generic[ValueT]):
    """A tool's value and its evidence; a tool that returns a bare value is cited by its name."""

    value: ValueT
    evidence: tuple[Evidence, ...] = ()
