"""How is work written and seen in memory? On a copy, with a record of all that is done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from anyio.lowlevel import checkpoint

from headwater.analysis.paging import read_cursor, write_cursor
from headwater.analysis.work_records import check_person
from headwater.analysis.work_refusals import not_allowed, unknown
from headwater.analysis.work_rollup import progress_of
from headwater.model.activity import Activity
from headwater.model.item import ItemName
from headwater.model.principal import Principal
from headwater.model.project import Project
from headwater.model.query import Sort
from headwater.model.session import Session
from headwater.model.team import TeamView
from headwater.model.work_item import WorkItem
from headwater.policy.permissions import sees_all
from headwater.policy.work_rights import ACTIONS, may_in_team
from headwater.stores.memory.estate import MemoryEstate, Tenant, name_of
from headwater.stores.memory.work import (
    StoredItem,
    StoredProject,
    StoredSession,
    StoredTeam,
    Work,
)

ResultT = TypeVar("ResultT")
NEWEST = (Sort("id", descending=True),)
MAX_TITLE = 500
_END = 2**63 - 1


class WorkView:
    """A tenant's work as somebody sees it.

    Args:
        tenant: Whose.
        principal: Who looks.
        work: What is looked at, where that is not what is kept.
    """

    def __init__(self, tenant: Tenant, principal: Principal, work: Work | None = None) -> None:
        self.tenant = tenant
        self.principal = principal
        self.work = work or tenant.work

    def sees(self, team: int) -> bool:
        """Tell whether a team is there and seen."""
        held = self.work.teams.get(team)
        if held is None or held.is_deleted:
            return False
        return sees_all(self.principal.roles) or self.principal.name in held.members

    def sees_project(self, project: int) -> bool:
        """Tell whether a project is there and seen."""
        held = self.work.projects.get(project)
        return held is not None and not held.is_deleted and self.sees(held.project.team)

    def team(self, ref: int) -> StoredTeam:
        """Return a team.

        Raises:
            UsageError: `work.unknown`.
        """
        if not self.sees(ref):
            raise unknown("team", ref)
        return self.work.teams[ref]

    def project(self, ref: int) -> StoredProject:
        """Return a project.

        Raises:
            UsageError: `work.unknown`.
        """
        if not self.sees_project(ref):
            raise unknown("project", ref)
        return self.work.projects[ref]

    def item(self, ref: int) -> StoredItem:
        """Return an item of work.

        Raises:
            UsageError: `work.unknown`.
        """
        held = self.work.items.get(ref)
        if held is None or held.is_deleted or not self.sees_project(held.item.project):
            raise unknown("item", ref)
        return held

    def session(self, ref: int) -> StoredSession:
        """Return a session.

        Raises:
            UsageError: `work.unknown`.
        """
        held = self.work.sessions.get(ref)
        if held is None or not self.sees_project(held.session.project):
            raise unknown("session", ref)
        return held

    def check_right(self, action: str, team: int) -> None:
        """Refuse what whoever looks may not do in a team.

        Raises:
            UsageError: `work.not_allowed`.
        """
        member = self.work.teams[team].members.get(self.principal.name)
        role = None if member is None else member.role
        if not may_in_team(action, role, roles=self.principal.roles):
            raise not_allowed(action, ACTIONS[action])

    def team_of(self, project: int) -> int:
        """Return the id of a project's team."""
        return self.work.projects[project].project.team

    def shown_project(self, held: StoredProject) -> Project:
        """Return a project as it is read."""
        return replace(
            held.project,
            items=self.names(held.cis),
            tags=dict(held.project.tags),
            progress=progress_of(held.leaves, held.finished),
        )

    def shown_item(self, held: StoredItem) -> WorkItem:
        """Return an item of work as it is read."""
        progress = progress_of(held.leaves, held.finished)
        return replace(held.item, items=self.names(held.cis), progress=progress)

    def names(self, cis: Sequence[int]) -> tuple[ItemName, ...]:
        """Return the names of those configuration items that live."""
        found = (self.tenant.items.live(one) for one in sorted(cis))
        return tuple(name_of(one) for one in found if one is not None)


class WorkWriting(WorkView):
    """One write: on a copy that takes the place of what is kept when all went well."""

    def __init__(self, estate: MemoryEstate, tenant: Tenant, principal: Principal) -> None:
        check_person(principal.name)
        super().__init__(tenant, principal, tenant.work.copy())
        self.now = datetime.now(UTC)
        self._estate = estate
        self._noted: list[Activity] = []

    @property
    def has_noted(self) -> bool:
        """Tell whether anything was done."""
        return bool(self._noted)

    def next_id(self, noun: str) -> int:
        """Return an id that nothing of this noun has, in any tenant."""
        return self._estate.next_id(noun)

    def note(self, kind: str, *, team: int, project: int | None = None, **what: Any) -> None:
        """Take note of something that was done; see `Activity` for what may be told of it."""
        seq = 0
        if project is not None:
            held = self.work.projects[project]
            seq = held.last_seq + 1
            self.work.projects[project] = replace(held, last_seq=seq)
        what["title"] = what.get("title", "")[:MAX_TITLE]
        done = Activity(
            id=self.next_id("activities"),
            tenant=self.principal.tenant,
            team=team,
            project=project,
            seq=seq,
            at=self.now,
            actor=self.principal.name,
            kind=kind,
            **what,
        )
        self._noted.append(done)

    def living(self, ids: Sequence[int]) -> dict[int, ItemName]:
        """Return the names of living configuration items.

        Raises:
            UsageError: `work.unknown`, one of them is none.
        """
        found = {}
        for one in ids:
            item = self.tenant.items.live(one)
            if item is None:
                raise unknown("configuration item", one)
            found[one] = name_of(item)
        return found

    def record(self) -> tuple[Activity, ...]:
        """Keep what was done and noted, in the place of what was; return what was noted."""
        new = {one.id: one for one in self._noted}
        self.work.activities.update(new)
        self.work.due.update(new)
        self.tenant.work = self.work
        return tuple(self._noted)


async def write(
    estate: MemoryEstate, work: Callable[[WorkWriting], ResultT], *, principal: Principal
) -> ResultT:
    """Run a write, one at a time; nothing is kept unless it ends with `record`."""

    def transaction(tenant: Tenant) -> ResultT:
        return work(WorkWriting(estate, tenant, principal))

    return await estate.write("work", transaction, principal=principal)


async def look(estate: MemoryEstate, principal: Principal) -> WorkView:
    """Return a tenant's work as it is now."""
    await checkpoint()
    return WorkView(estate.of(principal), principal)


def newest_first(
    found: dict[int, ResultT], *, limit: int, cursor: str | None
) -> tuple[list[ResultT], str | None]:
    """Return a page of rows by id, the newest first, and where the next begins.

    Raises:
        UsageError: `query.bad_cursor`.
    """
    before = _END if cursor is None else int(read_cursor(cursor, NEWEST)[-1] or 0)
    ids = sorted((one for one in found if one < before), reverse=True)
    shown = ids[: max(limit, 0)]
    more = len(ids) > len(shown) > 0
    last = write_cursor(NEWEST, (shown[-1], shown[-1])) if more else None
    return [found[one] for one in shown], last


def view_of(held: StoredTeam) -> TeamView:
    """Return a team as it is read: its members leaders first, then by name."""
    team = held.team
    members = sorted(held.members.values(), key=lambda one: (one.role != "leader", one.person))
    return TeamView(
        id=team.id,
        name=team.name,
        description=team.description,
        created_at=team.created_at,
        version=team.version,
        members=tuple(members),
    )


def next_session(held: StoredSession, **changes: Any) -> StoredSession:
    """Return a session with changes, one version further."""
    session: Session = replace(held.session, version=held.session.version + 1, **changes)
    return replace(held, session=session)
