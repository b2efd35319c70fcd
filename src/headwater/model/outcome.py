"""How a call ended: data, never an exception; it does not decide what follows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from headwater.errors import Fault
from headwater.model.evidence import Evidence

Via = Literal["direct", "cache", "shared", "fallback"]


class Json(bytes):
    """A value as JSON, for who asked for it so and only hands it on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ElementFailure:
    """Which element of a `for_each` did not succeed, and why."""

    index: int
    status: str
    code: str
    message: str


@dataclass(slots=True, kw_only=True, unsafe_hash=True)
class Succeeded:
    """A value (plain JSON), where it came from, and how it was got.

    `via_tool` names the tool whose fallback answered; `earlier` holds what failed before, so
    that a fallback never hides the first fault. A `for_each` lists its failed elements, whose
    places in `value` are null. Never changed once made; `frozen` would treble what every call
    pays to make one.
    """

    value: Any
    evidence: tuple[Evidence, ...] = ()
    attempts: int = 1
    elapsed_s: float = 0.0
    via: Via = "direct"
    via_tool: str | None = None
    earlier: tuple[str, ...] = ()
    failures: tuple[ElementFailure, ...] = ()
    status: Literal["succeeded"] = "succeeded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """A failure with its facts; `facts` are plain JSON, such as `current`: what is there now."""

    code: str
    fault: Fault
    message: str
    attempts: int = 0
    elapsed_s: float = 0.0
    earlier: tuple[str, ...] = ()
    facts: Mapping[str, Any] | None = None
    status: Literal["failed"] = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """No answer in the time there was; `code` is the reason (deadline or asked to answer now)."""

    message: str
    code: str = "limit.deadline"
    attempts: int = 0
    elapsed_s: float = 0.0
    earlier: tuple[str, ...] = ()
    status: Literal["late"] = "late"


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """Not run: `because` names the step it needed, or is `when` where its condition was false."""

    because: str
    message: str
    status: Literal["skipped"] = "skipped"


Outcome = Succeeded | Failed | Late | Skipped
Status = Literal["complete", "partial", "failed"]
