"""What is told of the runs of a session? Read from the log of runs, as far as the asker sees it."""

from __future__ import annotations

from collections.abc import Sequence

from headwater.model.event import RunRecord
from headwater.model.principal import Principal
from headwater.model.session import RunDigest
from headwater.policy.permissions import sees_all
from headwater.ports.run_log import RunLog

MOST_RUNS = 100
"""Runs of a session that are looked up; more are told by their ids."""


async def read_runs(
    ids: Sequence[str], *, run_log: RunLog, principal: Principal
) -> dict[str, RunRecord]:
    """Return runs by id; those that the asker does not see are left out."""
    found: dict[str, RunRecord] = {}
    for one in list(ids)[-MOST_RUNS:]:
        record = await run_log.get(one, principal=principal)
        if record is not None and _sees(record, principal):
            found[one] = record
    return found


def digest_of(record: RunRecord) -> RunDigest:
    """Return what a summary tells of a run."""
    return RunDigest(text=record.text, status=record.status, summary=record.summary)


def _sees(record: RunRecord, principal: Principal) -> bool:
    mine = record.principal == principal.name
    return mine or not record.private or sees_all(principal.roles)
