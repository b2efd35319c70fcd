"""What a tool tells while it goes on becomes events of its run, in order, and never too late."""

from __future__ import annotations

import anyio
import pytest
from patience import GUARD_S

from headwater.errors import ToolFault
from headwater.model.remark import MOST, Remarks
from headwater.testing import open_harness
from headwater.toolkit.tool import tool

HERE = "test.tool"


async def test_remarks_are_events_while_the_tool_goes_on() -> None:
    told, go_on = anyio.Event(), anyio.Event()

    @tool(name="t.talks", description="Tell, wait, tell.")
    async def talks(*, remarks: Remarks) -> int:
        remarks.note("model.text", HERE, text="first")
        told.set()
        await go_on.wait()
        remarks.note("model.text", HERE, text="last")
        return 3

    assert talks.schema.arguments["properties"] == {}
    async with open_harness([talks]) as engine:
        ends = []

        async def call() -> None:
            ends.append(await engine.call("t.talks"))

        with anyio.fail_after(GUARD_S):
            async with anyio.create_task_group() as group:
                group.start_soon(call)
                await told.wait()
                seen: list[str] = []
                while not seen:
                    await anyio.sleep(0.01)
                    seen = [one.data["text"] for one in engine.events]
                assert seen == ["first"]
                go_on.set()
        last = engine.events[0]
    assert (last.kind, last.where, last.step, last.data) == (
        "model.text",
        HERE,
        "call",
        {"text": "last"},
    )
    assert ends[0].value == 3


async def test_what_was_told_before_a_fault_or_the_deadline_is_not_lost() -> None:
    @tool(name="t.fails", description="Tell, then fail.")
    async def fails(*, remarks: Remarks) -> int:
        remarks.note("model.text", HERE, text="before")
        message = "no"
        raise ToolFault(message, code="tool.raised", retry_safe=False)

    @tool(name="t.hangs", description="Tell, then hang.")
    async def hangs(*, remarks: Remarks) -> int:
        remarks.note("model.text", HERE, text="before")
        await anyio.sleep_forever()
        return 1

    async with open_harness([fails, hangs]) as engine:
        for name, status in (("t.fails", "failed"), ("t.hangs", "late")):
            with anyio.fail_after(GUARD_S):
                outcome = await engine.call(name, budget_s=0.2)
            assert outcome.status == status
            assert "before" in [one.data.get("text") for one in engine.events]


@pytest.mark.parametrize("anyio_backend", ["asyncio"], indirect=True)  # no clock waits for a thread
async def test_a_plain_tool_in_a_thread_may_tell_as_well() -> None:
    @tool(name="t.plain", description="Tell.")
    def plain(*, remarks: Remarks) -> int:
        remarks.note("model.text", HERE, text="from a thread")
        return 1

    async with open_harness([plain]) as engine:
        with anyio.fail_after(GUARD_S):
            await engine.call("t.plain")
        assert [one.data["text"] for one in engine.events] == ["from a thread"]


@pytest.mark.parametrize("heard", [True, False])
def test_where_nobody_hears_or_too_much_is_told_it_takes_no_room(heard: bool) -> None:
    remarks = Remarks(heard=heard)
    for number in range(MOST + 5):
        remarks.note("model.text", HERE, text=str(number))
    assert len(remarks.take()) == (MOST if heard else 0)
    assert remarks.left_out == (5 if heard else 0)
    assert remarks.take() == []
