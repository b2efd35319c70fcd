"""What the docs show is so: every block of Python and every command of theirs is run."""

from __future__ import annotations

import ast
import inspect
import re
import shlex
import shutil
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import pytest
from astra_standin import TOKEN, serving_in_thread
from estate import write_bundle
from house import ROOT, text_of

from headwater import Headwater
from headwater.entries.cli.main import respond

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
STATUS = re.compile(r"#\s*exit status (\d+)\s*$")
RUNBOOK = "# KubePodCrashLooping\n\n## Mitigation\n\nSee why the pod restarts: read its log.\n"
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


@dataclass(frozen=True)
class Block:
    """A block of code in a page: in which language, and on which line it begins."""

    page: Path
    language: str
    text: str
    line: int


def blocks_in(page: Path, text: str) -> list[Block]:
    """Return the blocks of a page, in order."""
    return [
        Block(page, found[1], found[2], text.count("\n", 0, found.start()) + 2)
        for found in BLOCK.finditer(text)
    ]


BLOCKS = [block for page in PAGES for block in blocks_in(page, text_of(page))]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder with a bundle and the estate loaded from it."""
    folder = tmp_path_factory.mktemp("docs")
    write_bundle(folder / "bundle")
    (folder / "runbooks").mkdir()
    (folder / "runbooks/KubePodCrashLooping.md").write_text(RUNBOOK)
    with Headwater.open(f"sqlite:///{folder}/estate.db") as hw:
        hw.load(folder / "bundle")
    return folder


@pytest.fixture(scope="module")
def astra() -> Iterator[str]:
    """Serve a stand-in of Astra DB."""
    with serving_in_thread() as api:
        yield api.url


@pytest.fixture
def at_home(prepared: Path, tmp_path: Path, astra: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a copy of that folder, with its estate as the one meant."""
    home = shutil.copytree(prepared, tmp_path / "home")
    monkeypatch.chdir(home)
    monkeypatch.setenv("HEADWATER_DATABASE", f"sqlite:///{home}/estate.db")
    monkeypatch.setenv("ASTRA_DB_API_ENDPOINT", astra)
    monkeypatch.setenv("ASTRA_DB_APPLICATION_TOKEN", TOKEN)
    return home


def python_of(page: Path) -> list[Block]:
    """Return the blocks of Python of a page."""
    return [one for one in BLOCKS if one.page == page and one.language == "python"]


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
            message = f"{place_of(error, block)}: {type(error).__name__}: {error}"
            raise AssertionError(message) from error


def place_of(error: Exception, block: Block) -> str:
    """Return the page and the line in it where an error came from."""
    lines = [
        one.lineno
        for one in traceback.extract_tb(error.__traceback__)
        if one.filename == str(block.page)
    ]
    return f"{block.page.relative_to(ROOT)}:{lines[-1] if lines else block.line}"


def coroutine_of(code: Any, names: dict[str, Any]) -> Callable[[], Any]:
    """Return a function that starts a block which awaits at its top level."""
    return lambda: eval(code, names)


def commands_of(page: Path) -> list[tuple[int, str]]:
    """Return the commands of a page with their lines."""
    return [
        (number, line)
        for block in BLOCKS
        if block.page == page and block.language == "sh"
        for number, line in enumerate(block.text.splitlines(), block.line)
        if line.startswith("headwater ")
    ]


@pytest.mark.parametrize(
    "page", [page for page in PAGES if commands_of(page)], ids=lambda page: str(page.name)
)
def test_every_command_ends_as_it_should(
    page: Path, at_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number, line in commands_of(page):
        wanted = STATUS.search(line)
        status = respond(shlex.split(line, comments=True)[1:])
        said = capsys.readouterr()
        place = f"{page.relative_to(ROOT)}:{number}"
        assert status == (int(wanted[1]) if wanted else 0), f"{place}: {said.err}{said.out}"


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
    with pytest.raises(AssertionError, match=r"docs/page\.md:[68]: "):
        run_python([block])
