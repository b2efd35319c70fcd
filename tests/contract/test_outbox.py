"""Notices are kept once, taken in their order, tried again where that may help, and shown."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest
from patience import GUARD_S

from contract.estates import MINE, OTHERS
from headwater.app.posting import Poster
from headwater.app.under_way import UnderWay
from headwater.errors import StoreFault
from headwater.model.notice import Letter, Notice, NoticeKind, Posted
from headwater.policy.posting import PATIENCE_S
from headwater.ports.jobs import Jobs
from headwater.services.jobs import DbosJobs

FACTS = {"team": "ops", "role": "member", "by": "ann", "title": "t", "project": "p"}


@pytest.fixture(params=["sqlite", "postgresql"])
def adapter(request: pytest.FixtureRequest) -> str:
    """Name the database under test."""
    return str(request.param)


@pytest.fixture
def url(jobs_url: str) -> str:
    """Give a database without jobs."""
    return jobs_url


class Place:
    """Where jobs are opened."""

    def __init__(self, url: str, folder: Path) -> None:
        self._url = url
        self._folder = folder

    @asynccontextmanager
    async def opened(self, *, at_once: int = 4) -> AsyncIterator[Jobs]:
        """Open the jobs of the folder."""
        async with DbosJobs.open(
            self._url, folder=self._folder, at_once=1, notices_at_once=at_once
        ) as jobs:
            yield jobs


@pytest.fixture
def place(url: str, tmp_path: Path) -> Place:
    """Give a place without jobs."""
    return Place(url, tmp_path / "jobs")


def a_notice(
    key: str, kind: NoticeKind = "added", *, made_at: datetime | None = None, team: int | None = 7
) -> Notice:
    """Make a notice."""
    return Notice(
        key=key, kind=kind, to=f"{key}@example.org", team=team,
        made_at=made_at or datetime.now(UTC), facts=FACTS,
    )  # fmt: skip


class Carrier:
    """A mailer that takes letters, or says what it is told to."""

    def __init__(self, *faults: StoreFault) -> None:
        self.sent: list[str] = []
        self._faults = list(faults)

    async def send(self, letter: Letter) -> None:
        """Take a letter."""
        self.sent.append(letter.to)
        if self._faults:
            raise self._faults.pop(0)

    async def check(self) -> None:
        """Find nothing wrong."""


def busy() -> StoreFault:
    return StoreFault("busy", code="mail.busy", retry_safe=True)


def refused() -> StoreFault:
    return StoreFault("never", code="mail.refused", retry_safe=False)


@asynccontextmanager
async def posting(jobs: Jobs, carrier: Carrier, under_way: UnderWay | None = None) -> Any:
    """Send what is in the outbox for as long as the block."""
    unused: Any = None
    poster = Poster(
        jobs.outbox,
        UnderWay() if under_way is None else under_way,
        mailer=carrier,
        courier=unused,
        webhooks=unused,
        sealer=unused,
    )
    async with jobs.claims(), anyio.create_task_group() as group:
        group.start_soon(poster.work)
        yield
        group.cancel_scope.cancel()


async def until(jobs: Jobs, *statuses: str) -> list[Posted]:
    """Return the notices, newest first, once they have these statuses."""
    with anyio.fail_after(GUARD_S):
        while True:
            found = await jobs.outbox.recent(limit=99, principal=MINE)
            if [one.status for one in found] == list(statuses):
                return found
            await anyio.sleep(0.02)


async def test_a_notice_is_kept_once_sent_once_and_shown(place: Place) -> None:
    carrier = Carrier()
    notice = a_notice("k")
    async with place.opened() as jobs:
        for _ in range(3):
            await jobs.outbox.post(notice, principal=MINE)
        await jobs.outbox.post(a_notice("k"), principal=OTHERS)  # another tenant's is another
        (queued,) = await until(jobs, "queued")
        assert (queued.id, queued.to, queued.team, queued.tries, queued.error) == (
            notice.id_in(MINE.tenant), "k@example.org", 7, 0, None,
        )  # fmt: skip
        assert await jobs.recent(limit=9, principal=MINE) == []  # a notice is no job
        async with posting(jobs, carrier):
            (sent,) = await until(jobs, "sent")
            await jobs.outbox.post(notice, principal=MINE)
            (still,) = await until(jobs, "sent")
            assert still == sent
        assert (sent.tries, sent.made_at, sent.priority) == (1, notice.made_at, notice.priority)
        assert sent.ended_at is not None
    assert carrier.sent == ["k@example.org"] * 2


async def test_the_urgent_go_first_and_of_these_the_first_posted(place: Place) -> None:
    carrier = Carrier()
    kinds: list[NoticeKind] = ["summary", "added", "alert", "invitation", "alert", "summary"]
    async with place.opened(at_once=1) as jobs:
        for number, kind in enumerate(kinds):
            await jobs.outbox.post(a_notice(f"{number}", kind), principal=MINE)
            await anyio.sleep(0.002)  # what was posted in the same millisecond has no order
        async with posting(jobs, carrier):
            await until(jobs, *["sent"] * len(kinds))
    assert [one.partition("@")[0] for one in carrier.sent] == ["2", "4", "3", "1", "0", "5"]


async def test_what_may_help_is_tried_again_and_holds_nothing_up(place: Place) -> None:
    carrier = Carrier(busy(), busy())
    async with place.opened(at_once=1) as jobs, posting(jobs, carrier):
        await jobs.outbox.post(a_notice("late"), principal=MINE)
        (waiting,) = await until(jobs, "waiting")
        assert waiting.next_at is not None
        assert (waiting.tries, waiting.error and waiting.error["code"]) == (1, "mail.busy")
        await jobs.outbox.post(a_notice("next"), principal=MINE)
        found = await until(jobs, "sent", "sent")
        assert {one.to: one.tries for one in found}["late@example.org"] >= 2
    assert carrier.sent[0] == "late@example.org"
    assert len(carrier.sent) == 4  # each of both once, and again for each time it was busy
    assert set(carrier.sent[1:]) == {"late@example.org", "next@example.org"}


async def test_what_was_refused_is_never_tried_again(place: Place) -> None:
    carrier = Carrier(refused())
    async with place.opened() as jobs, posting(jobs, carrier):
        await jobs.outbox.post(a_notice("k"), principal=MINE)
        (found,) = await until(jobs, "refused")
        assert (found.tries, found.error and found.error["code"]) == (1, "mail.refused")
        await jobs.outbox.post(a_notice("k"), principal=MINE)
        await jobs.outbox.post(a_notice("other"), principal=MINE)
        await until(jobs, "sent", "refused")
    assert carrier.sent == ["k@example.org", "other@example.org"]


async def test_what_is_tried_for_too_long_is_given_up(place: Place) -> None:
    old = datetime.now(UTC) - timedelta(seconds=PATIENCE_S + 1)
    async with place.opened() as jobs, posting(jobs, Carrier(busy())):
        await jobs.outbox.post(a_notice("k", made_at=old), principal=MINE)
        (found,) = await until(jobs, "gave_up")
        assert found.error is not None
        assert found.error["code"] == "mail.busy"


async def test_a_defect_of_ours_ends_a_notice_and_no_other(place: Place) -> None:
    async with place.opened(at_once=1) as jobs, posting(jobs, Carrier()):
        await jobs.outbox.post(a_notice("k", "webhook"), principal=MINE)  # there is no courier
        await jobs.outbox.post(a_notice("other"), principal=MINE)
        found = await until(jobs, "sent", "refused")
        assert found[1].error is not None
        assert found[1].error["code"] == "engine.unforeseen"


async def test_what_a_stopping_process_could_not_send_is_left_to_the_next(place: Place) -> None:
    stopping, carrier = UnderWay(), Carrier(busy())
    stopping.stopping = True
    async with place.opened() as jobs, posting(jobs, carrier, stopping):
        await jobs.outbox.post(a_notice("k"), principal=MINE)
        with anyio.fail_after(GUARD_S):
            while not carrier.sent:  # noqa: ASYNC110  a mailer tells nobody
                await anyio.sleep(0.01)
    again = Carrier()
    async with place.opened() as jobs, posting(jobs, again):
        (found,) = await until(jobs, "sent")
        assert found.tries == 1
    assert again.sent == ["k@example.org"]
