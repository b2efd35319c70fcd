"""How answers about time are put: a metric's figure and course, what happened, what fired."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from headwater.composing.shapes import firings_block, series_block, timeline_block
from headwater.composing.telling import (
    ask_name,
    clock,
    count,
    duration,
    figure,
    instant,
    plural,
    tally,
)
from headwater.composing.view import Part, View, few_samples, nothing
from headwater.model.answer import Deduction
from headwater.model.block import Block, NumberBlock

STALE = 0.1
STALE_SHARE = 0.25


def compose_metric(view: View) -> Part:
    """Say a metric's figure over the window and show its course."""
    place = _held(view)
    suffix = f"_{place + 1}" if place else ""
    value, series = view.value(f"value{suffix}"), view.value(f"series{suffix}")
    main = "series" if view.reading.intent == "series" else "value"
    if value is None and series is None:
        return nothing(view, main)
    metric = view.reading.metrics[place]
    blocks = [*_figure(view, value, suffix), *_course(view, series, suffix)]
    if view.reading.intent == "series":
        blocks.reverse()
    summary = _metric_sentence(view, value, series, metric=metric)
    marks = view.ledger.mark(
        *(f"{step}{suffix}" for step in (main, "value", "series") if view.value(f"{step}{suffix}"))
    )
    few = (
        few_samples(int(value["samples"])) if value else few_samples(len(series["points"]), "point")
    )
    asked = view.asked()
    following = (
        f"why is {asked} slow?",
        f"plot {metric} of {asked} over the last 7 days",
        f"what changed on {asked} in the last 24 hours?",
    )
    return Part(summary + marks, tuple(blocks), (*few, *_stale(view, series)), following)


def _held(view: View) -> int:
    """Return which of the metrics tried has samples; the first where none has."""
    for place in range(len(view.reading.metrics)):
        suffix = f"_{place + 1}" if place else ""
        value, series = view.value(f"value{suffix}"), view.value(f"series{suffix}")
        if (value and value["samples"]) or (series and series["points"]):
            return place
    return 0


def _metric_sentence(view: View, value: Any, series: Any, *, metric: str) -> str:
    code = view.code()
    if value is not None and value["value"] is not None:
        amount = figure(value["value"], _unit(value))
        samples = count(int(value["samples"]), "sample")
        return f"{value['aggregate']} of {metric} on {code} is {amount}, {view.when} ({samples})."
    if series is not None and series["points"]:
        points = series["points"]
        newest = figure(points[-1]["value"], series.get("unit"))
        held = count(len(points), "point")
        return f"{metric} of {code} has {held}, {view.when}; the last is {newest}."
    if value is not None and value["samples"]:
        held = count(int(value["samples"]), "sample")
        few = f"too few for its {value['aggregate']}"
        return f"{code} has only {held} of {metric} from {view.when}, {few}."
    return f"{code} has no samples of {metric} from {view.when}."


def _unit(value: Mapping[str, Any]) -> str | None:
    unit = value.get("unit")
    if value["aggregate"] == "count":
        return "samples"
    return f"{unit or ''}/s".strip() if value["aggregate"] == "rate" else unit


def _figure(view: View, value: Any, suffix: str) -> list[Block]:
    if value is None:
        return []
    title = f"{value['aggregate']} of {value['metric']} on {view.code()}, {view.when}"
    cites = view.ledger.cite(f"value{suffix}")
    return [NumberBlock(title=title, value=value["value"], unit=_unit(value), cites=cites)]


def _course(view: View, series: Any, suffix: str) -> list[Block]:
    if not series or not series["points"]:
        return []
    title = f"{series['metric']} of {view.code()}, {view.when}"
    return [series_block(series, title=title, cites=view.ledger.cite(f"series{suffix}"))]


def _stale(view: View, series: Any) -> tuple[Deduction, ...]:
    window = view.reading.window
    if not series or not series["points"] or window is None:
        return ()
    silent = (window.end - instant(series["points"][-1]["at"])).total_seconds()
    step_s = float(series.get("step_s") or 0)
    if silent - step_s <= window.duration.total_seconds() * STALE_SHARE:
        return ()
    return (Deduction(STALE, f"the last sample is {duration(silent)} before the window's end"),)


def compose_history(view: View) -> Part:
    """Say what happened, newest first."""
    page = view.value("changes")
    if page is None:
        return nothing(view, "changes")
    mark = view.ledger.mark("changes")
    kind = str(view.fact("kind") or "")
    named = view.reading.items.get("subject")
    where = f" on {view.code()}" if named is not None else ""
    total, entries = int(page["total"]), page["entries"]
    following = _history_next(view, entries)
    if not entries:
        return Part(f"{_nothing_of(view)} is recorded{where}, {view.when}.{mark}", next=following)
    counts = Counter(str(entry["kind"]) for entry in entries)
    cut = f" (the newest {len(entries)} are shown)" if total > len(entries) else ""
    said = tally(counts) if len(entries) == total else f"{total} entries"
    if view.fact("counted"):
        said = count(total, kind or "entry", plural(kind or "entry"))
    newest = entries[0]
    at = clock(instant(newest["at"]), view.zone)
    last = f"the newest: {newest['title']} on {newest['ci']['code']} at {at}"
    summary = f"{said}{where}, {view.when}{cut}; {last}.{mark}"
    title = f"What happened{where}, {view.when}"
    block = timeline_block(page, title=title, cites=view.ledger.cite("changes"))
    return Part(summary, (block,), next=following)


def _nothing_of(view: View) -> str:
    """Return what there is none of: only of the kind and weight that were asked for."""
    kinds, severity = view.fact("kinds") or (), view.fact("severity")
    least = f" of severity {severity} or higher" if severity else ""
    if kinds:
        return f"No {' or '.join(kinds)}{least}"
    return f"Nothing{least}"


def _history_next(view: View, entries: list[Mapping[str, Any]]) -> tuple[str, ...]:
    if view.reading.items.get("subject") is not None and not view.reading.filters:
        asked = view.asked()
        return (
            f"how is {asked}?",
            f"what happened to {asked} in the last 30 days?",
            f"what does {asked} depend on?",
        )
    codes = dict.fromkeys(ask_name(entry["ci"]["code"]) for entry in entries)
    return (*(f"how is {code}?" for code in list(codes)[:2]), "what happened in the last 30 days?")


def compose_rule(view: View) -> Part:
    """Say whether a rule would have fired."""
    if not view.ledger.succeeded("simulation"):
        return nothing(view, "simulation")
    value = view.value("simulation")
    mark = view.ledger.mark("simulation")
    code = view.code("rule")
    if value is None:
        return Part(f"There is no stored rule {code}.{mark}")
    checked = count(int(value["cis_checked"]), "item")
    following = (f"would {view.asked('rule')} have fired in the last 30 days?", "recent incidents")
    if not value["fired"]:
        return Part(
            f"No: {code} would not have fired, {view.when} ({checked} checked).{mark}",
            next=following,
        )
    firings = value["firings"]
    items = count(len({one["ci"]["code"] for one in firings}), "item")
    first = firings[0]
    at = clock(instant(first["start"]), view.zone)
    times = f"{count(int(value['total']), 'time')} on {items}, {view.when}"
    summary = f"Yes: {code} would have fired {times}; first on {first['ci']['code']} at {at}.{mark}"
    block = firings_block(value, title=f"Firings of {code}", cites=view.ledger.cite("simulation"))
    return Part(summary, (block,), next=(f"how is {ask_name(first['ci']['code'])}?", *following))
