"""What becomes of events of a repository: items of work, and history of what runs its code.

What others wrote in them is kept as data, and decides nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence

from headwater.analysis.issue_merge import deployment_records, push_records
from headwater.errors import HeadwaterError
from headwater.model.history import HistoryRecord
from headwater.model.load import Rows
from headwater.model.repository import CodeEvent, Deployment, Push
from headwater.model.repository_link import Delivery
from headwater.packs.work.issue_taking import drop_issue, take_issues, take_milestones, take_pull
from headwater.packs.work.syncing import Syncing

AT_ONCE = 100
MOST_TRIES = 5


async def take_deliveries(syncing: Syncing) -> None:
    """Handle what webhooks brought, in the order in which it came."""
    reach = syncing.reach
    while True:
        found = await reach.deliveries.waiting(
            syncing.link.project, limit=AT_ONCE, principal=reach.principal
        )
        for one in found:
            await _handle(syncing, one)
        if len(found) < AT_ONCE:
            return


async def _handle(syncing: Syncing, one: Delivery) -> None:
    """Handle one; what cannot be read, or fails again and again, is given up."""
    reach = syncing.reach
    try:
        event = await reach.host.read_event(one.event, one.payload, principal=reach.principal)
        if event.repository.casefold() == syncing.link.repository.casefold():
            await _DO.get(event.kind, _nothing)(syncing, event)
    except HeadwaterError as error:
        if error.code != "github.bad_answer" and one.tries < MOST_TRIES:
            await reach.deliveries.failed(one.id, principal=reach.principal)
            raise
    await reach.deliveries.settle([one.id], handled_at=reach.at, principal=reach.principal)


async def keep_deployments(syncing: Syncing, deployments: Sequence[Deployment]) -> None:
    """Keep deployments as history of the items that were deployed to."""
    records = [
        record
        for one in deployments
        for record in deployment_records(
            one, repository=syncing.link.repository, codes=syncing.codes_of(one.environment)
        )
    ]
    await _keep(syncing, records)


async def keep_push(syncing: Syncing, push: Push) -> None:
    """Keep a push as history of the items that run the code."""
    records = push_records(push, repository=syncing.link.repository, codes=syncing.codes)
    await _keep(syncing, records)


async def _keep(syncing: Syncing, records: Sequence[HistoryRecord]) -> None:
    """Keep history entries; one that is there already changes nothing."""
    if not records:
        return
    rows: Rows[HistoryRecord] = Rows(syncing.link.repository, skip_bad=True)
    rows.records = _numbered(records)
    count = await syncing.reach.history.load(rows, replace=False, principal=syncing.reach.principal)
    syncing.counts.entries += count.added


def _numbered(records: Sequence[HistoryRecord]) -> Iterator[tuple[int, HistoryRecord]]:
    yield from enumerate(records, start=1)


async def _issue(syncing: Syncing, event: CodeEvent) -> None:
    if event.deleted:
        await drop_issue(syncing, event.value.number, milestone=False)
    else:
        await take_issues(syncing, [event.value])


async def _milestone(syncing: Syncing, event: CodeEvent) -> None:
    if event.deleted:
        await drop_issue(syncing, event.value.number, milestone=True)
    else:
        await take_milestones(syncing, [event.value])


async def _pull(syncing: Syncing, event: CodeEvent) -> None:
    await take_pull(syncing, event.value)


async def _push(syncing: Syncing, event: CodeEvent) -> None:
    await keep_push(syncing, event.value)


async def _deployment(syncing: Syncing, event: CodeEvent) -> None:
    await keep_deployments(syncing, [event.value])


async def _nothing(syncing: Syncing, event: CodeEvent) -> None:
    del syncing, event


_DO: Mapping[str, Callable[[Syncing, CodeEvent], Awaitable[None]]] = {
    "issue": _issue,
    "milestone": _milestone,
    "pull_request": _pull,
    "push": _push,
    "deployment": _deployment,
}
