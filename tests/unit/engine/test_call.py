"""One call through its policies."""

import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Annotated

import anyio
import pytest
from anyio import fail_after
from patience import GUARD_S, PROMPT_S
from pydantic import Field

from headwater.engine.journal import SILENCE
from headwater.engine.limits import Limits
from headwater.errors import DeadlineExceeded, StoreFault, ToolFault, UsageError
from headwater.model.call import Call
from headwater.model.moment import Asked
from headwater.model.principal import Principal
from headwater.policy.breaker import BreakerRules
from headwater.testing import Script, blocking, open_harness, plain, scripted
from headwater.toolkit.cited import Cited

HOUR = 3600.0
busy = ToolFault("busy", code="test.busy", retry_safe=True)
broken = ToolFault("broken", code="test.broken", retry_safe=False)


on_jumping_clock = pytest.mark.parametrize("anyio_backend", ["trio"], indirect=True)
on_real_clock = pytest.mark.parametrize("anyio_backend", ["asyncio"], indirect=True)


async def test_a_value_comes_back_as_plain_json_with_its_source():
    async with open_harness([scripted("t.echo")]) as engine:
        outcome = await engine.call("t.echo", {"value": {"a": (1, 2)}})
    assert outcome.status == "succeeded"
    assert outcome.value == {"a": [1, 2]}
    assert outcome.evidence[0].tool == "t.echo"
    assert outcome.via == "direct"
    assert outcome.attempts == 1


async def test_an_unknown_tool_is_refused_with_close_names():
    async with open_harness([scripted("t.echo")]) as engine:
        outcome = await engine.call("t.ecko")
    assert (outcome.status, outcome.code) == ("failed", "tool.unknown")
    assert "t.echo" in outcome.message


@pytest.mark.parametrize(
    "args",
    [{"nope": 1}, *[{"n": n} for n in ("many", "5", True, 5.5, -1, None, [[[1]]])], {}],
)
async def test_wrong_arguments_are_refused_by_their_path(args):
    async def positive(n: Annotated[int, Field(ge=0)]) -> int:
        return n

    async with open_harness([plain("t.positive", positive)]) as engine:
        outcome = await engine.call("t.positive", args)
    assert (outcome.status, outcome.code, outcome.fault) == (
        "failed",
        "tool.bad_arguments",
        "asker",
    )
    assert "n" in outcome.message


@dataclass
class Order:
    """Arguments within an argument; one is called as pydantic calls its own."""

    type: int
    config: bool = False


@pytest.mark.parametrize(
    ("args", "path"),
    [
        ({"share": "0.5"}, "share"),
        ({"share": True}, "share"),
        ({"sure": 1}, "sure"),
        ({"sure": "yes"}, "sure"),
        ({"orders": [{"type": 1}, {"type": "2"}]}, "orders.1.type"),
        ({"orders": [{"type": 1, "config": "no"}]}, "orders.0.config"),
        ({"either": False}, "either"),
    ],
)
async def test_text_and_booleans_are_no_numbers_at_any_depth(args, path):
    async def order(
        share: float = 1.0,
        sure: bool = False,
        orders: list[Order] | None = None,
        either: int | str = 0,
    ) -> str:
        return f"{share} {sure} {orders} {either}"

    async with open_harness([plain("t.order", order)]) as engine:
        outcome = await engine.call("t.order", args)
        fine = await engine.call(
            "t.order", {"share": 1, "sure": True, "orders": [{"type": 2.0}], "either": "7"}
        )
    assert (outcome.status, outcome.code) == ("failed", "tool.bad_arguments")
    assert f"{path}: " in outcome.message
    assert fine.value == "1.0 True [Order(type=2, config=False)] 7"


async def test_ten_megabytes_of_arguments_are_refused():
    async with open_harness([scripted("t.echo")]) as engine:
        outcome = await engine.call("t.echo", {"value": "x" * 10_000_000})
    assert outcome.code == "limit.argument_bytes"


async def test_arguments_nested_a_hundred_thousand_deep_are_refused():
    deep = []
    for _ in range(100_000):
        deep = [deep]
    async with open_harness([scripted("t.echo")]) as engine:
        outcome = await engine.call("t.echo", {"value": deep})
    assert (outcome.status, outcome.code) == ("failed", "tool.bad_arguments")


@on_jumping_clock
async def test_a_call_ends_at_its_deadline():
    script = Script(hangs=True)
    async with open_harness([scripted("t.hang", script)]) as engine:
        started_at = anyio.current_time()
        outcome = await engine.call("t.hang", budget_s=3)
        assert anyio.current_time() - started_at == pytest.approx(3)
    assert (outcome.status, outcome.code) == ("late", "limit.deadline")
    assert script.cancelled == 1
    assert script.under_way == 0


@on_jumping_clock
async def test_a_tool_ends_at_its_own_limit_and_its_fallback_has_what_remains():
    slow, spare = Script(hangs=True), Script(gives=["spare"], takes_s=2)
    pack = [
        scripted("t.slow", slow, within_s=1, fallback="t.spare"),
        scripted("t.spare", spare, listed=False),
    ]
    async with open_harness(pack) as engine:
        outcome = await engine.call("t.slow", budget_s=5)
    assert outcome.value == "spare"
    assert (outcome.via, outcome.via_tool) == ("fallback", "t.spare")
    assert "t.slow" in outcome.earlier[0]
    assert outcome.elapsed_s == pytest.approx(3)


async def test_where_the_fallback_fails_as_well_both_reasons_are_told():
    pack = [
        scripted("t.first", Script(gives=[broken]), fallback="t.second"),
        scripted("t.second", Script(gives=[ToolFault("worse", code="test.worse")])),
    ]
    async with open_harness(pack) as engine:
        outcome = await engine.call("t.first")
    assert (outcome.status, outcome.message) == ("failed", "worse")
    assert outcome.earlier == ("broken",)


async def test_a_wrong_request_does_not_reach_the_fallback():
    spare = Script()
    pack = [scripted("t.first", fallback="t.second"), scripted("t.second", spare)]
    async with open_harness(pack) as engine:
        outcome = await engine.call("t.first", {"nope": 1})
    assert outcome.code == "tool.bad_arguments"
    assert spare.asked == []


async def test_an_idempotent_tool_is_tried_again_after_a_passing_fault():
    script = Script(gives=[busy, busy, "at last"])
    async with open_harness(
        [scripted("t.busy", script, idempotent=True)], dice=lambda: 0
    ) as engine:
        outcome = await engine.call("t.busy")
    assert (outcome.value, outcome.attempts) == ("at last", 3)
    assert outcome.earlier == ("busy", "busy")


@pytest.mark.parametrize(
    ("fault", "idempotent"),
    [(busy, False), (broken, True), (UsageError("no", code="test.no"), True)],
)
async def test_nothing_else_is_tried_again(fault, idempotent):
    script = Script(gives=[fault, "never"])
    async with open_harness([scripted("t.once", script, idempotent=idempotent)]) as engine:
        outcome = await engine.call("t.once")
    assert outcome.status == "failed"
    assert len(script.asked) == 1


@on_jumping_clock
async def test_three_hours_of_back_off_pass_and_retry_after_is_honoured():
    slow = ToolFault("later", code="test.later", retry_safe=True, retry_after_s=HOUR)
    script = Script(gives=[slow, slow, "done"])
    async with open_harness([scripted("t.slow", script, idempotent=True)]) as engine:
        started_at = anyio.current_time()
        outcome = await engine.call("t.slow", budget_s=100 * HOUR)
        assert anyio.current_time() - started_at >= 2 * HOUR
    assert outcome.value == "done"


@on_jumping_clock
async def test_a_wait_that_would_pass_the_deadline_is_not_begun():
    slow = ToolFault("later", code="test.later", retry_safe=True, retry_after_s=HOUR)
    async with open_harness([scripted("t.slow", Script(gives=[slow]), idempotent=True)]) as engine:
        started_at = anyio.current_time()
        outcome = await engine.call("t.slow", budget_s=5)
        assert anyio.current_time() - started_at < 1
    assert (outcome.status, outcome.code) == ("failed", "test.later")


async def test_under_total_failure_retries_stay_within_a_tenth_of_the_load():
    script = Script(gives=[busy])
    rules = BreakerRules(least_calls=10**9)
    async with open_harness(
        [scripted("t.busy", script, idempotent=True)], limits=Limits(breaker=rules), dice=lambda: 0
    ) as engine:
        for n in range(400):
            await engine.call("t.busy", {"value": n})
    assert len(script.asked) <= 1.1 * 400


@on_jumping_clock
async def test_the_breaker_opens_for_a_failing_tool_and_lets_a_probe_through_later():
    script = Script(gives=[broken] * 20 + ["well again"])
    async with open_harness([scripted("t.ill", script)]) as engine:
        for _ in range(20):
            await engine.call("t.ill")
        refused = await engine.call("t.ill")
        assert (refused.code, len(script.asked)) == ("limit.breaker_open", 20)
        await anyio.sleep(5.1)
        assert (await engine.call("t.ill")).value == "well again"
        assert (await engine.call("t.ill")).value == "well again"


async def test_at_most_so_many_calls_of_a_tool_are_under_way():
    script = Script(takes_s=0.01)
    pack = [scripted("t.narrow", script, concurrency=3)]
    async with open_harness(pack) as engine, anyio.create_task_group() as group:
        for n in range(20):
            group.start_soon(engine.call, "t.narrow", {"value": n})
    assert script.most_at_once == 3
    assert len(script.asked) == 20


async def test_equal_calls_in_flight_are_asked_once():
    script = Script(gives=[1, 2], takes_s=0.05)
    found = []
    async with open_harness([scripted("t.slow", script, idempotent=True)]) as engine:

        async def ask(value):
            found.append(await engine.call("t.slow", {"value": value}))

        async with anyio.create_task_group() as group:
            for _ in range(10):
                group.start_soon(ask, "same")
    assert len(script.asked) == 1
    assert {one.value for one in found} == {1}
    assert sorted(one.via for one in found) == ["direct"] + ["shared"] * 9


@pytest.mark.parametrize("kept", [False, True])
async def test_calls_with_other_arguments_tools_or_tenants_share_nothing(kept):
    tools = {name: Script(gives=[name], takes_s=0.02) for name in ("t.one", "t.two")}
    pack = [scripted(name, each, idempotent=True, cacheable=kept) for name, each in tools.items()]
    async with open_harness(pack) as engine, anyio.create_task_group() as group:
        for tenant in ("a", "b"):
            ask = partial(engine.call, principal=Principal(tenant=tenant))
            for name in tools:
                group.start_soon(ask, name, {"value": 1})
                group.start_soon(ask, name, {"value": 2})
                group.start_soon(ask, name, {"value": "1"})
    assert [len(each.asked) for each in tools.values()] == [6, 6]


@pytest.mark.parametrize("kept", [False, True])
async def test_a_tool_told_the_moment_of_asking_answers_each_moment_for_itself(kept):
    moments = []

    async def when(asked: Asked) -> str:
        moments.append(asked.at)
        await anyio.sleep(0.02)
        return asked.at.isoformat()

    found = []
    async with open_harness([plain("t.when", when, idempotent=True, cacheable=kept)]) as engine:

        async def ask(minute):
            call = Call(
                tool="t.when",
                args={},
                principal=engine.principal,
                asked=Asked(datetime(2026, 11, 21, 12, minute, tzinfo=UTC)),
                deadline_at=anyio.current_time() + 5,
            )
            found.append((minute, (await engine.caller.call(call, SILENCE)).value))

        async with anyio.create_task_group() as group:
            for minute in (1, 2, 2):
                group.start_soon(ask, minute)
    assert {minute: value[14:16] for minute, value in found} == {1: "01", 2: "02"}
    assert len(moments) == 2


@on_jumping_clock
async def test_a_hasty_leader_leaves_its_work_to_those_who_still_wait():
    script = Script(gives=["x"], takes_s=2)
    found, took_s = {}, {}
    async with open_harness([scripted("t.slow", script, idempotent=True)]) as engine:
        started_at = anyio.current_time()

        async def ask(name, budget_s):
            found[name] = await engine.call("t.slow", budget_s=budget_s)
            took_s[name] = anyio.current_time() - started_at

        async with anyio.create_task_group() as group:
            group.start_soon(ask, "hasty", 1)
            await anyio.sleep(0.5)
            group.start_soon(ask, "patient", 10)
    assert (found["hasty"].status, took_s["hasty"]) == ("late", pytest.approx(1))
    assert (found["patient"].value, found["patient"].via) == ("x", "shared")
    assert took_s["patient"] == pytest.approx(2)
    assert len(script.asked) == 1


@on_jumping_clock
async def test_a_leader_that_gives_up_leaves_its_work_to_those_who_still_wait():
    script = Script(gives=["x"], takes_s=2)
    found = []
    async with open_harness([scripted("t.slow", script, idempotent=True)]) as engine:

        async def ask():
            found.append(await engine.call("t.slow", budget_s=10))

        async with anyio.create_task_group() as group:
            with anyio.move_on_after(1):
                group.start_soon(anyio.sleep, 0)
                async with anyio.create_task_group() as leaders:
                    leaders.start_soon(ask)
                    await anyio.sleep(0.5)
                    group.start_soon(ask)
    assert [one.value for one in found] == ["x"]
    assert (len(script.asked), script.cancelled) == (1, 0)


@on_jumping_clock
async def test_shared_work_ends_with_its_last_waiter_and_is_asked_anew_afterwards():
    script = Script(gives=["x"], takes_s=20)
    async with open_harness([scripted("t.slow", script, idempotent=True)]) as engine:

        async def ask(budget_s):
            assert (await engine.call("t.slow", budget_s=budget_s)).status == "late"

        async with anyio.create_task_group() as group:
            for budget_s in (1, 3, 2):
                group.start_soon(ask, budget_s)
        assert (script.cancelled, script.under_way) == (1, 0)
        assert (await engine.call("t.slow", budget_s=30)).value == "x"
    assert len(script.asked) == 2


@on_jumping_clock
async def test_whoever_joins_with_more_time_gives_it_to_the_work():
    seen = []

    async def look() -> int:
        for _ in range(3):
            seen.append(anyio.current_effective_deadline() - started_at)
            await anyio.sleep(0.4)
        return 1

    async with open_harness([plain("t.look", look, idempotent=True)]) as engine:
        started_at = anyio.current_time()
        async with anyio.create_task_group() as group:
            group.start_soon(lambda: engine.call("t.look", budget_s=1))
            await anyio.sleep(0.5)
            group.start_soon(lambda: engine.call("t.look", budget_s=4.5))
    assert seen == [pytest.approx(1), pytest.approx(1), pytest.approx(5)]


@on_jumping_clock
async def test_a_leaders_lateness_told_by_its_store_is_nobody_elses():
    late = DeadlineExceeded("too late", code="store.deadline", retry_safe=True)
    script = Script(gives=[late, "x"], takes_s=1)
    found = {}
    async with open_harness([scripted("t.slow", script, idempotent=True)]) as engine:

        async def ask(name, budget_s):
            found[name] = await engine.call("t.slow", budget_s=budget_s)

        async with anyio.create_task_group() as group:
            group.start_soon(ask, "hasty", 1.01)
            await anyio.sleep(0.5)
            group.start_soon(ask, "patient", 10)
    assert (found["hasty"].status, found["patient"].value) == ("late", "x")


@on_jumping_clock
async def test_a_tool_that_refuses_to_end_holds_no_direct_call_up():
    stubborn = Script(hangs=True, stubborn_s=30)
    async with open_harness([scripted("t.stubborn", stubborn)]) as engine:
        started_at = anyio.current_time()
        outcome = await engine.call("t.stubborn", budget_s=1)
        assert anyio.current_time() - started_at <= 1.021
        assert (outcome.status, engine.reaper.left_behind) == ("late", 1)
        await anyio.sleep(31)
        assert engine.reaper.left_behind == 0


@on_jumping_clock
async def test_a_tool_that_was_quick_before_holds_one_call_up_and_no_second():
    script = Script()
    took_s = []
    async with open_harness([scripted("t.moody", script)]) as engine:
        await engine.call("t.moody")
        script.hangs, script.stubborn_s = True, 5
        for _ in range(2):
            started_at = anyio.current_time()
            assert (await engine.call("t.moody", budget_s=1)).status == "late"
            took_s.append(anyio.current_time() - started_at)
    assert took_s == [pytest.approx(6), pytest.approx(1.02)]


async def test_a_call_of_a_closed_app_says_so():
    async with open_harness([scripted("t.echo", idempotent=True)]) as engine:
        pass
    with fail_after(GUARD_S):
        for _ in range(2):
            assert (await engine.call("t.echo")).code == "client.closed"


async def test_a_flight_under_way_ends_with_the_app():
    found, script = [], Script(hangs=True)
    with fail_after(GUARD_S):
        async with (
            anyio.create_task_group() as group,
            open_harness([scripted("t.hang", script, idempotent=True)]) as engine,
        ):

            async def ask():
                found.append(await engine.call("t.hang"))

            group.start_soon(ask)
            group.start_soon(ask)
            while not script.under_way:
                await anyio.lowlevel.checkpoint()
    assert sorted(one.status for one in found) == ["failed", "late"]
    assert script.under_way == 0


async def test_a_cacheable_tool_is_asked_once_for_each_state_of_the_data_and_each_scope():
    script = Script(gives=["first", "second", "third"])
    pack = [scripted("t.kept", script, idempotent=True, cacheable=True)]
    async with open_harness(pack) as engine:
        first = await engine.call("t.kept", {"value": 1})
        again = await engine.call("t.kept", {"value": 1})
        other = await engine.call("t.kept", {"value": 1}, principal=Principal(tenant="other"))
    assert [first.value, again.value, other.value] == ["first", "first", "second"]
    assert again.via == "cache"
    assert again.evidence == first.evidence


async def test_what_lacks_something_is_given_but_not_kept():
    lacking = Cited("some", keep=False)
    script = Script(gives=[lacking, lacking, "all"])
    pack = [scripted("t.kept", script, idempotent=True, cacheable=True)]
    async with open_harness(pack) as engine:
        found = [await engine.call("t.kept", {"value": 1}) for _ in range(4)]
    assert [(one.value, one.via) for one in found] == [
        ("some", "direct"),
        ("some", "direct"),
        ("all", "direct"),
        ("all", "cache"),
    ]


@on_jumping_clock
async def test_what_lacks_something_is_shared_only_with_whoever_has_no_more_time():
    script = Script(gives=[Cited("some", keep=False), "all"], takes_s=1)
    found = {}
    async with open_harness([scripted("t.slow", script, idempotent=True)]) as engine:

        async def ask(name, budget_s):
            found[name] = await engine.call("t.slow", budget_s=budget_s)

        async with anyio.create_task_group() as group:
            group.start_soon(ask, "leader", 2)
            await anyio.sleep(0.5)
            group.start_soon(ask, "as hasty", 2)
            group.start_soon(ask, "patient", 10)
            group.start_soon(ask, "as patient", 10)
    given = {name: (one.value, one.via) for name, one in found.items()}
    assert given["leader"] == ("some", "direct")
    assert given["as hasty"] == ("some", "shared")
    assert sorted([given["patient"], given["as patient"]]) == [("all", "direct"), ("all", "shared")]
    assert len(script.asked) == 2


async def test_what_a_caller_does_to_a_cached_value_reaches_nobody_else():
    pack = [scripted("t.kept", Script(gives=[{"n": [1]}]), idempotent=True, cacheable=True)]
    async with open_harness(pack) as engine:
        await engine.call("t.kept")
        (await engine.call("t.kept")).value["n"].append(2)
        assert (await engine.call("t.kept")).value == {"n": [1]}


async def test_what_a_tool_raises_becomes_a_fault_of_the_tool():
    async def crash() -> int:
        return 1 // 0

    async def leave() -> int:
        raise SystemExit(3)

    async def lie() -> int:
        return "no number"

    pack = [plain("t.crash", crash), plain("t.leave", leave), plain("t.lie", lie)]
    async with open_harness(pack) as engine:
        crashed = await engine.call("t.crash")
        left = await engine.call("t.leave")
        lied = await engine.call("t.lie")
    assert (crashed.code, crashed.fault) == ("tool.raised", "tool")
    assert "ZeroDivisionError" in crashed.message
    assert left.code == "tool.raised"
    assert lied.code == "tool.bad_value"


async def test_a_fault_inside_a_tools_own_group_keeps_its_facts():
    fault = StoreFault("gone", code="store.gone")

    async def grouped() -> int:
        async with anyio.create_task_group() as group:
            group.start_soon(_raise, fault)
        return 1

    async with open_harness([plain("t.group", grouped)]) as engine:
        outcome = await engine.call("t.group")
    assert (outcome.code, outcome.fault) == ("store.gone", "store")


async def _raise(fault):
    raise fault


class TestBlockingTools:
    """Plain functions, in threads."""

    @on_real_clock
    async def test_a_plain_function_runs_beside_the_loop(self):
        def where() -> str:
            return threading.current_thread().name

        async with open_harness([plain("t.where", where)]) as engine:
            with fail_after(GUARD_S):
                outcome = await engine.call("t.where")
        assert outcome.value == "headwater-tool"

    @on_real_clock
    async def test_a_thread_that_hangs_is_abandoned_counted_and_starves_nobody(self):
        release = threading.Event()
        pack = [blocking("t.hold", release), scripted("t.echo"), plain("t.quick", _quick)]
        try:
            async with open_harness(pack, limits=Limits(threads_each=2)) as engine:
                with fail_after(GUARD_S):
                    for _ in range(2):
                        assert (await engine.call("t.hold", budget_s=0.3)).status == "late"
                    assert engine.caller.threads.abandoned == 2
                    full = await engine.call("t.hold", budget_s=PROMPT_S)
                    assert (full.status, full.code) == ("failed", "limit.threads")
                    assert (await engine.call("t.quick")).value == "quick"
                    release.set()
                    while engine.caller.threads.abandoned:  # noqa: ASYNC110 (threads tell nobody)
                        await anyio.sleep(0.001)
                    assert (await engine.call("t.hold", {"value": 7})).value == 7
        finally:
            release.set()


def _quick() -> str:
    return "quick"
