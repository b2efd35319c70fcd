"""How a project is linked to a repository, brought in step with it, and what is made there.

Only who may change the project's work may do any of it, and only in the repository linked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from pydantic import Field

from headwater.analysis.work_refusals import unknown
from headwater.errors import UsageError
from headwater.model.activity import Written
from headwater.model.item import ItemRef
from headwater.model.moment import Asked
from headwater.model.principal import Principal
from headwater.model.project import Project
from headwater.model.repository import Branch, Issue, PullRequest
from headwater.model.repository_link import CodePlace, LinkState, RepositoryLink, SyncReport
from headwater.packs.arguments import Refs, Text
from headwater.packs.naming import find_named
from headwater.packs.work.arguments import Number
from headwater.packs.work.issue_taking import take_issues
from headwater.packs.work.repository_sync import bring_in_step
from headwater.packs.work.repository_tools import RepositoryView, from_host, linked
from headwater.packs.work.syncing import Reach, Syncing
from headwater.ports.activities import Activities
from headwater.ports.code_host import CodeHost
from headwater.ports.deliveries import Deliveries
from headwater.ports.history import History
from headwater.ports.inventory import Inventory
from headwater.ports.projects import Projects
from headwater.ports.repositories import Repositories
from headwater.ports.rooms import Rooms
from headwater.ports.work_items import WorkItems
from headwater.toolkit.cited import Cited
from headwater.toolkit.tool import tool

Title = Annotated[Text, Field(min_length=1, max_length=256)]
Body = Annotated[str | None, Field(max_length=60_000)]
BranchName = Annotated[Text, Field(min_length=1, max_length=200, pattern=r"^\w[\w./-]*$")]
OwnerName = Annotated[
    Text, Field(pattern=r"^[\w.-]{1,100}/[\w.-]{1,100}$", description="Written as owner/name.")
]
Credential = Annotated[
    Text | None, Field(description="The name of a credential that an admin has given.")
]
Environments = Annotated[
    dict[Text, list[Text]] | None,
    Field(max_length=50, description="Environments of deployments, each with codes of items."),
]
TRIES = 5


@tool(
    name="work.link_repository",
    description="Link a project to a repository, once it is known that the credential reaches it.",
    role="operator",
    personal=True,
)
async def link_repository(  # noqa: PLR0913 - a tool's parameters are its arguments
    project: Number,
    repository: OwnerName,
    *,
    credential: Credential = None,
    items: Annotated[Refs, Field(description="What runs its code; else the project's.")] = (),
    environments: Environments = None,
    pushes: Annotated[bool, Field(description="Close and reopen issues there too.")] = False,
    host: CodeHost,
    projects: Projects,
    repositories: Repositories,
    inventory: Inventory,
    rooms: Rooms,
    asked: Asked,
    principal: Principal,
) -> Cited[RepositoryView]:
    """Link a project; to another repository than before, all begins anew."""
    await projects.find(project, principal=principal)
    place = CodePlace(repository=repository, credential=credential)
    info = await host.info(place, principal=principal)
    link = RepositoryLink(
        project=project,
        repository=info.name,
        credential=credential,
        items=await _codes(items, inventory=inventory, principal=principal),
        environments={name: tuple(codes) for name, codes in (environments or {}).items()},
        pushes=pushes,
        linked_by=principal.name,
        linked_at=asked.at,
        state=LinkState(),
    )
    written = await _say_so(project, info.name, projects=projects, principal=principal)
    kept = await repositories.link(link, principal=principal)
    await rooms.tell(written.activities, principal=principal)
    view = RepositoryView(link=kept, info=info)
    return from_host(view, of=info.name, what="link", at=asked.at)


@tool(
    name="work.unlink_repository",
    description="End a project's link to its repository; the items that came from there stay.",
    role="operator",
    personal=True,
)
async def unlink_repository(
    project: Number,
    *,
    projects: Projects,
    repositories: Repositories,
    rooms: Rooms,
    asked: Asked,
    principal: Principal,
) -> Cited[RepositoryLink]:
    """Forget a link, its webhook and what was seen."""
    _, link = await linked(
        project, projects=projects, repositories=repositories, principal=principal
    )
    written = await _say_so(project, None, projects=projects, principal=principal)
    await repositories.unlink(project, principal=principal)
    await rooms.tell(written.activities, principal=principal)
    return from_host(link, of=link.repository, what="link", at=asked.at)


@tool(
    name="work.import_issues",
    description="Take all issues and milestones of a project's repository over as items of work.",
    role="operator",
    personal=True,
)
async def import_issues(  # noqa: PLR0913 - a tool's parameters are its arguments
    project: Number,
    *,
    again: Annotated[bool, Field(description="From the first page on, though done.")] = False,
    host: CodeHost,
    projects: Projects,
    repositories: Repositories,
    deliveries: Deliveries,
    work_items: WorkItems,
    activities: Activities,
    history: History,
    rooms: Rooms,
    asked: Asked,
    principal: Principal,
) -> Cited[SyncReport]:
    """Take over what is not here yet; where it is not `complete`, ask again and it goes on."""
    found, link = await linked(
        project, projects=projects, repositories=repositories, principal=principal
    )
    if again:
        state = replace(link.state, page=1, tags={})
        link = replace(link, state=state)
    reach = Reach(
        host=host,
        repositories=repositories,
        deliveries=deliveries,
        items=work_items,
        activities=activities,
        history=history,
        rooms=rooms,
        principal=principal,
        at=asked.at,
    )
    report = await bring_in_step(reach, link, project=found)
    return from_host(report, of=link.repository, what="import", at=asked.at)


@tool(
    name="work.sync",
    description="Bring a project in step with its repository now: what changed there since.",
    role="operator",
    personal=True,
)
async def sync(  # noqa: PLR0913 - a tool's parameters are its arguments
    project: Number,
    *,
    host: CodeHost,
    projects: Projects,
    repositories: Repositories,
    deliveries: Deliveries,
    work_items: WorkItems,
    activities: Activities,
    history: History,
    rooms: Rooms,
    asked: Asked,
    principal: Principal,
) -> Cited[SyncReport]:
    """Handle what webhooks brought, then what has changed; what has not costs nothing."""
    found, link = await linked(
        project, projects=projects, repositories=repositories, principal=principal
    )
    reach = Reach(
        host=host,
        repositories=repositories,
        deliveries=deliveries,
        items=work_items,
        activities=activities,
        history=history,
        rooms=rooms,
        principal=principal,
        at=asked.at,
    )
    report = await bring_in_step(reach, link, project=found)
    return from_host(report, of=link.repository, what="changes", at=asked.at)


@tool(
    name="work.create_issue",
    description="Open an issue in a project's repository, and take it over as an item.",
    role="operator",
    personal=True,
)
async def create_issue(  # noqa: PLR0913 - a tool's parameters are its arguments
    project: Number,
    title: Title,
    *,
    body: Body = None,
    host: CodeHost,
    projects: Projects,
    repositories: Repositories,
    deliveries: Deliveries,
    work_items: WorkItems,
    activities: Activities,
    history: History,
    rooms: Rooms,
    asked: Asked,
    principal: Principal,
) -> Cited[Issue]:
    """Open an issue there, once; a lost answer is not asked for again."""
    found, link = await linked(
        project, projects=projects, repositories=repositories, principal=principal
    )
    made = await host.create_issue(link.place, title=title, body=body, principal=principal)
    reach = Reach(
        host=host,
        repositories=repositories,
        deliveries=deliveries,
        items=work_items,
        activities=activities,
        history=history,
        rooms=rooms,
        principal=principal,
        at=asked.at,
    )
    await take_issues(Syncing(reach, link, found, link.state), [made])
    return from_host(made, of=f"{link.repository}#{made.number}", what="issue", at=asked.at)


@tool(
    name="work.create_branch",
    description="Make a branch in a project's repository, at the head of another.",
    role="operator",
    personal=True,
)
async def create_branch(
    project: Number,
    name: BranchName,
    *,
    start: Annotated[BranchName | None, Field(description="Else the default one.")] = None,
    host: CodeHost,
    projects: Projects,
    repositories: Repositories,
    asked: Asked,
    principal: Principal,
) -> Cited[Branch]:
    """Make a branch there."""
    _, link = await linked(
        project, projects=projects, repositories=repositories, principal=principal
    )
    made = await host.create_branch(link.place, name=name, start=start, principal=principal)
    return from_host(made, of=link.repository, what="branch", at=asked.at)


@tool(
    name="work.create_pull",
    description="Open a pull request in a project's repository.",
    role="operator",
    personal=True,
)
async def create_pull(  # noqa: PLR0913 - a tool's parameters are its arguments
    project: Number,
    title: Title,
    head: BranchName,
    *,
    target: Annotated[BranchName | None, Field(description="Else the default one.")] = None,
    body: Body = None,
    host: CodeHost,
    projects: Projects,
    repositories: Repositories,
    asked: Asked,
    principal: Principal,
) -> Cited[PullRequest]:
    """Open a pull request there, once."""
    _, link = await linked(
        project, projects=projects, repositories=repositories, principal=principal
    )
    made = await host.create_pull(
        link.place, title=title, head=head, target=target, body=body, principal=principal
    )
    where = f"{link.repository}#{made.number}"
    return from_host(made, of=where, what="pull request", at=asked.at)


async def _say_so(
    project: int, repository: str | None, *, projects: Projects, principal: Principal
) -> Written[Project]:
    """Say with the project which repository it has; who may not change the project is refused."""
    for _ in range(TRIES):
        held = await projects.find(project, principal=principal)
        try:
            return await projects.update(
                project,
                version=held.version,
                changes={"repository": repository},
                principal=principal,
            )
        except UsageError as error:
            if error.code != "work.conflict":
                raise
    raise unknown("project", project)


async def _codes(
    refs: Sequence[ItemRef], *, inventory: Inventory, principal: Principal
) -> tuple[str, ...]:
    named = await find_named(refs, inventory=inventory, principal=principal)
    for one in named.unknown:
        raise unknown("configuration item", one)
    return tuple(item.code for item in named.items)
