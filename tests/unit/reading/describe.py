"""A plan in one line, for tables of phrasings: what it asks of which tool."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from headwater.model.plan import Step
from headwater.model.reading import Reading

SHOWN = (
    "id", "root", "view", "source", "target", "direction", "metric", "ci", "ci_ids",
    "filters", "keywords", "match", "group_by", "aggregate", "kinds", "severity", "limit", "rule",
    "window", "period",
)  # fmt: skip
USUAL_LIMITS = {10, 50, 100, 200, 500}


def describe(reading: Reading, steps: Iterable[Step]) -> str:
    """Return `intent: tool args; tool args`, or the refusal's code, or what is ambiguous."""
    if reading.refusal is not None:
        return f"{reading.code}"
    if reading.ambiguous is not None:
        return f"ambiguous {reading.ambiguous}: {reading.candidates_total}"
    codes = {one.id: one.code for one in reading.items.values() if one.kind == "item"}
    if reading.intent == "review":
        steps = [step for step in steps if step.tool != "metric.series_table"]
    wanted = [step for step in steps if step.required and not step.id.startswith("resolve")]
    return f"{reading.intent}: " + "; ".join(_step(step, codes) for step in wanted)


def _step(step: Step, codes: Mapping[int | None, str | None]) -> str:
    shown = [
        f"{name}={_plain(step.args[name], codes)}"
        for name in SHOWN
        if step.args.get(name) not in (None, [], ())
        and not (name == "limit" and step.args[name] in USUAL_LIMITS)
    ]
    return " ".join([step.tool, *shown])


def _plain(value: Any, codes: Mapping[int | None, str | None]) -> str:
    if isinstance(value, Mapping):
        if "$" in value:
            return "$" + str(value["$"]).split(".", maxsplit=1)[0]
        return f"{value['field']} {value['op']} {_plain(value['value'], {})}"
    if isinstance(value, list):
        return ",".join(_plain(one, codes) for one in value)
    if isinstance(value, int):
        return str(codes.get(value) or value)
    return _window(value) if "/" in str(value) and "T" in str(value) else str(value)


def _window(text: str) -> str:
    start, end = text.split("/")
    return f"{_instant(start)}>{_instant(end)}"


def _instant(text: str) -> str:
    return f"{text[5:10]}T{text[11:16]}" if text.endswith("+01:00") else text
