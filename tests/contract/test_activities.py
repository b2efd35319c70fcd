"""What was done is kept alike behind every adapter."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from contract.estates import Ports, load_items, rows
from contract.work import (
    ADMIN,
    ANN,
    BOB,
    EVE,
    HOSTILE_REFS,
    STRANGER,
    a_project,
    a_team,
    again,
    an_item,
    kinds,
    refused,
    set_status,
)
from headwater.analysis.alerts import MOST_AT_ONCE
from headwater.model.activity import Activity
from headwater.model.history import HistoryRecord
from headwater.model.principal import Principal


async def test_every_change_is_told_with_who_what_before_and_after(estate: Ports) -> None:
    project = await a_project(estate, BOB)
    item = await an_item(estate, project.id, "a")
    written = await estate.work_items.update(
        item.id, version=1, changes={"title": "b", "assignee": "zoe"}, principal=BOB
    )
    found = await estate.activities.since(project.id, after=2, limit=9, principal=ANN)
    assert tuple(found) == written.activities
    updated, assigned = found
    assert (updated.actor, updated.kind, updated.object_type) == ("bob", "item.updated", "item")
    assert (updated.object_id, updated.version, updated.title) == (item.id, 2, "b")
    assert updated.changes == {"title": ["a", "b"], "assignee": [None, "zoe"]}
    assert (assigned.kind, assigned.changes) == ("item.assigned", {"assignee": [None, "zoe"]})
    assert (updated.tenant, updated.team, updated.project) == ("mine", project.team, project.id)
    assert updated.at.utcoffset() is not None


async def test_the_numbers_of_each_project_have_no_holes(estate: Ports) -> None:
    one, two = await a_project(estate), await a_project(estate)
    first, second = await an_item(estate, one.id), await an_item(estate, two.id)
    for item in (first, second, first):
        await set_status(estate, item, "done")
        await set_status(estate, item, "new")
        with refused("work.conflict"):
            await estate.work_items.delete(item.id, version=99, principal=ANN)
    assert len(await kinds(estate, one.id)) == 10
    assert len(await kinds(estate, two.id)) == 6


async def test_what_was_done_is_read_in_pages_and_from_the_end(estate: Ports) -> None:
    project = await a_project(estate)
    for title in "abc":
        await an_item(estate, project.id, title)
    first = await estate.activities.since(project.id, after=0, limit=3, principal=ANN)
    rest = await estate.activities.since(project.id, after=3, limit=3, principal=ANN)
    assert [one.seq for one in (*first, *rest)] == [1, 2, 3, 4]
    newest = await estate.activities.newest(project.id, limit=2, principal=ANN)
    assert [one.title for one in newest] == ["c", "b"]
    for after in (4, 2**63, 2**70):
        assert not await estate.activities.since(project.id, after=after, limit=9, principal=ANN)
    assert not await estate.activities.since(project.id, after=0, limit=0, principal=ANN)
    assert (
        len(await estate.activities.since(project.id, after=-(2**70), limit=9, principal=ANN)) == 4
    )


async def test_nobody_else_reads_what_was_done(estate: Ports) -> None:
    project = await a_project(estate, BOB)
    for who in (ANN, BOB, ADMIN):
        assert await estate.activities.may_see(project.id, principal=who)
    for who in (EVE, STRANGER):
        assert not await estate.activities.may_see(project.id, principal=who)
        for call in (
            estate.activities.since(project.id, after=0, limit=9, principal=who),
            estate.activities.newest(project.id, limit=9, principal=who),
        ):
            with refused("work.unknown"):
                await call
    for ref in HOSTILE_REFS:
        assert not await estate.activities.may_see(ref, principal=ADMIN)
        with refused("work.unknown"):
            await estate.activities.since(ref, after=0, limit=9, principal=ADMIN)


async def test_whoever_is_taken_out_sees_nothing_any_more(estate: Ports) -> None:
    project = await a_project(estate, BOB)
    item = await an_item(estate, project.id)
    await estate.teams.remove_member(project.team, "bob", principal=ANN)
    assert not await estate.activities.may_see(project.id, principal=BOB)
    with refused("work.unknown"):
        await estate.work_items.find(item.id, principal=BOB)


async def test_what_is_due_is_that_of_all_tenants_until_it_is_settled(estate: Ports) -> None:
    await a_team(estate)
    await a_team(estate, leader=STRANGER)
    due = await estate.activities.due(limit=100)
    assert [(one.tenant, one.kind) for one in due] == [
        ("mine", "team.created"),
        ("mine", "member.joined"),
        ("others", "team.created"),
        ("others", "member.joined"),
    ]
    ids = [one.id for one in due]
    assert ids == sorted(set(ids))
    assert [one.id for one in await estate.activities.due(limit=3)] == ids[:3]
    await estate.activities.settled([ids[0], ids[3], 10**9])
    await estate.activities.settled([])
    assert [one.id for one in await estate.activities.due(limit=100)] == ids[1:3]
    assert await estate.activities.due(limit=0) == []


async def test_a_refused_write_leaves_no_trace(estate: Ports) -> None:
    project = await a_project(estate)
    item = await an_item(estate, project.id)
    before = await estate.versions.current(principal=ANN)
    with refused("work.conflict"):
        await estate.work_items.delete(item.id, version=7, principal=ANN)
    with refused("work.unknown"):
        await an_item(estate, project.id, parent=10**6)
    assert await estate.versions.current(principal=ANN) == before
    assert await again(estate, item) == item
    assert await kinds(estate, project.id) == ["project.created", "item.created"]


LOADER = Principal("mine", "loader\x00of\nmany words", ("operator",))
"""Whose name could not be kept as that of somebody who works."""


def an_alert(ci: str, title: str, *, hours_ago: float = 1, **fields: Any) -> HistoryRecord:
    """Make an alert of an item that has not ended."""
    at = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=hours_ago)
    return HistoryRecord(ci=ci, at=at, title=title, **({"kind": "alert"} | fields))


async def come_in(estate: Ports, *alerts: HistoryRecord, principal: Principal = LOADER) -> None:
    """Load alerts."""
    await estate.history.load(rows(alerts), replace=False, principal=principal)


async def alerts(estate: Ports, project: int) -> list[Activity]:
    """Return the alerts that a project was told of, oldest first."""
    await kinds(estate, project)
    found = await estate.activities.since(project, after=0, limit=1000, principal=ANN)
    return [one for one in found if one.kind == "alert"]


async def about(estate: Ports, *codes: str) -> tuple[int, ...]:
    """Load items and return their ids."""
    await load_items(estate, *codes)
    found = [await estate.inventory.get(code, principal=ANN) for code in codes]
    return tuple(one.id for one in found if one is not None)


async def test_projects_about_an_item_are_told_of_its_alert_once(estate: Ports) -> None:
    one, two, three = await about(estate, "one", "two", "three")
    by_project = await a_project(estate, items=(one, two))
    by_item = await a_project(estate)
    work = await an_item(estate, by_item.id, items=(one,))
    other = await a_project(estate, items=(three,))
    down = an_alert("one", "down", severity="critical")
    await come_in(estate, down)
    await come_in(estate, down)
    for project in (by_project, by_item):
        (told,) = await alerts(estate, project.id)
        assert (told.object_type, told.title, told.actor) == ("alert", "down", "headwater")
        assert told.changes == {
            "item": [None, "one"], "kind": [None, "alert"], "severity": [None, "critical"],
            "at": [None, down.at.isoformat()],
        }  # fmt: skip
        assert told in await estate.activities.due(limit=99)
    assert not await alerts(estate, other.id)
    await set_status(estate, work, "done")
    await come_in(estate, an_alert("one", "down again"))
    assert [one.title for one in await alerts(estate, by_project.id)] == ["down", "down again"]
    assert [one.title for one in await alerts(estate, by_item.id)] == ["down"]


async def test_only_open_alerts_of_late_are_told_and_only_to_projects_that_go_on(
    estate: Ports,
) -> None:
    (one,) = await about(estate, "one")
    project = await a_project(estate, items=(one,))
    ended = await a_project(estate, items=(one,))
    await estate.projects.update(
        ended.id, version=ended.version, changes={"status": "completed"}, principal=ANN
    )
    gone = await a_project(estate, items=(one,))
    await estate.projects.delete(gone.id, version=gone.version, principal=ANN)
    await come_in(
        estate,
        an_alert("one", "ended", ended_at=datetime.now(UTC)),
        an_alert("one", "long ago", hours_ago=200),
        an_alert("one", "to come", hours_ago=-2),
        an_alert("one", "no alert", kind="change"),
        an_alert("one", "now", kind="incident"),
    )
    assert [one.title for one in await alerts(estate, project.id)] == ["now"]
    assert not await alerts(estate, ended.id)
    theirs = Principal("others", "ann", ("admin",))
    await load_items(estate, "one", principal=theirs)
    await come_in(estate, an_alert("one", "theirs"), principal=theirs)
    assert [one.title for one in await alerts(estate, project.id)] == ["now"]


async def test_a_storm_of_alerts_is_told_the_newest_first_and_the_rest_by_the_next_load(
    estate: Ports,
) -> None:
    (one,) = await about(estate, "one")
    project = await a_project(estate, items=(one,))
    storm = [an_alert("one", f"no. {n}", hours_ago=1 + n / 100) for n in range(MOST_AT_ONCE + 5)]
    before = (await estate.versions.current(principal=ANN))["activities"]
    await come_in(estate, *storm)
    told = await alerts(estate, project.id)
    assert [one.title for one in told] == [f"no. {n}" for n in reversed(range(MOST_AT_ONCE))]
    assert (await estate.versions.current(principal=ANN))["activities"] > before
    await come_in(estate, *storm)
    assert len(await alerts(estate, project.id)) == MOST_AT_ONCE + 5
