"""What the tests of the house read: the source as text and as syntax trees, each parsed once."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import TypeVar

PlaceT = TypeVar("PlaceT")

ROOT = Path(__file__).parents[2]
SRC = ROOT / "src"
PACKAGE = SRC / "headwater"
SOURCES = sorted(PACKAGE.rglob("*.py"))
REFERENCE = ROOT / "docs/reference"


@cache
def text_of(path: Path) -> str:
    """Return a file's text."""
    return path.read_text("utf-8")


@cache
def tree_of(path: Path) -> ast.Module:
    """Return a file's syntax tree."""
    return ast.parse(text_of(path))


def short(path: Path) -> str:
    """Return a source's path below the package, as it is written in the docs."""
    return path.relative_to(PACKAGE).as_posix()


def everywhere(
    places: Iterable[PlaceT], *, name: Callable[[PlaceT], str] = str
) -> Callable[[Callable[[PlaceT], None]], Callable[[], None]]:
    """Make one test of a rule and all places where it holds, that names each which breaks it.

    A test for each place would be thousands, and take minutes to set up and take down.
    """
    held = list(places)

    def hold(rule: Callable[[PlaceT], None]) -> Callable[[], None]:
        def test() -> None:
            assert held, "a rule of no place cannot fail"
            broken = []
            for place in held:
                try:
                    rule(place)
                except AssertionError as error:
                    broken.append(f"{name(place)}: {error}")
            assert not broken, "\n\n".join(broken)

        test.__name__, test.__doc__ = rule.__name__, rule.__doc__
        return test

    return hold


def module_of(path: Path) -> str:
    """Return a source's module name."""
    parts = path.relative_to(SRC).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def nodes_of(tree: ast.AST) -> Iterable[ast.AST]:
    """Return what is in a tree; a module's is kept, since many rules look through each."""
    return _nodes_of_module(tree) if isinstance(tree, ast.Module) else ast.walk(tree)


@cache
def _nodes_of_module(tree: ast.Module) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(tree))


def functions_in(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Give every function, methods and inner ones included."""
    for node in nodes_of(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def own_nodes(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.AST]:
    """Give what is in a function but not in functions defined inside it."""
    queue: list[ast.AST] = list(function.body)
    while queue:
        node = queue.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            queue.extend(ast.iter_child_nodes(node))


def dotted(node: ast.AST) -> str:
    """Return a name such as `asyncio.gather` as it is written; empty for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else node.attr
    return ""


def calls_to(name: str, tree: ast.AST) -> list[ast.Call]:
    """Return the calls of what has this name."""
    return [
        node
        for node in nodes_of(tree)
        if isinstance(node, ast.Call) and dotted(node.func).split(".")[-1] == name
    ]
