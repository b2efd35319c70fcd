"""How much of a run's work lay on its longest chain? It measures no time itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from headwater.model.event import Event


def critical_path_s(took_s: Mapping[str, float], waits: Mapping[str, frozenset[str]]) -> float:
    """Return the seconds of the longest chain of steps that waited for each other.

    The wall time of a run is never less; their ratio is its parallel efficiency, 1.0 where
    nothing but the chain was waited for (Kelley and Walker 1959, critical-path planning).

    Args:
        took_s: How long each step took, in seconds.
        waits: For each step, the steps it waited for; those not in `took_s` took no time.
    """
    ends: dict[str, float] = {}
    for first in took_s:
        stack = [first]
        while stack:
            step = stack[-1]
            before = [one for one in waits.get(step, ()) if one in took_s]
            missing = [one for one in before if one not in ends and one not in stack]
            if missing:
                stack.append(missing[0])
                continue
            if step not in ends:
                start_s = max((ends.get(one, 0.0) for one in before), default=0.0)
                ends[step] = start_s + took_s[step]
            stack.pop()
    return max(ends.values(), default=0.0)


def step_times(
    events: Sequence[Event],
) -> tuple[dict[str, float], dict[str, frozenset[str]]]:
    """Return how many seconds each step took, and which steps each waited for."""
    started: dict[str, float] = {}
    took_s: dict[str, float] = {}
    waits: dict[str, frozenset[str]] = {}
    for event in events:
        if event.kind == "step.started" and event.step is not None:
            started[event.step] = event.offset_s
            waits[event.step] = frozenset(event.data.get("after", ()))
        elif event.kind == "step.ended" and event.step in started:
            took_s[event.step] = event.offset_s - started[event.step]
    return took_s, waits
