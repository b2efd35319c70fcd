"""Projects behave alike behind every adapter."""

from __future__ import annotations

from typing import Any

from contract.estates import Ports, id_of, load_items
from contract.work import (
    ADMIN,
    ANN,
    BOB,
    EVE,
    HOSTILE_REFS,
    STRANGER,
    a_project,
    a_team,
    an_item,
    refused,
)
from headwater.model.project import ProjectDraft, ProjectQuery


async def test_a_project_keeps_all_that_it_was_given(estate: Ports) -> None:
    await load_items(estate, "db", "api", principal=ANN)
    ids = [await id_of(estate, code, principal=ANN) for code in ("api", "db")]
    project = await a_project(
        estate,
        description="Ünusual",
        tags={"tier": "1"},
        items=(ids[0], ids[1], ids[0]),
        repository="own-er/na.me",
        constraints=("no downtime", "no downtime", "Fridays"),
    )
    assert [one.code for one in project.items] == ["db", "api"]
    assert project.constraints == ("no downtime", "Fridays")
    assert (project.tags, project.repository) == ({"tier": "1"}, "own-er/na.me")
    assert (project.status, project.progress, project.version) == ("active", 0.0, 1)
    assert await estate.projects.find(project.id, principal=ANN) == project


async def test_a_project_exists_for_its_team_and_admins_alone(estate: Ports) -> None:
    project = await a_project(estate, BOB)
    query = ProjectQuery()
    for who in (ANN, BOB, ADMIN):
        assert await estate.projects.find(project.id, principal=who) == project
        assert (await estate.projects.page(query, principal=who)).projects == [project]
    for who in (EVE, STRANGER):
        page = await estate.projects.page(query, principal=who)
        assert (page.projects, page.total) == ([], 0)
        for call in (
            estate.projects.find(project.id, principal=who),
            estate.projects.update(project.id, version=1, changes={"name": "x"}, principal=who),
            estate.projects.delete(project.id, version=1, principal=who),
            estate.projects.create(ProjectDraft(team=project.team, name="x"), principal=who),
        ):
            with refused("work.unknown"):
                await call


async def test_ids_of_nothing_are_unknown(estate: Ports) -> None:
    team = await a_team(estate)
    for ref in HOSTILE_REFS:
        for call in (
            estate.projects.find(ref, principal=ADMIN),
            estate.projects.update(ref, version=1, changes={"name": "x"}, principal=ADMIN),
            estate.projects.delete(ref, version=1, principal=ADMIN),
            estate.projects.create(ProjectDraft(team=ref, name="x"), principal=ADMIN),
        ):
            with refused("work.unknown"):
                await call
        page = await estate.projects.page(ProjectQuery(ci=ref, team=ref), principal=ADMIN)
        assert page.total == 0
    for ref, code in ((10**6, "work.unknown"), (2**63, "work.bad")):
        draft = ProjectDraft(team=team.id, name="x", items=(ref,))
        with refused(code):
            await estate.projects.create(draft, principal=ANN)


async def test_what_is_absent_stays_and_null_clears(estate: Ports) -> None:
    await load_items(estate, "db", principal=ANN)
    ci = await id_of(estate, "db", principal=ANN)
    project = await a_project(
        estate, description="d", tags={"a": "b"}, items=(ci,), repository="o/n", constraints=("c",)
    )
    changes: Any = dict.fromkeys(("description", "tags", "items", "repository", "constraints"))
    written = await estate.projects.update(project.id, version=1, changes=changes, principal=ANN)
    cleared = written.value
    assert (cleared.description, cleared.tags, cleared.items) == (None, {}, ())
    assert (cleared.repository, cleared.constraints) == (None, ())
    assert (cleared.name, cleared.version) == ("Checkout", 2)
    assert written.activities[0].changes["items"] == [["db"], []]
    assert await estate.projects.find(project.id, principal=ANN) == cleared


async def test_what_changes_nothing_writes_nothing(estate: Ports) -> None:
    project = await a_project(estate)
    written = await estate.projects.update(
        project.id, version=1, changes={"name": "Checkout"}, principal=ANN
    )
    assert (written.value, written.activities) == (project, ())
    with refused("work.conflict"):
        await estate.projects.update(
            project.id, version=2, changes={"name": "Checkout"}, principal=ANN
        )


async def test_a_member_changes_a_project_but_does_not_delete_it(estate: Ports) -> None:
    project = await a_project(estate, BOB)
    written = await estate.projects.update(
        project.id, version=1, changes={"status": "paused"}, principal=BOB
    )
    assert written.value.status == "paused"
    with refused("work.not_allowed"):
        await estate.projects.delete(project.id, version=2, principal=BOB)
    with refused("work.conflict") as caught:
        await estate.projects.delete(project.id, version=1, principal=ANN)
    assert caught.value.facts is not None
    assert caught.value.facts["current"]["status"] == "paused"


async def test_with_a_project_goes_all_that_is_in_it(estate: Ports) -> None:
    project = await a_project(estate)
    item = await an_item(estate, project.id)
    session = (await estate.sessions.start(project.id, goal="why", principal=ANN)).value
    await estate.projects.delete(project.id, version=1, principal=ANN)
    for who in (ANN, ADMIN):
        for call in (
            estate.projects.find(project.id, principal=who),
            estate.work_items.find(item.id, principal=who),
            estate.sessions.find(session.id, principal=who),
            estate.activities.since(project.id, after=0, limit=9, principal=who),
        ):
            with refused("work.unknown"):
                await call
        assert not await estate.activities.may_see(project.id, principal=who)


async def test_projects_are_found_by_team_status_name_and_item(estate: Ports) -> None:
    await load_items(estate, "db", "api", "web", principal=ANN)
    db, api, web = [await id_of(estate, code, principal=ANN) for code in ("db", "api", "web")]
    first = await a_project(estate, items=(db,), name="Größe")
    second = await a_project(estate, name="Other")
    await an_item(estate, second.id, items=(api,))
    changes: Any = {"status": "paused"}
    await estate.projects.update(second.id, version=1, changes=changes, principal=ANN)
    expected = [
        (ProjectQuery(), [second.id, first.id]),
        (ProjectQuery(team=first.team), [first.id]),
        (ProjectQuery(statuses=("paused", "blocked")), [second.id]),
        (ProjectQuery(text="GRÖ"), [first.id]),
        (ProjectQuery(text="_"), []),
        (ProjectQuery(ci=db), [first.id]),
        (ProjectQuery(ci=api), [second.id]),
        (ProjectQuery(ci=web), []),
        (ProjectQuery(text="\x00"), []),
    ]
    for query, ids in expected:
        page = await estate.projects.page(query, principal=ANN)
        assert ([one.id for one in page.projects], page.total) == (ids, len(ids)), query


async def test_a_deleted_item_is_shown_no_more(estate: Ports) -> None:
    await load_items(estate, "db", "api", principal=ANN)
    ci = await id_of(estate, "db", principal=ANN)
    project = await a_project(estate, items=(ci,))
    await load_items(estate, "api", principal=ANN, replace=True)
    assert (await estate.projects.find(project.id, principal=ANN)).items == ()
    with refused("work.unknown"):
        await a_project(estate, items=(ci,))
    await load_items(estate, "db", principal=ANN)
    assert [one.id for one in (await estate.projects.find(project.id, principal=ANN)).items] == [ci]


BAD_CHANGES: list[Any] = [
    {"name": None},
    {"name": "\x00"},
    {"status": "gone"},
    {"repository": "no"},
    {"tags": {"": "x"}},
    {"tags": {"k": "\udfff"}},
    {"constraints": ["x" * 5001]},
    {"items": ["db"]},
    {"description": "x" * 100_001},
    {"team": 1},
]


async def test_bad_changes_are_refused_by_name(estate: Ports) -> None:
    project = await a_project(estate)
    for changes in BAD_CHANGES:
        with refused("work.bad", match=next(iter(changes))):
            await estate.projects.update(project.id, version=1, changes=changes, principal=ANN)
    assert await estate.projects.find(project.id, principal=ANN) == project


async def test_pages_of_projects_neither_overlap_nor_skip(estate: Ports) -> None:
    made = [(await a_project(estate)).id for _ in range(3)]
    page = await estate.projects.page(ProjectQuery(limit=2), principal=ANN)
    rest = await estate.projects.page(ProjectQuery(limit=2, cursor=page.next_cursor), principal=ANN)
    assert [one.id for one in (*page.projects, *rest.projects)] == made[::-1]
    assert (page.total, rest.total, rest.next_cursor) == (3, 3, None)
