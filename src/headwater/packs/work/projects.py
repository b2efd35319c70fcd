"""Projects: what a team works on; the work itself is in `items.py`."""

from __future__ import annotations

from typing import Annotated, cast

from pydantic import Field

from headwater.model.principal import Principal
from headwater.model.project import (
    Project,
    ProjectChanges,
    ProjectDraft,
    ProjectPage,
    ProjectQuery,
)
from headwater.packs.arguments import Cursor, Ref, Text
from headwater.packs.citing import told as shown
from headwater.packs.work.arguments import (
    About,
    Limit,
    Lines,
    Name,
    Number,
    ProjectFields,
    ProjectStatuses,
    Prose,
    Repository,
    Tags,
    Version,
)
from headwater.packs.work.citing import cited, find_about, find_ci, told
from headwater.ports.inventory import Inventory
from headwater.ports.projects import Projects
from headwater.ports.rooms import Rooms
from headwater.toolkit.cited import Cited
from headwater.toolkit.tool import tool


@tool(
    name="work.create_project",
    description="Make a project of a team.",
    role="operator",
    personal=True,
)
async def create_project(  # noqa: PLR0913 - a tool's parameters are its arguments
    team: Number,
    name: Name,
    *,
    description: Prose | None = None,
    tags: Tags = {},  # noqa: B006 - never changed; pydantic copies it
    items: About = (),
    repository: Repository | None = None,
    constraints: Lines = (),
    projects: Projects,
    inventory: Inventory,
    rooms: Rooms,
    principal: Principal,
) -> Cited[Project]:
    """Make a project, about configuration items where some are named."""
    draft = ProjectDraft(
        team=team,
        name=name,
        description=description,
        tags=dict(tags),
        items=await find_about(items, inventory=inventory, principal=principal),
        repository=repository,
        constraints=tuple(constraints),
    )
    written = await projects.create(draft, principal=principal)
    return await told(
        written, unit="projects", query=f"make project {name}", rooms=rooms, principal=principal
    )


@tool(
    name="work.projects",
    description="List the projects that you see, the newest first.",
    role="reader",
    idempotent=True,
    cacheable=True,
    personal=True,
)
async def list_projects(  # noqa: PLR0913 - a tool's parameters are its arguments
    *,
    team: Number | None = None,
    status: ProjectStatuses = (),
    ci: Annotated[Ref | None, Field(description="About this item, or with work on it.")] = None,
    text: Annotated[Text | None, Field(description="Part of the name.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
    projects: Projects,
    inventory: Inventory,
    principal: Principal,
) -> Cited[ProjectPage]:
    """Give a page of the projects that match."""
    about = None
    if ci is not None:
        about = (await find_ci(ci, inventory=inventory, principal=principal)).id
    query = ProjectQuery(
        team=team, statuses=tuple(status), ci=about, text=text, limit=limit, cursor=cursor
    )
    page = await projects.page(query, principal=principal)
    words = shown("projects", of_team=team, status=list(status), about=ci, with_text=text)
    return cited(
        page,
        page.projects,
        unit="projects",
        query=words,
        count=page.total,
        truncated=page.next_cursor is not None,
    )


@tool(
    name="work.project",
    description="Give a project.",
    role="reader",
    idempotent=True,
    cacheable=True,
    personal=True,
)
async def get_project(
    project: Number, *, projects: Projects, principal: Principal
) -> Cited[Project]:
    """Give a project with its progress."""
    found = await projects.find(project, principal=principal)
    return cited(found, [found], unit="projects", query=f"project {project}")


@tool(name="work.update_project", description="Change a project.", role="operator", personal=True)
async def update_project(
    project: Number,
    version: Version,
    changes: ProjectFields,
    *,
    projects: Projects,
    inventory: Inventory,
    rooms: Rooms,
    principal: Principal,
) -> Cited[Project]:
    """Change a project that is still at the version given."""
    fields = changes.model_dump(exclude_unset=True)
    if fields.get("items"):
        refs = fields["items"]
        fields["items"] = await find_about(refs, inventory=inventory, principal=principal)
    written = await projects.update(
        project, version=version, changes=cast("ProjectChanges", fields), principal=principal
    )
    return await told(
        written, unit="projects", query=f"change project {project}", rooms=rooms,
        principal=principal,
    )  # fmt: skip


@tool(
    name="work.delete_project",
    description="Delete a project with all that is in it, as the team's leader.",
    role="operator",
    personal=True,
)
async def delete_project(
    project: Number, version: Version, *, projects: Projects, rooms: Rooms, principal: Principal
) -> Cited[Project]:
    """Delete a project that is still at the version given; give what it was."""
    written = await projects.delete(project, version=version, principal=principal)
    return await told(
        written, unit="projects", query=f"delete project {project}", rooms=rooms,
        principal=principal,
    )  # fmt: skip
