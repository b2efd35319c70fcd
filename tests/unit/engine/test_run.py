"""Steps carried out as parallel as their dependencies allow."""

import threading

import anyio
import pytest
from anyio import fail_after
from patience import GUARD_S

from headwater.engine.limits import Limits
from headwater.engine.watch import Watch
from headwater.errors import ToolFault, UsageError
from headwater.testing import Script, blocking, open_harness, plain, scripted

on_jumping_clock = pytest.mark.parametrize("anyio_backend", ["trio"], indirect=True)
on_real_clock = pytest.mark.parametrize("anyio_backend", ["asyncio"], indirect=True)
broken = ToolFault("broken", code="test.broken")
ECHO = scripted("t.echo")


def step(name, tool="t.echo", **rest):
    return {"id": name, "tool": tool, **rest}


def plan(*steps):
    return {"steps": list(steps)}


async def test_a_step_gets_what_earlier_steps_gave():
    async with open_harness([ECHO]) as engine:
        outcomes = await engine.run(
            plan(
                step("join", args={"value": [{"$": "a.n"}, {"deep": {"$": "b[-1]"}}, "$"]}),
                step("a", args={"value": {"n": 1}}),
                step("b", args={"value": [2, 3]}),
            )
        )
    assert outcomes["join"].value == [1, {"deep": 3}, "$"]
    assert list(outcomes) == ["join", "a", "b"]


@on_jumping_clock
async def test_independent_steps_run_at_once_and_the_longest_path_decides():
    pack = [ECHO, scripted("t.slow", Script(gives=["x"], takes_s=1), concurrency=100)]
    async with open_harness(pack) as engine:
        started_at = anyio.current_time()
        outcomes = await engine.run(
            plan(
                *[step(f"s{n}", "t.slow", args={"value": n}) for n in range(20)],
                step("then", "t.slow", after=["s0", "s1"]),
            )
        )
        assert anyio.current_time() - started_at == pytest.approx(2)
    assert {one.status for one in outcomes.values()} == {"succeeded"}


@on_jumping_clock
async def test_sequential_takes_the_sum_and_gives_the_same():
    pack = [scripted("t.slow", Script(gives=["x"], takes_s=1))]
    steps = plan(*[step(f"s{n}", "t.slow", args={"value": n}) for n in range(5)])
    async with open_harness(pack) as engine:
        parallel = await engine.run(steps, budget_s=60)
        started_at = anyio.current_time()
        sequential = await engine.run(steps, budget_s=60, sequential=True)
        assert anyio.current_time() - started_at == pytest.approx(5)
    assert {k: v.value for k, v in parallel.items()} == {k: v.value for k, v in sequential.items()}


@on_jumping_clock
async def test_at_most_so_many_steps_run_at_once():
    script = Script(takes_s=1)
    pack = [scripted("t.slow", script, concurrency=100)]
    async with open_harness(pack, limits=Limits(parallel=4)) as engine:
        await engine.run(plan(*[step(f"s{n}", "t.slow") for n in range(12)]), budget_s=60)
    assert script.most_at_once == 4


@on_jumping_clock
async def test_finished_work_is_kept_at_the_deadline_and_nothing_runs_on():
    hang = Script(hangs=True)
    pack = [ECHO, scripted("t.hang", hang)]
    async with open_harness(pack) as engine:
        started_at = anyio.current_time()
        outcomes = await engine.run(
            plan(
                step("quick", args={"value": 1}),
                step("stuck", "t.hang"),
                step("behind", args={"value": {"$": "stuck"}}),
            ),
            budget_s=2,
        )
        assert anyio.current_time() - started_at <= 2.03
    assert outcomes["quick"].value == 1
    assert outcomes["stuck"].status == "late"
    assert outcomes["behind"].status in {"skipped", "late"}
    assert hang.under_way == 0


@on_jumping_clock
async def test_a_tool_that_refuses_to_end_holds_nobody_up():
    stubborn = Script(hangs=True, stubborn_s=30)
    async with open_harness([ECHO, scripted("t.stubborn", stubborn)]) as engine:
        started_at = anyio.current_time()
        outcomes = await engine.run(plan(step("a"), step("b", "t.stubborn")), budget_s=1)
        assert anyio.current_time() - started_at <= 1.05
        assert engine.reaper.left_behind == 1
        assert outcomes["b"].status == "late"
        await anyio.sleep(31)
        assert engine.reaper.left_behind == 0


@on_real_clock
async def test_a_thread_that_hangs_holds_nobody_up():
    release = threading.Event()
    try:
        async with open_harness([ECHO, blocking("t.hold", release)]) as engine:
            with fail_after(GUARD_S):
                outcomes = await engine.run(plan(step("a"), step("b", "t.hold")), budget_s=1)
            assert outcomes["a"].status == "succeeded"
            assert outcomes["b"].status == "late"
            assert engine.caller.threads.abandoned == 1
    finally:
        release.set()


@on_jumping_clock
async def test_asked_to_answer_now_a_run_gives_what_is_there():
    watch = Watch()

    async def hurry():
        await anyio.sleep(1)
        watch.finish()

    pack = [ECHO, scripted("t.hang", Script(hangs=True))]
    async with open_harness(pack) as engine, anyio.create_task_group() as group:
        group.start_soon(hurry)
        started_at = anyio.current_time()
        outcomes = await engine.run(
            plan(step("a", args={"value": 1}), step("b", "t.hang")), budget_s=50, watch=watch
        )
        assert anyio.current_time() - started_at < 1.1
    assert outcomes["a"].value == 1
    assert (outcomes["b"].status, outcomes["b"].code) == ("late", "limit.asked_now")


async def test_a_step_that_needs_one_without_success_is_skipped_and_says_which():
    async with open_harness([ECHO, scripted("t.broken", Script(gives=[broken]))]) as engine:
        outcomes = await engine.run(
            plan(
                step("bad", "t.broken"),
                step("needs", args={"value": {"$": "bad.x"}}),
                step("asks", when="bad.x", args={}),
                step("only_after", after=["bad"], args={"value": 1}),
            )
        )
    assert (outcomes["needs"].status, outcomes["needs"].because) == ("skipped", "bad")
    assert (outcomes["asks"].status, outcomes["asks"].because) == ("skipped", "bad")
    assert outcomes["only_after"].value == 1


async def test_a_false_condition_skips_and_a_true_one_does_not():
    async with open_harness([ECHO]) as engine:
        outcomes = await engine.run(
            plan(
                step("a", args={"value": {"items": []}}),
                step("no", when="length(a.items) > `0`"),
                step("yes", when="length(a.items) == `0`"),
            )
        )
    assert (outcomes["no"].status, outcomes["no"].because) == ("skipped", "when")
    assert outcomes["yes"].status == "succeeded"


async def test_null_where_a_value_is_due_fails_the_step_and_names_the_reference():
    async def measure(word: str) -> int:
        return len(word)

    async with open_harness([ECHO, plain("t.measure", measure)]) as engine:
        outcomes = await engine.run(
            plan(
                step("a", args={"value": {"word": "x"}}),
                step("m", "t.measure", args={"word": {"$": "a.wrod"}}),
            )
        )
    assert (outcomes["m"].status, outcomes["m"].code) == ("failed", "tool.bad_arguments")
    assert "a.wrod" in outcomes["m"].message


class TestForEach:
    """One step, many elements."""

    async def test_it_keeps_order_and_lists_failures(self):
        async def half(n: int) -> float:
            if n % 2:
                raise broken
            return n / 2

        async with open_harness([ECHO, plain("t.half", half)]) as engine:
            outcomes = await engine.run(
                plan(
                    step("a", args={"value": {"ns": [0, 1, 2, 3, 4]}}),
                    step("h", "t.half", for_each={"$": "a.ns"}, args={"n": {"$": "item"}}),
                    step("i", for_each="a.ns", args={"value": {"$": "[index, item]"}}),
                    step("empty", for_each=[], args={}),
                )
            )
        assert outcomes["h"].value == [0, None, 1, None, 2]
        assert [one.index for one in outcomes["h"].failures] == [1, 3]
        assert outcomes["h"].failures[0].code == "test.broken"
        assert outcomes["i"].value == [[n, n] for n in range(5)]
        assert outcomes["empty"].value == []

    async def test_where_every_element_fails_the_step_fails(self):
        async with open_harness([scripted("t.broken", Script(gives=[broken]))]) as engine:
            outcomes = await engine.run(plan(step("h", "t.broken", for_each=[1, 2])))
        assert outcomes["h"].status == "failed"

    async def test_what_is_no_list_fails_the_step(self):
        async with open_harness([ECHO]) as engine:
            outcomes = await engine.run(
                plan(step("a", args={"value": {}}), step("h", for_each={"$": "a.ns"}))
            )
        assert outcomes["h"].code == "plan.bad_for_each"

    @on_jumping_clock
    async def test_its_width_is_bounded(self):
        script = Script(takes_s=1)
        pack = [scripted("t.slow", script, concurrency=100)]
        async with open_harness(pack, limits=Limits(parallel=5)) as engine:
            await engine.run(plan(step("h", "t.slow", for_each=list(range(20)))), budget_s=50)
        assert script.most_at_once == 5


class TestFallback:
    """A step or a tool that stands in."""

    async def test_a_step_stands_by_until_it_is_needed(self):
        spare = Script(gives=["spare"])
        pack = [ECHO, scripted("t.broken", Script(gives=[broken])), scripted("t.spare", spare)]
        async with open_harness(pack) as engine:
            outcomes = await engine.run(
                plan(
                    step("main", "t.broken", fallback="other"),
                    step("other", "t.spare"),
                    step("then", args={"value": {"$": "main"}}),
                )
            )
        assert (outcomes["main"].value, outcomes["main"].via) == ("spare", "fallback")
        assert outcomes["main"].earlier == ("broken",)
        assert outcomes["then"].value == "spare"
        assert outcomes["other"].because == "standby"
        assert len(spare.asked) == 1

    async def test_a_tool_stands_in_with_the_same_arguments(self):
        pack = [ECHO, scripted("t.broken", Script(gives=[broken]))]
        async with open_harness(pack) as engine:
            outcomes = await engine.run(
                plan(step("main", "t.broken", fallback="t.echo", args={"value": 7}))
            )
        assert (outcomes["main"].value, outcomes["main"].via_tool) == (7, "t.echo")

    @on_jumping_clock
    async def test_it_has_what_remains_after_the_steps_own_limit(self):
        pack = [
            scripted("t.hang", Script(hangs=True)),
            scripted("t.spare", Script(gives=["spare"], takes_s=2)),
        ]
        async with open_harness(pack) as engine:
            outcomes = await engine.run(
                plan(step("main", "t.hang", within_s=1, fallback="t.spare")), budget_s=4
            )
        assert outcomes["main"].value == "spare"

    async def test_where_it_fails_too_its_own_fallback_answers_with_its_arguments(self):
        pack = [ECHO, scripted("t.broken", Script(gives=[broken, broken]))]
        steps = plan(
            step("main", "t.broken", fallback="second"),
            step("second", "t.broken", fallback="third"),
            step("third", args={"value": 3}, fallback="t.broken"),
        )
        async with open_harness(pack) as engine:
            outcomes = await engine.run(steps)
        assert (outcomes["main"].value, outcomes["main"].via_tool) == (3, "t.echo")
        assert outcomes["main"].earlier == ("broken", "broken")
        assert [outcomes[one].because for one in ("second", "third")] == ["standby", "standby"]

    @pytest.mark.parametrize(
        ("other", "said"),
        [
            ({"when": "`false`"}, "its condition was false"),
            ({"args": {"value": {"$": "keys(gone)"}}}, "keys"),
        ],
    )
    async def test_one_that_may_not_answer_leaves_the_first_error_and_says_why(self, other, said):
        pack = [ECHO, scripted("t.broken", Script(gives=[broken]))]
        steps = plan(
            step("gone", args={"value": 1}),
            step("main", "t.broken", fallback="b"),
            step("b", **other),
        )
        async with open_harness(pack) as engine:
            outcomes = await engine.run(steps)
        assert outcomes["main"].status == "failed"
        assert outcomes["main"].message.startswith("broken; its fallback: ")
        assert said in outcomes["main"].message

    @on_jumping_clock
    async def test_a_step_that_stands_in_keeps_its_own_limit(self):
        pack = [
            scripted("t.broken", Script(gives=[broken])),
            scripted("t.hang", Script(hangs=True)),
        ]
        steps = plan(step("main", "t.broken", fallback="b"), step("b", "t.hang", within_s=1))
        async with open_harness(pack) as engine:
            outcomes = await engine.run(steps, budget_s=50)
        assert outcomes["main"].status == "late"
        assert outcomes["main"].elapsed_s < 2


@on_jumping_clock
async def test_an_optional_step_never_makes_a_required_one_late():
    pack = [
        scripted("t.hang", Script(hangs=True)),
        scripted("t.second", Script(gives=["done"], takes_s=1)),
    ]
    async with open_harness(pack) as engine:
        outcomes = await engine.run(
            plan(step("nice", "t.hang", required=False), step("must", "t.second", after=["nice"])),
            budget_s=4,
        )
    assert outcomes["must"].value == "done"
    assert outcomes["nice"].status == "late"


@on_jumping_clock
async def test_required_steps_go_first_where_places_are_few():
    order = []

    async def note(value: str) -> None:
        order.append(value)
        await anyio.sleep(1)

    async with open_harness([plain("t.note", note, concurrency=1)]) as engine:
        await engine.run(
            plan(
                *[step(f"o{n}", "t.note", required=False, args={"value": "o"}) for n in range(3)],
                *[step(f"r{n}", "t.note", args={"value": "r"}) for n in range(3)],
            ),
            budget_s=50,
        )
    assert order[:3].count("r") >= 2


async def test_required_steps_start_first_where_few_may_run_at_once():
    started = []

    async def note(value: str) -> None:
        started.append(value)

    async with open_harness([plain("t.note", note)], limits=Limits(parallel=1)) as engine:
        await engine.run(
            plan(
                step("spare", "t.note", required=False, args={"value": "spare"}),
                step("must", "t.note", args={"value": "must"}),
            )
        )
    assert started == ["must", "spare"]


@on_jumping_clock
@pytest.mark.parametrize(
    "steps",
    [
        [step("first", "t.note", args={"value": "hang"}), step("then", "t.note", after=["first"])],
        [step("each", "t.note", for_each=["hang", "quick"], args={"value": {"$": "item"}})],
    ],
)
async def test_nothing_is_asked_once_the_time_is_over(steps):
    noted = []

    async def note(value: str = "quick") -> None:
        if value == "hang":
            await anyio.sleep_forever()
        noted.append(value)

    async with open_harness([plain("t.note", note)], limits=Limits(parallel=1)) as engine:
        outcomes = await engine.run(plan(*steps), budget_s=1)
    assert {one.status for one in outcomes.values()} == {"late"}
    assert noted == []


BAD_PLANS = {
    "no steps": ({}, "plan.malformed"),
    "empty": ({"steps": []}, "plan.malformed"),
    "no mapping": ([1], "plan.malformed"),
    "unknown key": ({"steps": [], "speed": 1}, "plan.malformed"),
    "unknown field": (plan(step("a", speed=1)), "plan.malformed"),
    "wrong type": (plan(step("a", required="perhaps")), "plan.malformed"),
    "text for a boolean": (plan(step("a", required="no")), "plan.malformed"),
    "text for a number": (plan(step("a", within_s="2")), "plan.malformed"),
    "bad id": (plan(step("1a")), "plan.bad_id"),
    "id twice": (plan(step("a"), step("a")), "plan.bad_id"),
    "unknown tool": (plan(step("a", "t.nope")), "tool.unknown"),
    "unknown argument": (plan(step("a", args={"nope": 1})), "tool.bad_arguments"),
    "cycle": (
        plan(step("a", after=["b"]), step("b", args={"value": {"$": "a"}})),
        "plan.cycle",
    ),
    "self": (plan(step("a", after=["a"])), "plan.cycle"),
    "own fallback": (plan(step("a", fallback="a")), "plan.cycle"),
    "fallbacks in a circle": (
        plan(step("a", fallback="b"), step("b", fallback="c"), step("c", fallback="b")),
        "plan.cycle",
    ),
    "fallback with for_each": (
        plan(step("a", fallback="b"), step("b", for_each=[1])),
        "plan.malformed",
    ),
    "dangling reference": (plan(step("a", args={"value": {"$": "b.c"}})), "plan.unknown_step"),
    "dangling after": (plan(step("a", after=["b"])), "plan.unknown_step"),
    "dangling fallback": (plan(step("a", fallback="b")), "plan.unknown_step"),
    "item outside for_each": (plan(step("a", args={"value": {"$": "item"}})), "plan.unknown_step"),
    "no jmespath": (plan(step("a", args={"value": {"$": "b["}})), "plan.bad_reference"),
    "bad when": (plan(step("a", when="((")), "plan.bad_reference"),
    "negative time": (plan(step("a", within_s=-1)), "plan.malformed"),
    "too many steps": (plan(*[step(f"s{n}") for n in range(501)]), "limit.steps"),
    "too deep": (
        plan(step("s0"), *[step(f"s{n}", after=[f"s{n - 1}"]) for n in range(1, 120)]),
        "limit.depth",
    ),
    "too many elements": (plan(step("a", for_each=list(range(1001)))), "limit.elements"),
    "too many bytes": (plan(step("a", args={"value": "x" * 2_000_000})), "limit.plan_bytes"),
}


@pytest.mark.parametrize("name", BAD_PLANS)
async def test_a_plan_that_cannot_be_run_is_refused_before_anything_runs(name):
    bad, code = BAD_PLANS[name]
    script = Script()
    async with open_harness([ECHO, scripted("t.counted", script)]) as engine:
        if isinstance(bad, dict) and bad.get("steps"):
            bad = {**bad, "steps": [step("first", "t.counted"), *bad["steps"]]}
        with pytest.raises(UsageError) as caught:
            await engine.run(bad)
    assert caught.value.code == code
    assert script.asked == []


async def test_a_plan_nested_too_deeply_is_refused():
    deep: dict = {}
    for _ in range(5000):
        deep = {"x": deep}
    async with open_harness([ECHO]) as engine:
        with pytest.raises(UsageError) as caught:
            await engine.run(plan(step("a", args={"value": deep})))
    assert caught.value.code == "limit.nesting"


async def test_every_step_tells_when_it_started_and_how_it_ended():
    async with open_harness([ECHO]) as engine:
        await engine.run(plan(step("a", args={"value": 1}), step("b", args={"value": {"$": "a"}})))
        told = [(one.kind, one.step) for one in engine.events]
    assert told == [
        ("step.started", "a"),
        ("step.ended", "a"),
        ("step.started", "b"),
        ("step.ended", "b"),
    ]
