"""Which steps answer a question about named items; lists, counts and reviews have their own."""

from __future__ import annotations

from typing import Any

from headwater.model.item import Candidate
from headwater.model.outcome import Succeeded
from headwater.model.plan import Step
from headwater.model.reading import Reading
from headwater.model.window import Window
from headwater.reading.drafts import (
    DAY_S,
    HOUR_S,
    Ask,
    Named,
    bucket_s,
    expand_step,
    history_step,
    name_items,
    refuse,
)
from headwater.reading.found import VALUE
from headwater.reading.kinds import EVERYTHING, FIELDS, HISTORY_KINDS, SYNONYMS, singular
from headwater.reading.scope import equal
from headwater.reading.spoken_metric import SpokenMetric, is_counter_name, rank_metrics
from headwater.reading.windows import iso_interval

VALUES = ("owner", "location", "tag", "type", "subtype", "category")
WIDEST: dict[str, Any] = {"max_nodes": 5000, "max_edges": 50_000}
IMPACT_DEPTH = 6
MOST_HOPS = 12
DEPENDENCY_TYPES = ("depends_on", "runs_on", "deployed_on", "uses", "connected_to")
JOINING_TYPES = (*DEPENDENCY_TYPES, "composed_of", "terminates_on", "hosted_on", "part_of", "calls")
"""Relations along which one thing reaches another, unlike an owner or a label that both have."""
HOST_TYPES = ("runs_on", "deployed_on", "hosted_on", "installed_on", "hosted_by")
SUMMED = frozenset({"requests", "errors", "restarts"})


def draft(ask: Ask, named: Named, steps: tuple[Step, ...], **more: object) -> Reading:
    """Return the reading of a question whose names are known."""
    return Reading(
        intent=ask.sense.intent,
        steps=steps,
        items=named.items,
        words=ask.sense.roles,
        notes=named.notes,
        **more,  # type: ignore[arg-type]
    )


def plan_lookup(ask: Ask, *, step: str = "resolve") -> Reading:
    """Plan what one item is: itself, what is next to it, and what happened lately.

    `step` is the one that resolved its name.
    """
    named = name_items(ask, step=step)
    if named.ended is not None:
        return named.ended
    subject = named.id()
    window, words = ask.window(7 * DAY_S)
    said = ask.sense.roles.get("field", "").lower()
    columns = {"owns": "owner", "where": "location"}
    column = columns.get(said) or FIELDS.get(said) or ("owner" if said else "")
    steps = (
        Step(id="item", tool="ci.get", args={"id": subject}),
        expand_step(subject, "summary", step="around", required=False),
        history_step(window, ci_ids=[subject], limit=10, required=False),
    )
    return draft(ask, named, steps, window=window, window_words=words, facts={"field": column})


def plan_impact(ask: Ask) -> Reading:
    """Plan what breaks with an item, over everything that leans on it."""
    named = name_items(ask)
    if named.ended is not None:
        return named.ended
    depth = 1 if "directly" in ask.sense.text.lower() else IMPACT_DEPTH
    step = expand_step(named.id(), "impact", step="impact", depth=depth, **WIDEST)
    things = ask.sense.roles.get("things", "")
    counted = ask.sense.text.lower().startswith("how many")
    facts = {"kind": things, "kinds": kinds_of(things), "counted": counted}
    return draft(ask, named, (step,), facts=facts)


def kinds_of(things: str) -> list[str]:
    """Return the types that a word for things may mean, in the singular; none for everything."""
    noun = singular(things.lower().split()[-1]) if things else ""
    if not noun or noun in EVERYTHING:
        return []
    return list(dict.fromkeys((noun, *SYNONYMS.get(noun, ()))))


def plan_expand(ask: Ask) -> Reading:
    """Plan what is joined to an item, along the view that the words mean."""
    named = name_items(ask)
    if named.ended is not None:
        return named.ended
    view = ask.sense.view
    shown = {"host": "dependency", "hosted": "neighbours"}.get(view, view)
    depth = {"dependency": 4, "composition": 4}.get(view, 1)
    things = ask.sense.roles.get("things", "")
    facts = {"view": view, "kind": things, "kinds": kinds_of(things), "types": list(HOST_TYPES)}
    limits: dict[str, Any] = {"max_nodes": 1000, "max_edges": 5000}
    step = expand_step(named.id(), shown, step="graph", depth=depth, **limits)
    return draft(ask, named, (step,), facts=facts)


def plan_path(ask: Ask) -> Reading:
    """Plan how one item reaches another."""
    named = name_items(ask, ("subject", "target"))
    if named.ended is not None:
        return named.ended
    args: dict[str, object] = {
        "source": named.id(), "target": named.id("target"), "max_hops": MOST_HOPS,
    }  # fmt: skip
    along = ask.sense.view == "out"
    if along:
        steps = [_path_step("path", {**args, "direction": "out", "types": list(DEPENDENCY_TYPES)})]
    else:
        steps = [_path_step("path", {**args, "types": list(JOINING_TYPES)})]
    first = ask.known.get("path")
    if isinstance(first, Succeeded) and first.value is None and not along:
        steps.append(_path_step("path_any", args))
    return draft(ask, named, tuple(steps), facts={"along": along})


def _path_step(step: str, args: dict[str, object]) -> Step:
    return Step(id=step, tool="graph.path", args=args, required=step == "path")


def plan_history(ask: Ask) -> Reading:
    """Plan what happened: to one item, to those of an owner or place, or to all."""
    text = ask.sense.text.lower()
    far = ask.sense.number is not None or text.startswith(("when", "who"))
    window, words = ask.window(90 * DAY_S if far else 7 * DAY_S)
    kind = singular(ask.sense.roles.get("kind", "").lower())
    kinds = list(HISTORY_KINDS.get(kind, ()))
    limit = 500 if ask.sense.view == "count" else min(ask.sense.number or 50, 500)
    rest: dict[str, Any] = {"kinds": kinds, "severity": ask.sense.severity, "limit": limit}
    facts = {
        "kind": kind, "kinds": kinds, "severity": ask.sense.severity,
        "counted": ask.sense.view == "count", "wanted": ask.sense.number,
    }  # fmt: skip
    if not ask.sense.roles.get("subject"):
        step = history_step(window, **rest)
        return draft(ask, Named({}), (step,), window=window, window_words=words, facts=facts)
    named = name_items(ask, kinds=("item", *VALUES))
    if named.ended is not None:
        return named.ended
    named, filters = prefer_item(ask, named)
    scope: dict[str, Any] = {"filters": filters} if filters else {"ci_ids": [named.id()]}
    step = history_step(window, **scope, **rest)
    return draft(
        ask, named, (step,), window=window, window_words=words, facts=facts, filters=tuple(filters)
    )


def prefer_item(ask: Ask, named: Named) -> tuple[Named, list[dict[str, object]]]:
    """Return what is named, with conditions where it is a value such as an owner or a place."""
    meant = named.items["subject"]
    if meant.kind == "item":
        return named, []
    items = name_items(ask)
    if items.ended is None and items.items["subject"].score >= VALUE:
        return items, []
    return named, [dict(equal(meant.key or meant.kind, meant.name))]


def plan_rule(ask: Ask) -> Reading:
    """Plan whether a stored rule would have fired."""
    named = name_items(ask, ("rule",), ("rule",))
    if named.ended is not None:
        return named.ended
    window, words = ask.window(7 * DAY_S)
    rule = named.items["rule"]
    args = {"rule": rule.code or rule.name, "period": iso_interval(window)}
    step = Step(id="simulation", tool="cep.simulate", args=args)
    return draft(ask, named, (step,), window=window, window_words=words)


def metrics_of(ask: Ask) -> tuple[str, ...]:
    """Return the estate's metrics that fit the question's words, best first."""
    spoken = ask.sense.metric
    return () if spoken is None else rank_metrics(spoken, ask.found.every("resolve_metrics"))


def no_metric(ask: Ask) -> Reading:
    """Return the refusal where no metric of the estate fits the words."""
    said = ask.sense.roles.get("metric", "")
    sentence = f'The estate has no metric for "{said}"; name one of its metrics.'
    return refuse(ask.sense.intent, "question.unknown_metric", sentence, words=ask.sense.roles)


def aggregate_for(ask: Ask, spoken: SpokenMetric, metric: str) -> str:
    """Return how to sum up a metric: as said, else as is usual for its kind."""
    if is_counter_name(metric) and spoken.said_aggregate is None:
        return "rate"
    family = spoken.family.name if spoken.family else ""
    if (
        spoken.said_aggregate is None
        and family in SUMMED
        and ask.sense.text.lower().startswith("how many")
    ):
        return "sum"
    return spoken.aggregate


def plan_value(ask: Ask) -> Reading:
    """Plan one figure of a metric of one item, with its course beside it."""
    return _metric(ask, HOUR_S)


def plan_series(ask: Ask) -> Reading:
    """Plan the course of a metric of one item, with its sum beside it."""
    return _metric(ask, DAY_S)


def _metric(ask: Ask, default_s: float) -> Reading:
    named = name_items(ask)
    spoken = ask.sense.metric
    if named.ended is not None or spoken is None:
        return named.ended or no_metric(ask)
    metrics = metrics_of(ask)
    if not metrics:
        return no_metric(ask)
    window, words = ask.window(default_s)
    steps: list[Step] = []
    for place, metric in enumerate(metrics):
        aggregate = aggregate_for(ask, spoken, metric)
        pair = _pair(named.items["subject"], metric, window=window, aggregate=aggregate)
        series_wanted = ask.sense.intent == "series"
        for step in pair:
            wanted = place == 0 and (step.id == "series") == series_wanted
            suffix = f"_{place + 1}" if place else ""
            steps.append(Step(id=step.id + suffix, tool=step.tool, args=step.args, required=wanted))
    return draft(
        ask,
        named,
        tuple(steps),
        metrics=metrics,
        aggregate=aggregate_for(ask, spoken, metrics[0]),
        window=window,
        window_words=words,
    )


def _pair(item: Candidate, metric: str, *, window: Window, aggregate: str) -> tuple[Step, Step]:
    interval = iso_interval(window)
    value = {"metric": metric, "ci_ids": [item.id], "window": interval, "aggregate": aggregate}
    course = {"metric": metric, "ci": item.id, "window": interval, "step_s": bucket_s(window)}
    return (
        Step(id="value", tool="metric.aggregate", args=value),
        Step(id="series", tool="metric.series_table", args=course),
    )
