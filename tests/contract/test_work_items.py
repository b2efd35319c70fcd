"""Items of work, their tree and what hangs on what behave alike behind every adapter."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import Any

import pytest

from contract.estates import Ports, id_of, load_items
from contract.work import (
    ADMIN,
    ANN,
    BOB,
    EVE,
    HOSTILE_REFS,
    STRANGER,
    a_project,
    again,
    an_item,
    kinds,
    refused,
    set_status,
)
from headwater.analysis.work_rollup import MAX_DEPTH
from headwater.model.work_item import WorkItemDraft, WorkItemQuery


async def test_an_item_keeps_all_that_it_was_given(estate: Ports) -> None:
    await load_items(estate, "db", principal=ANN)
    ci = await id_of(estate, "db", principal=ANN)
    project = await a_project(estate)
    draft = WorkItemDraft(
        kind="incident", title="Ünusual", description="d", status="blocked", priority=0,
        assignee="bob", due=date(2026, 3, 1), blocker="waits for a disk", items=(ci,),
        runs=("r-1", "r-2", "r-1"), documents=(7,), issue="o/n#1", pull_request="o/n#2",
    )  # fmt: skip
    written = await estate.work_items.create(project.id, draft, principal=ANN)
    item = written.value
    for field in ("kind", "title", "status", "priority", "assignee", "due", "blocker", "issue"):
        assert getattr(item, field) == getattr(draft, field)
    assert (item.runs, item.documents, item.pull_request) == (("r-1", "r-2"), (7,), "o/n#2")
    assert [one.code for one in item.items] == ["db"]
    assert [one.kind for one in written.activities] == ["item.created", "item.assigned"]
    assert await estate.work_items.find(item.id, principal=ANN) == item


async def test_an_item_exists_for_its_team_and_admins_alone(estate: Ports) -> None:
    project = await a_project(estate, BOB)
    item, other = await an_item(estate, project.id), await an_item(estate, project.id)
    for who in (ANN, BOB, ADMIN):
        assert (await estate.work_items.find(item.id, principal=who)).title == "a"
    for who in (EVE, STRANGER):
        page = await estate.work_items.page(WorkItemQuery(), principal=who)
        assert (page.items, page.total) == ([], 0)
        for call in (
            estate.work_items.find(item.id, principal=who),
            estate.work_items.update(item.id, version=1, changes={"title": "x"}, principal=who),
            estate.work_items.move(item.id, version=1, parent=None, principal=who),
            estate.work_items.delete(item.id, version=1, principal=who),
            estate.work_items.promote(item.id, version=1, principal=who),
            estate.work_items.depend(item.id, other.id, kind="blocks", principal=who),
            estate.work_items.undepend(item.id, other.id, kind="blocks", principal=who),
            estate.work_items.dependencies(item.id, principal=who),
            estate.work_items.tied(project.id, principal=who),
            estate.work_items.create(
                project.id, WorkItemDraft(kind="todo", title="x"), principal=who
            ),
            estate.work_items.bring(
                project.id, [WorkItemDraft(kind="todo", title="x", issue="i")], principal=who
            ),
        ):
            with refused("work.unknown"):
                await call


async def test_ids_of_nothing_are_unknown(estate: Ports) -> None:
    project = await a_project(estate)
    item = await an_item(estate, project.id)
    for ref in HOSTILE_REFS:
        for call in (
            estate.work_items.find(ref, principal=ADMIN),
            estate.work_items.update(ref, version=1, changes={"title": "x"}, principal=ADMIN),
            estate.work_items.move(item.id, version=1, parent=ref, principal=ADMIN),
            estate.work_items.depend(item.id, ref, kind="blocks", principal=ADMIN),
            estate.work_items.create(
                project.id, WorkItemDraft(kind="todo", title="x", parent=ref), principal=ADMIN
            ),
        ):
            with refused("work.unknown"):
                await call
        query = WorkItemQuery(project=ref, parent=ref, ci=ref)
        assert (await estate.work_items.page(query, principal=ADMIN)).total == 0


async def test_status_and_progress_roll_up_in_the_same_write(estate: Ports) -> None:
    project = await a_project(estate)
    root = await an_item(estate, project.id, "root")
    left = await an_item(estate, project.id, "left", parent=root.id)
    right = await an_item(estate, project.id, "right", parent=root.id)
    deep = await an_item(estate, project.id, "deep", parent=left.id)
    held = await again(estate, root)
    assert (held.status, held.progress, held.children) == ("new", 0.0, 2)
    done = await estate.work_items.update(
        deep.id, version=1, changes={"status": "done"}, principal=ANN
    )
    assert [(one.object_type, one.object_id) for one in done.activities] == [
        ("item", deep.id),
        ("item", left.id),
        ("item", root.id),
        ("project", project.id),
    ]
    assert done.activities[2].changes == {
        "status": ["new", "in_progress"],
        "progress": [0.0, 0.5],
    }
    await set_status(estate, right, "merged")
    held = await again(estate, root)
    assert (held.status, held.progress) == ("done", 1.0)
    assert (await estate.projects.find(project.id, principal=ANN)).progress == 1.0
    await set_status(estate, deep, "blocked")  # opened again
    held = await again(estate, root)
    assert (held.status, held.progress) == ("blocked", 0.5)


async def test_what_is_moved_or_deleted_counts_where_it_is(estate: Ports) -> None:
    project = await a_project(estate)
    one, two = await an_item(estate, project.id, "one"), await an_item(estate, project.id, "two")
    part = await an_item(estate, project.id, "part", parent=one.id, status="done")
    rest = await an_item(estate, project.id, "rest", parent=one.id)
    assert (await again(estate, one)).progress == 0.5
    moved = await estate.work_items.move(part.id, version=1, parent=two.id, principal=ANN)
    assert moved.activities[0].changes == {"parent": [one.id, two.id]}
    assert [(await again(estate, each)).progress for each in (one, two)] == [0.0, 1.0]
    gone = await estate.work_items.delete(rest.id, version=1, principal=ANN)
    assert gone.value == rest
    held = await again(estate, one)
    assert (held.children, held.status, held.progress) == (0, "new", 0.0)
    assert (await estate.projects.find(project.id, principal=ANN)).progress == 0.5
    out = await estate.work_items.move(part.id, version=2, parent=None, principal=ANN)
    assert (out.value.parent, (await again(estate, two)).status) == (None, "new")


async def test_what_is_dropped_counts_for_nothing(estate: Ports) -> None:
    project = await a_project(estate)
    root = await an_item(estate, project.id)
    done = await an_item(estate, project.id, parent=root.id, status="tested")
    await an_item(estate, project.id, parent=root.id, status="dropped")
    held = await again(estate, root)
    assert (held.status, held.progress) == ("tested", 1.0)
    await set_status(estate, done, "dropped")
    held = await again(estate, root)
    assert (held.status, held.progress) == ("dropped", 0.0)
    assert (await estate.projects.find(project.id, principal=ANN)).progress == 0.0


async def test_the_status_of_what_has_children_follows_from_them(estate: Ports) -> None:
    project = await a_project(estate)
    root = await an_item(estate, project.id, status="in_progress")
    await an_item(estate, project.id, parent=root.id)
    held = await again(estate, root)
    with refused("work.rolled_up"):
        await estate.work_items.update(
            root.id, version=held.version, changes={"status": "done"}, principal=ANN
        )
    written = await estate.work_items.update(
        root.id, version=held.version, changes={"status": "new", "title": "b"}, principal=ANN
    )
    assert (written.value.title, written.value.status) == ("b", "new")


async def test_an_item_with_all_that_is_part_of_it_is_deleted(estate: Ports) -> None:
    project = await a_project(estate)
    root = await an_item(estate, project.id)
    part = await an_item(estate, project.id, parent=root.id)
    deep = await an_item(estate, project.id, parent=part.id)
    other = await an_item(estate, project.id, "other")
    await estate.work_items.depend(other.id, deep.id, kind="requires", principal=ANN)
    version = (await again(estate, root)).version
    gone = await estate.work_items.delete(root.id, version=version, principal=ANN)
    assert [one.kind for one in gone.activities] == [*["item.deleted"] * 3, "dependency.removed"]
    page = await estate.work_items.page(WorkItemQuery(project=project.id), principal=ANN)
    assert [one.id for one in page.items] == [other.id]
    for each in (root, part, deep):
        with refused("work.unknown"):
            await again(estate, each)
    assert await estate.work_items.dependencies(other.id, principal=ANN) == []


async def test_of_two_changes_to_one_version_one_wins(estate: Ports) -> None:
    project = await a_project(estate)
    item = await an_item(estate, project.id)
    await estate.work_items.update(item.id, version=1, changes={"title": "b"}, principal=ANN)
    for call in (
        estate.work_items.update(item.id, version=1, changes={"title": "c"}, principal=ANN),
        estate.work_items.update(item.id, version=1, changes={"title": "b"}, principal=ANN),
        estate.work_items.move(item.id, version=1, parent=None, principal=ANN),
        estate.work_items.delete(item.id, version=1, principal=ANN),
    ):
        with refused("work.conflict", match="version 1, but at 2") as caught:
            await call
        assert caught.value.facts is not None
        assert caught.value.facts["current"]["title"] == "b"


async def test_what_is_absent_stays_and_null_clears(estate: Ports) -> None:
    await load_items(estate, "db", principal=ANN)
    ci = await id_of(estate, "db", principal=ANN)
    project = await a_project(estate)
    item = await an_item(
        estate, project.id, description="d", assignee="bob", due=date(2026, 3, 1), items=(ci,),
        runs=("r",), documents=(1,), issue="o/n#1", pull_request="o/n#2",
    )  # fmt: skip
    same = await estate.work_items.update(
        item.id, version=1, changes={"priority": 0}, principal=ANN
    )
    assert (same.value.assignee, same.value.items) == ("bob", item.items)
    names = ("description", "assignee", "due", "items", "runs", "documents", "issue")
    changes: Any = dict.fromkeys((*names, "pull_request"))
    written = await estate.work_items.update(item.id, version=2, changes=changes, principal=ANN)
    cleared = written.value
    assert [getattr(cleared, name) for name in names] == [None, None, None, (), (), (), None]
    assert [one.kind for one in written.activities] == ["item.updated"]
    assert await again(estate, item) == cleared


async def test_what_is_no_longer_blocked_has_no_blocker(estate: Ports) -> None:
    project = await a_project(estate)
    item = await an_item(estate, project.id, status="blocked", blocker="a disk")
    written = await estate.work_items.update(
        item.id, version=1, changes={"status": "in_progress"}, principal=ANN
    )
    assert written.value.blocker is None
    assert written.activities[0].changes["blocker"] == ["a disk", None]


async def test_an_item_is_never_part_of_itself(estate: Ports) -> None:
    project = await a_project(estate)
    root = await an_item(estate, project.id)
    part = await an_item(estate, project.id, parent=root.id)
    deep = await an_item(estate, project.id, parent=part.id)
    version = (await again(estate, root)).version
    for parent in (root.id, part.id, deep.id):
        with refused("work.cycle"):
            await estate.work_items.move(root.id, version=version, parent=parent, principal=ANN)


async def test_a_parent_is_of_the_same_project(estate: Ports) -> None:
    one, two = await a_project(estate), await a_project(estate)
    item, other = await an_item(estate, one.id), await an_item(estate, two.id)
    with refused("work.unknown"):
        await an_item(estate, one.id, parent=other.id)
    with refused("work.unknown"):
        await estate.work_items.move(item.id, version=1, parent=other.id, principal=ANN)
    with refused("work.bad", match="another project"):
        await estate.work_items.depend(item.id, other.id, kind="related", principal=ANN)


async def test_items_are_not_nested_without_end(estate: Ports) -> None:
    project = await a_project(estate)
    parent = None
    for _ in range(MAX_DEPTH):
        parent = (await an_item(estate, project.id, parent=parent)).id
    with refused("work.too_deep"):
        await an_item(estate, project.id, parent=parent)
    two = await an_item(estate, project.id)
    await an_item(estate, project.id, parent=two.id)
    version = (await again(estate, two)).version
    with refused("work.too_deep"):
        await estate.work_items.move(two.id, version=version, parent=parent, principal=ANN)


async def test_an_idea_becomes_a_project_once(estate: Ports) -> None:
    await load_items(estate, "db", principal=ANN)
    ci = await id_of(estate, "db", principal=ANN)
    project = await a_project(estate)
    idea = await an_item(estate, project.id, "Cache it", kind="idea", items=(ci,))
    made = await estate.work_items.promote(idea.id, version=1, principal=ANN)
    new = made.value
    assert (new.name, new.team) == ("Cache it", project.team)
    assert [one.code for one in new.items] == ["db"]
    held = await again(estate, idea)
    assert (held.became, held.status, held.progress) == (new.id, "done", 1.0)
    assert await kinds(estate, new.id) == ["project.created"]
    for version in (1, held.version):
        with refused("work.promoted") as caught:
            await estate.work_items.promote(idea.id, version=version, principal=ANN)
        assert caught.value.facts is not None
        assert caught.value.facts["current"]["became"] == new.id
    todo = await an_item(estate, project.id)
    with refused("work.not_an_idea"):
        await estate.work_items.promote(todo.id, version=1, principal=ANN)


@pytest.mark.parametrize(("there", "back"), [("blocks", "blocks"), ("requires", "requires")])
async def test_a_circle_is_refused_however_long(estate: Ports, there: Any, back: Any) -> None:
    project = await a_project(estate)
    items = [(await an_item(estate, project.id, str(n))).id for n in range(8)]
    for one, other in pairwise(items):
        await estate.work_items.depend(one, other, kind=there, principal=ANN)
    with refused("work.cycle"):
        await estate.work_items.depend(items[-1], items[0], kind=back, principal=ANN)
    with refused("work.cycle"):
        await estate.work_items.depend(items[0], items[0], kind="related", principal=ANN)
    await estate.work_items.undepend(items[3], items[4], kind=there, principal=ANN)
    await estate.work_items.depend(items[-1], items[0], kind=back, principal=ANN)
    assert len(await estate.work_items.tied(project.id, principal=ANN)) == 7


async def test_blocks_and_requires_are_one_order(estate: Ports) -> None:
    project = await a_project(estate)
    one, two = await an_item(estate, project.id), await an_item(estate, project.id)
    await estate.work_items.depend(one.id, two.id, kind="blocks", principal=ANN)
    await estate.work_items.depend(two.id, one.id, kind="requires", principal=ANN)
    with refused("work.cycle"):
        await estate.work_items.depend(one.id, two.id, kind="requires", principal=ANN)
    found = await estate.work_items.dependencies(one.id, principal=ANN)
    assert [(each.type, each.source, each.target) for each in found] == [
        ("blocks", one.id, two.id),
        ("requires", two.id, one.id),
    ]


async def test_what_is_said_again_changes_nothing(estate: Ports) -> None:
    project = await a_project(estate)
    one, two = await an_item(estate, project.id), await an_item(estate, project.id)
    first = await estate.work_items.depend(two.id, one.id, kind="related", principal=ANN)
    second = await estate.work_items.depend(one.id, two.id, kind="related", principal=ANN)
    assert (second.value, second.activities) == (first.value, ())
    assert [one.kind for one in first.activities] == ["dependency.added"]
    back = await estate.work_items.undepend(two.id, one.id, kind="related", principal=ANN)
    assert [one.kind for one in back.activities] == ["dependency.removed"]
    none = await estate.work_items.undepend(two.id, one.id, kind="related", principal=ANN)
    assert none.activities == ()
    with refused("work.bad"):
        await estate.work_items.depend(one.id, two.id, kind="loves", principal=ANN)  # type: ignore[arg-type]


async def test_items_are_found_by_all_that_is_asked(estate: Ports) -> None:
    await load_items(estate, "db", "api", principal=ANN)
    db, api = [await id_of(estate, code, principal=ANN) for code in ("db", "api")]
    one, two = await a_project(estate, items=(db,)), await a_project(estate)
    a = await an_item(estate, one.id, "Größe", assignee="bob", priority=3)
    b = await an_item(estate, one.id, "b", kind="incident", status="blocked", parent=a.id)
    c = await an_item(estate, two.id, "c", items=(api, db), priority=0)
    expected = [
        (WorkItemQuery(), [c.id, b.id, a.id]),
        (WorkItemQuery(project=one.id), [b.id, a.id]),
        (WorkItemQuery(statuses=("blocked",)), [b.id, a.id]),
        (WorkItemQuery(kinds=("incident", "idea")), [b.id]),
        (WorkItemQuery(assignee="bob"), [a.id]),
        (WorkItemQuery(parent=a.id), [b.id]),
        (WorkItemQuery(ci=db), [c.id, b.id, a.id]),
        (WorkItemQuery(ci=api), [c.id]),
        (WorkItemQuery(text="gRÖ"), [a.id]),
        (WorkItemQuery(ci=db, project=one.id, text="%"), []),
        (WorkItemQuery(assignee="\x00"), []),
    ]
    for query, ids in expected:
        page = await estate.work_items.page(query, principal=ANN)
        assert ([each.id for each in page.items], page.total) == (ids, len(ids)), query


async def test_pages_of_items_neither_overlap_nor_skip(estate: Ports) -> None:
    project = await a_project(estate)
    made = [await an_item(estate, project.id, priority=number % 3) for number in range(7)]
    wanted = [one.id for one in sorted(made, key=lambda one: (one.priority, one.id))]
    found: list[int] = []
    cursor = None
    for _ in range(4):
        page = await estate.work_items.page(WorkItemQuery(limit=2, cursor=cursor), principal=ANN)
        assert page.total == 7
        found += [one.id for one in page.items]
        cursor = page.next_cursor
    assert (found, cursor) == (wanted, None)


async def test_items_brought_keep_their_ids_and_what_others_changed(estate: Ports) -> None:
    project = await a_project(estate)
    drafts = [
        WorkItemDraft(kind="todo", title=f"issue {number}", issue=f"o/n#{number}")
        for number in range(3)
    ]
    first = await estate.work_items.bring(project.id, drafts, principal=ANN)
    await estate.work_items.update(
        first.value[0].id, version=1, changes={"priority": 0, "assignee": "bob"}, principal=ANN
    )
    new = WorkItemDraft(kind="todo", title="more", issue="o/n#9", parent=first.value[1].id)
    under_way = first.value[2]
    await estate.work_items.update(
        under_way.id, version=1, changes={"status": "in_progress"}, principal=ANN
    )
    closed = WorkItemDraft(kind="todo", title="issue 0", issue="o/n#0", status="done")
    second = await estate.work_items.bring(
        project.id, [closed, new, drafts[1], drafts[2]], principal=ANN
    )
    assert [one.id for one in second.value if one.issue != "o/n#9"] == [
        one.id for one in first.value
    ]
    assert (second.value[0].priority, second.value[0].status) == (0, "done")
    assert (second.value[0].assignee, second.value[3].status) == ("bob", "in_progress")
    third = await estate.work_items.bring(project.id, [closed, new, *drafts[1:]], principal=ANN)
    assert (third.value, third.activities) == (second.value, ())
    page = await estate.work_items.page(WorkItemQuery(project=project.id), principal=ANN)
    assert page.total == 4
    await kinds(estate, project.id)


async def test_items_are_brought_all_or_not_at_all(estate: Ports) -> None:
    project = await a_project(estate)
    good = WorkItemDraft(kind="todo", title="a", issue="o/n#1")
    for bad in (
        WorkItemDraft(kind="todo", title="", issue="o/n#2"),
        WorkItemDraft(kind="todo", title="b"),
        WorkItemDraft(kind="todo", title="b", issue="o/n#1"),
        WorkItemDraft(kind="todo", title="b", issue="\x00"),
    ):
        with refused("work.bad"):
            await estate.work_items.bring(project.id, [good, bad], principal=ANN)
    with refused("work.bad"):
        await estate.work_items.bring(project.id, [good] * 501, principal=ANN)
    assert await kinds(estate, project.id) == ["project.created"]


BAD_CHANGES: list[Any] = [
    {"title": None},
    {"title": " "},
    {"title": "x" * 501},
    {"title": "\x00"},
    {"kind": "epic"},
    {"status": "open"},
    {"priority": 5},
    {"priority": None},
    {"assignee": "\ud800"},
    {"due": "tomorrow"},
    {"runs": ["x" * 65]},
    {"documents": [2**64]},
    {"blocker": "x" * 5001},
    {"parent": 1},
]


async def test_bad_changes_are_refused_by_name(estate: Ports) -> None:
    project = await a_project(estate)
    item = await an_item(estate, project.id)
    for changes in BAD_CHANGES:
        with refused("work.bad", match=next(iter(changes))):
            await estate.work_items.update(item.id, version=1, changes=changes, principal=ANN)
    assert await again(estate, item) == item
