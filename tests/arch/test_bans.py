"""What conversions from sync to async get wrong is not written here at all."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from house import SOURCES, dotted, everywhere, functions_in, nodes_of, own_nodes, short, tree_of

NEVER_CALLED = {
    "asyncio.gather": "a task group: a failed sibling must cancel the rest",
    "asyncio.create_task": "a task group: a task nobody owns is lost",
    "asyncio.ensure_future": "a task group: a task nobody owns is lost",
    "asyncio.wait_for": "anyio.fail_after or the call's deadline",
    "asyncio.shield": "a shielded and bounded scope",
    "asyncio.run": "one loop a process: the bridge or the entry owns it",
    "asyncio.get_event_loop": "the running loop",
    "run_in_executor": "a thread of our own, with a limit",
    "asyncio.to_thread": "a thread of our own, with a limit",
    "time.sleep": "anyio.sleep",
    "time.time": "anyio.current_time for waits, datetime.now(UTC) for stamps",
    "os.system": "no shell",
}
NEVER_IMPORTED = {"nest_asyncio", "requests", "urllib.request", "trio"}
BLOCKING = {"open", "input", "time.sleep", "sqlite3.connect", "socket.create_connection"}
BLOCKING_METHODS = {"read_text", "read_bytes", "write_text", "write_bytes", "unlink", "mkdir"}
PRIMITIVES = {"Lock", "Event", "Semaphore", "Condition", "Queue", "CapacityLimiter", "Barrier"}


def calls_in(tree: ast.AST) -> Iterator[tuple[ast.Call, str]]:
    """Give every call and the name called, as written."""
    for node in nodes_of(tree):
        if isinstance(node, ast.Call):
            yield node, dotted(node.func)


def never_called(tree: ast.Module) -> Iterator[str]:
    """Give calls that are never made."""
    for call, name in calls_in(tree):
        for banned, instead in NEVER_CALLED.items():
            if name == banned or ("." not in banned and name.split(".")[-1] == banned):
                yield f"line {call.lineno}: {name}; use {instead}"


def unowned_tasks(tree: ast.Module) -> Iterator[str]:
    """Give tasks that are started outside of a group."""
    for call, name in calls_in(tree):
        if name.split(".")[-1] in {"create_task", "run_coroutine_threadsafe"}:
            yield f"line {call.lineno}: {name.split('.')[-1]}"


def never_imported(tree: ast.Module) -> Iterator[str]:
    """Give imports of what patches loops, blocks them, or is for tests only."""
    for node in nodes_of(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [one.name for one in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or "", *(f"{node.module}.{one.name}" for one in node.names)]
        yield from (f"line {node.lineno}: {name}" for name in names if is_never_imported(name))


def is_never_imported(name: str) -> bool:
    """Tell whether a module, or the one it is in, is never imported."""
    return any(name == one or name.startswith(f"{one}.") for one in NEVER_IMPORTED)


def from_asyncio(tree: ast.Module) -> Iterator[str]:
    """Give names taken out of asyncio, which would hide from the ban on their use."""
    for node in nodes_of(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "asyncio":
            yield f"line {node.lineno}: from asyncio import"


def module_primitives(tree: ast.Module) -> Iterator[str]:
    """Give locks, events and queues made on import: they belong to whichever loop comes first."""
    made = [
        (call, name)
        for call, name in calls_in(tree)
        if name.rpartition(".")[0] in {"anyio", "asyncio"} and name.split(".")[-1] in PRIMITIVES
    ]
    if made:
        inside = {id(one) for function in functions_in(tree) for one in ast.walk(function)}
        yield from (f"line {call.lineno}: {name}" for call, name in made if id(call) not in inside)


def unbounded_queues(tree: ast.Module) -> Iterator[str]:
    """Give queues and streams that may grow without end."""
    for call, name in calls_in(tree):
        if name in {"asyncio.Queue", "queue.Queue", "Queue"} and not (call.args or call.keywords):
            yield f"line {call.lineno}: {name}() without maxsize"
        if name.endswith("create_memory_object_stream") and any(
            "inf" in ast.unparse(one) for one in call.args
        ):
            yield f"line {call.lineno}: {name} without an end"


def swallowing(tree: ast.Module) -> Iterator[str]:
    """Give handlers that catch everything, cancellation too, in async code, and do not raise."""
    for function in functions_in(tree):
        if not isinstance(function, ast.AsyncFunctionDef):
            continue
        for node in own_nodes(function):
            if isinstance(node, ast.ExceptHandler) and catches_all(node) and not raises(node):
                yield f"line {node.lineno}: except {dotted(node.type) if node.type else ''}"


def catches_all(handler: ast.ExceptHandler) -> bool:
    """Tell whether a handler catches cancellation."""
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    names = {"" if one is None else dotted(one).split(".")[-1] for one in kinds}
    return bool(names & {"", "BaseException", "CancelledError", "BaseExceptionGroup"})


def raises(handler: ast.ExceptHandler) -> bool:
    """Tell whether a handler raises."""
    return any(isinstance(node, ast.Raise) for one in handler.body for node in ast.walk(one))


def blocking_in_async(tree: ast.Module) -> Iterator[str]:
    """Give blocking calls in async functions."""
    for function in functions_in(tree):
        if not isinstance(function, ast.AsyncFunctionDef):
            continue
        nodes = list(own_nodes(function))
        awaited = {id(node.value) for node in nodes if isinstance(node, ast.Await)}
        for node in nodes:
            if isinstance(node, ast.Call) and id(node) not in awaited:
                name = dotted(node.func)
                if name in BLOCKING or name.split(".")[-1] in BLOCKING_METHODS:
                    yield f"line {node.lineno}: {name}"


BANS: dict[str, Callable[[ast.Module], Iterator[str]]] = {
    "calls that are never made": never_called,
    "tasks that nobody owns": unowned_tasks,
    "imports that are never made": never_imported,
    "names taken out of asyncio": from_asyncio,
    "primitives of no loop": module_primitives,
    "queues without an end": unbounded_queues,
    "swallowed cancellation": swallowing,
    "blocking calls in async functions": blocking_in_async,
}
ALLOWED = {
    ("tasks that nobody owns", "bridge.py"): "the bridge keeps each task until it has ended",
    ("swallowed cancellation", "bridge.py"): "what a call raised is raised again where it waits",
    ("imports that are never made", "testing/clock.py"): "the jumping clock is trio's",
}
"""Where one is written all the same, and why."""


@everywhere(SOURCES, name=short)
def test_a_source_has_none_of_the_classic_failures(path: Path) -> None:
    found = [
        f"{ban}: {one}"
        for ban, look in BANS.items()
        if (ban, short(path)) not in ALLOWED
        for one in look(tree_of(path))
    ]
    assert found == []


@pytest.mark.parametrize(("ban", "place"), ALLOWED)
def test_an_exception_that_nobody_needs_goes(ban: str, place: str) -> None:
    (path,) = (one for one in SOURCES if short(one) == place)
    assert list(BANS[ban](tree_of(path)))


PLANTED = {
    "calls that are never made": [
        "asyncio.gather(a(), b())",
        "asyncio.wait_for(a(), 1)",
        "asyncio.run(a())",
        "loop = asyncio.get_event_loop()",
        "async def f():\n    await loop.run_in_executor(None, g)",
        "time.sleep(1)",
    ],
    "tasks that nobody owns": ["loop.create_task(a())", "asyncio.create_task(a())"],
    "imports that are never made": ["import nest_asyncio", "from urllib import request"],
    "names taken out of asyncio": ["from asyncio import gather"],
    "primitives of no loop": ["LOCK = anyio.Lock()", "class A:\n    lock = asyncio.Lock()"],
    "queues without an end": [
        "asyncio.Queue()",
        "anyio.create_memory_object_stream(math.inf)",
    ],
    "swallowed cancellation": [
        "async def f():\n    try:\n        await g()\n    except BaseException:\n        pass",
        "async def f():\n    try:\n        await g()\n    except:\n        log()",
    ],
    "blocking calls in async functions": [
        "async def f():\n    with open('x') as file:\n        pass",
        "async def f():\n    return path.read_text()",
    ],
}


@pytest.mark.parametrize(
    ("ban", "text"), [(ban, text) for ban, texts in PLANTED.items() for text in texts]
)
def test_every_ban_finds_what_it_bans(ban: str, text: str) -> None:
    assert list(BANS[ban](ast.parse(text)))


def test_every_ban_is_tried() -> None:
    assert set(PLANTED) == set(BANS)
