"""While a run goes on its waterfall is shown, and Ctrl-C asks for the answer, then stops."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import anyio
import pytest
from patience import GUARD_S

from headwater.engine.watch import Watch
from headwater.entries.cli.exits import Stopped
from headwater.entries.cli.follow import following
from headwater.entries.cli.options import Options
from headwater.entries.cli.screen import Screen
from headwater.errors import UsageError
from headwater.model.event import Event

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["asyncio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(autouse=True)
def guarded() -> Iterator[None]:
    """Leave Ctrl-C to the test's own receiver, wherever the signal arrives."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def screen(request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> Screen:
    """A screen made outside the loop, as commands make it; it reads the machine's zone."""
    del capsys
    return Screen(getattr(request, "param", Options(quiet=True)))


def tell(watch: Watch, kind: str, at_s: float, step: str | None = None, **data: object) -> None:
    watch.tell(
        Event(run_id="r", seq=0, offset_s=at_s, kind=kind, where="engine.run", step=step, data=data)
    )


@pytest.mark.parametrize("screen", [Options()], indirect=True)
async def test_plain_lines_tell_each_step_as_it_ends(
    screen: Screen, capsys: pytest.CaptureFixture[str]
) -> None:
    watch = Watch()
    with anyio.fail_after(GUARD_S):
        async with following(watch, screen) as seen:
            tell(watch, "step.started", 0.0, "find", tool="estate.resolve")
            tell(watch, "step.ended", 0.12, "find", outcome={"status": "succeeded"})
            watch.close()
    assert [bar.state for bar in seen.picture().bars] == ["succeeded"]
    shown = capsys.readouterr()
    assert shown.err == "✓ estate.resolve find  120 ms\n"
    assert shown.out == ""


@pytest.mark.parametrize("screen", [Options(quiet=True), Options(json=True)], indirect=True)
async def test_nothing_is_told_where_quiet_or_json_is_wanted(
    screen: Screen, capsys: pytest.CaptureFixture[str]
) -> None:
    watch = Watch()
    with anyio.fail_after(GUARD_S):
        async with following(watch, screen):
            tell(watch, "step.ended", 0.12, "find", outcome={"status": "succeeded"})
            watch.close()
    assert capsys.readouterr().err == ""


async def asked_now(watch: Watch) -> None:
    """Wait until somebody asks for the answer now."""
    while not watch.finished:  # noqa: ASYNC110 (a signal tells it, not a task)
        await anyio.sleep(0.01)


async def test_the_first_ctrl_c_asks_for_the_answer_now(screen: Screen) -> None:
    watch = Watch()
    with anyio.fail_after(GUARD_S):
        async with following(watch, screen):
            await anyio.wait_all_tasks_blocked()
            os.kill(os.getpid(), signal.SIGINT)
            await asked_now(watch)
            watch.close()


async def test_the_second_ctrl_c_stops(screen: Screen) -> None:
    async def interrupted_twice(watch: Watch) -> None:
        async with following(watch, screen):
            await anyio.wait_all_tasks_blocked()
            os.kill(os.getpid(), signal.SIGINT)
            await asked_now(watch)
            os.kill(os.getpid(), signal.SIGINT)
            await anyio.sleep_forever()

    with anyio.fail_after(GUARD_S), pytest.raises(Stopped):
        await interrupted_twice(Watch())


async def test_an_error_of_the_run_comes_out_as_it_is(screen: Screen) -> None:
    async def refused(watch: Watch) -> None:
        async with following(watch, screen):
            raise UsageError("no such step", code="a.b")

    with anyio.fail_after(GUARD_S), pytest.raises(UsageError, match="no such step"):
        await refused(Watch())
