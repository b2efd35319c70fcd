"""Which steps list, count, search and rank items; it plans nothing about one item alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from headwater.model.outcome import Succeeded
from headwater.model.plan import Step
from headwater.model.reading import Reading
from headwater.reading.asking import keywords_of, name_of, things_of
from headwater.reading.drafts import HOUR_S, Ask, Named, is_off_topic, off_topic, unclear, unknown
from headwater.reading.found import EXACT, VALUE, choose
from headwater.reading.kinds import TOLD_APART_BY
from headwater.reading.plans import (
    VALUES,
    aggregate_for,
    draft,
    metrics_of,
    no_metric,
    plan_lookup,
    plan_rule,
)
from headwater.reading.scope import Scope, around_ids, around_step, equal, scope_of
from headwater.reading.things import group_fields
from headwater.reading.windows import iso_interval

MOST_LISTED = 200
MOST_GROUPS = 500


def _scoped(ask: Ask, scope: Scope) -> Reading | None:
    """Return the reading that ends the question where the scope is unknown or unclear."""
    if scope.unclear is not None:
        return unclear(ask, *scope.unclear)
    if scope.unknown:
        return unknown(ask, scope.unknown[0])
    return None


def _with_around(scope: Scope, step: Step) -> tuple[Step, ...]:
    return (around_step(scope.around), step) if scope.around is not None else (step,)


def plan_list(ask: Ask) -> Reading:
    """Plan the items of a kind, place or owner: all of them, up to the tool's most."""
    things = things_of(ask.sense)
    scope = scope_of(things, ask.found)
    if scope.unknown or things.words.lower() == things.whole:
        named = _one_item(ask, exact=not scope.unknown)
        if named is not None:
            return named
    ended = _scoped(ask, scope)
    if ended is not None:
        return ended
    filters: list[dict[str, Any]] = list(scope.filters)
    if scope.around is not None:
        filters.append({"field": "id", "op": "in", "value": around_ids()})
    columns = [field for field in group_fields(things.group) if not field.startswith("tags.")]
    args = {
        "filters": filters, "limit": min(ask.sense.number or MOST_LISTED, MOST_LISTED),
        "sort": [{"field": field} for field in (*columns[:1], "name")],
    }  # fmt: skip
    step = Step(id="list", tool="ci.search", args=args)
    return _scoped_draft(ask, scope, _with_around(scope, step), words=things.words)


def _scoped_draft(
    ask: Ask, scope: Scope, steps: tuple[Step, ...], *, words: str, **more: object
) -> Reading:
    items = {"place": scope.around} if scope.around is not None else {}
    facts = {"things": words, "said": list(scope.said), "wanted": ask.sense.number}
    return draft(ask, Named(items, scope.notes), steps, filters=scope.filters, facts=facts, **more)


def _one_item(ask: Ask, *, exact: bool) -> Reading | None:
    """Read "show checkout-api" as a look up, where that is a name; a plural is none."""
    sense = replace(
        ask.sense, intent="lookup", roles={"subject": ask.sense.roles.get("things", "")}
    )
    choice = choose(ask.found, name_of(sense, "subject"), step="resolve_named")
    if choice.meant is not None and choice.meant.score < EXACT and exact:
        return None
    if choice.meant is not None or any(one.score >= EXACT for one in choice.among):
        return plan_lookup(replace(ask, sense=sense), step="resolve_named")
    return None


def plan_count(ask: Ask) -> Reading:
    """Plan how many items there are, in all or by a group."""
    things = things_of(ask.sense)
    scope = scope_of(things, ask.found)
    ended = _scoped(ask, scope)
    if ended is not None:
        return ended
    shared: dict[str, Any] = {"filters": list(scope.filters), "top_n": MOST_GROUPS}
    if scope.around is not None:
        shared["ci_ids"] = around_ids()
    fields = group_fields(things.group)
    apart = TOLD_APART_BY.get(things.group)
    grouped = [[field, apart] if apart not in {field, None} else [field] for field in fields]
    steps = tuple(
        Step(
            id="count" if place == 0 else f"count_{place + 1}",
            tool="ci.aggregate",
            args={"group_by": group, "metrics": ["count"], **shared},
        )
        for place, group in enumerate(grouped or [[]])
    )
    around = (around_step(scope.around),) if scope.around is not None else ()
    facts = {"things": things.words, "said": list(scope.said), "group": things.group}
    reading = _scoped_draft(ask, scope, (*around, *steps), words=things.words, group_by=fields)
    return replace(reading, facts=facts)


def plan_search(ask: Ask) -> Reading:
    """Plan a search by keywords, of which types become conditions; wider where it finds nothing."""
    words = keywords_of(ask.sense)
    if not words:
        return unknown(ask, ask.sense.text)
    filters, keywords = _split_keywords(ask, words)
    args: dict[str, Any] = {"keywords": keywords, "filters": filters, "limit": 50}
    steps = [Step(id="search", tool="ci.search", args=args)]
    first = ask.known.get("search")
    if isinstance(first, Succeeded) and not (first.value or {}).get("total"):
        wide = {"keywords": list(words), "match": "any", "limit": 50}
        steps.append(Step(id="search_wide", tool="ci.search", args=wide, required=False))
        if is_off_topic(ask.sense.text):
            return off_topic("search")
    return draft(
        ask, Named({}), tuple(steps), filters=tuple(filters), facts={"keywords": list(words)}
    )


def _split_keywords(ask: Ask, words: tuple[str, ...]) -> tuple[list[dict[str, Any]], list[str]]:
    filters: list[dict[str, Any]] = []
    keywords: list[str] = []
    for word in words:
        types = [
            one
            for one in ask.found.of(word, "resolve_words").candidates
            if one.score >= VALUE and one.kind in {"type", "subtype"}
        ]
        if types and not filters:
            filters.append(equal(types[0].key or types[0].kind, types[0].name))
        else:
            keywords.append(word)
    return filters, keywords


def plan_rank(ask: Ask) -> Reading:
    """Plan a metric of many items, the largest first."""
    spoken = ask.sense.metric
    things = things_of(ask.sense)
    scope = scope_of(things, ask.found)
    ended = _scoped(ask, scope)
    metrics = metrics_of(ask)
    if ended is not None or not metrics or spoken is None:
        return ended or no_metric(ask)
    window, words = ask.window(HOUR_S)
    aggregate = aggregate_for(ask, spoken, metrics[0])
    args: dict[str, Any] = {
        "metric": metrics[0], "window": iso_interval(window), "aggregate": aggregate,
        "group_by": "ci", "limit": ask.sense.number or MOST_GROUPS,
    }  # fmt: skip
    args |= (
        {"ci_ids": around_ids()} if scope.around is not None else {"filters": list(scope.filters)}
    )
    steps = _with_around(scope, Step(id="rank", tool="metric.aggregate", args=args))
    return _scoped_draft(
        ask, scope, steps, words=things.words,
        metrics=metrics[:1], aggregate=aggregate, window=window, window_words=words,
    )  # fmt: skip


def plan_named(ask: Ask) -> Reading:
    """Plan what something is that may be an item, an owner, a place, a rule or a kind."""
    name = name_of(ask.sense, "subject")
    item = choose(ask.found, name)
    if (item.meant is not None and item.meant.score >= EXACT) or ask.sense.roles.get("field"):
        return plan_lookup(ask)
    rule = choose(ask.found, name, ("rule",))
    if rule.meant is not None and rule.meant.score >= EXACT:
        roles = {**ask.sense.roles, "rule": ask.sense.roles["subject"]}
        return replace(
            plan_rule(replace(ask, sense=replace(ask.sense, roles=roles))), intent="rule"
        )
    value = choose(ask.found, name, VALUES)
    values = (value.meant, *value.among)
    if not _is_exact(item.among) and any(one and one.score >= VALUE for one in values):
        sense = replace(ask.sense, intent="list", roles={"place": ask.sense.roles["subject"]})
        return plan_list(replace(ask, sense=sense))
    return plan_lookup(ask)


def _is_exact(candidates: tuple[Any, ...]) -> bool:
    return any(one.score >= EXACT for one in candidates)


def plan_bare(ask: Ask) -> Reading:
    """Plan for a text that is nothing but words: a look up, else a search, else a refusal."""
    name = name_of(ask.sense, "subject")
    item = choose(ask.found, name)
    known = ask.found.of(name.term).candidates
    sense = replace(ask.sense, intent="lookup")
    if _is_exact((*((item.meant,) if item.meant else ()), *item.among)) or any(
        one.kind != "item" and one.score >= VALUE for one in known
    ):
        return plan_named(replace(ask, sense=sense))
    if is_off_topic(ask.sense.text) or not _hopeful(ask):
        return off_topic("none")
    if item.meant is not None:
        return plan_named(replace(ask, sense=sense))
    return plan_search(replace(ask, sense=replace(ask.sense, intent="search")))


def _hopeful(ask: Ask) -> bool:
    steps = ("resolve", "resolve_whole", "resolve_words")
    return any(one.score >= 0.6 for step in steps for one in ask.found.every(step))  # noqa: PLR2004
