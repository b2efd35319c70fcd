"""No module outgrows a sitting, each says what it is for, and pointers lead somewhere."""

from __future__ import annotations

import ast
import importlib
import re
from pathlib import Path

import pytest
from house import PACKAGE, SOURCES, everywhere, functions_in, short, text_of, tree_of

BANNED_NAMES = {"utils", "util", "helpers", "common", "misc", "manager", "base", "core"}
MOST_LINES = 400
MOST_CODE_LINES = 40
SPINE = ("ask", "plan", "run", "call", "attempt")
MOST_SPINE_LINES = 800
WAIVED: dict[str, int] = {}
"""Modules over their cap, with their exact size: a waiver that is too generous fails as well."""
WAIVED_FUNCTIONS: dict[str, int] = {}
"""Functions over their cap, as `file:name`, with their exact size."""
every_source = everywhere(SOURCES, name=short)


@every_source
def test_no_module_outgrows_a_sitting(path: Path) -> None:
    lines = len(text_of(path).splitlines())
    waived = WAIVED.get(short(path))
    assert lines == waived if waived else lines <= MOST_LINES


@every_source
def test_no_function_outgrows_a_screen(path: Path) -> None:
    sizes = {
        f"{short(path)}:{one.name}": code_lines(one, text_of(path))
        for one in functions_in(tree_of(path))
    }
    grown = {name: size for name, size in sizes.items() if size > MOST_CODE_LINES}
    waived = {name: size for name, size in WAIVED_FUNCTIONS.items() if name in sizes}
    assert grown == waived


def code_lines(function: ast.FunctionDef | ast.AsyncFunctionDef, text: str) -> int:
    """Count a function's lines, leaving out its docstring, comments and empty lines."""
    lines = set(range(function.lineno, (function.end_lineno or 0) + 1))
    first = function.body[0]
    if ast.get_docstring(function, clean=False) is not None:
        lines -= set(range(first.lineno, (first.end_lineno or 0) + 1))
    written = text.splitlines()
    return sum(
        bool(written[number - 1].strip()) and not written[number - 1].lstrip().startswith("#")
        for number in lines
    )


def test_code_lines_are_counted_without_words_and_gaps() -> None:
    text = 'def f(\n    a,\n):\n    """Say.\n\n    More.\n    """\n\n    # why\n    return a\n'
    (function,) = functions_in(ast.parse(text))
    assert code_lines(function, text) == 4


def test_the_spine_can_be_read_in_one_go() -> None:
    sizes = {verb: len(text_of(PACKAGE / f"engine/{verb}.py").splitlines()) for verb in SPINE}
    assert sum(sizes.values()) <= MOST_SPINE_LINES, sizes


@every_source
def test_every_module_says_what_it_is_for(path: Path) -> None:
    assert path.stem not in BANNED_NAMES
    words = ast.get_docstring(tree_of(path)) or ""
    first = words.splitlines()[0] if words else ""
    assert first.endswith((".", "?", ":")), f"{short(path)}: {first!r} is no sentence"


def pointers_in(path: Path) -> list[str]:
    """Return what a module's docstring points to as next, paragraph by paragraph."""
    if "Next:" not in text_of(path):
        return []
    words = ast.get_docstring(tree_of(path)) or ""
    return re.findall(r"\bNext:\s+(.+?)(?:\n\n|$)", words, re.DOTALL)


@everywhere([one for one in SOURCES if pointers_in(one)], name=short)
def test_every_next_pointer_leads_somewhere(path: Path) -> None:
    for line in pointers_in(path):
        targets = re.findall(r"`([^`]+)`", line)
        assert targets, f"write the place in backticks: {line!r}"
        for target in targets:
            find(target)


def find(target: str) -> object:
    """Return what a dotted name or a path below the package stands for.

    Raises:
        AssertionError, AttributeError: nothing is there.
    """
    if target.endswith(".py"):
        assert list(PACKAGE.glob(target)), f"there is no {target}"
        return target
    module, names = target, list[str]()
    while True:
        try:
            found: object = importlib.import_module(module)
            break
        except ModuleNotFoundError:
            assert "." in module, f"there is no {target}"
            module, _, name = module.rpartition(".")
            names.insert(0, name)
    for name in names:
        found = getattr(found, name)
    return found


@pytest.mark.parametrize("verb", SPINE)
def test_every_module_of_the_spine_says_what_is_next(verb: str) -> None:
    assert len(pointers_in(PACKAGE / f"engine/{verb}.py")) == 1


@pytest.mark.parametrize("target", ["headwater.engine.nowhere", "nothing.at.all", "ports/no.py"])
def test_a_pointer_to_nowhere_is_found_out(target: str) -> None:
    with pytest.raises((AssertionError, AttributeError)):
        find(target)
