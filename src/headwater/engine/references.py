"""What the references of a plan point to and what they give; it runs no step.

References are JMESPath (https://jmespath.org/specification.html), by the jmespath library.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError
from jmespath.parser import ParsedResult

from headwater.errors import UsageError

MARK = "$"
BOUND = frozenset({"item", "index"})
"""Names that mean the element and its place inside a `for_each`, and hide steps called so."""
MOST_CHARACTERS = 4096
SCALARS = (str, int, float, type(None))
"""Types told apart first: most values have one, and looking for a mapping is slow."""
_OF_EACH = re.compile(r"([A-Za-z_]\w*)\.([A-Za-z_]\w*)\[\*?\]\.([A-Za-z_]\w*)", re.ASCII)
_RELATIVE = {"subexpression", "pipe", "projection", "value_projection", "index_expression"}


def is_reference(value: Any) -> bool:
    """Tell whether a value is a reference: a mapping of `$` to an expression, and nothing else."""
    if isinstance(value, SCALARS) or not isinstance(value, Mapping):
        return False
    return len(value) == 1 and isinstance(value.get(MARK), str)


def references_in(value: Any) -> Iterator[str]:
    """Give the expressions of all references anywhere in plain JSON."""
    if isinstance(value, SCALARS):
        return
    if is_reference(value):
        yield value[MARK]
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from references_in(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from references_in(one)


def resolve(value: Any, known: Mapping[str, Any]) -> Any:
    """Return plain JSON with its references replaced by what they give.

    Raises:
        UsageError: `plan.bad_reference` where an expression cannot be evaluated.
    """
    if isinstance(value, SCALARS):
        return value
    if is_reference(value):
        return evaluate(value[MARK], known)
    if isinstance(value, Mapping):
        return {name: resolve(one, known) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [resolve(one, known) for one in value]
    return value


def evaluate(expression: str, known: Mapping[str, Any]) -> Any:
    """Return what an expression gives over earlier results; null where nothing is there.

    Raises:
        UsageError: `plan.bad_reference`, such as a function given the wrong type.
    """
    try:
        if (parts := _of_each(expression)) is not None:
            found = _picked(parts, known)
            if found is not None:
                return found
        return parsed(expression).search(known)
    except (JMESPathError, RecursionError) as error:
        message = f"reference {expression!r}: {error}".splitlines()[0]
        raise UsageError(message, code="plan.bad_reference") from error


@lru_cache(maxsize=1024)
def _of_each(expression: str) -> tuple[str, str, str] | None:
    """Return the parts of `step.field[].name` (or `[*]`) and of no other expression, or None."""
    found = _OF_EACH.fullmatch(expression)
    return None if found is None else (found[1], found[2], found[3])


def _picked(parts: tuple[str, str, str], known: Mapping[str, Any]) -> list[Any] | None:
    """Return a field of each object in a list, as most plans ask for it, in a tenth of the time.

    None where there is anything but objects, which the library goes through.
    """
    step, field, name = parts
    value = known.get(step)
    rows = value.get(field) if type(value) is dict else None
    if type(rows) is not list or not all(type(row) is dict for row in rows):
        return None
    return [one for row in rows if (one := row.get(name)) is not None]


@lru_cache(maxsize=1024)
def parsed(expression: str) -> ParsedResult:
    """Return a compiled expression.

    Raises:
        UsageError: `plan.bad_reference` where it is no JMESPath.
    """
    if len(expression) > MOST_CHARACTERS:
        message = f"a reference has at most {MOST_CHARACTERS} characters, not {len(expression)}"
        raise UsageError(message, code="plan.bad_reference")
    try:
        return jmespath.compile(expression)
    except (JMESPathError, RecursionError, ValueError) as error:
        reason = " ".join(str(error).split())[:200]
        message = f"reference {expression!r} is no JMESPath: {reason}"
        raise UsageError(message, code="plan.bad_reference") from error


@lru_cache(maxsize=1024)
def roots(expression: str) -> frozenset[str]:
    """Return the step ids that an expression starts from.

    Raises:
        UsageError: `plan.bad_reference` where it is no JMESPath.
    """
    return frozenset(_roots(parsed(expression).parsed))


def _roots(node: Mapping[str, Any]) -> Iterator[str]:
    """Give the fields looked up in the whole context; later parts of a chain are relative."""
    kind, children = node["type"], node["children"]
    if kind == "field":
        yield node["value"]
    elif kind in _RELATIVE or kind in {"filter_projection", "flatten", "slice"}:
        yield from _roots(children[0]) if children and isinstance(children[0], Mapping) else ()
    elif kind != "expref":
        for child in children:
            if isinstance(child, Mapping):
                yield from _roots(child)
