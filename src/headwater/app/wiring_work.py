"""Who stands behind each port of work: teams, projects, items, sessions, what was done in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from headwater.ports.activities import Activities
from headwater.ports.projects import Projects
from headwater.ports.sessions import Sessions
from headwater.ports.teams import Teams
from headwater.ports.webhooks import Webhooks
from headwater.ports.work_items import WorkItems


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkStores:
    """An adapter for each port of work, all of one place."""

    teams: Teams
    projects: Projects
    work_items: WorkItems
    sessions: Sessions
    activities: Activities
    webhooks: Webhooks

    @property
    def supplies(self) -> dict[type, Any]:
        """Return what tools may ask for, by the port's Protocol."""
        return {
            Teams: self.teams,
            Projects: self.projects,
            WorkItems: self.work_items,
            Sessions: self.sessions,
            Activities: self.activities,
            Webhooks: self.webhooks,
        }


def work_in_memory(estate: Any) -> WorkStores:
    """Return the adapters over what is held in memory."""
    from headwater.stores.memory.activities import MemoryActivities
    from headwater.stores.memory.projects import MemoryProjects
    from headwater.stores.memory.sessions import MemorySessions
    from headwater.stores.memory.teams import MemoryTeams
    from headwater.stores.memory.webhooks import MemoryWebhooks
    from headwater.stores.memory.work_items import MemoryWorkItems

    return WorkStores(
        teams=MemoryTeams(estate),
        projects=MemoryProjects(estate),
        work_items=MemoryWorkItems(estate),
        sessions=MemorySessions(estate),
        activities=MemoryActivities(estate),
        webhooks=MemoryWebhooks(estate),
    )


def work_in_sql(database: Any) -> WorkStores:
    """Return the adapters over a database."""
    from headwater.stores.sql.activities import SqlActivities
    from headwater.stores.sql.projects import SqlProjects
    from headwater.stores.sql.sessions import SqlSessions
    from headwater.stores.sql.teams import SqlTeams
    from headwater.stores.sql.webhooks import SqlWebhooks
    from headwater.stores.sql.work_items import SqlWorkItems

    return WorkStores(
        teams=SqlTeams(database),
        projects=SqlProjects(database),
        work_items=SqlWorkItems(database),
        sessions=SqlSessions(database),
        activities=SqlActivities(database),
        webhooks=SqlWebhooks(database),
    )
