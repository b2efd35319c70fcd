"""How a review is put: findings in order of weight, each with its evidence; it computes nothing."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from headwater.analysis.findings import WORTH_SAYING, Cause
from headwater.composing.of_documents import runbook_blocks
from headwater.composing.of_work import open_blocks, open_finding
from headwater.composing.reviewing import Outlier, Reviewed, own_steps, review
from headwater.composing.shapes import graph_block, series_block, timeline_block
from headwater.composing.telling import ask_name, clock, count, duration, figure, instant, names
from headwater.composing.view import FEW, NO_DATA, Part, View, nothing
from headwater.model.answer import Deduction
from headwater.model.block import Block, TableBlock, TextBlock

MOST_CAUSES = 3
MOST_COURSES = 2
NEAR_DAYS = 3
TIMING = 0.1
STALE_S = 3600
FINE = {"active", "running", "ok", "up", "healthy", "online", "production", "live", "enabled"}

Finding = tuple[float, str]
"""A weight from 0 to 1 and a sentence with its citations."""


def compose_review(view: View) -> Part:
    """Say what stands out about an item, since when, and what may have caused it."""
    steps = [one.id for one in view.ledger.steps if not one.id.startswith("resolve")]
    if not any(view.ledger.succeeded(step) for step in steps):
        return nothing(view, "item")
    seen = review(view)
    summary = _summary(view, seen)
    findings = sorted(_findings(view, seen), key=lambda one: -one[0])
    lines = tuple(sentence for _, sentence in findings)
    blocks: list[Block] = []
    if lines:
        cites = tuple(sorted({number for line in lines for number in _numbers(line)}))
        blocks.append(TextBlock(title="Findings, the weightiest first", lines=lines, cites=cites))
    blocks += _blocks(view, seen)
    return Part(summary, tuple(blocks), _deductions(view, seen), _next(view, seen))


def _numbers(line: str) -> Iterable[int]:
    return (int(part.split("]")[0]) for part in line.split("[")[1:] if part.split("]")[0].isdigit())


def _summary(view: View, seen: Reviewed) -> str:
    if not seen.own:
        return _calm(view, seen)
    first = seen.own[0]
    since = _clock(view, first.deviation.since_s)
    said = f"{view.code()}: {_stands(first)}, since {since}"
    cause = seen.causes[0] if seen.causes and seen.causes[0].score >= WORTH_SAYING else None
    if cause is None:
        return f"{said}.{view.ledger.mark(first.step)}"
    words, steps = _cause_words(view, seen, cause)
    of = " of what could be read" if seen.unsought else ""
    return f"{said}; the likeliest cause{of} is {words}.{view.ledger.mark(first.step, *steps)}"


def _calm(view: View, seen: Reviewed) -> str:
    """Say that nothing stands out, of what could be read and of that alone."""
    code = view.code()
    steps = [step for step in own_steps(view) if view.ledger.succeeded(step)]
    held = count(seen.held, "metric")
    mark = view.ledger.mark(*[one for one in steps if view.value(one)["points"]])
    if seen.held and seen.unread:
        unread = f"{len(seen.unread)} could not be read"
        return (
            f"{held} of {code} with samples {'keeps to its' if seen.held == 1 else 'keep to their'}"
            f" own past, {view.when}; {unread}.{mark}"
        )
    if seen.held:
        return (
            f"{code} looks as usual: none of its {held} with samples stands out from its own "
            f"past, {view.when}.{mark}"
        )
    if seen.unread:
        return f"The metrics of {code} could not be read.{_rest(view)}"
    mark = view.ledger.mark("resolve_metrics", *steps)
    return f"{code} has no metric samples to compare, {view.when}.{mark}{_rest(view)}"


def _rest(view: View) -> str:
    """Return the sentence that says what could be looked at beside the metrics, or nothing."""
    words = {"item": "state", "dependencies": "relations", "changes": "history"}
    read = [step for step in words if view.ledger.succeeded(step)]
    if not read:
        return ""
    *first, last = [words[step] for step in read]
    listed = f"{', '.join(first)} and {last}" if first else last
    return f" Only its {listed} could be looked at.{view.ledger.mark(*read)}"


def _stands(one: Outlier) -> str:
    deviation = one.deviation
    ratio = deviation.ratio
    level, usual = figure(deviation.level, one.unit), figure(deviation.usual, one.unit)
    times = (
        f", {ratio:.1f}x its usual {usual}"
        if ratio and ratio >= 1
        else f" against its usual {usual}"
    )
    return f"{one.metric} {level}{times}"


def _clock(view: View, at_s: float) -> str:
    return clock(datetime.fromtimestamp(at_s, UTC), view.zone, beside=view.question.asked_at)


def _cause_words(view: View, seen: Reviewed, cause: Cause) -> tuple[str, list[str]]:
    """Return what a cause is called, and the steps that speak for it."""
    steps: list[str] = []
    words: list[str] = []
    if cause.entry is not None:
        step, entry = seen.entries[cause.entry]
        before = seen.own[0].deviation.since_s - instant(entry["at"]).timestamp()
        when = f"{duration(before)} before" if before >= 0 else "as it began"
        words.append(f'{entry["kind"]} "{entry["title"]}" on {entry["ci"]["code"]}, {when}')
        steps.append(step)
    if cause.anomaly is not None:
        one = seen.near[cause.anomaly]
        words.append(_near_words(view, one))
        steps += [one.step, "dependencies"]
    return "; and ".join(words), steps


def _near_words(view: View, one: Outlier) -> str:
    since = _clock(view, one.deviation.since_s)
    return f"{one.ci['code']}, on which it depends: {_stands(one)}, since {since}"


def _findings(view: View, seen: Reviewed) -> Iterable[Finding]:
    mark = view.ledger.mark
    for one in seen.own:
        peak = (
            f"peak {figure(one.deviation.peak, one.unit)} at {_clock(view, one.deviation.peak_s)}"
        )
        since, until = (
            _clock(view, at_s) for at_s in (one.deviation.since_s, one.deviation.until_s)
        )
        yield (
            one.weight,
            f"{_stands(one)}, {since} to {until}, {peak}.{mark(one.step)}",
        )
    for cause in [one for one in seen.causes if one.score >= WORTH_SAYING][:MOST_CAUSES]:
        words, steps = _cause_words(view, seen, cause)
        yield cause.score, f"Plausible cause ({cause.score:.2f}): {words}.{mark(*steps)}"
    told = {cause.anomaly for cause in seen.causes[:MOST_CAUSES] if cause.score >= WORTH_SAYING}
    for place, one in enumerate(seen.near):
        if place not in told:
            yield (
                one.weight * 0.8,
                f"{_near_words(view, one)}.{mark(one.step)}",
            )
    yield from _rule_findings(view, seen)
    yield from _state_findings(view)
    if (work := open_finding(view)) is not None:
        yield 0.2, work


def _rule_findings(view: View, seen: Reviewed) -> Iterable[Finding]:
    subject = view.reading.items["subject"].id
    near = {one.ci["id"] for one in seen.near}
    for step in _rule_steps(view):
        value = view.value(step) or {}
        mine = [one for one in value.get("firings", ()) if one["ci"]["id"] == subject]
        theirs = [one for one in value.get("firings", ()) if one["ci"]["id"] in near]
        for weight, fired in ((0.6, mine), (0.4, theirs)):
            if fired:
                at = clock(instant(fired[0]["start"]), view.zone, beside=view.question.asked_at)
                where, times = fired[0]["ci"]["code"], count(len(fired), "time")
                mark = view.ledger.mark(step)
                yield (
                    weight,
                    f"Rule {value['rule']} fires {times} on {where}, first at {at}.{mark}",
                )


def _rule_steps(view: View) -> list[str]:
    return [step.id for step in view.ledger.steps if step.tool == "cep.simulate"]


def _state_findings(view: View) -> Iterable[Finding]:
    item = view.value("item") or {}
    status = str(item.get("status") or "")
    if status and status.lower() not in FINE:
        yield 0.7, f"Its status is {status}.{view.ledger.mark('item')}"
    for entry in (view.value("changes") or {}).get("entries", ()):
        if entry["kind"] in {"incident", "outage"} and entry.get("ended_at") is None:
            yield 0.5, f"Open {entry['kind']}: {entry['title']}.{view.ledger.mark('changes')}"
    impact = view.value("impact")
    if impact and len(impact["nodes"]) > 1:
        leaning = [node for node in impact["nodes"] if node["depth"] > 0]
        many = count(len(leaning), "item")
        yield (
            0.15,
            f"{many} may suffer with it: {names(leaning)}.{view.ledger.mark('impact')}",
        )


def _blocks(view: View, seen: Reviewed) -> list[Block]:
    blocks: list[Block] = []
    if seen.own:
        blocks.append(_compared(view, seen))
    shown = [*seen.own[:MOST_COURSES], *_suspect(seen)]
    blocks += [_course(view, one) for one in shown]
    for step, title in (
        ("changes", "What happened to it"),
        ("changes_near", "What happened to what it depends on"),
    ):
        page = view.value(step)
        if page and page["entries"]:
            blocks.append(timeline_block(page, title=title, cites=view.ledger.cite(step)))
    impact = view.value("impact")
    if impact and len(impact["nodes"]) > 1:
        title = f"What breaks with it ({count(len(impact['nodes']) - 1, 'item')})"
        blocks.append(graph_block(impact, title=title, cites=view.ledger.cite("impact")))
    return blocks + open_blocks(view) + runbook_blocks(view, _alarms(view))


def _alarms(view: View) -> list[str]:
    """Return the names of the rules that fired and of the alerts that were raised."""
    fired = {
        str((view.value(step) or {}).get("rule"))
        for step in _rule_steps(view)
        if (view.value(step) or {}).get("firings")
    }
    named = view.fact("rules") or ()
    rules = [name for names in named if fired & set(names) for name in names]
    page = view.value("changes") or {}
    return [*rules, *(str(entry["title"]) for entry in page.get("entries", ()))]


def _suspect(seen: Reviewed) -> list[Outlier]:
    """Return the dependency that most likely caused it, or that stands out most; at most one."""
    named = [seen.near[one.anomaly] for one in seen.causes if one.anomaly is not None]
    return [*named, *seen.near][:1]


def _compared(view: View, seen: Reviewed) -> TableBlock:
    rows = tuple(
        (
            one.ci["code"],
            one.metric,
            figure(one.deviation.level, one.unit),
            figure(one.deviation.usual, one.unit),
            round(one.deviation.ratio, 2) if one.deviation.ratio is not None else None,
            _clock(view, one.deviation.since_s),
        )
        for one in (*seen.own, *seen.near)
    )
    return TableBlock(
        title="Metrics against their own past",
        columns=("item", "metric", "now", "usual", "times", "since"),
        rows=rows,
        total=len(rows),
        cites=view.ledger.cite(*(one.step for one in (*seen.own, *seen.near))),
    )


def _course(view: View, one: Outlier) -> Block:
    value: Mapping[str, Any] = view.value(one.step)
    window = view.reading.window
    start = window.start if window is not None else instant(value["window"]["start"])
    points: list[Mapping[str, Any]] = value["points"]
    points = points[bisect_left(points, start, key=lambda point: instant(point["at"])) :]
    shown = {
        **value,
        "points": points,
        "window": {"start": start.isoformat(), "end": value["window"]["end"]},
    }
    title = f"{one.metric} of {one.ci['code']}, {view.when}"
    return series_block(shown, title=title, cites=view.ledger.cite(one.step))


def _deductions(view: View, seen: Reviewed) -> tuple[Deduction, ...]:
    found = _of_samples(view, seen)
    likely = [one for one in seen.causes if one.score >= WORTH_SAYING]
    if seen.own and not likely and not seen.unsought:
        found.append(Deduction(TIMING, "no change or dependency explains it"))
    elif likely:
        found.append(
            Deduction(TIMING, "the cause is inferred from time and relations, not observed")
        )
    if len(likely) > 1 and likely[1].score > 0.8 * likely[0].score:
        found.append(Deduction(TIMING, "a second cause is about as plausible"))
    return tuple(found)


def _of_samples(view: View, seen: Reviewed) -> list[Deduction]:
    """Return what the item's samples take away, where all of them were read."""
    if seen.unread:
        words = "its metrics could not be read"
        return [] if seen.held else [Deduction(NO_DATA, words)]
    found: list[Deduction] = []
    if not seen.held:
        found.append(Deduction(NO_DATA, "it has no metric samples to compare"))
    elif seen.days < NEAR_DAYS:
        found.append(Deduction(FEW, f"its past covers only {seen.days:.1f} days"))
    window = view.reading.window
    if seen.last_s is None or window is None:
        return found
    silent = window.end.timestamp() - seen.last_s
    if silent > STALE_S:
        words = f"its last sample is {duration(silent)} before the window's end"
        found.append(Deduction(TIMING, words))
    return found


def _next(view: View, seen: Reviewed) -> tuple[str, ...]:
    asked = view.asked()
    following = [f"what breaks if {asked} fails?", f"what does {asked} depend on?"]
    if seen.own:
        following.insert(0, f"plot {seen.own[0].metric} of {asked} over the last 7 days")
    if open_blocks(view):
        following.append(f"who works on {asked}?")
    following += [f"how is {ask_name(str(one.ci['code']))}?" for one in _suspect(seen)]
    return tuple(following)
