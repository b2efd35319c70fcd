"""What bringing one project in step with its repository has at hand, and has come to; it does none.

Next: `headwater.packs.work.repository_sync`
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from headwater.errors import UsageError
from headwater.model.activity import Written
from headwater.model.principal import Principal
from headwater.model.project import Project
from headwater.model.repository_link import LinkState, RepositoryLink, SeenIssue, SyncReport
from headwater.ports.activities import Activities
from headwater.ports.code_host import CodeHost
from headwater.ports.deliveries import Deliveries
from headwater.ports.history import History
from headwater.ports.repositories import Repositories
from headwater.ports.rooms import Rooms
from headwater.ports.work_items import WorkItems


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What bringing one project in step needs, for one principal."""

    host: CodeHost
    repositories: Repositories
    deliveries: Deliveries
    items: WorkItems
    activities: Activities
    history: History
    rooms: Rooms
    principal: Principal
    at: datetime


@dataclass(slots=True)
class Counts:
    """What has come of it so far."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    left: int = 0
    pushed: int = 0
    milestones: int = 0
    entries: int = 0


@dataclass(slots=True)
class Syncing:
    """One project being brought in step."""

    reach: Reach
    link: RepositoryLink
    project: Project
    state: LinkState
    counts: Counts = field(default_factory=Counts)

    @property
    def codes(self) -> tuple[str, ...]:
        """Return the codes of the items that run the repository's code."""
        return self.link.items or tuple(one.code for one in self.project.items)

    def codes_of(self, environment: str) -> tuple[str, ...]:
        """Return the codes of the items that are deployed to in an environment."""
        return self.link.environments.get(environment, self.codes)

    async def keep(self, **changes: object) -> None:
        """Keep how far it is.

        Raises:
            UsageError: `work.relinked`.
        """
        self.state = replace(self.state, **changes)  # type: ignore[arg-type]
        link, reach = self.link, self.reach
        if not await reach.repositories.keep_state(
            link.project, self.state, repository=link.repository, principal=reach.principal
        ):
            message = f"project {link.project} is linked to another repository by now"
            raise UsageError(message, code="work.relinked")

    async def tell(self, written: Written[Any]) -> None:
        """Tell the project's room what was done."""
        await self.reach.rooms.tell(written.activities, principal=self.reach.principal)

    async def seen(self, numbers: Sequence[int], *, milestones: bool) -> dict[int, SeenIssue]:
        """Return what was seen of issues, or milestones, by number."""
        if not numbers:
            return {}
        return await self.reach.repositories.seen(
            self.link.project, numbers, milestones=milestones, principal=self.reach.principal
        )

    async def keep_seen(self, rows: Sequence[SeenIssue]) -> None:
        """Keep what was seen."""
        await self.reach.repositories.keep_seen(
            self.link.project, rows, principal=self.reach.principal
        )

    def report(self, *, complete: bool, waits_s: float | None = None) -> SyncReport:
        """Return what has come of it."""
        counts = {name: getattr(self.counts, name) for name in Counts.__slots__}
        return SyncReport(
            project=self.link.project,
            repository=self.link.repository,
            complete=complete,
            waits_s=waits_s,
            **counts,
        )
