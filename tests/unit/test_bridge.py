"""Blocking callers, many threads, one loop."""

import asyncio
import os
import subprocess
import sys
import threading
from contextlib import asynccontextmanager

import anyio
import pytest
from patience import GUARD_S

from headwater.bridge import Bridge
from headwater.errors import CalledFromEventLoop, UsageError


class Entity:
    """What a bridge keeps open in these tests."""

    def __init__(self):
        self.loops = set()
        self.cancelled = threading.Event()
        self.started = threading.Event()

    async def double(self, *, n):
        self.loops.add(id(asyncio.get_running_loop()))
        await asyncio.sleep(0)
        return 2 * n

    async def crash(self):
        raise ValueError("as told")

    async def hang(self):
        self.started.set()
        try:
            await asyncio.sleep(3600)
        finally:
            self.cancelled.set()


@asynccontextmanager
async def opened():
    yield Entity()


@pytest.fixture
def bridge():
    bridge = Bridge(opened, twin="Headwater")
    yield bridge
    bridge.close()


def test_it_returns_and_raises_what_the_method_does(bridge):
    assert bridge.call("double", n=21) == 42
    with pytest.raises(ValueError, match="as told"):
        bridge.call("crash")


def test_sixty_four_threads_share_one_loop(bridge):
    wrong = []

    def work(base):
        wrong.extend(n for n in range(base, base + 200) if bridge.call("double", n=n) != 2 * n)

    threads = [threading.Thread(target=work, args=(1000 * n,)) for n in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(GUARD_S)
    assert wrong == []
    assert len(bridge.entity.loops) == 1


def test_a_call_from_a_running_loop_is_refused_and_names_the_twin(bridge):
    async def inside():
        with pytest.raises(CalledFromEventLoop, match=r"AsyncHeadwater\.double"):
            bridge.call("double", n=1)

    anyio.run(inside)
    assert bridge.entity.loops == set()


def test_opening_inside_a_running_loop_is_refused():
    async def inside():
        with pytest.raises(CalledFromEventLoop):
            Bridge(opened, twin="Headwater")

    anyio.run(inside)


def test_what_opening_raises_reaches_the_opener():
    @asynccontextmanager
    async def broken():
        raise UsageError("no such estate", code="test.none")
        yield

    with pytest.raises(UsageError, match="no such estate"):
        Bridge(broken, twin="Headwater")


def test_closing_ends_calls_under_way_and_refuses_later_ones():
    bridge = Bridge(opened, twin="Headwater")
    entity, raised = bridge.entity, []

    def wait():
        try:
            bridge.call("hang")
        except UsageError as error:
            raised.append(error.code)

    threads = [threading.Thread(target=wait) for _ in range(100)]
    for thread in threads:
        thread.start()
    assert entity.started.wait(GUARD_S)
    bridge.close()
    for thread in threads:
        thread.join(GUARD_S)
    assert raised == ["client.closed"] * 100
    assert entity.cancelled.is_set()
    with pytest.raises(UsageError, match="closed"):
        bridge.call("double", n=1)


def test_closing_twice_is_closing_once(bridge):
    bridge.close()
    bridge.close()


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_after_a_fork_the_child_is_told_to_open_its_own(bridge):
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            bridge.call("double", n=1)
        except UsageError as error:
            os.write(writer, error.code.encode())
        finally:  # whatever else was raised: the child is no second pytest
            os._exit(0)
    os.close(writer)
    os.waitpid(child, 0)
    assert os.read(reader, 100) == b"client.forked"
    os.close(reader)
    assert bridge.call("double", n=4) == 8


def test_an_interpreter_ends_soon_with_calls_in_flight():
    program = """
import asyncio, threading
from contextlib import asynccontextmanager
from headwater.bridge import Bridge
class Entity:
    async def hang(self):
        await asyncio.sleep(3600)
@asynccontextmanager
async def opened():
    yield Entity()
bridge = Bridge(opened, twin="Headwater")
def wait():
    try:
        bridge.call("hang")
    except Exception:
        pass
for _ in range(100):
    threading.Thread(target=wait, daemon=True).start()
print("here")
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=GUARD_S, check=True
    )
    assert done.stdout == "here\n"
