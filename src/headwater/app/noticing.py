"""How what was done becomes notices: each is kept to be sent before what was done is settled.

A process that dies between the two leaves it due: another makes the same notices again, which the
outbox has already, by their keys.

Next: `headwater.composing.notices.notices_of`
"""

from __future__ import annotations

import logging
from typing import Any

import anyio

from headwater.app.wiring_work import WorkStores
from headwater.composing.notices import READS, Known, notices_of
from headwater.errors import HeadwaterError, UsageError
from headwater.model.activity import Activity
from headwater.model.principal import Principal
from headwater.model.team import TeamView
from headwater.model.webhook import Webhook
from headwater.ports.outbox import Outbox

LOG = logging.getLogger(__name__)
LOOK_S = 1.0
"""Seconds between two looks whether something was done, once nothing is left."""
AT_ONCE = 200
NAME = "headwater"
"""Who reads what notices are made of: as an admin of the tenant whose work it is."""


class Noticer:
    """The app's background task that has people told of what was done.

    Args:
        work: Where that is read.
        outbox: Where notices are kept to be sent.
        mails: Whether anybody carries mail here.
    """

    def __init__(self, work: WorkStores, outbox: Outbox, *, mails: bool) -> None:
        self._work = work
        self._outbox = outbox
        self._mails = mails

    async def work(self) -> None:
        """Make notices of what is due, until cancelled."""
        while True:
            settled = 0
            try:
                settled = await self.settle()
            except HeadwaterError as error:
                LOG.warning("what was done waits to be told: %s", error)
            if settled < AT_ONCE:
                await anyio.sleep(LOOK_S)

    async def settle(self) -> int:
        """Make notices of what is due now, and return how much of it was settled.

        Raises:
            StoreFault: what was read or written failed; what was not settled stays due.
        """
        due = await self._work.activities.due(limit=AT_ONCE)
        reading = _Reading(self._work)
        for done in due:
            await self._tell(done, reading)
        if due:
            await self._work.activities.settled([one.id for one in due])
        return len(due)

    async def _tell(self, done: Activity, reading: _Reading) -> None:
        """Keep the notices of one thing that was done; of what is gone nobody is told."""
        principal = _reader(done)
        try:
            known = await reading.known(done)
        except UsageError:
            return
        try:
            notices = notices_of(done, known, mails=self._mails)
        except Exception:
            LOG.exception("activity %s made no notices, by a defect of Headwater", done.id)
            return
        for notice in notices:
            await self._outbox.post(notice, principal=principal)


class _Reading:
    """What is known of several things that were done, each team read once."""

    def __init__(self, work: WorkStores) -> None:
        self._work = work
        self._teams: dict[tuple[str, int], tuple[TeamView, tuple[Webhook, ...]]] = {}

    async def known(self, done: Activity) -> Known:
        """Return what is known of something that was done.

        Raises:
            UsageError: its team is gone.
        """
        who, key = _reader(done), (done.tenant, done.team)
        if key not in self._teams:
            team = await self._work.teams.find(done.team, principal=who)
            found_hooks = await self._work.webhooks.of_team(done.team, principal=who)
            self._teams[key] = team, tuple(found_hooks)
        team, hooks = self._teams[key]
        found = {}
        for name in READS.get(done.kind, ()):
            try:
                found[name] = await self._read(name, done, principal=who)
            except UsageError:  # it is gone, and whoever wants to know of it is told what is left
                continue
        return Known(team=team, webhooks=hooks, **found)

    async def _read(self, name: str, done: Activity, *, principal: Principal) -> Any:
        """Return something that was done to, or within; None where there is none."""
        work = self._work
        match name:
            case "project":
                return await work.projects.find(done.project or 0, principal=principal)
            case "item":
                return await work.work_items.find(int(done.object_id), principal=principal)
            case "session":
                return await work.sessions.find(int(done.object_id), principal=principal)
            case _:
                held = await work.teams.invitations(done.team, principal=principal)
                return next((one for one in held if one.id == done.object_id), None)


def _reader(done: Activity) -> Principal:
    return Principal(tenant=done.tenant, name=NAME, roles=("admin",))
