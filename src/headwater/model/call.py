"""One call of a tool as the engine carries it down; it does nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from headwater.model.moment import Asked
from headwater.model.principal import Principal


@dataclass(slots=True, kw_only=True)
class Call:
    """What to call, for whom, until when; not frozen, as one is made for every call.

    `deadline_at` is on the loop's monotonic clock: a fact of the call, not a parameter of each
    function. `versions` are the estate's data versions, read once a run; None where unread.
    `fresh` goes past the cache, as a replay does. `as_json` wants the value as `Json`.
    """

    tool: str
    args: Mapping[str, Any]
    principal: Principal
    asked: Asked
    deadline_at: float
    step: str = "call"
    required: bool = True
    versions: Mapping[str, int] | None = None
    fresh: bool = False
    as_json: bool = False
