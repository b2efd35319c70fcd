"""Projects are linked to repositories alike behind every adapter, and looked after by one alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import anyio
import pytest
from patience import GUARD_S

from contract.estates import MINE, OTHERS, START
from contract.places import Place
from contract.repository_ports import repository_ports
from headwater.model.principal import Principal
from headwater.model.repository_link import Linked, LinkState, RepositoryLink, SeenIssue
from headwater.ports.repositories import Repositories

LINK = RepositoryLink(
    project=7,
    repository="acme/shop",
    credential="robot",
    items=("web-1",),
    environments={"production": ("db-1", "web-1")},
    pushes=True,
    linked_by="olga",
    linked_at=START,
)
STATE = LinkState(
    page=0, since=START, tags={"issues": 'W/"1"'}, deployment=9, synced_at=START, problem="no"
)
SOON = START + timedelta(minutes=1)
LATER = START + timedelta(hours=1)


@pytest.fixture
async def repositories(
    adapter: str, place: Place | None, empty_files: Path, tmp_path: Path
) -> AsyncIterator[Repositories]:
    async with repository_ports(adapter, place, empty_files, tmp_path) as ports:
        yield ports.repositories


async def test_a_link_is_told_as_it_was_kept(repositories: Repositories) -> None:
    assert await repositories.get(7, principal=MINE) is None
    assert await repositories.link(LINK, principal=MINE) == LINK
    assert await repositories.keep_state(7, STATE, repository="acme/shop", principal=MINE)
    assert await repositories.keep_state(7, STATE, repository="acme/shop", principal=MINE)
    assert await repositories.get(7, principal=MINE) == replace(LINK, state=STATE)
    assert await repositories.get(7, principal=OTHERS) is None
    assert await repositories.unlink(7, principal=OTHERS) is None
    assert await repositories.unlink(7, principal=MINE) == replace(LINK, state=STATE)
    assert await repositories.get(7, principal=MINE) is None


async def test_linking_again_keeps_what_was_seen_of_the_same_repository_alone(
    repositories: Repositories,
) -> None:
    await repositories.link(LINK, principal=MINE)
    await repositories.keep_state(7, STATE, repository="acme/shop", principal=MINE)
    await repositories.keep_hook(7, hook="h1", sealed="s1", principal=MINE)
    await repositories.keep_seen(7, [seen(1, 11)], principal=MINE)
    again = replace(LINK, credential=None, linked_at=SOON)
    assert await repositories.link(again, principal=MINE) == replace(again, state=STATE, hook="h1")
    assert await numbers(repositories) == {1: 11}
    moved = replace(LINK, repository="acme/other", linked_at=SOON)
    assert await repositories.link(moved, principal=MINE) == moved
    assert await numbers(repositories) == {}
    assert await repositories.by_hook("h1") is None
    assert not await repositories.keep_state(7, STATE, repository="acme/shop", principal=MINE)
    assert await repositories.get(7, principal=MINE) == moved


def seen(number: int, item: int, *, milestone: bool = False) -> SeenIssue:
    return SeenIssue(number=number, is_milestone=milestone, item=item, marks={"title": f"t{item}"})


async def numbers(
    repositories: Repositories, *, milestones: bool = False, who: Principal = MINE
) -> dict[int, int]:
    asked = list(range(1, 1001))
    found = await repositories.seen(7, asked, milestones=milestones, principal=who)
    return {number: one.item for number, one in found.items()}


async def test_what_was_seen_is_told_by_number_and_kind(repositories: Repositories) -> None:
    await repositories.keep_seen(7, [seen(1, 11)], principal=MINE)
    assert await numbers(repositories) == {}, "there is no link to keep it for"
    await repositories.link(LINK, principal=MINE)
    rows = [seen(number, 1000 + number) for number in range(1, 901)]
    await repositories.keep_seen(7, [*rows, seen(1, 5, milestone=True)], principal=MINE)
    await repositories.keep_seen(7, [seen(2, 77)], principal=MINE)
    await repositories.keep_seen(7, [], principal=MINE)
    found = await numbers(repositories)
    assert found == {number: 1000 + number for number in range(1, 901)} | {2: 77}
    assert await numbers(repositories, milestones=True) == {1: 5}
    assert await numbers(repositories, who=OTHERS) == {}
    one = (await repositories.seen(7, [2], milestones=False, principal=MINE))[2]
    assert one == seen(2, 77)


async def test_a_hook_says_whose_it_is(repositories: Repositories) -> None:
    assert not await repositories.keep_hook(7, hook="h1", sealed="s1", principal=MINE)
    await repositories.link(LINK, principal=MINE)
    await repositories.link(replace(LINK, project=8), principal=OTHERS)
    assert await repositories.keep_hook(7, hook="h1", sealed="s1", principal=MINE)
    assert await repositories.keep_hook(8, hook="h2", sealed="s2", principal=OTHERS)
    found = await repositories.by_hook("h2")
    assert found is not None
    assert (found.linked, found.sealed) == (Linked("others", 8), "s2")
    assert "s2" not in repr(found)
    link = await repositories.get(7, principal=MINE)
    assert link is not None
    assert link.hook == "h1"
    await repositories.keep_hook(7, hook="h3", sealed="s3", principal=MINE)
    assert await repositories.by_hook("h1") is None
    await repositories.unlink(7, principal=MINE)
    assert await repositories.by_hook("h3") is None


async def test_links_of_all_tenants_are_due_those_longest_first(
    repositories: Repositories,
) -> None:
    await repositories.link(replace(LINK, linked_at=SOON), principal=MINE)
    await repositories.link(replace(LINK, project=8), principal=OTHERS)
    assert await repositories.due(now=START - timedelta(seconds=1), limit=10) == []
    assert await repositories.due(now=START, limit=10) == [Linked("others", 8)]
    both = [Linked("others", 8), Linked("mine", 7)]
    assert await repositories.due(now=LATER, limit=10) == both
    assert await repositories.due(now=LATER, limit=1) == both[:1]


async def test_of_many_who_claim_a_link_one_has_it_until_it_is_given_back(
    repositories: Repositories,
) -> None:
    await repositories.link(LINK, principal=MINE)
    mine, won = Linked("mine", 7), []

    async def claim() -> None:
        won.append(await repositories.claim(mine, now=START, until=LATER))

    with anyio.fail_after(GUARD_S):
        async with anyio.create_task_group() as group:
            for _ in range(8):
                group.start_soon(claim)
    assert sorted(won) == [False] * 7 + [True]
    assert await repositories.due(now=SOON, limit=10) == []
    await repositories.settle(mine, began=START, due_at=LATER)
    assert not await repositories.claim(mine, now=SOON, until=LATER)
    assert await repositories.claim(mine, now=LATER, until=LATER + timedelta(hours=1))
    after = LATER + timedelta(hours=2)
    assert await repositories.claim(mine, now=after, until=after), "its process has ended"


async def test_what_makes_a_link_due_while_it_is_looked_after_is_not_lost(
    repositories: Repositories,
) -> None:
    await repositories.link(LINK, principal=MINE)
    mine = Linked("mine", 7)
    assert await repositories.claim(mine, now=START, until=LATER)
    await repositories.hurry(7, now=SOON, principal=MINE)
    await repositories.hurry(7, now=SOON, principal=OTHERS)
    await repositories.settle(mine, began=START, due_at=LATER)
    assert await repositories.due(now=SOON, limit=10) == [mine]
