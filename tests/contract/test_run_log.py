"""Run logs behave alike behind every adapter."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from contract.estates import MINE, OTHERS, Ports, at
from headwater.model.event import Event, RunRecord
from headwater.model.principal import Principal
from headwater.model.run_state import RunQuery


def a_run(run_id: str, second: float = 0, **fields: Any) -> RunRecord:
    """Make the row of a run asked so many seconds after the start."""
    known = {"tenant": "mine", "principal": "olga", "kind": "ask", "text": f"of {run_id}?"}
    return RunRecord(run_id=run_id, asked_at=at(second), budget_s=2.5, **(known | fields))


def an_event(run_id: str, seq: int, **fields: Any) -> Event:
    """Make an event of a run."""
    return Event(
        **({"run_id": run_id, "seq": seq, "offset_s": seq / 8, "kind": "step.started",
            "where": "engine.run"} | fields)
    )  # fmt: skip


async def test_a_run_and_its_events_come_back_in_order(estate: Ports) -> None:
    run = a_run("r1", 1.000001, text="π \x1b '\"")
    events = [an_event("r1", 2, step="s", data={"deep": [1, None, {"x": "ü"}]}), an_event("r1", 1)]
    await estate.run_log.write([run], events)
    assert await estate.run_log.get("r1", principal=MINE) == run
    assert await estate.run_log.events("r1", principal=MINE) == [events[1], events[0]]
    assert await estate.run_log.get("r2", principal=MINE) is None
    assert await estate.run_log.events("r2", principal=MINE) == []


async def test_a_later_row_replaces_the_earlier_and_an_event_stays_as_it_was(
    estate: Ports,
) -> None:
    first = an_event("r1", 1, data={"x": 1})
    await estate.run_log.write([a_run("r1")], [first])
    done = replace(a_run("r1"), status="complete", summary="yes", elapsed_s=0.25)
    await estate.run_log.write([done], [an_event("r1", 1, data={"x": 2}), an_event("r1", 2)])
    assert await estate.run_log.get("r1", principal=MINE) == done
    events = await estate.run_log.events("r1", principal=MINE)
    assert [(event.seq, event.data) for event in events] == [(1, {"x": 1}), (2, {})]
    both = [a_run("r2"), replace(a_run("r2"), status="failed")]
    await estate.run_log.write(both, [an_event("r2", 1), an_event("r2", 1, kind="other")])
    assert await estate.run_log.get("r2", principal=MINE) == both[1]
    assert len(await estate.run_log.events("r2", principal=MINE)) == 1


async def test_the_newest_runs_come_first(estate: Ports) -> None:
    await estate.run_log.write([a_run("b", 1), a_run("c", 3), a_run("a", 1), a_run("d", 2)], [])
    recent = await estate.run_log.recent(limit=3, principal=MINE)
    assert [run.run_id for run in recent] == ["c", "d", "b"]
    assert await estate.run_log.recent(limit=0, principal=MINE) == []


async def test_old_and_surplus_runs_are_dropped_with_their_events(estate: Ports) -> None:
    runs = [a_run(f"r{second}", second) for second in range(6)]
    theirs = a_run("theirs", 0, tenant="others")
    await estate.run_log.write([*runs, theirs], [an_event(run.run_id, 1) for run in runs])
    assert await estate.run_log.prune(before=at(2), keep=3) == 4
    left = await estate.run_log.recent(limit=9, principal=MINE)
    assert [run.run_id for run in left] == ["r5", "r4", "r3"]
    assert await estate.run_log.get("theirs", principal=OTHERS) is None
    assert await estate.run_log.prune(before=at(2), keep=3) == 0
    await estate.run_log.write([runs[0]], [])
    assert await estate.run_log.events("r0", principal=MINE) == []
    assert len(await estate.run_log.events("r5", principal=MINE)) == 1


async def test_another_tenants_runs_cannot_be_seen(estate: Ports) -> None:
    await estate.run_log.write([a_run("r1", tenant="others")], [an_event("r1", 1)])
    assert await estate.run_log.get("r1", principal=MINE) is None
    assert await estate.run_log.events("r1", principal=MINE) == []
    assert await estate.run_log.recent(limit=9, principal=MINE) == []
    assert len(await estate.run_log.events("r1", principal=OTHERS)) == 1


async def test_a_page_holds_the_runs_that_fit_and_counts_them_all(estate: Ports) -> None:
    runs = [
        a_run("a", 1, text="What breaks if Orders-DB fails?", status="complete"),
        a_run("b", 2, text="100% of x_y", kind="run", status="failed"),
        a_run("c", 2, text="100 of xzy", kind="run"),
        a_run("d", 4, text="of orders-db", status="partial"),
        a_run("e", 5, tenant="others", text="orders-db"),
    ]
    await estate.run_log.write(runs, [])

    async def found(**fields: Any) -> tuple[list[str], int]:
        page, total = await estate.run_log.page(RunQuery(**({"limit": 9} | fields)), principal=MINE)
        return [one.run_id for one in page], total

    assert await found() == (["d", "c", "b", "a"], 4)
    assert await found(limit=2) == (["d", "c"], 4)
    assert await found(limit=2, before=(at(2), "c")) == (["b", "a"], 4)
    assert await found(limit=0) == ([], 4)
    assert await found(status="running") == (["c"], 1)
    assert await found(status="failed", kind="run") == (["b"], 1)
    assert await found(text="ORDERS-db") == (["d", "a"], 2)
    assert await found(text="0%") == (["b"], 1)
    assert await found(text="x_y") == (["b"], 1)
    assert await found(text="\x00") == ([], 0)


async def test_events_after_a_number_are_those_not_read_yet(estate: Ports) -> None:
    await estate.run_log.write([a_run("r1")], [an_event("r1", seq) for seq in range(4)])
    events = await estate.run_log.events("r1", after=1, principal=MINE)
    assert [event.seq for event in events] == [2, 3]
    assert await estate.run_log.events("r1", after=3, principal=MINE) == []


async def test_a_private_run_is_there_for_its_asker_and_admins_only(estate: Ports) -> None:
    runs = [a_run("r1", 1, private=True), a_run("r2", 2)]
    await estate.run_log.write(runs, [an_event("r1", 1), an_event("r2", 1)])
    olga = Principal("mine", name="olga", roles=("reader",))
    other = Principal("mine", name="ivan", roles=("reader", "operator"))
    admin = Principal("mine", name="root", roles=("admin",))
    for who, seen in ((olga, ["r2", "r1"]), (other, ["r2"]), (admin, ["r2", "r1"])):
        recent = await estate.run_log.recent(limit=9, principal=who)
        assert [run.run_id for run in recent] == seen
        page, total = await estate.run_log.page(RunQuery(limit=9), principal=who)
        assert ([run.run_id for run in page], total) == (seen, len(seen))
        assert (await estate.run_log.get("r1", principal=who) is not None) == ("r1" in seen)
        assert bool(await estate.run_log.events("r1", principal=who)) == ("r1" in seen)
        assert await estate.run_log.events("r2", principal=who)


async def test_a_run_becomes_private_by_a_later_row(estate: Ports) -> None:
    other = Principal("mine", name="ivan", roles=("reader",))
    await estate.run_log.write([a_run("r1")], [an_event("r1", 1)])
    assert await estate.run_log.get("r1", principal=other) == a_run("r1")
    await estate.run_log.write([a_run("r1", private=True)], [])
    assert await estate.run_log.get("r1", principal=other) is None
