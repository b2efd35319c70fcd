"""How notices are kept until they are sent, by DBOS, in a lane of their own; it sends none.

A notice's id follows from its key, so whoever posts it again finds it kept. Each try is a workflow
of its own: one that was not to be the last has kept the next, which waits without a place in the
lane. Of these only the latest is shown.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from dbos import DBOS

from headwater.model.job import Task
from headwater.model.notice import Notice, NoticeStatus, Posted
from headwater.model.principal import Principal
from headwater.services.asking_dbos import ask
from headwater.services.job_claim import AGAIN_S, DbosClaim
from headwater.services.job_lane import Lane

NOTICE = "headwater.notice"
PAGE = 500
STATUSES: Mapping[str, NoticeStatus] = {
    "DELAYED": "waiting",
    "ENQUEUED": "queued",
    "PENDING": "sending",
    "CANCELLED": "cancelled",
    "SUCCESS": "sent",
}


class DbosSending:
    """A notice that this process is to send now."""

    def __init__(self, claim: DbosClaim) -> None:
        self._claim = claim
        self.id = _id_of(claim.job_id)
        self.notice = _notice_of(claim.task.payload)
        self.principal = claim.task.principal
        self.tries = claim.tries

    def sent(self) -> None:
        """Say that it has been sent."""
        self._claim.end(result={})

    def refused(self, error: Mapping[str, Any], *, gave_up: bool = False) -> None:
        """Say that it never will be."""
        self._claim.end(error={**error, "gave_up": gave_up})

    def again(self, error: Mapping[str, Any], *, after_s: float) -> None:
        """Say that it has not been sent, and is to be tried again no sooner than so."""
        self._claim.again(error=error, after_s=after_s)


class DbosOutbox:
    """Notices to be sent, each tenant's own.

    Args:
        lane: Where they wait; DBOS knows of it when the outbox is used.
    """

    def __init__(self, lane: Lane) -> None:
        self._lane = lane

    async def post(self, notice: Notice, *, principal: Principal) -> None:
        """Keep a notice to be sent; it is durable on return, and once however often posted."""
        payload = asdict(notice) | {"made_at": notice.made_at.isoformat()}
        task = Task(kind=notice.kind, principal=principal, payload=payload)
        job_id = notice.id_in(principal.tenant)
        await ask(lambda: self._lane.keep(task, job_id=job_id, priority=notice.priority))

    @asynccontextmanager
    async def sendings(self) -> AsyncIterator[AsyncIterator[DbosSending]]:
        """Take notices to be sent here, until the block is left; what is not ended stays."""
        async with self._lane.claims() as claims:
            yield _sendings(claims)

    async def recent(self, *, limit: int, principal: Principal) -> list[Posted]:
        """Return the tenant's newest notices, newest first."""
        return await ask(lambda: _recent(principal.tenant, limit))


async def _sendings(claims: AsyncIterator[DbosClaim]) -> AsyncIterator[DbosSending]:
    async for claim in claims:
        yield DbosSending(claim)


def _recent(tenant: str, limit: int) -> list[Posted]:
    """Read pages until there are enough, for some of what is read are earlier tries."""
    latest: dict[str, Posted] = {}
    offset = 0
    while len(latest) < limit:
        page = DBOS.list_workflows(
            name=NOTICE, user=tenant, limit=PAGE, offset=offset, sort_desc=True
        )
        for one in page:
            if not _was_followed(one):
                posted = _posted_of(one)
                known = latest.get(posted.id)
                if known is None or known.tries < posted.tries:
                    latest[posted.id] = posted
        if len(page) < PAGE:
            break
        offset += PAGE
    newest = sorted(latest.values(), key=lambda one: (one.made_at, one.id), reverse=True)
    return newest[:limit]


def _was_followed(found: Any) -> bool:
    return isinstance(found.output, dict) and found.output.get(AGAIN_S) is not None


def _posted_of(found: Any) -> Posted:
    arguments = found.input["args"][0]
    notice = _notice_of(arguments["payload"])
    error = found.output.get("error") if isinstance(found.output, dict) else None
    status: NoticeStatus = STATUSES.get(found.status, "gave_up")
    if error is not None:
        status = "gave_up" if error.get("gave_up") else "refused"
    if status == "gave_up" and error is None:
        message = f"begun {found.recovery_attempts} times, each ended with its process"
        error = {"code": "job.gave_up", "fault": "engine", "message": message}
    waits_until_ms = found.delay_until_epoch_ms if status == "waiting" else None
    return Posted(
        id=_id_of(found.workflow_id),
        kind=notice.kind,
        to=notice.to,
        team=notice.team,
        status=status,
        priority=notice.priority,
        tries=arguments["tries"] - (status in {"waiting", "queued"}),
        made_at=notice.made_at,
        next_at=waits_until_ms and _instant(waits_until_ms),
        ended_at=found.completed_at and _instant(found.completed_at),
        error=error or arguments.get("error"),
    )


def _notice_of(payload: Mapping[str, Any]) -> Notice:
    return Notice(**{**payload, "made_at": datetime.fromisoformat(payload["made_at"])})


def _id_of(job_id: str) -> str:
    return job_id.partition(".")[0]


def _instant(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC)
