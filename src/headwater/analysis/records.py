"""What is wrong with a record before it is kept; it neither reads nor keeps records.

Every store asks the same questions here, so that a line is bad in all of them or in none.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from datetime import datetime
from operator import attrgetter
from typing import Any

from headwater.analysis.instants import EPOCH
from headwater.analysis.severities import SEVERITY_RANKS
from headwater.model.history import HistoryRecord
from headwater.model.item import ItemRecord
from headwater.model.metric import MetricRecord, SampleRecord
from headwater.model.relation import RelationRecord
from headwater.model.rule import RuleRecord

MAX_NAME, MAX_CODE, MAX_WORD = 500, 400, 200
"""Characters in a name or a tag's value; in a code or a metric's name; in a type, owner, key…"""
MAX_TITLE = 5_000
MAX_TEXT = 1_000_000
MAX_DEPTH = 32
"""Levels of lists and objects within attributes."""
_ITEM_WORDS = ("subtype", "category", "status", "criticality", "owner", "location", "source")
_item_texts = attrgetter("code", "name", "type", *_ITEM_WORDS, "source_key")
_FLAGS = (bool, type(None))
_ENCODER = json.JSONEncoder(
    sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False
)
_WHOLE = range(-(2**63), 2**63)


def text_problem(text: str) -> str | None:
    """Say what keeps a text from being stored: NUL or half of a surrogate pair; else None."""
    if "\x00" in text:
        return "text without NUL characters"
    if text.isascii():
        return None
    try:
        text.encode()
    except UnicodeEncodeError:
        return "text without lone surrogates"
    return None


def item_problem(record: ItemRecord) -> str | None:
    """Say what is wrong with an item, or None."""
    return None if _is_common(record) else _item_problem(record)


def _is_common(record: ItemRecord) -> bool:
    """Tell quickly, for a load's sake, that nothing can be wrong: short ASCII, scalar attributes.

    All texts joined are checked at once: what is short enough together is so alone.
    """
    if not (record.code and record.name and record.type):
        return False
    texts = [text for text in _item_texts(record) if text is not None]
    try:
        texts += [*record.tags, *record.tags.values(), *record.attributes]
        for value in record.attributes.values():
            kind = type(value)
            if kind is str:
                texts.append(value)
            elif not (kind in _FLAGS or (kind is int and value in _WHOLE)):
                return False
        joined = "".join(texts)
    except (TypeError, AttributeError):
        return False
    common = joined.isascii() and "\x00" not in joined and "" not in record.tags
    return common and len(joined) <= MAX_WORD


def _item_problem(record: ItemRecord) -> str | None:
    words = {name: getattr(record, name) for name in _ITEM_WORDS}
    return (
        _needed("code", record.code, limit=MAX_CODE)
        or _needed("name", record.name)
        or _needed("type", record.type, limit=MAX_WORD)
        or _first(_optional(name, text) for name, text in words.items())
        or _optional("source_key", record.source_key, limit=MAX_CODE)
        or _tags_problem(record.tags)
        or attributes_problem(record.attributes)
    )


def relation_problem(record: RelationRecord) -> str | None:
    """Say what is wrong with a relation, or None."""
    return (
        _needed("type", record.type, limit=MAX_WORD)
        or attributes_problem(record.attributes)
        or _key_problem(record.attributes.get("key"))
    )


def relation_key(record: RelationRecord) -> str:
    """Return what tells a relation apart from parallel ones of its type: empty where nothing."""
    key = record.attributes.get("key")
    return "" if key is None else str(key)


def metric_problem(record: MetricRecord) -> str | None:
    """Say what is wrong with a metric, or None."""
    if record.kind not in {"gauge", "counter"}:
        return f"kind must be gauge or counter, not {record.kind!r}"
    return _needed("name", record.name, limit=MAX_CODE) or _optional("unit", record.unit)


def sample_problem(record: SampleRecord) -> str | None:
    """Say what is wrong with a sample's metric, instant or value, or None."""
    metric, _, at_us, value = record
    if not isinstance(value, int | float) or not math.isfinite(value):
        return f"value must be a finite number, not {value!r}"
    if not isinstance(at_us, int) or abs(at_us) > _LATEST_US:
        return f"the instant {at_us!r} is beyond the years 1 to 9999"
    return _needed("metric", metric, limit=MAX_CODE)


def history_problem(record: HistoryRecord) -> str | None:
    """Say what is wrong with a history entry, or None."""
    severity = record.severity
    if severity is not None and str(severity).lower() not in SEVERITY_RANKS:
        return f"severity {severity!r} is none of {', '.join(SEVERITY_RANKS)}"
    return (
        _instant("at", record.at)
        or (None if record.ended_at is None else _instant("ended_at", record.ended_at))
        or _needed("kind", record.kind, limit=MAX_WORD)
        or _needed("title", record.title, limit=MAX_TITLE)
        or _optional("summary", record.summary, limit=MAX_TEXT)
        or _optional("actor", record.actor)
        or attributes_problem(record.attributes)
    )


def rule_problem(record: RuleRecord) -> str | None:
    """Say what is wrong with a rule's own fields, or None; its trigger is not understood here."""
    return (
        _needed("code", record.code, limit=MAX_CODE)
        or _needed("name", record.name)
        or _optional("description", record.description, limit=MAX_TEXT)
        or _optional("severity", record.severity)
        or attributes_problem(record.trigger, "trigger")
        or attributes_problem(record.attributes)
    )


def attributes_problem(value: Any, name: str = "attributes") -> str | None:
    """Say what keeps an object from being stored as JSON and read back the same, or None."""
    if not isinstance(value, dict):
        return f"{name} must be an object"
    return _json_problem(value, name, MAX_DEPTH) if value else None


def canonical_json(value: Any) -> str:
    """Write JSON so that equal values give equal text: sorted keys, no spaces, real letters."""
    return _ENCODER.encode(value) if value else json.dumps(value)


_LATEST_US = int((datetime.max.replace(tzinfo=EPOCH.tzinfo) - EPOCH).total_seconds()) * 1_000_000


def _json_problem(value: Any, name: str, depth: int) -> str | None:
    if isinstance(value, str):
        problem = text_problem(value)
        return f"{name} must be {problem}" if problem else None
    if isinstance(value, dict):
        return _object_problem(value, name, depth)
    if isinstance(value, list | tuple):
        return _nesting(name, depth) or _first(
            _json_problem(each, name, depth - 1) for each in value
        )
    return _number_problem(value, name)


def _object_problem(value: dict[Any, Any], name: str, depth: int) -> str | None:
    if any(not isinstance(key, str) or text_problem(key) for key in value):
        return f"{name} must have keys that are text without NUL and lone surrogates"
    return _nesting(name, depth) or _first(
        _json_problem(each, f"{name}.{key}", depth - 1) for key, each in value.items()
    )


def _number_problem(value: Any, name: str) -> str | None:
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, int):
        return None if value in _WHOLE else f"{name} must fit in 64 bits"
    if isinstance(value, float):
        return None if math.isfinite(value) else f"{name} must be a finite number, not {value!r}"
    return f"{name} must be plain JSON, not {type(value).__name__}"


def _nesting(name: str, depth: int) -> str | None:
    return None if depth > 0 else f"{name} is nested deeper than {MAX_DEPTH} levels"


def _tags_problem(tags: Any) -> str | None:
    if not isinstance(tags, dict):
        return "tags must be an object"
    return _first(
        _needed("a tag's key", key, limit=MAX_WORD)
        or _optional(f"tags.{key}", text, limit=MAX_NAME, absent=False)
        for key, text in tags.items()
    )


def _needed(name: str, text: Any, *, limit: int = MAX_NAME) -> str | None:
    if not isinstance(text, str) or not text:
        return f"{name} is missing" if text in {None, ""} else f"{name} must be a text"
    return _optional(name, text, limit=limit)


def _optional(name: str, text: Any, *, limit: int = MAX_WORD, absent: bool = True) -> str | None:
    if text is None and absent:
        return None
    if not isinstance(text, str):
        return f"{name} must be a text"
    if len(text) > limit:
        return f"{name} is longer than {limit:,} characters"
    problem = text_problem(text)
    return f"{name} must be {problem}" if problem else None


def _key_problem(key: Any) -> str | None:
    if key is None or (isinstance(key, int) and not isinstance(key, bool)):
        return None
    return _optional("attributes.key", key)


def _instant(name: str, at: Any) -> str | None:
    if isinstance(at, datetime) and at.tzinfo is not None:
        return None
    return f"{name} must be an instant with a zone"


def _first(problems: Iterable[str | None]) -> str | None:
    return next((problem for problem in problems if problem), None)
