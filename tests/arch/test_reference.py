"""Every code, event, setting, command and tool has a heading in the reference, and none is idle."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import anyio
from bench.misses import reasons
from house import (
    PACKAGE,
    REFERENCE,
    SOURCES,
    calls_to,
    everywhere,
    nodes_of,
    short,
    text_of,
    tree_of,
)

from headwater import AsyncHeadwater
from headwater.app.settings import Settings
from headwater.entries.cli.main import COMMANDS
from headwater.entries.http.operations import operations
from headwater.entries.wire.opening import Opening
from headwater.entries.ws.live import PATH as LIVE
from headwater.model.explanation import ToolInfo

DOTTED = re.compile(r"[a-z][a-z0-9]*\.[a-z][a-z0-9_]*")
NO_CODES = {
    "run.added",
    "work.update_",
    "estate.db",
    "history.jsonl",
    "history.count",
    "http.disconnect",
    "http.request",
}
"""Texts of the same form that are something else: files, an intent, ASGI's words, what was done."""
RUNTIME = [path for path in SOURCES if "testing" not in path.parts and "demo" not in path.parts]


def keyword_codes(tree: ast.AST) -> Iterator[str]:
    """Give the codes written at a raise or an outcome: `code="..."`, or a field's default."""
    for node in nodes_of(tree):
        value: ast.AST | None = None
        if isinstance(node, ast.keyword) and node.arg == "code":
            value = node.value
        if isinstance(node, ast.AnnAssign) and getattr(node.target, "id", "") == "code":
            value = node.value
        yield from texts_in(value) if value is not None else ()


def texts_in(tree: ast.AST) -> Iterator[str]:
    """Give the dotted texts in a piece of source."""
    for node in nodes_of(tree):
        value = node.value if isinstance(node, ast.Constant) else None
        if isinstance(value, str) and DOTTED.fullmatch(value):
            yield value


def noted_in(tree: ast.AST) -> Iterator[str]:
    """Give the kinds of events that a source tells a journal, written where they are told."""
    for call in calls_to("note", tree):
        who = ast.unparse(call.func.value) if isinstance(call.func, ast.Attribute) else ""
        if who and who not in {"sessions", "writing"}:
            assert isinstance(call.args[0], ast.Constant), ast.unparse(call)
            yield call.args[0].value


@cache
def tool_names() -> frozenset[str]:
    """Return the names of the tools that we ship, those that only stand in included."""
    found = set()
    for path in sorted((PACKAGE / "packs").rglob("*.py")):
        for call in calls_to("tool", tree_of(path)):
            found |= {
                one.value.value
                for one in call.keywords
                if one.arg == "name" and isinstance(one.value, ast.Constant)
            }
    return frozenset(found)


@cache
def event_kinds() -> frozenset[str]:
    """Return the kinds of all events."""
    return frozenset(kind for path in RUNTIME for kind in noted_in(tree_of(path)))


@cache
def error_codes() -> frozenset[str]:
    """Return all codes: those at a `code=`, and texts of the same families anywhere else."""
    written = {code for path in RUNTIME for code in keyword_codes(tree_of(path))}
    families = {code.split(".")[0] for code in written} | {"step"}
    others = {
        text
        for path in RUNTIME
        for text in texts_in(tree_of(path))
        if text.split(".")[0] in families
        and not (PACKAGE / f"{text.replace('.', '/')}.py").exists()
    }
    return frozenset(written | others - tool_names() - event_kinds() - NO_CODES)


def headings(page: str) -> list[str]:
    """Return what the second-level headings of a reference page name, without their backticks."""
    text = re.sub(r"^```.*?^```", "", text_of(REFERENCE / page), flags=re.DOTALL | re.MULTILINE)
    return [one.strip("`") for one in re.findall(r"^#{2,3} (.+)$", text, re.MULTILINE)]


def dotted_headings(page: str) -> list[str]:
    """Return the headings of a page that name a dotted thing."""
    return [one for one in headings(page) if DOTTED.fullmatch(one)]


def test_every_error_code_has_a_heading_and_every_heading_a_code() -> None:
    assert sorted(dotted_headings("errors.md")) == sorted(error_codes())


def test_every_kind_of_event_has_a_heading_and_every_heading_a_kind() -> None:
    assert sorted(dotted_headings("events.md")) == sorted(event_kinds())


def test_every_setting_has_a_heading_and_every_heading_a_setting() -> None:
    found = [one for one in headings("settings.md") if one.startswith("HEADWATER_")]
    assert sorted(found) == sorted(f"HEADWATER_{name.upper()}" for name in Settings.model_fields)


@everywhere(Settings.model_fields)
def test_a_settings_default_is_the_one_written(name: str) -> None:
    default = Settings.model_fields[name].default
    section = section_of("settings.md", f"HEADWATER_{name.upper()}")
    written = re.search(r"Default: `([^`]*)`", section)
    assert written is not None, section
    assert written[1].replace(",", "") == ("" if default is None else f"{default}")


def test_every_command_has_a_heading_and_every_heading_a_command() -> None:
    found = [one for one in headings("cli.md") if one.startswith("headwater ")]
    assert sorted(found) == sorted(f"headwater {name}" for name in COMMANDS)


@everywhere(("performance.md", "performance-service.md"))
def test_every_bar_that_is_missed_has_its_profile_told(page: str) -> None:
    rows = re.findall(r"^\| (\w+) \|.*\| missed \|", text_of(REFERENCE / page), re.MULTILINE)
    told = {bar for bar, why in reasons(REFERENCE / page).items() if len(why) > 80}
    assert set(rows) <= told


def test_every_tool_has_a_heading_and_every_heading_a_tool() -> None:
    assert sorted(dotted_headings("tools.md")) == sorted(tool_names())


def test_every_route_has_a_heading_and_every_heading_a_route() -> None:
    # What answers is made over an app only when it is called.
    table = operations(None, Opening(), described=dict)  # type: ignore[arg-type]
    routes = {f"{one.method} {one.path}" for one in table} | {f"WS {LIVE}"}
    found = [
        one for one in headings("http.md") if re.match(r"(GET|POST|PUT|PATCH|DELETE|WS) /", one)
    ]
    assert sorted(found) == sorted(routes)


def section_of(page: str, heading: str) -> str:
    """Return what stands under a heading, up to the next one of its level."""
    pattern = rf"^(#+) `?{re.escape(heading)}`?\n(.*?)(?=^#{{1,3}} |\Z)"
    found = re.search(pattern, text_of(REFERENCE / page), re.DOTALL | re.MULTILINE)
    assert found is not None, f"{page} has no heading {heading}"
    return found[2].strip()


@everywhere(
    (page, one) for page in ("errors.md", "events.md", "tools.md") for one in dotted_headings(page)
)
def test_every_heading_has_something_to_say(place: tuple[str, str]) -> None:
    page, heading = place
    assert len(section_of(page, heading)) > 20


@cache
def tool_infos() -> dict[str, ToolInfo]:
    """Return the tools as they are shown, by name."""

    async def ask() -> list[ToolInfo]:
        async with AsyncHeadwater.open("memory:") as hw:
            return await hw.tools()

    return {one.name: one for one in anyio.run(ask)}


@everywhere(sorted(tool_names()))
def test_a_tools_section_names_each_of_its_arguments(name: str) -> None:
    section = section_of("tools.md", name)
    info = tool_infos().get(name)
    if info is None:
        assert "not listed" in section
        return
    properties = info.arguments.get("properties", {})
    assert isinstance(properties, dict)
    missing = [one for one in properties if f"`{one}`" not in section]
    assert missing == []


def test_a_code_is_found_wherever_it_is_written() -> None:
    text = 'raise UsageError("no", code="a.b")\nclass Late:\n    code: str = "c.d"\n'
    assert set(keyword_codes(ast.parse(text))) == {"a.b", "c.d"}


@everywhere(RUNTIME, name=short)
def test_every_error_is_raised_with_a_code_of_its_own(path: Path) -> None:
    kinds = {"UsageError", "LimitError", "ToolFault", "StoreFault", "EngineBug", "DeadlineExceeded"}
    for kind in kinds:
        for call in calls_to(kind, tree_of(path)):
            assert any(one.arg == "code" for one in call.keywords), ast.unparse(call)
