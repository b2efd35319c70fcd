"""What has one place only is nowhere else, and what a run tells of itself is where it says."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from estate import write_bundle
from house import ROOT, SOURCES, calls_to, nodes_of, short, text_of, tree_of

import headwater
from headwater import AsyncHeadwater, Headwater
from headwater.model.event import Event

PUBLIC = {
    "Answer", "Asked", "AsyncHeadwater", "Cited", "Evidence", "Headwater", "HeadwaterError",
    "Outcome", "Plan", "Principal", "Question", "RunResult", "Step", "__version__", "tool",
}  # fmt: skip
PLAN = {
    "steps": [
        {"id": "find", "tool": "ci.search", "args": {"keywords": ["orders"]}},
        {"id": "no", "tool": "metric.aggregate", "args": {"metric": "no_such"}, "required": False},
    ]
}


def test_an_error_becomes_an_outcome_in_one_file() -> None:
    assert [short(path) for path in SOURCES if calls_to("Failed", tree_of(path))] == [
        "engine/endings.py"
    ]


def test_the_public_names_are_these() -> None:
    assert set(headwater.__all__) == PUBLIC
    assert {name for name in PUBLIC if getattr(headwater, name, None) is None} == set()


async def every_event(folder: Path) -> list[Event]:
    """Ask, run, ask again and replay on a memory estate, and return what was told."""
    found: list[Event] = []
    async with AsyncHeadwater.open("memory:") as hw:
        await hw.load(await anyio.to_thread.run_sync(write_bundle, folder))
        answer = await hw.ask("what breaks if orders-db fails?")
        runs = [answer.run_id, (await hw.run(PLAN)).run_id]
        runs.append((await hw.again(runs[1])).run_id)
        runs.append((await hw.replay(runs[0])).replay_run_id)
        for run_id in runs:
            found += (await hw.explain(run_id)).events
    return found


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_every_event_says_where_and_the_place_exists(tmp_path: Path) -> None:
    events = await every_event(tmp_path)
    assert {"run.started", "run.planned", "step.ended", "step.kept", "run.answered"} <= {
        one.kind for one in events
    }
    for event in events:
        importlib.import_module(f"headwater.{event.where}")


def noted_in(tree: ast.AST) -> Iterator[str]:
    """Give the kinds of events that a source tells a journal."""
    for node in nodes_of(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "note"
            and node.args
        ):
            assert isinstance(node.args[0], ast.Constant), "write the kind where it is told"
            yield node.args[0].value


TWINS = sorted(
    name
    for name in vars(AsyncHeadwater)
    if not name.startswith("_") and callable(getattr(AsyncHeadwater, name))
)


@pytest.mark.parametrize("name", TWINS)
def test_every_method_has_a_blocking_twin_that_takes_the_same(name: str) -> None:
    blocking = getattr(Headwater, name)
    assert taken(blocking) == taken(getattr(AsyncHeadwater, name))
    assert inspect.getdoc(blocking), f"Headwater.{name} has no docstring"


def test_no_blocking_method_is_without_an_async_twin() -> None:
    own = {name for name, one in vars(Headwater).items() if not isinstance(one, property)}
    assert {name for name in own if not name.startswith("_")} == set(TWINS)


def test_no_part_of_the_blocking_client_is_without_an_async_twin() -> None:
    parts = {name for name, one in vars(Headwater).items() if isinstance(one, property)}
    assert "access" in parts
    assert {name for name in parts if not hasattr(AsyncHeadwater, name)} == set()


def taken(method: Any) -> dict[str, Any]:
    """Return what a method takes; a live view is another thing for those who block."""
    found = inspect.signature(method).parameters
    return {
        name: (one.kind, one.default, str(one.annotation).replace("BlockingWatch", "Watch"))
        for name, one in found.items()
        if name != "self"
    }


def test_a_parameter_that_one_side_lacks_is_found_out() -> None:
    def lacking(self: Headwater, question: str) -> None:
        """Take less than the method does."""

    assert "watch" in taken(Headwater.ask)
    assert taken(lacking) != taken(AsyncHeadwater.ask)


REGISTRIES = re.compile(r"pypi\.org|pythonhosted|npmjs|crates\.io|artifactory|devpi", re.IGNORECASE)
WORKPLACE = re.compile(r"(?<![\w.])/(?:work|home|root|Users)/\w")
LOCKS = [ROOT / "requirements.lock", *sorted((ROOT / "bench").glob("*.lock"))]
FOLDERS = ("src", "tests", "docs", "bench", ".ci")
WRITTEN = [
    path
    for path in (*ROOT.glob("*"), *(one for name in FOLDERS for one in (ROOT / name).rglob("*")))
    if path.is_file() and path.suffix not in {".pyc", ".gz", ".db"}
]


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.name)
def test_a_lock_names_no_host(path: Path) -> None:
    text = text_of(path)
    assert re.findall(r"https?://\S+", text) == []
    assert "--hash=sha256:" in text


def test_nothing_names_a_registry_or_a_place_of_one_machine() -> None:
    here = Path(__file__)
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in WRITTEN
        if path != here
        for match in (*REGISTRIES.finditer(text_of(path)), *WORKPLACE.finditer(text_of(path)))
    ]
    assert len(WRITTEN) > 200
    assert found == []
