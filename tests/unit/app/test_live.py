"""Runs as they go on: begun in the background, followed, found, listed and ended."""

import json
import threading
from contextlib import asynccontextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta

import anyio
import pytest
from anyio import fail_after
from patience import GUARD_S, PROMPT_S
from ulid import ULID

from headwater import AsyncHeadwater, tool
from headwater.app.settings import Settings
from headwater.errors import HeadwaterError, LimitError, UsageError
from headwater.model.event import Event, RunRecord
from headwater.model.principal import Principal

OTHERS = Principal("others")


class Held:
    """A tool that ends when it is let go."""

    def __init__(self):
        self.started = anyio.Event()
        self.let_go = anyio.Event()
        self.cancelled = anyio.Event()

    def tools(self):
        @tool(name="test.held", description="Wait.", idempotent=True, role="reader")
        async def held() -> str:
            self.started.set()
            try:
                await self.let_go.wait()
            except anyio.get_cancelled_exc_class():
                self.cancelled.set()
                raise
            return "held"

        @tool(name="test.quick", description="Answer.", idempotent=True, role="reader")
        async def quick(*, size: int = 1) -> str:
            return "x" * size

        return [held, quick]


PLAN = {"steps": [{"id": "a", "tool": "test.quick"}, {"id": "b", "tool": "test.held"}]}
QUICK = {"steps": [{"id": "a", "tool": "test.quick"}]}


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/estate.db"


@pytest.fixture
def held():
    return Held()


@pytest.fixture
async def hw(opened, held):
    async with opened(packs=[held.tools()]) as hw:
        yield hw


async def read_all(hw, run_id, **options):
    with fail_after(GUARD_S):
        async with hw.live.follow(run_id, **options) as events:
            return [event async for event in events]


def told(events):
    """Return events as JSON, in which a tuple is a list."""
    return json.loads(json.dumps([asdict(event) for event in events]))


def kinds(events):
    return [event.kind for event in events]


async def test_a_run_goes_on_in_the_background_and_is_found_when_it_has_ended(hw, held):
    begun = await hw.live.begin(plan=PLAN, budget_s=30)
    assert begun.status is None
    with fail_after(GUARD_S):
        await held.started.wait()
    state = await hw.live.find(begun.run_id)
    assert (state.run.status, state.result) == (None, None)
    held.let_go.set()
    events = await read_all(hw, begun.run_id)
    assert kinds(events)[-1] == "run.answered"
    state = await hw.live.find(begun.run_id)
    assert state.run.status == "complete"
    assert state.result.outcomes["b"].value == "held"
    assert state.code is None


async def test_a_runs_row_is_committed_before_it_is_told(hw):
    begun = await hw.live.begin(plan=PLAN, budget_s=30)
    stored = await hw._parts.stores.run_log.get(begun.run_id, principal=Principal())
    assert stored is not None
    assert stored.status is None


async def test_a_question_is_asked_in_the_background(hw):
    begun = await hw.live.begin(question="what breaks if orders-db fails?")
    await read_all(hw, begun.run_id)
    state = await hw.live.find(begun.run_id)
    assert state.result.question == "what breaks if orders-db fails?"
    assert state.result.status == "complete"


@pytest.mark.parametrize("asked", [{}, {"plan": QUICK, "question": "how is shop?"}])
async def test_either_a_plan_or_a_question_is_begun(hw, asked):
    with pytest.raises(UsageError, match="plan or a question") as raised:
        await hw.live.begin(**asked)
    assert raised.value.code == "run.nothing_asked"


UNKNOWN = {"steps": [{"id": "a", "tool": "no.such"}]}


@pytest.mark.parametrize("asked", [{"plan": UNKNOWN}, {"question": "x", "budget_s": 0}])
async def test_what_may_not_be_run_leaves_no_run(hw, asked):
    with pytest.raises(UsageError):
        await hw.live.begin(**asked)
    assert (await hw.live.recent()).total == 0


QUESTIONS = [
    "what breaks if orders-db fails?",
    "how is shop?",
    "how many databases are there?",
    "latency_ms of shop since 2026-11-20 12:00",
    "recent changes of shop",
    "what is the meaning of life?",
    "how is nobody-knows-this?",
    "",
]


async def test_the_answer_found_is_the_answer_given(hw):
    for question in QUESTIONS:
        given = await hw.ask(question)
        found = await hw.live.find(given.run_id)
        assert found.result == given, question
        assert found.run.status == given.status


async def test_the_result_found_is_the_result_given(hw):
    plan = {
        "steps": [
            {"id": "late", "tool": "test.held", "within_s": 0.05, "fallback": "test.quick"},
            {"id": "find", "tool": "ci.search", "args": {"keywords": ["shop"]}},
            {"id": "each", "tool": "graph.expand", "for_each": {"$": "find.items[*].id"},
             "args": {"root": {"$": "item"}}},
            {"id": "none", "tool": "test.quick", "when": "find.total > `9`"},
            {"id": "bad", "tool": "ci.get", "args": {"id": {"$": "find.no"}}, "required": False},
            {"id": "needs", "tool": "test.quick", "args": {"size": {"$": "bad.x"}}},
            {"id": "held", "tool": "test.held"},
        ]
    }  # fmt: skip
    given = await hw.run(plan, budget_s=0.5)
    assert given.status == "partial"
    assert (await hw.live.find(given.run_id)).result == given
    again = await hw.again(given.run_id, budget_s=0.2)
    assert (await hw.live.find(again.run_id)).result == again


async def test_an_answer_asked_again_is_found_as_it_was_given(hw):
    first = await hw.ask("how is shop?")
    again = await hw.again(first.run_id)
    assert (await hw.live.find(again.run_id)).result == again


async def test_the_newest_runs_come_first_page_by_page(hw):
    for _ in range(3):
        await hw.run(QUICK)
    await hw.ask("how many databases are there?")
    first = await hw.live.recent(limit=3)
    rest = await hw.live.recent(limit=3, cursor=first.cursor)
    assert [len(first.runs), len(rest.runs)] == [3, 1]
    assert (first.total, rest.total, rest.cursor) == (4, 4, None)
    assert len({one.run_id for one in (*first.runs, *rest.runs)}) == 4
    assert (await hw.live.recent(kind="ask")).total == 1
    assert (await hw.live.recent(text="DATABASES")).total == 1
    assert (await hw.live.recent(status="running")).total == 0
    assert (await hw.live.recent(principal=OTHERS)).total == 0


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"cursor": "x"}, "query.bad_cursor"),
        ({"status": "asleep"}, "run.bad_status"),
        ({"limit": "x"}, "run.bad_limit"),
    ],
)
async def test_what_no_list_of_runs_takes_is_refused(hw, options, code):
    with pytest.raises(UsageError) as raised:
        await hw.live.recent(**options)
    assert raised.value.code == code


async def test_a_follower_sees_every_event_once_from_wherever_it_comes_in(hw, held):
    begun = await hw.live.begin(plan=PLAN, budget_s=30)
    with fail_after(GUARD_S):
        await held.started.wait()
    seen = {}

    async def follow(name, after):
        seen[name] = await read_all(hw, begun.run_id, after=after)

    async with anyio.create_task_group() as group:
        for after in (-1, 1, 3):
            group.start_soon(follow, after, after)
        await anyio.wait_all_tasks_blocked()
        held.let_go.set()
    stored = (await hw.explain(begun.run_id)).events
    for after, events in seen.items():
        assert told(events) == told(event for event in stored if event.seq > after)
    assert await read_all(hw, begun.run_id) == list(stored)
    assert await read_all(hw, begun.run_id, after=stored[-1].seq) == []


async def test_an_event_too_large_to_be_told_is_read_from_the_run_log(hw, held):
    steps = [
        {"id": "held", "tool": "test.held"},
        {"id": "big", "tool": "test.quick", "args": {"size": 100_000}, "after": ["held"]},
    ]
    begun = await hw.live.begin(plan={"steps": steps}, budget_s=30)
    heard = []

    async def subscribe(task_status):
        async with hw.live.subscribe() as events:
            task_status.started()
            async for event in events:
                heard.append(event)
                if event.kind == "run.answered":
                    return

    async def follow(task_status):
        async with hw.live.follow(begun.run_id) as events:
            task_status.started()
            followed.extend([event async for event in events])

    followed = []
    with fail_after(GUARD_S):
        async with anyio.create_task_group() as group:
            await group.start(subscribe)
            await group.start(follow)
            await held.started.wait()
            held.let_go.set()
    stored = list((await hw.explain(begun.run_id)).events)
    assert told(followed) == told(stored)
    assert told(heard) == told(stored[-len(heard) :])
    assert any(len(str(event.data)) > 100_000 for event in heard)


async def test_whoever_follows_another_tenants_run_finds_none(hw):
    begun = await hw.live.begin(plan=QUICK)
    for what in (hw.live.find, hw.live.finish, hw.live.cancel):
        with pytest.raises(UsageError) as raised:
            await what(begun.run_id, principal=OTHERS)
        assert raised.value.code == "run.unknown"
    with pytest.raises(UsageError) as raised:
        await read_all(hw, begun.run_id, principal=OTHERS)
    assert raised.value.code == "run.unknown"


async def test_a_run_asked_to_finish_answers_with_what_is_there(hw, held):
    begun = await hw.live.begin(plan=PLAN, budget_s=30)
    with fail_after(GUARD_S):
        await held.started.wait()
        record = await hw.live.finish(begun.run_id)
    assert record.status == "partial"
    state = await hw.live.find(begun.run_id)
    assert state.result.outcomes["a"].status == "succeeded"
    assert state.result.outcomes["b"].code == "limit.asked_now"
    assert (await hw.live.finish(begun.run_id)) == record


async def test_a_cancelled_run_ends_at_once_failed_and_keeps_what_it_found(hw, held):
    begun = await hw.live.begin(plan=PLAN, budget_s=30)
    with fail_after(GUARD_S):
        await held.started.wait()
        asked_at = anyio.current_time()
        record = await hw.live.cancel(begun.run_id, principal=Principal(name="olga"))
        await held.cancelled.wait()
    assert anyio.current_time() - asked_at < PROMPT_S
    assert record.status == "failed"
    assert "olga" in record.summary
    state = await hw.live.find(begun.run_id)
    assert (state.result, state.code) == (None, "run.cancelled")
    held.let_go.set()
    again = await hw.again(begun.run_id)
    assert again.status == "complete"
    kept = [one.step for one in (await hw.explain(again.run_id)).events if one.kind == "step.kept"]
    assert kept == ["a"]


async def test_a_run_that_somebody_waits_for_can_be_ended_by_somebody_else(hw, held):
    found = []

    async def ask():
        try:
            await hw.run(PLAN, budget_s=30)
        except HeadwaterError as error:
            found.append(error)

    with fail_after(GUARD_S):
        async with anyio.create_task_group() as group:
            group.start_soon(ask)
            await held.started.wait()
            (running,) = (await hw.live.recent(status="running")).runs
            await hw.live.cancel(running.run_id)
    assert [(type(one), one.code) for one in found] == [(LimitError, "run.cancelled")]


async def test_a_run_that_is_given_up_has_failed(hw, held):
    with anyio.move_on_after(GUARD_S) as scope:
        async with anyio.create_task_group() as group:
            group.start_soon(hw.run, PLAN)
            await held.started.wait()
            scope.cancel()
    (record,) = (await hw.live.recent()).runs
    state = await hw.live.find(record.run_id)
    assert (state.run.status, state.code) == ("failed", "run.cancelled")


async def test_a_subscriber_hears_all_runs_of_the_tenant_and_no_others(hw):
    heard = []
    with fail_after(GUARD_S):
        async with hw.live.subscribe() as events:
            await hw.run(QUICK, principal=OTHERS)
            given = [await hw.run(QUICK) for _ in range(2)]
            async for event in events:
                heard.append(event)
                if sum(one.kind == "run.answered" for one in heard) == 2:
                    break
    assert {event.run_id for event in heard} == {one.run_id for one in given}


async def test_what_is_under_way_when_a_drain_begins_may_end_and_nothing_new_begins(hw, held):
    begun = await hw.live.begin(plan=PLAN, budget_s=30)
    left = []

    async def drain():
        left.append(await hw.live.drain(within_s=20))

    with fail_after(GUARD_S):
        async with anyio.create_task_group() as group:
            await held.started.wait()
            group.start_soon(drain)
            await anyio.wait_all_tasks_blocked()
            for what in (hw.live.begin(plan=QUICK), hw.run(QUICK), hw.ask("how is shop?")):
                with pytest.raises(LimitError) as raised:
                    await what
                assert (raised.value.code, raised.value.retry_safe) == ("limit.stopping", True)
            held.let_go.set()
    assert left == [0]
    assert (await hw.live.find(begun.run_id)).run.status == "complete"


async def test_a_drain_asks_for_answers_at_its_end(hw, held):
    begun = await hw.live.begin(plan=PLAN, budget_s=30)
    with fail_after(GUARD_S):
        await held.started.wait()
        assert await hw.live.drain(within_s=1.1) == 0
    assert (await hw.live.find(begun.run_id)).run.status == "partial"


async def test_a_run_under_way_when_the_client_closes_has_failed(url, bundle, held):
    async with AsyncHeadwater.open(url, packs=[held.tools()]) as hw:
        begun = await hw.live.begin(plan=PLAN, budget_s=30)
        with fail_after(GUARD_S):
            await held.started.wait()
    async with AsyncHeadwater.open(url, packs=[held.tools()]) as hw:
        state = await hw.live.find(begun.run_id)
        assert (state.run.status, state.code) == ("failed", "run.cancelled")


def lost(seconds_ago):
    began_at = datetime.now(UTC) - timedelta(seconds=seconds_ago)
    return RunRecord(
        run_id=f"r-{ULID.from_datetime(began_at)}",
        tenant="default",
        principal="olga",
        kind="run",
        text="a, b",
        asked_at=datetime(2020, 1, 1, tzinfo=UTC),
        budget_s=5.0,
    )


async def test_a_run_whose_process_is_gone_is_told_as_lost(hw):
    run, log = lost(36), hw._parts.stores.run_log
    started = Event(run_id=run.run_id, seq=0, offset_s=0, kind="run.started", where="app.service")
    await log.write([run], [started])
    assert kinds(await read_all(hw, run.run_id)) == ["run.started", "run.answered"]
    state = await hw.live.find(run.run_id)
    assert (state.run.status, state.code) == ("failed", "run.lost")
    young = lost(33)
    await log.write([young], [])
    assert (await hw.live.find(young.run_id)).run.status is None


async def test_events_that_were_dropped_are_told_as_a_gap(hw):
    run, log = lost(1), hw._parts.stores.run_log

    def event(seq, kind="step.started"):
        return Event(run_id=run.run_id, seq=seq, offset_s=0, kind=kind, where="engine.run")

    done = replace(run, status="complete", summary="yes", elapsed_s=0.1)
    await log.write([done], [event(0), event(3), event(4, "run.answered")])
    events = await read_all(hw, run.run_id)
    assert [(one.seq, one.kind) for one in events] == [
        (0, "step.started"), (2, "run.gap"), (3, "step.started"), (4, "run.answered"),
    ]  # fmt: skip
    assert events[1].data == {"first": 1, "last": 2}
    assert (await hw.live.find(run.run_id)).code == "run.incomplete"
    cut = replace(lost(1), status="complete", summary="yes", elapsed_s=0.1)
    await log.write([cut], [])
    (gap,) = await read_all(hw, cut.run_id)
    assert (gap.kind, gap.data["last"]) == ("run.gap", None)


@asynccontextmanager
async def two_replicas(tmp_path, held):
    url = f"sqlite:///{tmp_path}/estate.db"
    async with (
        AsyncHeadwater.open(url, packs=[held.tools()]) as one,
        AsyncHeadwater.open(url, packs=[held.tools()]) as two,
    ):
        yield one, two


async def test_a_run_of_one_replica_is_followed_and_ended_at_another(tmp_path, held):
    async with two_replicas(tmp_path, held) as (one, two):
        begun = await one.live.begin(plan=PLAN, budget_s=30)
        followed = []

        async def follow():
            followed.extend(await read_all(two, begun.run_id))

        with fail_after(GUARD_S):
            await held.started.wait()
            async with anyio.create_task_group() as group:
                group.start_soon(follow)
                await anyio.wait_all_tasks_blocked()
                record = await two.live.cancel(begun.run_id)
        assert record.status == "failed"
        assert told(followed) == told((await one.explain(begun.run_id)).events)
        assert (await two.live.find(begun.run_id)).code == "run.cancelled"


async def test_a_run_of_one_replica_finishes_when_another_asks(tmp_path, held):
    async with two_replicas(tmp_path, held) as (one, two):
        begun = await one.live.begin(plan=PLAN, budget_s=30)
        with fail_after(GUARD_S):
            await held.started.wait()
            assert (await two.live.finish(begun.run_id)).status == "partial"


async def test_replicas_in_two_threads_follow_each_others_runs(tmp_path):
    url, run_ids = f"sqlite:///{tmp_path}/estate.db", []
    begun, ended = threading.Event(), threading.Event()

    def other():
        async def run():
            held = Held()
            async with AsyncHeadwater.open(url, packs=[held.tools()]) as hw:
                run_ids.append((await hw.live.begin(plan=PLAN, budget_s=30)).run_id)
                await held.started.wait()
                begun.set()
                await anyio.to_thread.run_sync(ended.wait, GUARD_S)

        anyio.run(run)

    async with AsyncHeadwater.open(url) as hw:
        with fail_after(GUARD_S):
            async with anyio.create_task_group() as group:
                group.start_soon(anyio.to_thread.run_sync, other)
                await anyio.to_thread.run_sync(begun.wait, GUARD_S)
                async with hw.live.follow(run_ids[0]) as events:
                    seen = [await anext(events)]
                    record = await hw.live.cancel(run_ids[0])
                    seen.extend([event async for event in events])
                ended.set()
    assert (record.status, seen[-1].kind) == ("failed", "run.answered")
    assert [event.seq for event in seen] == list(range(len(seen)))


async def test_a_tenants_runs_in_the_background_are_bounded_with_its_others(opened, held):
    settings = Settings(runs_per_tenant=1, prepare=False)
    async with opened(packs=[held.tools()], settings=settings) as hw:
        begun = await hw.live.begin(plan=PLAN, budget_s=30)
        with fail_after(GUARD_S), pytest.raises(LimitError) as raised:
            await hw.live.begin(plan=QUICK)
        assert raised.value.code == "limit.runs"
        assert (await hw.live.begin(plan=QUICK, principal=OTHERS)).tenant == "others"
        with pytest.raises(LimitError):
            async with hw.admission.admitted(Principal("default")):
                pytest.fail("let in")
        await hw.live.cancel(begun.run_id)
        async with hw.admission.admitted(Principal("default")):
            pass
