"""Whether GitHub's limits are kept to, its faults outlived, and nothing is done twice."""

from __future__ import annotations

import anyio
import pytest
from github_places import AT, WHO, Place, a_place
from patience import GUARD_S, PROMPT_S

from headwater.errors import HeadwaterError, LimitError

pytestmark = pytest.mark.parametrize("anyio_backend", ["asyncio"])


async def refused(work: object, *, within_s: float = PROMPT_S) -> HeadwaterError:
    """Return the error that some work ends in."""
    with anyio.fail_after(within_s), pytest.raises(HeadwaterError) as error:
        await work  # type: ignore[misc]
    assert "ghp_" not in str(error.value)
    return error.value


def ask(place: Place) -> object:
    """Ask for what the repository is."""
    return place.host.info(AT, principal=WHO)


async def test_a_used_up_window_is_waited_for_where_there_is_time() -> None:
    async with a_place() as place:
        place.standin.limit, place.standin.window_s = 2, 0.4
        with anyio.fail_after(GUARD_S):
            for number in range(1, 5):
                issue = await place.host.create_issue(
                    AT, title=f"issue {number}", body=None, principal=WHO
                )
                assert issue.number == number
        assert 403 not in {one.status for one in place.standin.seen}, "we were told, and waited"


async def test_a_used_up_window_is_told_at_once_where_there_is_no_time() -> None:
    async with a_place() as place:
        place.standin.limit, place.standin.window_s = 1, 1000.0
        await ask(place)  # type: ignore[misc]
        asked, began = len(place.standin.seen), anyio.current_time()
        error = await refused(ask(place))
        assert isinstance(error, LimitError)
        assert error.code == "github.rate_limited"
        assert error.retry_safe
        assert error.retry_after_s is not None
        assert 900 < error.retry_after_s <= 1001
        assert anyio.current_time() - began < PROMPT_S
        assert len(place.standin.seen) == asked, "it was not even asked"


async def test_a_window_that_others_used_up_is_waited_for_too() -> None:
    async with a_place() as place:
        place.standin.limit, place.standin.window_s = 5, 0.4
        await ask(place)  # type: ignore[misc]
        place.standin.used = 5
        with anyio.fail_after(GUARD_S):
            await place.host.create_issue(AT, title="x", body=None, principal=WHO)
        assert [one.status for one in place.standin.seen] == [200, 403, 201]
        assert len(place.repo.issues) == 1


async def test_a_secondary_limit_is_waited_for_as_long_as_it_says() -> None:
    async with a_place() as place:
        place.standin.faults.append("secondary 1")
        began = anyio.current_time()
        with anyio.fail_after(GUARD_S):
            await place.host.create_issue(AT, title="x", body=None, principal=WHO)
        assert anyio.current_time() - began >= 1.0
        assert len(place.repo.issues) == 1


async def test_a_secondary_limit_without_a_time_is_a_minute() -> None:
    async with a_place() as place:
        place.standin.faults.append("secondary")
        error = await refused(ask(place))
        assert error.code == "github.rate_limited"
        assert error.retry_after_s is not None
        assert 55 < error.retry_after_s <= 60
        error = await refused(ask(place))
        assert error.code == "github.rate_limited"
        assert len(place.standin.seen) == 1


async def test_many_at_once_never_ask_for_more_than_there_is() -> None:
    async with a_place() as place:
        place.standin.limit, place.standin.window_s = 10, 0.4
        await ask(place)  # type: ignore[misc]
        with anyio.fail_after(GUARD_S):
            async with anyio.create_task_group() as group:
                for number in range(25):
                    title = f"issue {number}"
                    group.start_soon(make, place, title)
        assert len(place.repo.issues) == 25
        assert place.standin.most_at_once <= 8
        assert 403 not in [one.status for one in place.standin.seen[:10]]


async def make(place: Place, title: str) -> None:
    await place.host.create_issue(AT, title=title, body=None, principal=WHO)


@pytest.mark.parametrize("fault", ["500", "502", "503", "cut", "half"])
async def test_a_read_is_tried_again_after_a_fault(fault: str) -> None:
    async with a_place() as place:
        place.standin.faults.extend([fault, fault])
        with anyio.fail_after(GUARD_S):
            assert (await place.host.info(AT, principal=WHO)).name == "acme/shop"
        assert len(place.standin.seen) == 3


@pytest.mark.parametrize("fault", ["502", "cut", "half", "html"])
async def test_a_change_whose_answer_was_lost_is_not_made_again(fault: str) -> None:
    async with a_place() as place:
        place.standin.faults.append(fault)
        made = place.host.create_issue(AT, title="x", body=None, principal=WHO)
        error = await refused(made)
        assert error.code == "github.answer_lost"
        assert len(place.standin.seen) == 1


async def test_a_host_that_fails_on_and_on_is_given_up() -> None:
    async with a_place() as place:
        place.standin.faults.extend(["503"] * 20)
        error = await refused(ask(place), within_s=GUARD_S)
        assert (error.code, error.retry_safe) == ("github.unavailable", True)
        assert len(place.standin.seen) == 5


async def test_a_host_that_says_nothing_is_waited_for_once_and_no_longer() -> None:
    async with a_place(within_s=1.0) as place:
        place.standin.faults.append("slow")
        made = place.host.create_issue(AT, title="x", body=None, principal=WHO)
        error = await refused(made)
        assert error.code == "github.answer_lost"


async def test_the_deadline_of_who_asks_ends_a_request() -> None:
    async with a_place() as place:
        place.standin.faults.append("slow")
        began = anyio.current_time()
        with anyio.move_on_after(1.0) as scope:
            await ask(place)  # type: ignore[misc]
        assert scope.cancelled_caught
        assert anyio.current_time() - began < PROMPT_S
        with anyio.fail_after(GUARD_S):
            await ask(place)  # type: ignore[misc]


@pytest.mark.parametrize("fault", ["html", "empty"])
async def test_an_answer_that_makes_no_sense_is_told_as_such(fault: str) -> None:
    async with a_place() as place:
        place.standin.faults.append(fault)
        error = await refused(place.host.branches(AT, limit=5, principal=WHO))
        assert error.code == "github.bad_answer"
        assert "HEADWATER_GITHUB_URL" in error.message


async def test_a_host_that_is_not_there_is_told_as_such() -> None:
    async with a_place() as place:
        pass
    error = await refused(ask(place), within_s=10)
    assert error.code == "client.closed"
