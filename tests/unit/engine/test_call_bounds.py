"""What bounds a call: tries, sizes, and whose faults count against its tool."""

from datetime import UTC, datetime

import anyio
import pytest

from headwater.engine.journal import SILENCE
from headwater.engine.limits import Limits
from headwater.errors import ToolFault, UsageError
from headwater.model.call import Call
from headwater.model.moment import Asked
from headwater.testing import Script, open_harness, plain, scripted

busy = ToolFault("busy", code="test.busy", retry_safe=True)


@pytest.mark.parametrize("attempts", [1, 2, 3])
async def test_a_tool_is_tried_as_often_as_it_says_and_no_more(attempts):
    script = Script(gives=[busy])
    pack = [scripted("t.busy", script, idempotent=True, attempts=attempts)]
    async with open_harness(pack, dice=lambda: 0) as engine:
        outcome = await engine.call("t.busy")
    assert (outcome.status, outcome.attempts) == ("failed", attempts)
    assert len(script.asked) == attempts


async def test_a_fault_that_does_not_say_whether_it_may_be_tried_again_is_not():
    script = Script(gives=[ToolFault("odd", code="test.odd"), "never"])
    async with open_harness([scripted("t.odd", script, idempotent=True)]) as engine:
        assert (await engine.call("t.odd")).code == "test.odd"
    assert len(script.asked) == 1


async def test_wrong_requests_do_not_open_the_breaker():
    script = Script(gives=[UsageError("no such thing", code="test.no")] * 50 + ["well"])
    async with open_harness([scripted("t.strict", script)]) as engine:
        for _ in range(50):
            assert (await engine.call("t.strict")).code == "test.no"
        assert (await engine.call("t.strict")).value == "well"


async def test_a_result_over_its_limit_is_refused_and_not_kept():
    script = Script(gives=["x" * 998, "x" * 999])
    pack = [scripted("t.large", script, idempotent=True, cacheable=True)]
    async with open_harness(pack, limits=Limits(result_bytes=1000)) as engine:
        fits = await engine.call("t.large", {"value": 1})
        large = await engine.call("t.large", {"value": 2})
        assert len(engine.cache.kept) == 1
    assert fits.status == "succeeded"
    assert (large.status, large.code, large.fault) == ("failed", "limit.result_bytes", "limit")


async def test_what_the_first_tool_refuses_is_not_asked_of_a_more_lenient_one():
    asked = []

    async def lenient(value: str) -> str:
        asked.append(value)
        return value

    async def strict(value: int) -> int:
        return value

    pack = [
        plain("t.strict", strict, fallback="t.lenient"),
        plain("t.lenient", lenient),
    ]
    async with open_harness(pack) as engine:
        outcome = await engine.call("t.strict", {"value": "many"})
    assert (outcome.status, outcome.code) == ("failed", "tool.bad_arguments")
    assert asked == []


async def test_a_call_that_has_to_be_fresh_goes_past_the_cache():
    script = Script(gives=["first", "second"])
    pack = [scripted("t.kept", script, idempotent=True, cacheable=True)]
    found = []
    async with open_harness(pack) as engine:
        for fresh in (False, False, True):
            call = Call(
                tool="t.kept",
                args={},
                principal=engine.principal,
                asked=Asked(datetime(2026, 11, 21, tzinfo=UTC)),
                deadline_at=anyio.current_time() + 5,
                fresh=fresh,
            )
            found.append((await engine.caller.call(call, SILENCE)).value)
    assert found == ["first", "first", "second"]
