"""Whether a plan may be run at all; it runs nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic import ConfigDict, ValidationError, create_model
from pydantic_core import PydanticSerializationError, to_json

from headwater.engine.limits import Limits
from headwater.engine.references import (
    BOUND,
    SCALARS,
    evaluate,
    is_reference,
    references_in,
    roots,
)
from headwater.engine.wall import check_role
from headwater.errors import UsageError
from headwater.model.plan import Plan, Step
from headwater.model.principal import Principal
from headwater.policy.ready_set import find_order
from headwater.toolkit.exact import exact_fields
from headwater.toolkit.registry import Registry
from headwater.toolkit.schema import describe
from headwater.toolkit.tool import Tool

STEP_ID = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_PLAN = exact_fields(
    create_model("plan", __config__=ConfigDict(extra="forbid"), steps=(tuple[Step, ...], ...))
)


def decode_plan(data: Any, limits: Limits) -> Plan:
    """Return a plan from plain JSON.

    Raises:
        UsageError: `plan.malformed` naming the path, `limit.plan_bytes` or `limit.nesting`.
    """
    if isinstance(data, Plan):
        return data
    _check_nesting(data, limits.nesting)
    try:
        size_bytes = len(to_json(data))
    except (PydanticSerializationError, ValueError) as error:
        message = f"the plan is no plain JSON: {error}"
        raise UsageError(message, code="plan.malformed") from error
    if size_bytes > limits.plan_bytes:
        message = f"the plan takes {size_bytes:,} bytes of at most {limits.plan_bytes:,}; split it"
        raise UsageError(message, code="limit.plan_bytes")
    if not isinstance(data, Mapping) or "steps" not in data:
        message = 'a plan is {"steps": [{"id": ..., "tool": ..., "args": {...}}, ...]}'
        raise UsageError(message, code="plan.malformed")
    try:
        steps: tuple[Step, ...] = _PLAN.validate_python(data)[0]["steps"]
    except ValidationError as error:
        raise UsageError(f"the plan: {describe(error)}", code="plan.malformed") from error
    if not steps:
        message = "the plan has no steps; give at least one"
        raise UsageError(message, code="plan.malformed")
    return Plan(steps)


def check_plan(
    plan: Plan,
    registry: Registry,
    limits: Limits,
    *,
    principal: Principal,
    known: frozenset[str] = frozenset(),
) -> dict[str, frozenset[str]]:
    """Return for each step the steps it waits for, or refuse the plan before anything runs.

    `known` are ids of steps that have ended before, to which references may point.

    Raises:
        UsageError: a code that begins with `plan.`, `tool.` or `limit.`, naming the step, or
            `access.denied` where the principal may not call its tool.
    """
    if len(plan.steps) > limits.steps:
        message = f"the plan has {len(plan.steps)} steps of at most {limits.steps}; split it"
        raise UsageError(message, code="limit.steps")
    _check_ids(plan, known)
    ids = {step.id for step in plan.steps}
    for step in plan.steps:
        _check_step(step, registry, limits)
        _check_roles(step, registry, principal)
    waits = {step.id: _waits_for(step, plan, ids | known) for step in plan.steps}
    _check_order(waits, limits)
    return waits


def _check_ids(plan: Plan, known: frozenset[str]) -> None:
    seen: set[str] = set(known)
    for step in plan.steps:
        if not STEP_ID.fullmatch(step.id):
            message = (
                f"step id {step.id[:80]!r}: begin with a letter or _, go on with those or digits"
            )
            raise UsageError(message, code="plan.bad_id")
        if step.id in seen:
            message = f"two steps are called {step.id!r}; give each an id of its own"
            raise UsageError(message, code="plan.bad_id")
        seen.add(step.id)


def _check_step(step: Step, registry: Registry, limits: Limits) -> None:
    try:
        tool = registry.find(step.tool)
        by_reference = frozenset(
            name
            for name, value in step.args.items()
            if not isinstance(value, SCALARS) and any(references_in(value))
        )
        tool.schema.check(step.args, by_reference)
        if step.fallback is not None and "." in step.fallback:
            registry.find(step.fallback).schema.check(step.args, by_reference)
    except UsageError as error:
        raise UsageError(f"step {step.id!r}: {error.message}", code=error.code) from error
    if step.within_s is not None and not step.within_s > 0:
        message = f"step {step.id!r}: within_s is a number of seconds above 0, not {step.within_s}"
        raise UsageError(message, code="plan.malformed")
    each = step.for_each
    if each is None or is_reference(each) or isinstance(each, str):
        return
    if not isinstance(each, list):
        message = f"step {step.id!r}: for_each is a list or a reference to one"
        raise UsageError(message, code="plan.malformed")
    if len(each) > limits.elements:
        message = (
            f"step {step.id!r}: for_each has {len(each)} elements of at most {limits.elements}"
        )
        raise UsageError(message, code="limit.elements")


def _check_roles(step: Step, registry: Registry, principal: Principal) -> None:
    """Refuse a step whose tool, or the tool that would stand in, is not for it or its principal."""
    tool = registry.find(step.tool)
    others = [tool.fallback] + ([step.fallback] if "." in (step.fallback or "") else [])
    try:
        for one in (tool, *(registry.find(name) for name in others if name)):
            check_role(one, principal)
            _check_open(one)
    except UsageError as error:
        raise UsageError(f"step {step.id!r}: {error.message}", code=error.code) from error


def _check_open(tool: Tool) -> None:
    """Refuse a tool whose arguments or result may not be kept with a run."""
    if tool.secret:
        message = (
            f"{tool.name} takes or gives a secret, and what a plan holds is kept: call it by itself"
        )
        raise UsageError(message, code="plan.secret")


def expressions_of(step: Step) -> list[str]:
    """Return all JMESPath expressions of a step, those of `for_each` and `when` included."""
    found = list(references_in(step.args))
    if isinstance(step.for_each, str):
        found.append(step.for_each)
    elif step.for_each is not None:
        found.extend(references_in(step.for_each))
    if step.when is not None:
        found.append(step.when)
    return found


def referred_by(step: Step) -> frozenset[str]:
    """Return the step ids that a step's expressions start from."""
    found: set[str] = set()
    for expression in expressions_of(step):
        found |= roots(expression)
    return frozenset(found - BOUND) if step.for_each is not None else frozenset(found)


def _waits_for(step: Step, plan: Plan, ids: set[str] | frozenset[str]) -> frozenset[str]:
    """Return what a step waits for, what the steps that may stand in for it need included."""
    try:
        needed = referred_by(step) | set(step.after)
    except UsageError as error:
        raise UsageError(f"step {step.id!r}: {error.message}", code=error.code) from error
    if not needed and step.fallback is None:
        return frozenset()
    for other in _stand_ins(step, plan):
        needed |= referred_by(other) | set(other.after)
    fallback = step.fallback
    if fallback is not None and "." not in fallback and fallback not in ids:
        needed |= {fallback}
    missing = sorted(needed - ids)
    if missing:
        message = (
            f"step {step.id!r} refers to {', '.join(map(repr, missing))[:200]}, "
            "which is no step of the plan"
        )
        raise UsageError(message, code="plan.unknown_step")
    return frozenset(needed)


def _stand_ins(step: Step, plan: Plan) -> list[Step]:
    """Return the steps that may stand in for one, in their order: its fallback, then that one's."""
    if step.fallback is None or "." in step.fallback:
        return []
    steps = {one.id: one for one in plan.steps}
    found: list[Step] = []
    names = [step.id]
    while (other := steps.get((found or [step])[-1].fallback or "")) is not None:
        names.append(other.id)
        if other is step or other in found:
            message = f"steps stand in for each other in a circle: {' -> '.join(names)}; end it"
            raise UsageError(message, code="plan.cycle")
        if other.for_each is not None:
            message = f"step {other.id!r} stands in for {step.id!r}, so it can have no for_each"
            raise UsageError(message, code="plan.malformed")
        found.append(other)
    return found


def _check_order(waits: Mapping[str, frozenset[str]], limits: Limits) -> None:
    depth, cyclic = find_order(waits)
    if cyclic:
        names = " -> ".join(_one_cycle(waits, cyclic))
        message = f"steps wait for each other in a circle: {names}; remove one reference or `after`"
        raise UsageError(message, code="plan.cycle")
    deepest = max(depth.values(), default=0) + 1
    if waits and deepest > limits.depth:
        message = f"{deepest} steps wait in a row, of at most {limits.depth}; let more run at once"
        raise UsageError(message, code="limit.depth")


def _one_cycle(waits: Mapping[str, frozenset[str]], among: list[str]) -> list[str]:
    """Return the steps of one cycle, the first one again at the end."""
    inside, path = set(among), [among[0]]
    while True:
        following = min(waits[path[-1]] & inside)
        if following in path:
            return [*path[path.index(following) :], following]
        path.append(following)


def _check_nesting(data: Any, most: int) -> None:
    """Refuse plain JSON nested deeper than allowed, without recursion of our own."""
    level, depth = [data], 0
    while level:
        depth += 1
        if depth > most:
            message = f"the plan is nested deeper than {most} levels; flatten it"
            raise UsageError(message, code="limit.nesting")
        below: list[Any] = []
        for one in level:
            if isinstance(one, SCALARS):
                continue
            if isinstance(one, Mapping):
                below.extend(one.values())
            elif isinstance(one, list | tuple):
                below.extend(one)
        level = below


def elements_of(step: Step, known: Mapping[str, Any], limits: Limits) -> list[Any]:
    """Return the list that a `for_each` goes through.

    Raises:
        UsageError: `plan.bad_for_each` where the reference gave no list, `limit.elements`.
    """
    each = step.for_each
    if isinstance(each, str):
        each = evaluate(each, known)
    elif is_reference(each):
        each = evaluate(each["$"], known)
    if not isinstance(each, list):
        given = "nothing (null)" if each is None else type(each).__name__
        message = f"step {step.id!r}: for_each gave {given} where a list was due"
        raise UsageError(message, code="plan.bad_for_each")
    if len(each) > limits.elements:
        message = (
            f"step {step.id!r}: for_each has {len(each)} elements of at most {limits.elements}"
        )
        raise UsageError(message, code="limit.elements")
    return each
