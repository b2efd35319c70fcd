"""What the docs show is so: every block of Python and every command of theirs is run."""

from __future__ import annotations

import ast
import inspect
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import pytest
from estate import write_bundle
from house import ROOT, text_of

from headwater import Headwater

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
STATUS = re.compile(r"#\s*exit status (\d+)\s*$")
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


@dataclass(frozen=True)
class Block:
    """A block of code in a page: in which language, and on which line it begins."""

    page: Path
    language: str
    text: str
    line: int

    @property
    def place(self) -> str:
        """Return page and line."""
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks_in(page: Path, text: str) -> list[Block]:
    """Return the blocks of a page, in order."""
    return [
        Block(page, found[1], found[2], text.count("\n", 0, found.start()) + 2)
        for found in BLOCK.finditer(text)
    ]


BLOCKS = [block for page in PAGES for block in blocks_in(page, text_of(page))]
COMMANDS = [
    pytest.param(block, line, number, id=f"{block.page.relative_to(ROOT)}:{number}")
    for block in BLOCKS
    if block.language == "sh"
    for number, line in enumerate(block.text.splitlines(), block.line)
    if line.startswith("headwater ")
]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder with a bundle and the estate loaded from it."""
    folder = tmp_path_factory.mktemp("docs")
    write_bundle(folder / "bundle")
    with Headwater.open(f"sqlite:///{folder}/estate.db") as hw:
        hw.load(folder / "bundle")
    return folder


@pytest.fixture
def at_home(prepared: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in that folder, with its estate as the one meant."""
    monkeypatch.chdir(prepared)
    monkeypatch.setenv("HEADWATER_DATABASE", f"sqlite:///{prepared}/estate.db")
    return prepared


def python_of(page: Path) -> list[Block]:
    """Return the blocks of Python of a page."""
    return [one for one in BLOCKS if one.page == page and one.language == "python"]


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    "page", [page for page in PAGES if python_of(page)], ids=lambda page: str(page.name)
)
def test_every_block_of_python_runs(page: Path, at_home: Path) -> None:
    run_python(python_of(page))


def run_python(blocks: list[Block]) -> None:
    """Run blocks one after the other in one namespace; a traceback has the page's own lines."""
    names: dict[str, Any] = {"__name__": "__docs__"}
    for block in blocks:
        code = compile(
            "\n" * (block.line - 1) + block.text,
            str(block.page),
            "exec",
            flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT,
            dont_inherit=True,
        )
        try:
            if code.co_flags & inspect.CO_COROUTINE:
                anyio.run(coroutine_of(code, names))
            else:
                exec(code, names)
        except Exception as error:
            message = f"{block.place}: {type(error).__name__}: {error}"
            raise AssertionError(message) from error


def coroutine_of(code: Any, names: dict[str, Any]) -> Callable[[], Any]:
    """Return a function that starts a block which awaits at its top level."""
    return lambda: eval(code, names)


@pytest.mark.timeout(120)
@pytest.mark.parametrize(("block", "line", "number"), COMMANDS)
def test_every_command_ends_as_it_should(
    block: Block, line: str, number: int, at_home: Path
) -> None:
    wanted = STATUS.search(line)
    words = shlex.split(line, comments=True)
    ended = subprocess.run(
        [sys.executable, "-m", "headwater.entries.cli.main", *words[1:]],
        env={**os.environ, "NO_COLOR": "1"},
        cwd=at_home,
        capture_output=True,
        text=True,
        check=False,
    )
    place = f"{block.page.relative_to(ROOT)}:{number}"
    assert ended.returncode == (int(wanted[1]) if wanted else 0), f"{place}: {ended.stderr}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_to_a_file(page: Path) -> None:
    text = re.sub(r"^```.*?^```", "", text_of(page), flags=re.DOTALL | re.MULTILINE)
    for target in LINK.findall(text):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name}: {target}"


@pytest.mark.parametrize(
    "text", ["assert 1 == 2", "import anyio\nawait anyio.sleep(0)\nraise ValueError('no')"]
)
def test_a_block_that_fails_is_named_by_page_and_line(text: str) -> None:
    (block,) = blocks_in(ROOT / "docs/page.md", f"# Page\n\nWords.\n\n```python\n{text}\n```\n")
    with pytest.raises(AssertionError, match=r"docs/page\.md:6"):
        run_python([block])
