"""Whatever breaks on the way: what may be repeated is, nothing is done twice, and it is told."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import anyio
import pytest
from astra_documents import numbered
from astra_standin import TOKEN, Fault, StandIn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from patience import GUARD_S, PROMPT_S

from headwater.errors import HeadwaterError, LimitError, StoreFault, UsageError
from headwater.policy.backoff import Backoff
from headwater.policy.breaker import BreakerRules
from headwater.stores.astra import AsyncAstraClient, InsertIncomplete
from headwater.stores.astra.exchange import Wire
from headwater.stores.astra.line import Line

Plan = Callable[[str, int], Fault | None]


def once(fault: Fault, *commands: str, times: int = 1) -> Plan:
    """Break the first requests of these commands, or of any."""
    left = iter(range(times))
    return lambda command, _: (
        fault if (not commands or command in commands) and next(left, None) is not None else None
    )


PASSING = {
    "429": Fault(status=429, retry_after="0"),
    "500": Fault(status=500),
    "503": Fault(status=503),
    "cut before": Fault(cut="before"),
    "cut after": Fault(cut="after"),
    "cut halfway": Fault(cut="halfway"),
    "slow": Fault(delay_s=5.0),
}
each_passing = pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING)


@pytest.fixture
async def quick(api: StandIn) -> Any:
    async with AsyncAstraClient(api.url, token=TOKEN, within_s=1.0) as client:
        yield client


@each_passing
async def test_a_fetch_outlives_what_passes(
    api: StandIn, quick: AsyncAstraClient, fault: Fault
) -> None:
    await quick.insert_many("nodes", numbered(200))
    api.fault = once(fault, times=1 if fault.delay_s else 3)
    got = await quick.batch_fetch_by_ids("nodes", [f"n{one}" for one in range(210)])
    assert (len(got.documents), len(got.missing)) == (200, 10)


@each_passing
@pytest.mark.parametrize("ordered", [False, True])
async def test_an_insert_whose_answer_was_lost_is_not_doubled(
    api: StandIn, quick: AsyncAstraClient, fault: Fault, *, ordered: bool
) -> None:
    documents: list[dict[str, Any]] = [*numbered(150), *({"k": one} for one in range(150, 250))]
    api.fault = once(fault, "insertMany", times=1 if fault.delay_s else 3)
    given = await quick.insert_many("nodes", documents, ordered=ordered)
    assert len(given.ids) == 250
    stored = api.collections["nodes"].documents
    assert sorted(one["k"] for one in stored.values()) == list(range(250))


@pytest.mark.parametrize("ordered", [False, True])
async def test_what_was_there_before_is_not_taken_for_ours(
    api: StandIn, quick: AsyncAstraClient, *, ordered: bool
) -> None:
    await quick.insert_many("nodes", [{"_id": "n5", "k": "theirs"}])
    api.fault = once(Fault(cut="after"), "insertMany")
    with pytest.raises(InsertIncomplete) as caught:
        await quick.insert_many("nodes", numbered(10), ordered=ordered)
    assert [(one.id, one.error_code) for one in caught.value.failed] == [
        ("n5", "DOCUMENT_ALREADY_EXISTS")
    ]
    wanted = 5 if ordered else 9
    assert len(caught.value.inserted) == wanted
    assert len(api.collections["nodes"].documents) == wanted + 1


async def test_an_insert_that_nobody_can_settle_says_so(
    api: StandIn, quick: AsyncAstraClient
) -> None:
    api.fault = lambda command, _: Fault(
        cut="after" if command == "insertMany" and api.seen.count(command) == 2 else "",
        status=500 if api.seen.count("insertMany") > 2 else 0,
    )
    with pytest.raises(InsertIncomplete) as caught:
        await quick.insert_many("nodes", numbered(200), ordered=True)
    assert len(caught.value.inserted) == 100
    assert all(one.maybe_stored for one in caught.value.failed)
    assert {one.error_code for one in caught.value.failed} == {"astra.unavailable"}


ONCE_ONLY: list[Callable[[AsyncAstraClient], Any]] = [
    lambda a: a.update_one("nodes", {"_id": "n1"}, {"$inc": {"k": 1}}),
    lambda a: a.update_one("nodes", {"k": 1}, {"$set": {"k": 2}}),
    lambda a: a.update_many("nodes", {}, {"$push": {"list": 1}}),
    lambda a: a.update_many("nodes", {"k": 77}, {"$set": {"x": 1}}, upsert=True),
    lambda a: a.delete_one("nodes", {"k": {"$gte": 0}}),
    lambda a: a.update_one("nodes", {"_id": {"$in": ["n1", "n2"]}}, {"$set": {"k": 1}}),
]


@pytest.mark.parametrize("work", ONCE_ONLY)
@pytest.mark.parametrize("cut", ["after", "halfway"])
async def test_what_may_not_be_done_twice_is_not(
    api: StandIn, quick: AsyncAstraClient, work: Callable[[AsyncAstraClient], Any], cut: str
) -> None:
    await quick.insert_many("nodes", numbered(3))
    api.seen.clear()
    api.fault = once(Fault(cut=cut))
    with pytest.raises(StoreFault) as caught:
        await work(quick)
    assert (caught.value.code, caught.value.retry_safe) == ("astra.answer_lost", False)
    assert len(api.seen) == 1


@pytest.mark.parametrize("work", ONCE_ONLY)
async def test_what_was_refused_for_load_was_not_done_and_is_repeated(
    api: StandIn, quick: AsyncAstraClient, work: Callable[[AsyncAstraClient], Any]
) -> None:
    await quick.insert_many("nodes", numbered(3))
    api.fault = once(Fault(status=429), times=2)
    await work(quick)


async def test_what_comes_to_the_same_twice_is_repeated_and_its_count_is_a_bound(
    api: StandIn, quick: AsyncAstraClient
) -> None:
    await quick.insert_many("nodes", numbered(60))
    lost = Fault(cut="after")
    api.fault = once(lost)
    told = await quick.update_one("nodes", {"_id": "n1"}, {"$set": {"x": 1}})
    assert (told.matched, told.modified, told.matched.at_least) == (1, 0, True)
    api.fault = once(lost, times=2)
    assert (await quick.update_many("nodes", {"k": {"$gt": 9}}, {"$set": {"x": 1}})).matched == 50
    api.fault = once(lost)
    removed = await quick.delete_many("nodes", {"x": 1})
    assert (int(removed), removed.at_least) == (31, True)
    assert await quick.count("nodes", {"x": 1}) == 0
    api.fault = once(lost)
    assert (await quick.delete_one("nodes", {"_id": "n2"})).at_least


LASTING: list[tuple[Fault, str, type[HeadwaterError]]] = [
    (Fault(status=429), "astra.overloaded", LimitError),
    (Fault(status=500), "astra.unavailable", StoreFault),
    (Fault(cut="before"), "astra.unreachable", StoreFault),
    (Fault(cut="halfway"), "astra.unreachable", StoreFault),
    (Fault(delay_s=5.0), "astra.timeout", StoreFault),
]


@pytest.mark.parametrize(("fault", "code", "kind"), LASTING)
async def test_what_lasts_is_told_after_all_tries(
    api: StandIn, fault: Fault, code: str, kind: type[HeadwaterError]
) -> None:
    api.fault = lambda _command, _number: fault
    within_s = 0.5 if fault.delay_s else GUARD_S
    async with AsyncAstraClient(api.url, token=TOKEN, within_s=within_s, tries=3) as astra:
        with pytest.raises(kind) as caught:
            await astra.count("nodes")
    assert (caught.value.code, caught.value.retry_safe) == (code, True)
    assert len(api.seen) == 3


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 413, 422])
async def test_what_is_refused_is_not_repeated(
    api: StandIn, astra: AsyncAstraClient, status: int
) -> None:
    api.fault = lambda _command, _number: Fault(status=status)
    with pytest.raises(UsageError) as caught:
        await astra.count("nodes")
    assert caught.value.retry_safe is False
    assert len(api.seen) == 1


async def test_the_token_is_not_sent_to_where_an_answer_leads(
    api: StandIn, astra: AsyncAstraClient
) -> None:
    away = Fault(status=307, location=f"{api.url}/api/json/v1/default_keyspace/nodes")
    api.fault = lambda _command, _number: away
    with pytest.raises(UsageError):
        await astra.count("nodes")
    assert len(api.seen) == 1


GARBAGE = [
    b"", b"<html>", b"[]", b"null", b"7", b'{"status": 3}', b'{"status": {"count": "x"}}',
    b'{"data": {"documents": 7}}', b'{"data": {"documents": [7]}}', b"{}", b"\xff\xfe",
    b'{"data": {"documents": [], "nextPageState": 5}}', b'{"status": {"documentResponses": [1]}}',
    b'{"status": {"documentResponses": [{"_id": "other", "status": "OK"}]}}',
]  # fmt: skip


@pytest.mark.parametrize("body", GARBAGE)
async def test_garbage_is_no_answer(api: StandIn, astra: AsyncAstraClient, body: bytes) -> None:
    api.fault = lambda _command, _number: Fault(body=body)
    for work in (
        lambda: astra.count("nodes"),
        lambda: astra.find("nodes"),
        lambda: astra.batch_fetch_by_ids("nodes", ["a"]),
        lambda: astra.insert_many("nodes", [{"_id": "a"}]),
        lambda: astra.delete_many("nodes", {"a": 1}),
        astra.list_collections,
    ):
        api.seen.clear()
        with pytest.raises(StoreFault) as caught:
            await work()
        assert caught.value.code == "astra.bad_answer"
        assert len(api.seen) == 1


async def test_a_page_that_leads_to_itself_ends_the_search(
    api: StandIn, astra: AsyncAstraClient
) -> None:
    page = {"data": {"documents": [{"_id": 1}], "nextPageState": "again"}}
    api.fault = lambda _command, _number: Fault(body=json.dumps(page).encode())
    with anyio.fail_after(GUARD_S), pytest.raises(StoreFault):
        await astra.find("nodes")


async def test_an_error_of_the_databases_own_is_the_stores_fault(
    api: StandIn, astra: AsyncAstraClient
) -> None:
    entry = {"errorCode": "SERVER_READ_FAILED", "message": "replicas", "family": "SERVER"}
    api.fault = lambda _command, _number: Fault(body=json.dumps({"errors": [entry]}).encode())
    with pytest.raises(StoreFault) as caught:
        await astra.find("nodes")
    assert caught.value.code == "astra.failed"


async def test_it_waits_as_long_as_it_is_asked_to(api: StandIn, astra: AsyncAstraClient) -> None:
    api.fault = once(Fault(status=429, retry_after="0.4"))
    began = anyio.current_time()
    await astra.count("nodes")
    assert anyio.current_time() - began >= 0.4


@pytest.mark.parametrize(("wait", "within_s"), [("20", 15.0), ("3600", 7_200.0)])
async def test_it_does_not_wait_past_the_deadline_or_for_ever(
    api: StandIn, astra: AsyncAstraClient, wait: str, within_s: float
) -> None:
    api.fault = lambda _command, _number: Fault(status=429, retry_after=wait)
    with anyio.fail_after(within_s), pytest.raises(LimitError) as caught:
        await astra.count("nodes")
    assert caught.value.retry_after_s == float(wait)
    assert len(api.seen) == 1


async def test_the_callers_deadline_ends_a_request(api: StandIn, astra: AsyncAstraClient) -> None:
    api.fault = lambda _command, _number: Fault(delay_s=3_600.0)
    began = anyio.current_time()
    with pytest.raises(TimeoutError), anyio.fail_after(0.1):
        await astra.batch_fetch_by_ids("nodes", list(range(500)))
    assert anyio.current_time() - began < PROMPT_S


async def test_nobody_there_is_told(api: StandIn) -> None:
    async with AsyncAstraClient("http://127.0.0.1:1", token=TOKEN, tries=2) as astra:
        with pytest.raises(StoreFault) as caught:
            await astra.count("nodes")
        assert caught.value.code == "astra.unreachable"
        with pytest.raises(StoreFault) as caught:  # nothing was sent, so nothing was lost
            await astra.update_one("nodes", {}, {"$inc": {"k": 1}})
        assert (caught.value.code, caught.value.retry_safe) == ("astra.unreachable", True)


@pytest.fixture
def line() -> Line:
    wire = Wire(TOKEN, connections=16, agent="test")
    return Line(wire, within_s=5.0, at_once=16, tries=1, rules=BreakerRules(least_calls=4))


async def test_a_service_that_keeps_failing_is_left_alone(
    api: StandIn, astra: AsyncAstraClient, line: Line
) -> None:
    astra._commands._line = line
    api.fault = lambda _command, _number: Fault(status=500)
    for _ in range(4):
        with pytest.raises(StoreFault):
            await astra.count("nodes")
    with pytest.raises(LimitError) as caught:
        await astra.count("nodes")
    assert caught.value.code == "astra.breaker_open"
    assert caught.value.retry_after_s is not None
    assert len(api.seen) == 4
    await line._wire.close()


async def test_refusals_for_load_make_fewer_at_once(api: StandIn, astra: AsyncAstraClient) -> None:
    api.fault = once(Fault(status=429), times=3)
    await astra.batch_fetch_by_ids("nodes", list(range(200)))
    assert astra._commands._line.limiter.places < 64


async def test_retries_are_few_where_all_fails(api: StandIn) -> None:
    api.fault = lambda _command, _number: Fault(status=429)
    async with AsyncAstraClient(api.url, token=TOKEN, at_once=4) as astra:
        for _ in range(30):
            with pytest.raises(LimitError):
                await astra.count("nodes")
    assert len(api.seen) <= 30 + 10


FAULTS = st.sampled_from([None, None, *(f for n, f in PASSING.items() if n != "slow")])


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(plan=st.lists(FAULTS, max_size=12), count=st.integers(1, 260), ordered=st.booleans())
async def test_every_document_is_inserted_once_whatever_breaks(
    api: StandIn, fresh: str, plan: list[Fault | None], count: int, *, ordered: bool
) -> None:
    api.collections[fresh].clear()
    left = iter(plan)
    api.fault = lambda _command, _number: next(left, None)
    async with AsyncAstraClient(api.url, token=TOKEN, tries=14) as astra:
        astra._commands._line._backoff = Backoff(first_s=0.0)
        documents = numbered(count)
        given = await astra.insert_many(fresh, documents, ordered=ordered)
        assert given.ids == [one["_id"] for one in documents]
        got = await astra.batch_fetch_by_ids(fresh, given.ids, include_vectors=True)
    assert got.documents == documents
    assert len(api.collections[fresh].documents) == count
