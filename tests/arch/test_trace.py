"""Reading order is call order: no module on the way is ever called back into from below."""

from __future__ import annotations

import json
import re
import sys
import threading
import tomllib
from collections.abc import Callable, Iterable
from types import FrameType
from typing import Any

import anyio
import pytest
from anyio import to_thread
from estate import write_bundle
from house import PACKAGE, ROOT, text_of
from mcp import Client

from headwater import AsyncHeadwater, Headwater
from headwater.entries.cli.main import respond
from headwater.entries.http.gate import Gate, Sizes
from headwater.entries.http.service import make_http
from headwater.entries.mcp.server import Context, make_server
from headwater.entries.serve.compose import Composed
from headwater.entries.wire.opening import Opening
from headwater.entries.ws.live import Live

Edges = set[tuple[str, str]]
QUESTION = "what breaks if orders-db fails?"
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
LAYERS = CONTRACTS["contracts"][0]["layers"]
RANK = {name: rank for rank, layer in enumerate(LAYERS) for name in re.findall(r"\w+", layer)}
HANDED_DOWN = {
    ("bridge", "sync"): "how to open the app is what a bridge is made with",
    ("bridge", "app"): "a bridge carries calls into its loop and knows no app",
}
"""The calls up that there are, each with its reason."""


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("trace")
    url = f"sqlite:///{folder}/estate.db"
    with Headwater.open(url) as hw:
        hw.load(write_bundle(folder / "bundle"))
    return url


def by_cli(database: str) -> None:
    assert respond(["ask", QUESTION, "--database", database, "--quiet"]) == 0


def by_sync(database: str) -> None:
    with Headwater.open(database) as hw:
        assert hw.ask(QUESTION).status == "complete"


def by_async(database: str) -> None:
    async def ask() -> None:
        async with AsyncHeadwater.open(database) as hw:
            assert (await hw.ask(QUESTION)).status == "complete"

    anyio.run(ask)


def by_call(database: str) -> None:
    assert respond(["call", "graph.expand", '{"root": "orders-db"}', "--database", database]) == 0


def by_mcp(database: str) -> None:
    async def who(ctx: Context) -> None:
        del ctx

    async def ask() -> None:
        async with (
            AsyncHeadwater.open(database) as hw,
            Client(make_server(hw, who)) as client,
        ):
            result = await client.call_tool("ask", {"question": QUESTION})
            assert result.structured_content["status"] == "complete"

    anyio.run(ask)


async def let_in(hw: AsyncHeadwater) -> Composed:
    """Return what a server answers with over an app, and what nobody needs a port for."""
    opening = Opening()
    http = await to_thread.run_sync(make_http, hw, opening)
    gate = Gate(http, hw, opening=opening, sizes=Sizes(10_000, 10_000))
    return Composed(gate, live=Live(hw, opening), mcp=gate, hub=gate, opening=opening)


async def key_of(hw: AsyncHeadwater) -> bytes:
    return f"Bearer {(await hw.access.create_key(role='reader')).key}".encode()


def by_http(database: str) -> None:
    replies: list[Any] = []

    async def ask() -> None:
        async with AsyncHeadwater.open(database) as hw:
            app, body = await let_in(hw), [json.dumps({"question": QUESTION}).encode()]
            headers = [(b"authorization", await key_of(hw))]
            scope = {"type": "http", "method": "POST", "path": "/v1/ask", "query_string": b"",
                     "root_path": "", "headers": headers}  # fmt: skip

            async def receive() -> dict[str, Any]:
                if not body:
                    await anyio.sleep_forever()
                return {"type": "http.request", "body": body.pop()}

            async def send(message: dict[str, Any]) -> None:
                replies.append(message)

            await app(scope, receive, send)

    anyio.run(ask)
    assert json.loads(replies[1]["body"])["status"] == "complete"


def by_websocket(database: str) -> None:
    replies: list[Any] = []

    async def ask() -> None:
        async with AsyncHeadwater.open(database) as hw:
            app, answered = await let_in(hw), anyio.Event()
            scope = {"type": "websocket", "path": "/v1/live", "query_string": b"",
                     "headers": [(b"authorization", await key_of(hw))]}  # fmt: skip
            asked = json.dumps({"do": "ask", "question": QUESTION})
            messages = [
                {"type": "websocket.receive", "text": '{"do": "unsubscribe"}'},
                {"type": "websocket.receive", "text": asked},
            ]

            async def receive() -> dict[str, Any]:
                if scope.setdefault("connects", 1):
                    scope["connects"] = 0
                    return {"type": "websocket.connect"}
                if messages:
                    return messages.pop(0)
                await answered.wait()
                return {"type": "websocket.disconnect", "code": 1000}

            async def send(message: dict[str, Any]) -> None:
                if '"type":"answer"' in message.get("text", ""):
                    replies.append(json.loads(message["text"]))
                    answered.set()

            await app(scope, receive, send)

    anyio.run(ask)
    assert replies[0]["answer"]["status"] == "complete"


ENTRIES = {
    ("entries.cli.main", "entries.cli.asking"): by_cli,
    ("entries.http.asking",): by_http,
    ("entries.ws.answering",): by_websocket,
    ("entries.mcp.server", "entries.mcp.calling"): by_mcp,
    ("sync",): by_sync,
    (): by_async,
}


SINCE = {
    "entries.mcp.server": "Handlers.call_tool",
    "entries.http.asking": "Asking.ask",
    "entries.ws.answering": "Answering.answer",
}
"""Where a question comes in, for entries that open the app before anybody asks."""


class Watched:
    """Which modules and functions of ours a piece of work entered, and who called whom."""

    def __init__(self, work: Callable[[], None]) -> None:
        self.come_in = False
        self.order: list[str] = []
        self.functions: set[tuple[str, str]] = set()
        self.edges: Edges = set()
        threading.setprofile(self.note)
        sys.setprofile(self.note)
        try:
            work()
        finally:
            sys.setprofile(None)
            threading.setprofile(None)

    def note(self, frame: FrameType, event: str, _: object) -> None:
        """Take note of one call; making an object and importing a module are none."""
        callee = frame.f_globals.get("__name__", "")
        name = frame.f_code.co_name
        if event != "call" or not callee.startswith("headwater."):
            return
        if name in {"__init__", "<module>"} or frame.f_code.co_flags & CLASS_BODY == 0:
            return
        module = callee.removeprefix("headwater.")
        if SINCE.get(module) == frame.f_code.co_qualname and not self.come_in:
            self.come_in = True  # each time that a coroutine goes on is a call as well
            self.order.clear()
            self.functions.clear()
        if module not in self.order:
            self.order.append(module)
        self.functions.add((module, frame.f_code.co_qualname))
        caller = frame.f_back.f_globals.get("__name__", "") if frame.f_back else ""
        if caller.startswith("headwater."):
            self.edges.add((caller.removeprefix("headwater."), module))


CLASS_BODY = 0x0002
"""`CO_NEWLOCALS`: set for functions, not for the bodies of classes and modules."""


def calls_up(edges: Iterable[tuple[str, str]]) -> Edges:
    """Return the calls from a lower layer into a higher one, without those that are explained."""
    found = set()
    for caller, callee in edges:
        low, high = caller.split(".")[0], callee.split(".")[0]
        if RANK[high] < RANK[low] and (low, high) not in HANDED_DOWN:
            found.add((caller, callee))
    return found


def documented() -> list[tuple[str, str]]:
    """Return the files and functions of `docs/TRACE.md`, hop by hop."""
    rows = re.findall(
        r"^\| \d+ \| (.+?) \| (.+?) \|", text_of(ROOT / "docs/TRACE.md"), re.MULTILINE
    )
    return list(rows)


def module_named(text: str) -> list[str]:
    """Return the modules that a cell names, in their order."""
    return [path.replace("/", ".") for path in re.findall(r"`([\w/]+)\.py`", text)]


def way(entry: tuple[str, ...]) -> list[str]:
    """Return the modules on the documented way from an entry."""
    (first, _), *rest = documented()
    assert any(tuple(module_named(part)) == entry for part in first.split(", or "))
    return [*entry, *(name for cell, _ in rest for name in module_named(cell))]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: " ".join(entry) or "await")
def test_a_question_visits_the_documented_files_in_order(
    entry: tuple[str, ...], database: str
) -> None:
    seen = Watched(lambda: ENTRIES[entry](database))
    hops = way(entry)
    assert [name for name in seen.order if name in hops] == hops


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: " ".join(entry) or "await")
def test_a_question_calls_the_documented_functions(entry: tuple[str, ...], database: str) -> None:
    seen = Watched(lambda: ENTRIES[entry](database))
    for cell, names in documented()[1:]:
        (module,), (function,) = module_named(cell), re.findall(r"`([\w.]+)`", names)
        assert (module, function) in seen.functions


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: " ".join(entry) or "await")
def test_no_call_goes_up(entry: tuple[str, ...], database: str) -> None:
    assert calls_up(Watched(lambda: ENTRIES[entry](database)).edges) == set()


def test_a_direct_call_starts_further_down(
    database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    seen = Watched(lambda: by_call(database))
    assert capsys.readouterr().out
    hops = way(("entries.cli.main", "entries.cli.asking"))
    passed_by = {"engine.ask", "engine.plan", "reading.read", "engine.run", "composing.compose"}
    assert [one for one in seen.order if one in hops] == [
        one for one in hops if one not in passed_by
    ]


def test_a_call_up_is_found_out() -> None:
    assert calls_up({("engine.run", "app.service")}) == {("engine.run", "app.service")}
    assert calls_up({("app.service", "engine.run"), ("engine.run", "engine.call")}) == set()


CALLBACK = """
class Listener:
    finished = False
    def tell(self, event): return None
    def close(self): return None
"""


def test_a_callback_handed_down_is_found_out(database: str) -> None:
    planted: dict[str, object] = {"__name__": "headwater.entries.planted"}
    exec(compile(CALLBACK, "planted.py", "exec"), planted)

    async def ask() -> None:
        async with AsyncHeadwater.open(database) as hw:
            watch = hw.watch()
            watch.tell = planted["Listener"]().tell  # type: ignore[method-assign, operator]
            await hw.ask(QUESTION, watch=watch)

    seen = Watched(lambda: anyio.run(ask))
    assert calls_up(seen.edges) == {("engine.journal", "entries.planted")}


@pytest.mark.parametrize("edge", HANDED_DOWN, ids=" to ".join)
def test_an_explanation_that_nothing_needs_goes(edge: tuple[str, str], database: str) -> None:
    edges = Watched(lambda: by_sync(database)).edges
    assert edge in {(low.split(".")[0], high.split(".")[0]) for low, high in edges}


def test_every_file_and_place_on_the_way_exists() -> None:
    text = text_of(ROOT / "docs/TRACE.md")
    for path in re.findall(r"`((?:\w+/)+\w+\.py|errors\.py)`", text):
        assert (PACKAGE / path).exists() or (ROOT / path).exists(), path
