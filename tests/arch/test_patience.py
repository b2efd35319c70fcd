"""No test says how fast anything is: it would fail on a machine that is slow, or does much else."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from house import ROOT, calls_to, dotted, everywhere, functions_in, text_of, tree_of

TESTS = sorted((ROOT / "tests").rglob("*.py"))
CLOCKS = {"current_time", "monotonic", "perf_counter", "process_time", "thread_time"}
FAR_OFF = {"GUARD_S", "PROMPT_S"}
JUMPING = "jumping_clock"
"""Where this is written, time passes by itself: what it took is exact there."""
CLOCKED = re.compile("|".join([*CLOCKS, "fail_after", "timeout"]))
LEAST_GUARD_S = 20
LEAST_TIMEOUT_S = 300
"""What every test has, by pyproject.toml."""


def names_in(node: ast.AST) -> set[str]:
    """Return the last part of every name that stands in an expression."""
    return {dotted(one).split(".")[-1] for one in ast.walk(node)} - {""}


def durations_of(function: ast.AST) -> set[str]:
    """Return the names of what was measured: a difference of a clock, or a list of such."""
    found: set[str] = set()
    for node in ast.walk(function):
        kept: list[str] = []
        if isinstance(node, ast.Assign):
            kept = [dotted(one) for one in node.targets]
        if isinstance(node, ast.Call) and dotted(node.func).endswith(".append"):
            kept = [dotted(node.func).removesuffix(".append")]
        if kept and any(is_duration(one) for one in ast.walk(node)):
            found |= set(kept)
    return found - {""}


def is_duration(node: ast.AST) -> bool:
    """Tell whether an expression takes one instant from what a clock says now."""
    return (
        isinstance(node, ast.BinOp)
        and isinstance(node.op, ast.Sub)
        and any(calls_to(clock, node.left) for clock in CLOCKS)
    )


def tight_bounds(tree: ast.Module) -> Iterator[str]:
    """Give assertions that something measured took less than what is no guard."""
    for function in functions_in(tree):
        took = durations_of(function)
        for node in ast.walk(function):
            if isinstance(node, ast.Assert):
                for compared in (one for one in ast.walk(node) if isinstance(one, ast.Compare)):
                    if is_bounded(compared, took) and not names_in(compared) & FAR_OFF:
                        yield f"line {node.lineno}: {ast.unparse(compared)}"


def is_bounded(compared: ast.Compare, took: set[str]) -> bool:
    """Tell whether something measured has to be less than something."""
    sides = [compared.left, *compared.comparators]
    for small, sign, large in zip(sides, compared.ops, sides[1:], strict=False):
        less = small if isinstance(sign, ast.Lt | ast.LtE) else large
        if isinstance(sign, ast.Lt | ast.LtE | ast.Gt | ast.GtE) and (
            any(is_duration(one) for one in ast.walk(less)) or names_in(less) & took
        ):
            return True
    return False


def seconds_of(call: ast.Call) -> float:
    """Return the number that a call is given first; what has a name is far off."""
    first = call.args[0] if call.args else None
    return float(str(first.value)) if isinstance(first, ast.Constant) else math.inf


def tight_guards(tree: ast.Module) -> Iterator[str]:
    """Give guards that a slow machine meets; a deadline that is to be missed is none."""
    for node in ast.walk(tree):
        if isinstance(node, ast.With | ast.AsyncWith):
            entered = [one.context_expr for one in node.items]
            missed = any(calls_to("raises", one) for one in entered)
            for call in (call for one in entered for call in calls_to("fail_after", one)):
                if 0 < seconds_of(call) < LEAST_GUARD_S and not missed:
                    yield f"line {node.lineno}: {ast.unparse(call)}; use patience.GUARD_S"


def tight_timeouts(tree: ast.Module) -> Iterator[str]:
    """Give tests that have less time than those of which nothing is said."""
    for call in calls_to("timeout", tree):
        if dotted(call.func).endswith("mark.timeout") and seconds_of(call) < LEAST_TIMEOUT_S:
            yield f"line {call.lineno}: {ast.unparse(call)}"


RULES: dict[str, Callable[[ast.Module], Iterator[str]]] = {
    "bounds of what was measured": tight_bounds,
    "guards": tight_guards,
    "timeouts": tight_timeouts,
}
ALLOWED = {
    ("guards", "unit/packs/test_knowledge_search.py"): "a lane that hangs takes its share of it",
}
"""Where a time is short all the same, and why."""


@everywhere(TESTS, name=lambda path: path.relative_to(ROOT).as_posix())
def test_a_test_holds_nothing_to_a_time(path: Path) -> None:
    place = path.relative_to(ROOT / "tests").as_posix()
    rules = [one for one in RULES if (one, place) not in ALLOWED]
    if JUMPING in text_of(path):
        rules = ["timeouts"]
    if not CLOCKED.search(text_of(path)):
        return
    assert [f"{one}: {found}" for one in rules for found in RULES[one](tree_of(path))] == []


@pytest.mark.parametrize(("rule", "place"), ALLOWED)
def test_an_exception_that_nobody_needs_goes(rule: str, place: str) -> None:
    assert list(RULES[rule](tree_of(ROOT / "tests" / place)))


PLANTED = {
    "bounds of what was measured": [
        "def test(): assert anyio.current_time() - began < 0.5",
        "def test(): assert 0.1 < time.monotonic() - began <= 2 * LATE_S",
        "def test():\n    took_s = perf_counter() - began\n    assert sorted(took_s)[3] < 1",
        "def test():\n    late.append(monotonic() - began)\n    assert 0.2 >= max(late)",
    ],
    "guards": [
        "with anyio.fail_after(5): pass",
        "async def test():\n    async with group, fail_after(0.5): pass",
    ],
    "timeouts": ["@pytest.mark.timeout(60)\ndef test(): pass"],
}
HARMLESS = [
    "def test(): assert anyio.current_time() - began >= 0.4",
    "def test(): assert anyio.current_time() - began < budget_s + PROMPT_S",
    "def test(): assert len(seen) < 3",
    "with anyio.fail_after(0.1), pytest.raises(TimeoutError): pass",
    "with anyio.fail_after(GUARD_S), anyio.move_on_after(0.1): pass",
    "@pytest.mark.timeout(1_800)\ndef test(): pass",
]


@pytest.mark.parametrize(
    ("rule", "text"), [(rule, text) for rule, texts in PLANTED.items() for text in texts]
)
def test_every_rule_finds_what_it_refuses(rule: str, text: str) -> None:
    assert list(RULES[rule](ast.parse(text)))


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_no_haste_passes(text: str) -> None:
    assert [found for rule in RULES.values() for found in rule(ast.parse(text))] == []
