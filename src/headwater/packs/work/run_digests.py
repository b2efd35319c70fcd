"""What is told of the runs of a session? Read from the log of runs, as far as the asker sees it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from headwater.model.event import RunRecord
from headwater.model.principal import Principal
from headwater.model.session import RunDigest, Session
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


async def digests_of(
    session: Session, *, members: Iterable[str], run_log: RunLog, principal: Principal
) -> dict[str, RunDigest]:
    """Return what is told to all in the project of what was asked in a session, by run.

    Whoever of its team asks in a session tells the others what they asked and how it ended. What
    the answer said is told where it shows nothing that depends on who asked.
    """
    people = {session.started_by, *session.participants, *members}
    reader = replace(principal, roles=("admin",))  # others' private runs, for these facts alone
    records = await read_runs(session.runs, run_log=run_log, principal=reader)
    told: dict[str, RunDigest] = {}
    for one, record in records.items():
        if not record.private:
            told[one] = RunDigest(text=record.text, status=record.status, summary=record.summary)
        elif record.principal in people:
            is_open = await _has_open_summary(one, run_log=run_log, principal=reader)
            said = record.summary if is_open else None
            told[one] = RunDigest(text=record.text, status=record.status, summary=said)
    return told


async def _has_open_summary(run_id: str, *, run_log: RunLog, principal: Principal) -> bool:
    events = await run_log.events(run_id, principal=principal)
    return bool(events) and events[-1].data.get("open_summary") is True


def _sees(record: RunRecord, principal: Principal) -> bool:
    mine = record.principal == principal.name
    return mine or not record.private or sees_all(principal.roles)
