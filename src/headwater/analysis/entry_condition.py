"""Whether a history entry meets a rule's condition, in three-valued logic; it reads no history.

A comparison with an absent field is neither true nor false but unknown, and so is its `not`;
`all` and `any` are Kleene's. Only `exists` sees absence. Unknown at the top is false.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, cast, get_args

from headwater.analysis.severities import SEVERITY_RANKS
from headwater.errors import UsageError
from headwater.model.history import HistoryEntry

Operator = Literal[
    "eq", "ne", "gt", "gte", "lt", "lte", "in", "not_in", "contains", "starts_with", "ends_with",
    "exists",
]  # fmt: skip
MAX_DEPTH = 32
MAX_NODES = 500
_COLUMNS = ("id", "kind", "at", "ended_at", "severity", "title", "summary", "actor")


def bad_trigger(path: str, reason: str) -> UsageError:
    """Return the refusal of one place in a rule's trigger."""
    message = f"the rule's trigger: {path} {reason}"
    return UsageError(message, code="rule.bad_trigger")


@dataclass(frozen=True, slots=True)
class Compare:
    """One field of an entry against a value."""

    field: str
    op: Operator
    value: Any

    def truth(self, entry: HistoryEntry) -> bool | None:
        """Tell whether it holds; None where nobody can know."""
        found = value_of(entry, self.field)
        if self.op == "exists":
            return (found is not None) == bool(self.value)
        if found is None:
            return None
        by_rank = self.field == "severity"
        return compare(self.op, found, self.value, ranks=SEVERITY_RANKS if by_rank else {})

    def plain(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return {"field": self.field, "op": self.op, "value": self.value}


@dataclass(frozen=True, slots=True)
class Every:
    """True where all parts are, false where one is false, else unknown."""

    parts: tuple[Condition, ...]

    def truth(self, entry: HistoryEntry) -> bool | None:
        """Tell whether it holds; None where nobody can know."""
        truths = [part.truth(entry) for part in self.parts]
        return False if False in truths else None if None in truths else True

    def plain(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return {"all": [part.plain() for part in self.parts]}


@dataclass(frozen=True, slots=True)
class Some:
    """True where one part is, false where all are false, else unknown."""

    parts: tuple[Condition, ...]

    def truth(self, entry: HistoryEntry) -> bool | None:
        """Tell whether it holds; None where nobody can know."""
        truths = [part.truth(entry) for part in self.parts]
        return True if True in truths else None if None in truths else False

    def plain(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return {"any": [part.plain() for part in self.parts]}


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite of its part; the opposite of unknown is unknown."""

    part: Condition

    def truth(self, entry: HistoryEntry) -> bool | None:
        """Tell whether it holds; None where nobody can know."""
        truth = self.part.truth(entry)
        return None if truth is None else not truth

    def plain(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return {"not": self.part.plain()}


Condition = Compare | Every | Some | Not


def parse_condition(plain: object) -> Condition:
    """Return the condition that plain JSON describes.

    It is `{all: [...]}`, `{any: [...]}`, `{not: {...}}` or `{field, op, value}`. A field is
    id, kind, at, ended_at, severity, title, summary, actor, ci.id, ci.code, ci.name or
    `attributes.PATH`; any other name is read from the attributes.

    Raises:
        UsageError: `rule.bad_trigger`, naming the path; also above 32 levels or 500 parts.
    """
    _check_size(plain)
    return _parse(plain, "condition")


def value_of(entry: HistoryEntry, field: str) -> Any | None:
    """Return what the entry has under this field, or None where it has nothing."""
    if field in _COLUMNS:
        return getattr(entry, field)
    first, _, rest = field.partition(".")
    if field == "ci":
        return entry.ci.code
    if first == "ci" and rest in {"id", "code", "name"}:
        return getattr(entry.ci, rest)
    path = rest if first == "attributes" and rest else field
    return _descend(entry.attributes, path)


def compare(op: Operator, found: Any, wanted: Any, *, ranks: Mapping[str, int] = {}) -> bool | None:
    """Tell whether a value that is there compares so; None where the two cannot be compared.

    Numbers compare with numbers, texts with texts (by code point, or by their `ranks` where both
    have one), instants with ISO 8601. Values of different kinds are unequal and have no order.
    """
    if op in {"in", "not_in"}:
        return (op == "in") == any(_equal(*_pair(found, one, ranks)) for one in wanted)
    if op == "contains":
        return _contains(found, wanted)
    if op in {"starts_with", "ends_with"}:
        return _affix(op, found, wanted)
    left, right = _pair(found, wanted, ranks)
    if op in {"eq", "ne"}:
        return (op == "eq") == _equal(left, right)
    return _order(op, left, right)


def _parse(plain: object, path: str) -> Condition:
    if not isinstance(plain, Mapping):
        raise bad_trigger(path, "is no object; write {field, op, value}, {all}, {any} or {not}")
    if "field" in plain:
        return _parse_compare(plain, path)
    if len(plain) != 1 or next(iter(plain)) not in {"all", "any", "not"}:
        raise bad_trigger(path, "has to be {field, op, value} or exactly one of all, any, not")
    (key, inner), *_ = plain.items()
    if key == "not":
        return Not(_parse(inner, f"{path}.not"))
    if not isinstance(inner, list | tuple):
        raise bad_trigger(f"{path}.{key}", "is no list of conditions")
    parts = tuple(_parse(one, f"{path}.{key}[{index}]") for index, one in enumerate(inner))
    return Every(parts) if key == "all" else Some(parts)


def _parse_compare(plain: Mapping[str, Any], path: str) -> Compare:
    for key in plain:
        if key not in {"field", "op", "value"}:
            raise bad_trigger(path, f"has the key {ascii(key)[:40]}; only field, op and value")
    field, op, value = plain["field"], plain.get("op", "eq"), plain.get("value")
    if not isinstance(field, str) or not field:
        raise bad_trigger(f"{path}.field", "is no name")
    if op not in get_args(Operator):
        known = ", ".join(get_args(Operator))
        raise bad_trigger(f"{path}.op", f"is {ascii(op)[:40]}; one of {known}")
    return Compare(field, cast("Operator", op), _value(op, value, path=f"{path}.value"))


def _value(op: str, value: Any, *, path: str) -> Any:
    if op == "exists":
        if not isinstance(value, bool | None):
            raise bad_trigger(path, "of exists is true or false")
        return value is not False
    if value is None:
        raise bad_trigger(path, "is missing; to ask for absence use exists")
    if op in {"in", "not_in"} and not isinstance(value, list | tuple):
        raise bad_trigger(path, f"of {op} is a list")
    return value


def _check_size(plain: object) -> None:
    """Refuse before recursing; breadth first, so that no depth can exhaust the stack."""
    level, nodes, depth = [plain], 0, 0
    while level:
        depth, nodes = depth + 1, nodes + len(level)
        if depth > MAX_DEPTH:
            raise bad_trigger("condition", f"is nested deeper than {MAX_DEPTH} levels")
        if nodes > MAX_NODES:
            raise bad_trigger("condition", f"has more than {MAX_NODES} parts")
        level = [part for one in level for part in _parts_of(one)]


def _parts_of(plain: object) -> list[object]:
    if not isinstance(plain, Mapping):
        return []
    parts: list[object] = [plain["not"]] if "not" in plain else []
    for key in ("all", "any"):
        inner = plain.get(key)
        parts.extend(inner if isinstance(inner, list | tuple) else [])
    return parts


def _descend(attributes: Mapping[str, Any], path: str) -> Any | None:
    if path in attributes:
        return attributes[path]
    found: Any = attributes
    for name in path.split("."):
        if not isinstance(found, Mapping):
            return None
        found = found.get(name)
    return found


def _pair(found: Any, wanted: Any, ranks: Mapping[str, int]) -> tuple[Any, Any]:
    """Return both in comparable form: instants as instants, ranked words as their ranks."""
    if isinstance(found, datetime):
        return found, _instant(wanted)
    if ranks and isinstance(found, str) and isinstance(wanted, str):
        left, right = ranks.get(found.lower()), ranks.get(wanted.lower())
        if left is not None and right is not None:
            return left, right
    return found, wanted


def _instant(wanted: Any) -> datetime | None:
    try:
        at = datetime.fromisoformat(wanted) if isinstance(wanted, str) else None
    except ValueError:
        return None
    return at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at


def _equal(left: Any, right: Any) -> bool:
    return isinstance(left, bool) == isinstance(right, bool) and bool(left == right)


def _order(op: Operator, left: Any, right: Any) -> bool | None:
    if not _ordered(left, right):
        return None
    if op == "gt":
        return bool(left > right)
    if op == "gte":
        return bool(left >= right)
    return bool(left < right) if op == "lt" else bool(left <= right)


def _ordered(left: Any, right: Any) -> bool:
    if isinstance(left, bool) or isinstance(right, bool):
        return False
    kinds: Sequence[Any] = (int | float, str, datetime)
    return any(isinstance(left, kind) and isinstance(right, kind) for kind in kinds)


def _contains(found: Any, wanted: Any) -> bool | None:
    if isinstance(found, str):
        return wanted in found if isinstance(wanted, str) else None
    if isinstance(found, list | tuple):
        return any(_equal(one, wanted) for one in found)
    return None


def _affix(op: Operator, found: Any, wanted: Any) -> bool | None:
    if not isinstance(found, str) or not isinstance(wanted, str):
        return None
    return found.startswith(wanted) if op == "starts_with" else found.endswith(wanted)
