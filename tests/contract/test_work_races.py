"""Many who write the same work at once: exactly the allowed number succeed, on every adapter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import anyio
import pytest
from patience import GUARD_S

from contract.estates import Ports
from contract.work import ANN, a_project, a_team, again, an_invitation, an_item, kinds
from headwater.errors import HeadwaterError
from headwater.model.principal import Principal
from headwater.model.project import ProjectQuery
from headwater.model.work_item import WorkItemDraft, WorkItemQuery

WRITERS = 64
Call = Callable[[int], Awaitable[Any]]


async def all_at_once(call: Call, writers: int = WRITERS) -> Counter[str]:
    """Let many do something at once; count how it ended, by the error's code or `done`."""
    ended: Counter[str] = Counter()

    async def each(number: int) -> None:
        try:
            await call(number)
        except HeadwaterError as error:
            ended[error.code] += 1
        else:
            ended["done"] += 1

    with anyio.fail_after(GUARD_S):
        async with anyio.create_task_group() as group:
            for number in range(writers):
                group.start_soon(each, number)
    return ended


def people(count: int) -> Sequence[Principal]:
    """Return people of the tenant, each with a name of their own."""
    return [Principal("mine", f"p{number}", ("operator",)) for number in range(count)]


async def test_of_64_who_change_one_version_one_wins(estate: Ports) -> None:
    project = await a_project(estate)
    item = await an_item(estate, project.id)

    async def change(number: int) -> None:
        await estate.work_items.update(
            item.id, version=1, changes={"title": f"t{number}"}, principal=ANN
        )

    assert await all_at_once(change) == {"done": 1, "work.conflict": WRITERS - 1}
    held = await again(estate, item)
    assert (held.version, held.title[0]) == (2, "t")
    assert await kinds(estate, project.id) == ["project.created", "item.created", "item.updated"]


async def test_nothing_is_lost_of_64_who_try_until_they_win(estate: Ports) -> None:
    project = await a_project(estate)
    item = await an_item(estate, project.id)
    writers = 16

    async def add(number: int) -> None:
        while True:
            held = await again(estate, item)
            runs = [*held.runs, f"r-{number}"]
            try:
                await estate.work_items.update(
                    item.id, version=held.version, changes={"runs": runs}, principal=ANN
                )
            except HeadwaterError as error:
                assert error.code == "work.conflict"  # noqa: PT017  the others win first
            else:
                return

    assert await all_at_once(add, writers) == {"done": writers}
    held = await again(estate, item)
    assert (sorted(held.runs), held.version) == (
        sorted(f"r-{number}" for number in range(writers)),
        1 + writers,
    )


@pytest.mark.parametrize("uses", [1, 7])
async def test_of_64_who_join_by_n_uses_n_are_let_in(estate: Ports, uses: int) -> None:
    team = await a_team(estate)
    await estate.teams.invite(an_invitation(team.id, uses=uses), principal=ANN)
    joiners = people(WRITERS)

    async def join(number: int) -> None:
        await estate.teams.join("c0de", principal=joiners[number])

    ended = await all_at_once(join)
    assert ended == {"done": uses, "work.bad_invitation": WRITERS - uses}
    view = await estate.teams.find(team.id, principal=ANN)
    [held] = await estate.teams.invitations(team.id, principal=ANN)
    assert (len(view.members), held.used) == (1 + uses, uses)


async def test_of_64_who_promote_an_idea_one_makes_the_project(estate: Ports) -> None:
    project = await a_project(estate)
    idea = await an_item(estate, project.id, "Cache it", kind="idea")

    async def promote(_: int) -> None:
        await estate.work_items.promote(idea.id, version=1, principal=ANN)

    ended = await all_at_once(promote)
    assert ended["done"] == 1
    assert set(ended) <= {"done", "work.promoted", "work.conflict"}
    held = await again(estate, idea)
    found = await estate.projects.page(ProjectQuery(), principal=ANN)
    assert held.became in {one.id for one in found.projects}
    assert found.total == 2


async def test_two_who_would_close_a_circle_do_not_both_succeed(estate: Ports) -> None:
    project = await a_project(estate)
    ids = [(await an_item(estate, project.id)).id for _ in range(8)]

    async def chain(number: int) -> None:
        one, other = ids[number], ids[(number + 1) % len(ids)]
        await estate.work_items.depend(one, other, kind="blocks", principal=ANN)

    assert await all_at_once(chain, len(ids)) == {"done": len(ids) - 1, "work.cycle": 1}
    assert len(await estate.work_items.tied(project.id, principal=ANN)) == len(ids) - 1


async def test_what_many_do_to_a_tree_at_once_is_counted_exactly(estate: Ports) -> None:
    project = await a_project(estate)
    root = await an_item(estate, project.id)
    parts = [await an_item(estate, project.id, parent=root.id) for _ in range(8)]

    async def change(number: int) -> None:
        part = parts[number // 2]
        if number % 2:
            draft = WorkItemDraft(kind="todo", title="new", parent=part.id, status="done")
            await estate.work_items.create(project.id, draft, principal=ANN)
        else:
            await estate.work_items.update(
                part.id, version=1, changes={"title": "x"}, principal=ANN
            )

    await all_at_once(change, 16)
    held = await again(estate, root)
    assert (held.status, held.progress, held.children) == ("done", 1.0, 8)
    page = await estate.work_items.page(WorkItemQuery(project=project.id), principal=ANN)
    assert page.total == 17
    assert (await estate.projects.find(project.id, principal=ANN)).progress == 1.0
    done = await kinds(estate, project.id)
    assert Counter(done)["item.created"] == 17


async def test_two_moves_never_make_a_circle_of_the_tree(estate: Ports) -> None:
    project = await a_project(estate)
    one, two = await an_item(estate, project.id), await an_item(estate, project.id)
    pairs = [(one.id, two.id), (two.id, one.id)]

    async def move(number: int) -> None:
        item, parent = pairs[number]
        await estate.work_items.move(item, version=1, parent=parent, principal=ANN)

    ended = await all_at_once(move, 2)
    assert ended["done"] == 1
    assert set(ended) <= {"done", "work.cycle", "work.conflict"}


async def test_teams_that_are_made_at_once_are_all_made(estate: Ports) -> None:
    makers = people(16)

    async def make(number: int) -> None:
        await estate.teams.create(f"t{number}", description=None, principal=makers[number])

    assert await all_at_once(make, 16) == {"done": 16}


async def test_64_who_are_refused_before_anything_was_written_do_not_wait_for_each_other(
    estate: Ports,
) -> None:
    async def join(_: int) -> None:
        await estate.teams.join("nothing", principal=ANN)

    assert await all_at_once(join) == {"work.bad_invitation": WRITERS}
