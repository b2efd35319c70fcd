"""Which steps review an item: all at once, then its suspicious dependencies; it judges nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from headwater.analysis.screening import Suspect, screen
from headwater.model.outcome import Outcome, Succeeded
from headwater.model.plan import Step
from headwater.model.reading import Reading
from headwater.model.window import Window
from headwater.reading.asking import MOST_RULES
from headwater.reading.drafts import DAY_S, Ask, expand_step, history_step, name_items
from headwater.reading.plans import draft, metrics_of
from headwater.reading.spoken_metric import find_spoken, name_parts, rank_metrics
from headwater.reading.windows import iso_interval
from headwater.reading.work import open_steps

BASELINE = timedelta(days=7)
BEFORE = timedelta(hours=6)
"""How long before the window a change may have been its cause."""
MOST_METRICS = 10
MOST_SCREENED = 6
MOST_SUSPECTS = 8
STEP_S = 300
DEPENDENCY_DEPTH = 3
NEAR_NODES = 60
_SLOW = re.compile(r"\b(?:slow\w*|sluggish|lagg\w+|latency|tim(?:ing|es?) out)\b", re.IGNORECASE)
_DULL = frozenset({"count", "bucket", "limit", "max", "min", "info", "created"})
_TELLING = (
    "latency", "duration", "error", "errors", "fault", "cpu", "memory", "queue", "lag", "disk",
)  # fmt: skip


def plan_review(ask: Ask) -> Reading:
    """Plan a review: state, metrics with their past, relations, changes, rules, work in parallel.

    The round after it looks closely at the dependencies whose metrics stand out.
    """
    named = name_items(ask)
    if named.ended is not None:
        return named.ended
    subject = named.id()
    window, words = ask.window(DAY_S)
    metrics = review_metrics(ask)
    steps = [
        Step(id="item", tool="ci.get", args={"id": subject}),
        expand_step(
            subject, "dependency", step="dependencies", depth=DEPENDENCY_DEPTH, max_nodes=NEAR_NODES
        ),
        expand_step(subject, "impact", step="impact", depth=4, max_nodes=1000, max_edges=5000),
        *_changes(subject, window),
        *_own_metrics(subject, metrics, window),
        *_screening(metrics, window),
        *_rules(ask, window),
        *_runbooks(ask, subject),
        *open_steps(ask, subject),
    ]
    suspects = suspects_of(ask.known, metrics, root=subject) if "dependencies" in ask.known else []
    steps += [_suspect_step(place, one, window) for place, one in enumerate(suspects, 1)]
    if suspects and ask.runbooks:
        steps.append(_runbooks_step("runbooks_near", items=[one.ci for one in suspects]))
    facts = {
        "suspects": [
            {"step": f"suspect_{place}", "ci": one.ci, "metric": one.metric}
            for place, one in enumerate(suspects, 1)
        ],
        "focus": list(focus_of(ask)),
        "step_s": STEP_S,
        **({"rules": _rule_names(ask)} if ask.runbooks else {}),
    }
    return draft(
        ask, named, tuple(steps), metrics=metrics, window=window, window_words=words, facts=facts
    )


def focus_of(ask: Ask) -> tuple[str, ...]:
    """Return the metrics that the question is about: those named, or latency where it is slow."""
    if ask.sense.metric is not None:
        return metrics_of(ask)
    slow = find_spoken("latency") if _SLOW.search(ask.sense.text) else None
    return rank_metrics(slow, ask.found.every("resolve_metrics")) if slow is not None else ()


def review_metrics(ask: Ask) -> tuple[str, ...]:
    """Return which of the estate's metrics to look at: those asked for, then the telling ones."""
    names: dict[str, int] = {}
    for one in ask.found.every("resolve_metrics"):
        parts = name_parts(one.name)
        if one.kind != "metric" or one.score < 0.6 or parts[-1:] == ["bucket"]:  # noqa: PLR2004
            continue
        telling = next((at for at, word in enumerate(_TELLING) if word in parts), len(_TELLING))
        names[one.name] = telling + (20 if _DULL & set(parts) else 0)
    ordered = sorted(names, key=lambda name: (names[name], len(name), name))
    return tuple(dict.fromkeys((*focus_of(ask), *ordered)))[:MOST_METRICS]


def _changes(subject: int, window: Window) -> list[Step]:
    span = Window(window.start - BEFORE, window.end)
    near = {"$": "dependencies.nodes[?depth > `0`].id"}
    return [
        history_step(span, ci_ids=[subject], limit=100),
        history_step(span, step="changes_near", ci_ids=near, limit=200, required=False),
    ]


def past_and_now(window: Window) -> Window:
    """Return the window with the days before it that serve as its baseline."""
    return Window(window.start - BASELINE, window.end)


def _own_metrics(subject: int, metrics: tuple[str, ...], window: Window) -> list[Step]:
    return [
        _series(f"own_{place}", metric, subject, window=window)
        for place, metric in enumerate(metrics, 1)
    ]


def _series(step: str, metric: str, ci: int, *, window: Window) -> Step:
    args = {
        "metric": metric, "ci": ci, "window": iso_interval(past_and_now(window)),
        "step_s": STEP_S, "limit": 10_000,
    }  # fmt: skip
    return Step(id=step, tool="metric.series_table", args=args, required=step.startswith("own_"))


def _screening(metrics: tuple[str, ...], window: Window) -> list[Step]:
    """Return the steps for what was measured of dependencies in the window, and just before it.

    What has no samples in the window cannot stand out in it, so its past is not read.
    """
    before = Window(window.start - timedelta(days=1), window.start)
    steps = []
    for place, metric in enumerate(metrics[:MOST_SCREENED], 1):
        measured = f"near_now_{place}.rows[?value].ci.id"
        for name, span, aggregate, ids in (
            ("now", window, "max", "dependencies.nodes[].id"),
            ("was", before, "p99", measured),
        ):
            args: dict[str, Any] = {
                "metric": metric, "window": iso_interval(span), "aggregate": aggregate,
                "ci_ids": {"$": ids}, "group_by": "ci", "limit": 200,
            }  # fmt: skip
            steps.append(
                Step(id=f"near_{name}_{place}", tool="metric.aggregate", args=args, required=False)
            )
    return steps


def _rules(ask: Ask, window: Window) -> list[Step]:
    named = {
        one.code or one.name: one for one in ask.found.every("resolve_rules") if one.kind == "rule"
    }
    ordered = sorted(named, key=lambda code: (-named[code].score, code))[:MOST_RULES]
    return [
        Step(
            id=f"rule_{place}",
            tool="cep.simulate",
            args={"rule": code, "period": iso_interval(window), "limit": 50},
            required=False,
        )
        for place, code in enumerate(ordered, 1)
    ]


def _runbooks(ask: Ask, subject: int) -> list[Step]:
    """Return the step for the runbooks of the item, of rules that may fire, and of its alerts."""
    if not ask.runbooks:
        return []
    rules = [name for names in _rule_names(ask) for name in names]
    literal = json.dumps(list(dict.fromkeys(rules))).replace("`", "\\`")
    titles = "changes.entries[?kind == 'alert' || kind == 'incident'].title"
    names = {"$": f"[`{literal}`, {titles}][]"}
    return [_runbooks_step("runbooks", items=[subject], names=names)]


def _rule_names(ask: Ask) -> list[list[str]]:
    """Return the rules that a review may look at, each with its code and its name."""
    found = [one for one in ask.found.every("resolve_rules") if one.kind == "rule"]
    names = [[name for name in (one.code, one.name) if name] for one in found]
    return [list(each) for each in dict.fromkeys(map(tuple, names))][:MOST_RULES]


def _runbooks_step(step: str, **args: Any) -> Step:
    return Step(id=step, tool="knowledge.runbooks", args={**args, "limit": 50}, required=False)


def suspects_of(
    known: Mapping[str, Outcome], metrics: tuple[str, ...], *, root: int
) -> list[Suspect]:
    """Return which dependencies' metrics stand out in the screening, the most striking first."""
    pairs = []
    for place, metric in enumerate(metrics[:MOST_SCREENED], 1):
        now, was = known.get(f"near_now_{place}"), known.get(f"near_was_{place}")
        if isinstance(now, Succeeded) and isinstance(was, Succeeded):
            pairs.append((metric, _by_ci(now), _by_ci(was)))
    return [one for one in screen(pairs) if one.ci != root][:MOST_SUSPECTS]


def _by_ci(outcome: Succeeded) -> dict[int, float]:
    rows = (outcome.value or {}).get("rows") or ()
    return {
        int(row["ci"]["id"]): float(row["value"]) for row in rows if row.get("value") is not None
    }


def _suspect_step(place: int, suspect: Suspect, window: Window) -> Step:
    return _series(f"suspect_{place}", suspect.metric, suspect.ci, window=window)
