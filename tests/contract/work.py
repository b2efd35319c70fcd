"""What the contract tests of work are made of: people, a team, a project, items."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contract.estates import Ports
from headwater.errors import UsageError
from headwater.model.principal import Principal
from headwater.model.project import Project, ProjectDraft
from headwater.model.team import InvitationDraft, TeamView
from headwater.model.work_item import WorkItem, WorkItemDraft

ANN = Principal("mine", "ann", ("operator",))
"""Leads the team of these tests."""
BOB = Principal("mine", "bob", ("operator",))
"""A member of it."""
EVE = Principal("mine", "eve", ("operator",))
"""Of the same tenant, in no team."""
ADMIN = Principal("mine", "root", ("admin",))
STRANGER = Principal("others", "ann", ("admin",))
"""Called as the leader, an admin, but of another tenant."""
HOSTILE_REFS = (0, -1, 10**6, 2**63, -(2**70))


@contextmanager
def refused(code: str, *, match: str | None = None) -> Iterator[pytest.ExceptionInfo[UsageError]]:
    """Fail unless what stands within is refused with this code."""
    with pytest.raises(UsageError, match=match) as caught:
        yield caught
    assert caught.value.code == code


async def a_team(ports: Ports, *members: Principal, leader: Principal = ANN) -> TeamView:
    """Make a team with a leader and members."""
    made = (await ports.teams.create("Core", description=None, principal=leader)).value
    for one in members:
        await ports.teams.set_member(made.id, one.name, role="member", principal=leader)
    return await ports.teams.find(made.id, principal=leader)


async def a_project(ports: Ports, *members: Principal, **fields: Any) -> Project:
    """Make a project of a team of its own."""
    team = await a_team(ports, *members)
    draft = ProjectDraft(**({"team": team.id, "name": "Checkout"} | fields))
    return (await ports.projects.create(draft, principal=ANN)).value


async def an_item(ports: Ports, project: int, title: str = "a", **fields: Any) -> WorkItem:
    """Make an item of a project."""
    draft = WorkItemDraft(**({"kind": "todo", "title": title} | fields))
    return (await ports.work_items.create(project, draft, principal=ANN)).value


async def again(ports: Ports, item: WorkItem) -> WorkItem:
    """Return an item as it is now."""
    return await ports.work_items.find(item.id, principal=ANN)


async def set_status(ports: Ports, item: WorkItem, status: Any) -> WorkItem:
    """Give an item another status, whatever its version is now."""
    held = await again(ports, item)
    written = await ports.work_items.update(
        item.id, version=held.version, changes={"status": status}, principal=ANN
    )
    return written.value


async def kinds(ports: Ports, project: int) -> list[str]:
    """Return what was done in a project, in order."""
    found = await ports.activities.since(project, after=0, limit=1000, principal=ANN)
    assert [one.seq for one in found] == list(range(1, len(found) + 1)), "there is a hole"
    return [one.kind for one in found]


def an_invitation(team: int, code: str = "c0de", **fields: Any) -> InvitationDraft:
    """Make an invitation that holds for a day."""
    expires_at = datetime.now(UTC) + timedelta(days=1)
    return InvitationDraft(**({"team": team, "code": code, "expires_at": expires_at} | fields))
