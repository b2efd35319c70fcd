"""Whether a rule would have fired over what is stored; no action is ever taken."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from headwater.analysis.trigger import MetricTrigger, Trigger, describe_trigger, parse_trigger
from headwater.analysis.windows import parse_window
from headwater.errors import UsageError
from headwater.model.evidence import Evidence
from headwater.model.moment import Asked
from headwater.model.principal import Principal
from headwater.model.rule import Simulation
from headwater.model.window import Window
from headwater.packs.arguments import ItemId, Text, WindowText
from headwater.packs.cep.reading import Reading, read_events, read_samples
from headwater.packs.citing import MAX_RECORDS, ci_records, seen_by, told
from headwater.ports.history import History
from headwater.ports.inventory import Inventory
from headwater.ports.metrics import Metrics
from headwater.ports.rules import Rules
from headwater.toolkit.cited import Cited
from headwater.toolkit.tool import tool

RuleArgument = Annotated[
    ItemId | Text | dict[str, Any],
    Field(description="A stored rule's code, name or id; or a trigger, or {name, trigger}."),
]


@tool(
    name="cep.simulate",
    description="Tell whether a rule would have fired in a period; no action is taken.",
    role="reader",
    idempotent=True,
)
async def simulate(  # noqa: PLR0913 - a tool's parameters are its arguments
    rule: RuleArgument,
    *,
    period: WindowText = "last_7d",
    limit: Annotated[int, Field(ge=1, le=1_000, description="The most firings.")] = 100,
    rules: Rules,
    metrics: Metrics,
    history: History,
    inventory: Inventory,
    asked: Asked,
    principal: Principal,
) -> Cited[Simulation | None]:
    """Give each firing with what decided, or null where there is no such stored rule."""
    span = parse_window(period, asked.at)
    found = await _read_rule(rule, rules=rules, principal=principal)
    if found is None:
        absent = told("simulate", rule=str(rule)) + "; there is no such rule"
        return Cited(None, (Evidence(count=0, unit="firings", query=absent, window=span),))
    name, trigger = found
    if isinstance(trigger, MetricTrigger):
        reading = await read_samples(
            trigger, span, metrics=metrics, inventory=inventory, principal=principal
        )
    else:
        reading = await read_events(
            trigger, span, history=history, inventory=inventory, principal=principal
        )
    value = _simulation(name, trigger, reading=reading, period=span, limit=limit)
    return Cited(value, (_evidence(value, reading, seen_at=asked),))


async def _read_rule(
    rule: int | str | dict[str, Any], *, rules: Rules, principal: Principal
) -> tuple[str, Trigger] | None:
    """Return the name and trigger of a stored rule (None: there is none) or of an inline one."""
    if isinstance(rule, Mapping):
        return _inline(rule)
    stored = await rules.get(rule, principal=principal)
    return None if stored is None else (stored.code, parse_trigger(stored.trigger))


def _inline(rule: Mapping[str, Any]) -> tuple[str, Trigger]:
    """Return the name and trigger of a rule given as an object: a trigger, or one within a rule."""
    if "trigger" not in rule:
        return "inline", parse_trigger(rule)
    name = rule.get("code") or rule.get("name") or "inline"
    if not isinstance(name, str):
        message = f"the rule's name is a {type(name).__name__}; give a text"
        raise UsageError(message, code="rule.bad_trigger")
    return name, parse_trigger(rule["trigger"])


def _simulation(
    name: str, trigger: Trigger, *, reading: Reading, period: Window, limit: int
) -> Simulation:
    firings = sorted(reading.firings, key=lambda one: (one.start, one.ci.id, one.end))
    return Simulation(
        rule=name,
        trigger=describe_trigger(trigger),
        period=period,
        fired=bool(firings),
        firings=firings[:limit],
        total=len(firings),
        cis_checked=reading.cis_checked,
        samples_read=reading.samples_read,
        events_read=reading.events_read,
        truncated=len(firings) > limit,
    )


def _evidence(value: Simulation, reading: Reading, *, seen_at: Asked) -> Evidence:
    by_samples = value.trigger["type"] == "metric"
    if by_samples:
        records = ci_records(dict.fromkeys(one.ci for one in value.firings))
    else:
        decided = (one.evidence[0] for one in value.firings[:MAX_RECORDS])
        records = tuple(f"history {entry['id']} {entry['title']}" for entry in decided)
    return Evidence(
        count=value.samples_read if by_samples else value.events_read,
        unit="samples" if by_samples else "entries",
        records=records,
        query=told("simulate", rule=value.rule) + reading.note,
        window=value.period,
        observed_at=seen_by(value.period, seen_at.at),
        truncated=value.truncated,
    )
