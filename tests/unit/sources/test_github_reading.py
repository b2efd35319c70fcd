"""Whether GitHub is asked rightly, and what it tells is told: lists, pages, tags, changes."""

from __future__ import annotations

import anyio
import pytest
from github_places import AT, WHO, Place, a_place
from github_standin import ROOT
from patience import GUARD_S

from headwater.errors import HeadwaterError
from headwater.model.repository_link import CodePlace, Grant

pytestmark = pytest.mark.parametrize("anyio_backend", ["asyncio"])
NOBODY = CodePlace(repository="acme/shop")


async def numbers_of(place: Place, *, page: int = 1) -> list[list[int]]:
    """Return the numbers of all issues, page by page."""
    found = []
    async with place.host.all_issues(AT, page=page, since=None, principal=WHO) as pages:
        async for rows in pages:
            found.append([one.number for one in rows])  # noqa: PERF401 (they come one by one)
    return found


def flat(pages: list[list[int]]) -> list[int]:
    """Return the numbers of all pages."""
    return [number for page in pages for number in page]


async def code_of(work: object) -> str:
    """Return the code of the error that some work ends in."""
    with pytest.raises(HeadwaterError) as refused:
        await work  # type: ignore[misc]
    assert "ghp_" not in str(refused.value)
    return refused.value.code


async def test_a_repository_is_told_with_what_the_credential_may_do() -> None:
    async with a_place() as place:
        info = await place.host.info(AT, principal=WHO)
    assert (info.name, info.default_branch, info.private) == ("acme/shop", "main", True)
    assert info.access == ("push", "pull")


async def test_lists_are_told_newest_first_and_say_that_there_is_more() -> None:
    async with a_place() as place:
        for number in range(1, 8):
            place.standin.open_issue(place.repo, f"issue {number}", labels=["bug"])
        place.standin.open_pull(place.repo, "pull 8")
        place.standin.add_milestone(place.repo, "1.0", due_on="2026-04-01T07:00:00Z")
        with anyio.fail_after(GUARD_S):
            some = await place.host.issues(AT, state="open", limit=3, principal=WHO)
            all_ = await place.host.issues(AT, state="all", limit=50, principal=WHO)
            pulls = await place.host.pulls(AT, state="open", limit=50, principal=WHO)
            stones = await place.host.milestones(AT, state="open", limit=50, principal=WHO)
            branches = await place.host.branches(AT, limit=50, principal=WHO)
    assert ([one.number for one in some.rows], some.truncated) == ([7, 6, 5], True)
    assert ([one.number for one in all_.rows], all_.truncated) == ([7, 6, 5, 4, 3, 2, 1], False)
    assert [(one.number, one.head, one.target) for one in pulls.rows] == [(8, "topic", "main")]
    assert [str(one.due) for one in stones.rows] == ["2026-04-01"]
    assert [one.name for one in branches.rows] == ["main"]
    assert all_.rows[0].labels == ("bug",)


@pytest.mark.parametrize("count", [99, 100, 250])
async def test_all_milestones_are_had_however_many_and_cost_nothing_again(count: int) -> None:
    async with a_place() as place:
        for number in range(count):
            place.standin.add_milestone(place.repo, f"0.{number}")
        with anyio.fail_after(GUARD_S):
            found = await place.host.all_milestones(AT, tag=None, principal=WHO)
            used = place.standin.used
            again = await place.host.all_milestones(AT, tag=found.tag, principal=WHO)
    assert len({one.number for one in found.rows}) == count
    assert again.unchanged or len(again.rows) == count
    assert place.standin.used == used


async def test_asking_again_what_has_not_changed_costs_nothing() -> None:
    async with a_place() as place:
        place.standin.limit = 100
        place.standin.open_issue(place.repo, "one")
        for _ in range(3):
            page = await place.host.issues(AT, state="open", limit=50, principal=WHO)
            assert [one.title for one in page.rows] == ["one"]
        assert place.standin.used == 1
        assert [one.status for one in place.standin.seen] == [200, 304, 304]
        place.standin.open_issue(place.repo, "two")
        page = await place.host.issues(AT, state="open", limit=50, principal=WHO)
        assert [one.title for one in page.rows] == ["two", "one"]
        assert place.standin.used == 2


async def test_what_one_credential_was_told_is_not_shown_to_another() -> None:
    async with a_place() as place:
        await place.give(Grant(token="ghp_revoked"), "other")
        assert (await place.host.info(AT, principal=WHO)).name == "acme/shop"
        other = CodePlace(repository="acme/shop", credential="other")
        assert await code_of(place.host.info(other, principal=WHO)) == "github.unauthorized"
        assert await code_of(place.host.info(NOBODY, principal=WHO)) == "github.not_found"


@pytest.mark.parametrize("by_cursor", [False, True])
async def test_all_pages_come_once_and_in_order(by_cursor: bool) -> None:
    async with a_place() as place:
        place.standin.page_cursors = by_cursor
        for number in range(1, 951):
            place.standin.open_issue(place.repo, f"issue {number}")
        with anyio.fail_after(GUARD_S):
            pages = await numbers_of(place)
        assert [len(one) for one in pages] == [100] * 9 + [50]
        assert flat(pages) == list(range(1, 951))
        assert place.standin.most_at_once > 1 or by_cursor
        assert place.standin.most_at_once <= 8
        assert flat(await numbers_of(place, page=9)) == list(range(801, 951)) or by_cursor


async def test_issues_opened_while_pages_are_read_come_too() -> None:
    async with a_place() as place:
        for number in range(1, 251):
            place.standin.open_issue(place.repo, f"issue {number}")
        found = []
        async with place.host.all_issues(AT, page=1, since=None, principal=WHO) as pages:
            async for rows in pages:
                found += [one.number for one in rows]
                if len(found) == 100:
                    for number in range(251, 321):
                        place.standin.open_issue(place.repo, f"issue {number}")
        assert found[:250] == list(range(1, 251))


async def test_a_fault_ends_the_pages_after_those_that_were_had() -> None:
    async with a_place() as place:
        for number in range(1, 501):
            place.standin.open_issue(place.repo, f"issue {number}")
        found: list[int] = []

        async def read_on() -> None:
            async with place.host.all_issues(AT, page=1, since=None, principal=WHO) as pages:
                async for rows in pages:
                    found.extend(one.number for one in rows)
                    place.standin.tokens.clear()

        assert await code_of(read_on()) == "github.unauthorized"
        assert found == list(range(1, len(found) + 1))


async def test_a_renamed_repository_is_found_where_it_is_now() -> None:
    async with a_place() as place:
        place.repo.moved_to = "acme/store"
        place.standin.repository("acme/store")
        info = await place.host.info(AT, principal=WHO)
    assert info.name == "acme/store"


async def test_changes_are_made_once_and_told() -> None:
    async with a_place() as place:
        with anyio.fail_after(GUARD_S):
            issue = await place.host.create_issue(AT, title="slow", body="very", principal=WHO)
            branch = await place.host.create_branch(AT, name="fix/a", start=None, principal=WHO)
            pull = await place.host.create_pull(
                AT, title="Fix", head="fix/a", target=None, body="Fixes #1", principal=WHO
            )
            closed = await place.host.set_state(
                AT, 1, state="closed", reason="completed", principal=WHO
            )
        assert (issue.number, issue.body) == (1, "very")
        assert place.repo.branches == {"main": branch.sha, "fix/a": branch.sha}
        assert (pull.number, pull.head, pull.target) == (2, "fix/a", "main")
        assert (closed.state, closed.reason) == ("closed", "completed")
        assert len(place.repo.issues) == 2


async def test_what_may_not_be_done_is_refused_by_name() -> None:
    async with a_place() as place:
        place.standin.tokens["ghp_readonly"] = "reader"
        await place.give(Grant(token="ghp_readonly"), "reader")
        await place.give(Grant(token="ghp_readonly"), "narrow", "acme/docs", "other/*")
        reader = CodePlace(repository="acme/shop", credential="reader")
        narrow = CodePlace(repository="acme/shop", credential="narrow")
        missing = CodePlace(repository="acme/shop", credential="nothing")
        bad = CodePlace(repository="acme/../admin", credential="robot")
        host = place.host
        made = host.create_issue(reader, title="x", body=None, principal=WHO)
        assert await code_of(made) == "github.forbidden"
        assert await code_of(host.info(narrow, principal=WHO)) == "github.not_allowed"
        assert await code_of(host.info(missing, principal=WHO)) == "github.no_credential"
        assert await code_of(host.info(bad, principal=WHO)) == "github.bad_name"
        assert await code_of(host.issue(AT, 99, principal=WHO)) == "github.not_found"
        empty = host.create_issue(AT, title="", body=None, principal=WHO)
        assert await code_of(empty) == "github.refused"


async def test_only_we_see_who_we_are_and_only_at_our_host() -> None:
    async with a_place() as place:
        await place.host.info(AT, principal=WHO)
        seen = place.standin.seen[0]
    assert seen.path == f"{ROOT}/repos/acme/shop"
    assert seen.headers["Accept"] == "application/vnd.github+json, application/json"
    assert seen.headers["X-GitHub-Api-Version"] == "2022-11-28"
    assert seen.headers["User-Agent"].startswith("headwater/")
    assert "Cookie" not in seen.headers


async def test_a_token_does_not_follow_to_another_host() -> None:
    async with a_place() as place, a_place() as other:
        place.repo.moved_to = "acme/store"
        place.standin.leads_to = other.standin.base
        assert await code_of(place.host.info(AT, principal=WHO)) == "github.bad_answer"
        assert other.standin.seen == []
