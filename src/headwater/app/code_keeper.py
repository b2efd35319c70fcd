"""How links to repositories are looked after: what webhooks brought, and what none has told.

In each process one task; of several processes one at a time has a link. It ends with the app.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

import anyio

from headwater.engine.call import Caller
from headwater.engine.journal import SILENCE
from headwater.errors import HeadwaterError
from headwater.model.call import Call
from headwater.model.moment import Asked
from headwater.model.outcome import Skipped, Succeeded
from headwater.model.principal import Principal
from headwater.model.repository_link import Linked
from headwater.ports.repositories import Repositories

LOG = logging.getLogger(__name__)
ACTOR = "github"
"""In whose name changes are made that come from there."""
LOOK_S = 5.0
AT_ONCE = 4
WITHIN_S = 50.0
CLAIM = timedelta(seconds=90)
"""Longer than a look may take: the claim of a process that was killed ends by itself."""
SOON_S = 1.0
LATER_S = 60.0
"""Until the next look where one failed."""


class CodeKeeper:
    """The app's background task that keeps projects in step with their repositories.

    Args:
        repositories: Where links are.
        caller: What calls the tool that does it.
        every_s: Seconds between two looks at a link; 0 never looks.
    """

    def __init__(self, repositories: Repositories, caller: Caller, *, every_s: float) -> None:
        self._repositories = repositories
        self._caller = caller
        self._every_s = every_s
        self._woken = anyio.Event()

    def wake(self) -> None:
        """Look at once, for something has come."""
        self._woken.set()

    async def work(self) -> None:
        """Look after links, until cancelled; an app that is open for a moment looks at none."""
        while self._every_s > 0:
            with anyio.move_on_after(min(LOOK_S, self._every_s)):
                await self._woken.wait()
            self._woken = anyio.Event()
            try:
                await self._look()
            except HeadwaterError as error:
                LOG.warning("links to repositories wait: %s", error.code)

    async def _look(self) -> None:
        """Look at what is due, some at once, until nothing is."""
        while found := await self._repositories.due(now=datetime.now(UTC), limit=AT_ONCE):
            async with anyio.create_task_group() as group:
                for linked in found:
                    group.start_soon(self._look_after, linked, name=f"project {linked.project}")

    async def _look_after(self, linked: Linked) -> None:
        began = datetime.now(UTC)
        if not await self._repositories.claim(linked, now=began, until=began + CLAIM):
            return
        wait_s = LATER_S
        try:
            wait_s = await self._sync(linked)
        finally:
            with anyio.move_on_after(1.0, shield=True):
                again = datetime.now(UTC) + timedelta(seconds=wait_s)
                await self._repositories.settle(linked, began=began, due_at=again)

    async def _sync(self, linked: Linked) -> float:
        """Bring one project in step, and return the seconds until that is to be done again."""
        who = Principal(tenant=linked.tenant, name=ACTOR, roles=("admin",))
        call = Call(
            tool="work.sync",
            args={"project": linked.project},
            principal=who,
            asked=Asked(datetime.now(UTC)),
            deadline_at=self._caller.now() + WITHIN_S,
        )
        outcome = await self._caller.call(call, SILENCE)
        if isinstance(outcome, Succeeded):
            told = outcome.value
            return self._every_s if told["complete"] else told["waits_s"] or SOON_S
        code = "" if isinstance(outcome, Skipped) else outcome.code
        if code == "work.unknown":  # the project was deleted: its link goes too
            await self._repositories.unlink(linked.project, principal=who)
        LOG.info("project %s is not in step with its repository: %s", linked.project, code)
        return max(LATER_S, self._every_s)
