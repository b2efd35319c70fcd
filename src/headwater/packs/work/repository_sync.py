"""How a project is brought in step with its repository, page by page, each of them kept for good.

Ended anywhere, it goes on from there when it is asked for again: nothing is made twice.

Next: `headwater.packs.work.issue_taking`
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import anyio

from headwater.errors import LimitError
from headwater.model.project import Project
from headwater.model.repository import Issue, Listing
from headwater.model.repository_link import RepositoryLink, SyncReport
from headwater.packs.work.issue_taking import push_back, take_issues, take_milestones
from headwater.packs.work.repository_events import keep_deployments, take_deliveries
from headwater.packs.work.syncing import Reach, Syncing

ROWS_AT_ONCE = 400
"""Issues taken over in one transaction."""
OVERLAP = timedelta(seconds=10)
"""How far back the next look begins: what changed at once may be told a little later."""
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
SPARE_S = 0.75
"""Seconds kept back for telling how far it came."""


async def bring_in_step(reach: Reach, link: RepositoryLink, *, project: Project) -> SyncReport:
    """Bring a project in step with its repository, as far as there is time.

    Raises:
        HeadwaterError: what the host or a store says; it is kept with the link as well.
    """
    syncing = Syncing(reach, link, project, link.state)
    try:
        complete = await _go_through(syncing)
    except LimitError as error:
        if error.code != "github.rate_limited":
            raise
        await syncing.keep(problem=error.message)
        return syncing.report(complete=False, waits_s=error.retry_after_s)
    await syncing.keep(synced_at=reach.at, problem=None)
    return syncing.report(complete=complete)


async def _go_through(syncing: Syncing) -> bool:
    """Do all parts; return whether none is left."""
    await take_deliveries(syncing)
    await _milestones(syncing)
    complete = await (_first_import(syncing) if syncing.state.page else _changes(syncing))
    if not complete:
        return False
    await _deployments(syncing)
    if syncing.link.pushes:
        await push_back(syncing)
    return True


async def _milestones(syncing: Syncing) -> None:
    link, tag = syncing.link, syncing.state.tags.get("milestones")
    found = await syncing.reach.host.all_milestones(
        link.place, tag=tag, principal=syncing.reach.principal
    )
    if found.unchanged:
        return
    await take_milestones(syncing, found.rows)
    await syncing.keep(tags={**syncing.state.tags, "milestones": found.tag or ""})


async def _first_import(syncing: Syncing) -> bool:
    """Take all issues over, from the page on that comes next."""
    if syncing.state.page == 1:  # what changes from here on is looked for afterwards
        await _keep_newest(syncing, await _newest(syncing, tag=None))
    done = await _take_pages(syncing, page=syncing.state.page, since=None)
    if done:
        await syncing.keep(page=0)
    return done


async def _changes(syncing: Syncing) -> bool:
    """Take over what changed since the last look, if anything did."""
    newest = await _newest(syncing, tag=syncing.state.tags.get("issues"))
    if newest.unchanged:
        return True
    done = await _take_pages(syncing, page=1, since=syncing.state.since or LONG_AGO)
    if done:
        await _keep_newest(syncing, newest)
    return done


async def _newest(syncing: Syncing, *, tag: str | None) -> Listing[Issue]:
    return await syncing.reach.host.newest_change(
        syncing.link.place, tag=tag, principal=syncing.reach.principal
    )


async def _keep_newest(syncing: Syncing, newest: Listing[Issue]) -> None:
    """Keep up to when all is known, by the host's own clock: ours need not be right."""
    last = max((one.updated_at for one in newest.rows), default=LONG_AGO + OVERLAP)
    tags = {**syncing.state.tags, "issues": newest.tag or ""}
    await syncing.keep(since=last - OVERLAP, tags=tags)


async def _take_pages(syncing: Syncing, *, page: int, since: datetime | None) -> bool:
    """Take issues over, some pages at once; return whether those were all."""
    host, who = syncing.reach.host, syncing.reach.principal
    some: list[Issue] = []
    pages = 0
    async with host.all_issues(syncing.link.place, page=page, since=since, principal=who) as rest:
        async for rows in rest:
            some, pages = some + rows, pages + 1
            if len(some) >= ROWS_AT_ONCE:
                await _take_some(syncing, some, first=since is None, pages=pages)
                some, pages = [], 0
                if _left_s() < SPARE_S:
                    return False
    await _take_some(syncing, some, first=since is None, pages=pages)
    return True


async def _take_some(syncing: Syncing, some: list[Issue], *, first: bool, pages: int) -> None:
    await take_issues(syncing, some)
    if first and pages:
        await syncing.keep(page=syncing.state.page + pages)


async def _deployments(syncing: Syncing) -> None:
    state, place = syncing.state, syncing.link.place
    found = await syncing.reach.host.new_deployments(
        place,
        after=state.deployment,
        tag=state.tags.get("deployments"),
        principal=syncing.reach.principal,
    )
    if found.unchanged:
        return
    await keep_deployments(syncing, found.rows)
    newest = max([state.deployment, *(one.id for one in found.rows)])
    tags = {**syncing.state.tags, "deployments": found.tag or ""}
    await syncing.keep(deployment=newest, tags=tags)


def _left_s() -> float:
    return anyio.current_effective_deadline() - anyio.current_time()
