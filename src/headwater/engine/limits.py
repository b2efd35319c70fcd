"""The bounds of an installation, as data; `headwater.app.settings` sets them."""

from __future__ import annotations

from dataclasses import dataclass, field

from headwater.policy.breaker import BreakerRules


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a plan, a call and a run may be at the most.

    Args:
        steps: Steps of a plan.
        depth: Steps in a row, each waiting for the one before.
        nesting: How deep arguments may be nested.
        parallel: Calls at once within a run.
        elements: Elements of one `for_each`.
        plan_bytes: A plan as JSON.
        argument_bytes: One call's arguments as JSON.
        result_bytes: One call's result as JSON.
        threads_each: Threads of one blocking tool at once.
        grace_s: Seconds for the clean-up of cancelled calls before they are left to the reaper.
        breaker: When a tool's breaker opens.
    """

    steps: int = 500
    depth: int = 100
    nesting: int = 64
    parallel: int = 32
    elements: int = 1000
    plan_bytes: int = 1_000_000
    argument_bytes: int = 1_000_000
    result_bytes: int = 16_000_000
    threads_each: int = 8
    grace_s: float = 0.02
    breaker: BreakerRules = field(default_factory=BreakerRules)
