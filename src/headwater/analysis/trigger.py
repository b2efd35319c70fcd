"""What a rule's trigger says, read from plain JSON into typed data; it evaluates nothing."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

from headwater.analysis.entry_condition import Condition, bad_trigger, parse_condition
from headwater.analysis.windows import parse_duration
from headwater.model.metric import Aggregate

Comparison = Literal["gt", "gte", "lt", "lte", "eq", "ne"]
SIGNS = {">": "gt", ">=": "gte", "<": "lt", "<=": "lte", "==": "eq", "=": "eq", "!=": "ne"}
DEFAULT_WINDOW_S = 300.0
LONGEST_S = 366 * 86_400.0
_METRIC_KEYS = (
    "type", "metric", "ci", "ci_ids", "filters", "aggregate", "window_s", "window",
    "comparison", "threshold", "for_s", "for",
)  # fmt: skip
_EVENT_KEYS = ("type", "ci", "ci_ids", "filters", "kinds", "condition")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which items a trigger watches, as it was written: ids or codes, or filters; None is all."""

    ci_ids: tuple[int | str, ...] | None = None
    filters: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricTrigger:
    """Fire where an aggregate of a metric over the last `window_s` compares true for `for_s`."""

    metric: str
    aggregate: Aggregate
    window_s: float
    comparison: Comparison
    threshold: float
    for_s: float
    scope: Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class EventTrigger:
    """Fire at each history entry of these kinds (none: of any) that meets the condition."""

    kinds: tuple[str, ...]
    condition: Condition | None
    scope: Scope


Trigger = MetricTrigger | EventTrigger


def parse_trigger(plain: object) -> Trigger:
    """Return the trigger that plain JSON describes.

    A metric trigger is `{type: metric, metric, aggregate = avg, window_s = 300, comparison,
    threshold, for_s = 0}`; `window` and `for` may stand for the two in seconds and also take
    `5m` or `PT5M`. An event trigger is `{type: event, kinds = [], condition}`. Both take `ci`,
    `ci_ids` or `filters`.

    Raises:
        UsageError: `rule.bad_trigger`, naming the path that is wrong.
    """
    if not isinstance(plain, Mapping):
        raise bad_trigger("trigger", "is no object; give one with a type, metric or event")
    if plain.get("type") == "metric":
        return _metric_trigger(plain)
    if plain.get("type") == "event":
        return _event_trigger(plain)
    raise bad_trigger("type", f"is {_shown(plain.get('type'))}; it is metric or event")


def describe_trigger(trigger: Trigger) -> dict[str, Any]:
    """Return the trigger as plain JSON with every default filled in."""
    scope: dict[str, Any] = {}
    if trigger.scope.ci_ids is not None:
        scope["ci_ids"] = list(trigger.scope.ci_ids)
    if trigger.scope.filters:
        scope["filters"] = [dict(one) for one in trigger.scope.filters]
    if isinstance(trigger, EventTrigger):
        condition = None if trigger.condition is None else trigger.condition.plain()
        return {"type": "event", "kinds": list(trigger.kinds), "condition": condition, **scope}
    named = ("metric", "aggregate", "window_s", "comparison", "threshold", "for_s")
    return {"type": "metric", **{name: getattr(trigger, name) for name in named}, **scope}


def _metric_trigger(plain: Mapping[str, Any]) -> MetricTrigger:
    _refuse_unknown(plain, _METRIC_KEYS)
    aggregate = plain.get("aggregate", "avg")
    if aggregate not in get_args(Aggregate):
        raise bad_trigger("aggregate", f"is {_shown(aggregate)}; one of {_list(Aggregate)}")
    written = plain.get("comparison")
    comparison = SIGNS.get(written, written) if isinstance(written, str) else None
    if comparison not in get_args(Comparison):
        signs = ", ".join(SIGNS)
        known = f"{_list(Comparison)} or {signs}"
        raise bad_trigger("comparison", f"is {_shown(written)}; one of {known}")
    window_s = _seconds(plain, "window", default_s=DEFAULT_WINDOW_S)
    if window_s <= 0:
        raise bad_trigger("window_s", "is 0; a window is longer than that")
    return MetricTrigger(
        metric=_text(plain, "metric"),
        aggregate=cast("Aggregate", aggregate),
        window_s=window_s,
        comparison=cast("Comparison", comparison),
        threshold=_finite(plain, "threshold"),
        for_s=_seconds(plain, "for", default_s=0.0),
        scope=_scope(plain),
    )


def _event_trigger(plain: Mapping[str, Any]) -> EventTrigger:
    _refuse_unknown(plain, _EVENT_KEYS)
    kinds = plain.get("kinds") or []
    if isinstance(kinds, str):
        kinds = [kinds]
    _check_list("kinds", kinds, lambda one: isinstance(one, str), what="texts such as deployment")
    condition = plain.get("condition")
    return EventTrigger(
        kinds=tuple(kinds),
        condition=None if condition is None else parse_condition(condition),
        scope=_scope(plain),
    )


def _scope(plain: Mapping[str, Any]) -> Scope:
    one, several = plain.get("ci"), plain.get("ci_ids")
    if one is not None and several is not None:
        raise bad_trigger("ci", "and ci_ids are both given; keep one")
    if one is not None:
        several = [one]
    if several is not None:
        _check_list("ci_ids", several, _is_ref, what="ids or codes")
    filters = plain.get("filters") or []
    _check_list("filters", filters, lambda one: isinstance(one, Mapping), what="{field, op, value}")
    return Scope(ci_ids=None if several is None else tuple(several), filters=tuple(filters))


def _is_ref(value: object) -> bool:
    return isinstance(value, int | str) and not isinstance(value, bool)


def _check_list(path: str, values: object, fits: Callable[[Any], bool], *, what: str) -> None:
    if not isinstance(values, list | tuple) or not all(fits(one) for one in values):
        raise bad_trigger(path, f"is no list of {what}")


def _seconds(plain: Mapping[str, Any], name: str, *, default_s: float) -> float:
    path = f"{name}_s"
    value = plain.get(path)
    if value is not None and plain.get(name) is not None:
        raise bad_trigger(name, f"and {path} are both given; keep one")
    if value is None:
        path, value = name, plain.get(name)
    if value is None:
        return default_s
    if isinstance(value, str):
        try:
            value = parse_duration(value).total_seconds()
        except (ValueError, OverflowError) as error:
            raise bad_trigger(path, f"is no duration: {error}") from error
    if not _is_number(value) or not 0 <= value <= LONGEST_S:
        raise bad_trigger(path, f"is {_shown(value)}; give seconds from 0 to {LONGEST_S:.0f}")
    return float(value)


def _finite(plain: Mapping[str, Any], path: str) -> float:
    value = plain.get(path)
    if not _is_number(value):
        raise bad_trigger(path, f"is {_shown(value)}; give a finite number")
    return float(cast("float", value))


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def _text(plain: Mapping[str, Any], path: str) -> str:
    value = plain.get(path)
    if not isinstance(value, str) or not value.strip():
        raise bad_trigger(path, f"is {_shown(value)}; give a name")
    return value


def _refuse_unknown(plain: Mapping[str, Any], known: tuple[str, ...]) -> None:
    for key in plain:
        if key not in known:
            raise bad_trigger(f"key {_shown(key)}", f"is not known; use {', '.join(known)}")


def _list(names: object) -> str:
    return ", ".join(get_args(names))


def _shown(value: object) -> str:
    if value is None:
        return "missing"
    text = ascii(value) if isinstance(value, str | int | float) else f"a {type(value).__name__}"
    return text if len(text) <= 40 else f"{text[:37]}..."  # noqa: PLR2004 - characters of a line
