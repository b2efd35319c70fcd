"""Readers of rooms who stall cost the others nothing, and are dropped: a thousand beside a hundred.

Their sockets stall at once, without a system's buffers between, which hide it for megabytes. CPU
time of the same work without and with them is compared, as a busy machine does not change that.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import anyio
import pytest
from patience import GUARD_S
from scripted_work import ScriptedWork, give_work
from unit.entries.ws.socket_client import Socket, connecting

from headwater import AsyncHeadwater
from headwater.app.settings import Settings
from headwater.entries.wire.opening import Opening
from headwater.entries.ws.live import PATH, Live
from headwater.entries.ws.outgoing import MOST_MESSAGES
from headwater.entries.ws.sender import SLOW
from headwater.model.principal import Principal

ROOMS, EACH, STALLED = 50, 20, 100
EVENTS_PER_S = 200
ROUNDS = MOST_MESSAGES + 24
"""Events of each room: more than are kept for one who does not read."""
MOST_MB = 80.0
PAGE_BYTES = 4096
ADMIN = Principal(name="setup", roles=("admin",))


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@dataclass(slots=True)
class Taken:
    """What a load took: CPU time, memory, and how late each event was."""

    cpu_s: float = 0.0
    more_mb: float = 0.0
    late_s: list[float] = field(default_factory=list)
    wrong: int = 0
    all_told: anyio.Event = field(default_factory=anyio.Event)

    def __str__(self) -> str:
        late_s = sorted(self.late_s)
        p99_ms = 1e3 * late_s[int(0.99 * len(late_s))]
        return (
            f"{len(late_s):,} told, {self.cpu_s:.1f} s of CPU, p99 {p99_ms:.0f} ms, "
            f"{self.more_mb:.1f} MB more"
        )


class Reader(Socket):
    """Somebody in a room, who counts what comes."""

    def __init__(self, room: int, done_at: dict[tuple[int, int], float], taken: Taken) -> None:
        super().__init__()
        self.room = room
        self.seq = 0
        self.done_at = done_at
        self.taken = taken

    def take(self, text: str) -> None:
        message = json.loads(text)
        event = message.get("event", {})
        if message["type"] == "joined":
            self.seq = message["seq"]
            self.got.append(message)
        elif message["type"] == "room" and event["seq"] is not None:
            self.seq += 1
            self.taken.wrong += (event["project"], event["seq"]) != (self.room, self.seq)
            self.taken.late_s.append(time.monotonic() - self.done_at[self.room, self.seq])
            if len(self.taken.late_s) == ROUNDS * ROOMS * EACH:
                self.taken.all_told.set()

    async def ended(self) -> int:
        """Wait until the app has closed, and return its code."""
        while self.closed is None:
            self._news = anyio.Event()
            await self._news.wait()
        return self.closed[0]


def memory_mb() -> float:
    """Return what of the memory is this process's now."""
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * PAGE_BYTES / 2**20


def members() -> Iterator[tuple[int, list[str]]]:
    for room in range(1, ROOMS + 1):
        yield room, [f"p{room}-{number}" for number in range(EACH + STALLED // ROOMS)]


class Hall:
    """An app with rooms, and who has which key."""

    def __init__(self, hw: AsyncHeadwater, work: ScriptedWork, keys: dict[str, str]) -> None:
        self.hw = hw
        self.work = work
        self.keys = keys
        self.app = Live(hw, Opening())

    async def load(self, *, stalled: int) -> Taken:
        """Tell members what happens at a rate, and return what that took."""
        taken, done_at = Taken(), dict[tuple[int, int], float]()
        async with AsyncExitStack() as stack:
            lines = [
                (room, await self._join(stack, Reader(room, done_at, taken), name))
                for room, names in members()
                for name in names[:EACH]
            ]
            still = [
                await self._join(stack, Reader(room, done_at, Taken()), names[EACH + number])
                for number in range(stalled // ROOMS)
                for room, names in members()
            ]
            for one in still:
                one.reads = anyio.Event()
            idle_mb, began_s = await anyio.to_thread.run_sync(memory_mb), time.process_time()
            await self._tell(done_at)
            with anyio.fail_after(GUARD_S):
                await taken.all_told.wait()
            taken.cpu_s = time.process_time() - began_s
            taken.more_mb = await anyio.to_thread.run_sync(memory_mb) - idle_mb
            with anyio.fail_after(GUARD_S):
                codes = {await one.ended() for one in still}
            assert codes <= {SLOW}
            assert all(one.closed is None for _, one in lines)
        return taken

    async def _join(self, stack: AsyncExitStack, reader: Reader, name: str) -> Reader:
        headers = [(b"authorization", f"Bearer {self.keys[name]}".encode())]
        await stack.enter_async_context(connecting(self.app, reader, headers=headers, path=PATH))
        reader.say({"do": "unsubscribe"})
        reader.say({"do": "join", "id": 1, "project": reader.room})
        with anyio.fail_after(GUARD_S):
            await reader.next("joined", 1)
        return reader

    async def _tell(self, done_at: dict[tuple[int, int], float]) -> None:
        begun_at = anyio.current_time()
        for number in range(ROUNDS):
            await anyio.sleep_until(begun_at + number * ROOMS / EVENTS_PER_S)
            for room in range(1, ROOMS + 1):
                done = self.work.do(room, title="x" * 200)
                done_at[room, done.seq] = time.monotonic()
                await self.work.tell(self.hw._parts.stores.rooms, done)


@pytest.mark.slow
@pytest.mark.timeout(1_200)
async def test_a_hundred_who_stall_change_nothing_for_a_thousand() -> None:
    async with AsyncHeadwater.open("memory:", settings=Settings(prepare=False)) as opened:
        work = ScriptedWork(dict(members()))
        hw = give_work(opened, work)
        keys = {
            name: (await hw.access.create_key(role="reader", name=name, principal=ADMIN)).key
            for _, names in members()
            for name in names
        }
        hall = Hall(hw, work, keys)
        await hall.load(stalled=0)  # what is made once is made before
        alone = await hall.load(stalled=0)
        beside = await hall.load(stalled=STALLED)
    for when, one in (("alone", alone), ("beside", beside)):
        assert (one.wrong, len(one.late_s)) == (0, ROUNDS * ROOMS * EACH), when
        assert one.more_mb < MOST_MB, f"{when}: {one}"
    told = f"alone: {alone}; beside: {beside}"
    # A tenth more sockets are told as much as they take: no more than that share may be added.
    assert beside.cpu_s < 1.25 * alone.cpu_s, told
