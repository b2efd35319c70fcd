"""What was done is kept alike behind every adapter."""

from __future__ import annotations

from contract.estates import Ports
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
