"""What a line of each file says, as a record; it reads no file."""

from __future__ import annotations

from typing import Any

from headwater.analysis.trigger import parse_trigger
from headwater.errors import UsageError
from headwater.model.history import SEVERITIES, HistoryRecord
from headwater.model.item import ItemRecord
from headwater.model.metric import MetricRecord
from headwater.model.relation import RelationRecord
from headwater.model.rule import RuleRecord
from headwater.sources.bundle import fields as take
from headwater.sources.instants import moment

ITEM = (
    "code", "name", "type", "subtype", "category", "status", "criticality", "owner", "location",
    "tags", "attributes", "source", "source_key",
)  # fmt: skip
RELATION = ("source", "target", "type", "attributes")
METRIC = ("name", "unit", "kind")
HISTORY = (
    "ci", "kind", "at", "ended_at", "severity", "title", "summary", "actor", "attributes",
)  # fmt: skip
RULE = ("code", "name", "trigger", "description", "severity", "enabled", "attributes")

SOURCE = "bundle"
"""The source of an item whose line names none."""

_SEVERITY = {
    **{name: name for name in SEVERITIES},
    "debug": "info", "notice": "info", "informational": "info", "none": "info",
    "minor": "low", "warning": "medium", "warn": "medium", "moderate": "medium",
    "major": "high", "error": "high", "severe": "high",
    "fatal": "critical", "emergency": "critical",
}  # fmt: skip


def item(fields: dict[str, Any]) -> ItemRecord:
    """Return a line of `items.jsonl`.

    Raises:
        ValueError: saying which field is wrong and why.
    """
    take.only(fields, ITEM)
    return ItemRecord(
        code=take.name(fields, "code"),
        name=take.name(fields, "name"),
        type=take.name(fields, "type"),
        subtype=take.optional_name(fields, "subtype"),
        category=take.optional_name(fields, "category"),
        status=take.optional_name(fields, "status"),
        criticality=take.optional_name(fields, "criticality"),
        owner=take.optional_name(fields, "owner"),
        location=take.optional_name(fields, "location"),
        tags=take.tags(fields),
        attributes=take.attributes(fields),
        source=take.optional_name(fields, "source") or SOURCE,
        source_key=take.optional_name(fields, "source_key"),
    )


def relation(fields: dict[str, Any]) -> RelationRecord:
    """Return a line of `relations.jsonl`.

    Raises:
        ValueError: saying which field is wrong and why.
    """
    take.only(fields, RELATION)
    return RelationRecord(
        source=take.name(fields, "source"),
        target=take.name(fields, "target"),
        type=take.name(fields, "type"),
        attributes=take.attributes(fields),
    )


def metric(fields: dict[str, Any]) -> MetricRecord:
    """Return a line of `metrics.jsonl`.

    Raises:
        ValueError: saying which field is wrong and why.
    """
    take.only(fields, METRIC)
    name, unit = take.name(fields, "name"), take.optional_name(fields, "unit")
    match take.optional_name(fields, "kind"):
        case None | "gauge":
            return MetricRecord(name=name, unit=unit, kind="gauge")
        case "counter":
            return MetricRecord(name=name, unit=unit, kind="counter")
        case other:
            message = f"kind must be gauge or counter, not {other!r}"
            raise ValueError(message)


def history(fields: dict[str, Any]) -> HistoryRecord:
    """Return a line of `history.jsonl`.

    Raises:
        ValueError: saying which field is wrong and why.
    """
    take.only(fields, HISTORY)
    if fields.get("at") is None:
        message = "at is missing"
        raise ValueError(message)
    at, ended_at = moment(fields["at"]), fields.get("ended_at")
    ended_at = None if ended_at is None or ended_at == "" else moment(ended_at)
    if ended_at is not None and ended_at < at:
        message = "ended_at is before at"
        raise ValueError(message)
    return HistoryRecord(
        ci=take.name(fields, "ci"),
        kind=take.name(fields, "kind"),
        at=at,
        ended_at=ended_at,
        severity=severity(take.optional_name(fields, "severity")),
        title=take.name(fields, "title"),
        summary=take.optional_text(fields, "summary"),
        actor=take.optional_name(fields, "actor"),
        attributes=take.attributes(fields),
    )


def rule(fields: dict[str, Any]) -> RuleRecord:
    """Return a line of `rules.jsonl`; a rule without a code has its name for one, and vice versa.

    Raises:
        ValueError: saying which field is wrong and why.
    """
    take.only(fields, RULE)
    code, name = take.optional_name(fields, "code"), take.optional_name(fields, "name")
    trigger = take.attributes(fields, "trigger")
    if not trigger:
        message = "trigger is missing"
        raise ValueError(message)
    enabled = take.flag(fields, "enabled", default=True)
    try:
        parse_trigger(trigger)
    except UsageError as error:
        raise ValueError(error.message.removeprefix("the rule's ")) from error
    return RuleRecord(
        code=code or take.name(fields, "name"),
        name=name or take.name(fields, "code"),
        trigger=trigger,
        description=take.optional_text(fields, "description"),
        severity=severity(take.optional_name(fields, "severity")),
        enabled=enabled,
        attributes=take.attributes(fields),
    )


def severity(word: str | None) -> str | None:
    """Return the severity that a word means, one of `SEVERITIES`.

    Raises:
        ValueError: a word that means none.
    """
    if word is None:
        return None
    found = _SEVERITY.get(word.lower())
    if found is None:
        message = f"severity must be one of {', '.join(SEVERITIES)}, not {word!r}"
        raise ValueError(message)
    return found
