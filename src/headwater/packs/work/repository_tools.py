"""What is in a project's repository, as its host tells it; nothing here changes anything there.

Texts that come from there were written by others: they are data with a source, and never say what
is to be done. No tool takes an address: the host is the installation's, the repository linked.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, TypeVar

from pydantic import Field

from headwater.errors import HeadwaterError, UsageError
from headwater.model.evidence import Evidence
from headwater.model.moment import Asked
from headwater.model.principal import Principal
from headwater.model.project import Project
from headwater.model.repository import (
    Branch,
    Commit,
    Issue,
    Milestone,
    PullRequest,
    RepositoryInfo,
    RepositoryPage,
)
from headwater.model.repository_link import RepositoryLink
from headwater.packs.arguments import Text
from headwater.packs.citing import told
from headwater.packs.work.arguments import Number
from headwater.ports.code_host import CodeHost, Wanted
from headwater.ports.projects import Projects
from headwater.ports.repositories import Repositories
from headwater.toolkit.cited import Cited
from headwater.toolkit.tool import tool

ValueT = TypeVar("ValueT")
Rows = Annotated[int, Field(ge=1, le=300, description="Rows at the most.")]
OwnNumber = Annotated[int, Field(ge=1, le=2**31 - 1, description="Its number in the repository.")]
State = Annotated[Wanted, Field(description="open, closed or all.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class RepositoryView:
    """A project's link, and its repository as it is now; `info` is null where it is not reached."""

    link: RepositoryLink
    info: RepositoryInfo | None = None
    problem: str | None = None


async def linked(
    project: int, *, projects: Projects, repositories: Repositories, principal: Principal
) -> tuple[Project, RepositoryLink]:
    """Return a project that the asker sees, and its link.

    Raises:
        UsageError: `work.unknown`, `work.not_linked`.
    """
    found = await projects.find(project, principal=principal)
    link = await repositories.get(project, principal=principal)
    if link is None:
        message = f"project {project} is not linked to a repository; link one to it first"
        raise UsageError(message, code="work.not_linked")
    return found, link


def from_host(value: ValueT, *, of: str, what: str, at: datetime) -> Cited[ValueT]:
    """Return a value with where it came from: a host of code, where others write."""
    page = value if isinstance(value, RepositoryPage) else None
    evidence = Evidence(
        source="github",
        count=1 if page is None else len(page.rows),
        unit=what,
        query=told(what, of=of),
        observed_at=at,
        truncated=page is not None and page.truncated,
    )
    return Cited(value, (evidence,))


@tool(
    name="work.repository",
    description="Show the repository of a project: its link, how far it is in step, what it is.",
    role="reader",
    idempotent=True,
    personal=True,
)
async def show_repository(
    project: Number,
    *,
    host: CodeHost,
    projects: Projects,
    repositories: Repositories,
    asked: Asked,
    principal: Principal,
) -> Cited[RepositoryView]:
    """Give a project's link, and what the credential may do there now."""
    _, link = await linked(
        project, projects=projects, repositories=repositories, principal=principal
    )
    try:
        info = await host.info(link.place, principal=principal)
        view = RepositoryView(link=link, info=info)
    except HeadwaterError as error:
        view = RepositoryView(link=link, problem=error.message)
    return from_host(view, of=link.repository, what="repository", at=asked.at)


@tool(
    name="work.branches",
    description="List the branches of a project's repository.",
    role="reader",
    idempotent=True,
    personal=True,
)
async def list_branches(
    project: Number,
    *,
    limit: Rows = 50,
    host: CodeHost,
    projects: Projects,
    repositories: Repositories,
    asked: Asked,
    principal: Principal,
) -> Cited[RepositoryPage[Branch]]:
    """Give branches by name."""
    _, link = await linked(
        project, projects=projects, repositories=repositories, principal=principal
    )
    page = await host.branches(link.place, limit=limit, principal=principal)
    return from_host(page, of=link.repository, what="branches", at=asked.at)


@tool(
    name="work.commits",
    description="List the newest commits of a branch of a project's repository.",
    role="reader",
    idempotent=True,
    personal=True,
)
async def list_commits(
    project: Number,
    *,
    branch: Annotated[Text | None, Field(description="The default one without it.")] = None,
    limit: Rows = 50,
    host: CodeHost,
    projects: Projects,
    repositories: Repositories,
    asked: Asked,
    principal: Principal,
) -> Cited[RepositoryPage[Commit]]:
    """Give commits, the newest first."""
    _, link = await linked(
        project, projects=projects, repositories=repositories, principal=principal
    )
    page = await host.commits(link.place, branch=branch, limit=limit, principal=principal)
    return from_host(page, of=link.repository, what="commits", at=asked.at)


@tool(
    name="work.issues",
    description="List the issues of a project's repository, those changed last first.",
    role="reader",
    idempotent=True,
    personal=True,
)
async def list_issues(
    project: Number,
    *,
    state: State = "open",
    limit: Rows = 50,
    host: CodeHost,
    projects: Projects,
    repositories: Repositories,
    asked: Asked,
    principal: Principal,
) -> Cited[RepositoryPage[Issue]]:
    """Give issues; pull requests are not among them."""
    _, link = await linked(
        project, projects=projects, repositories=repositories, principal=principal
    )
    page = await host.issues(link.place, state=state, limit=limit, principal=principal)
    return from_host(page, of=link.repository, what="issues", at=asked.at)


@tool(
    name="work.issue",
    description="Show one issue of a project's repository by its number.",
    role="reader",
    idempotent=True,
    personal=True,
)
async def show_issue(
    project: Number,
    number: OwnNumber,
    *,
    host: CodeHost,
    projects: Projects,
    repositories: Repositories,
    asked: Asked,
    principal: Principal,
) -> Cited[Issue]:
    """Give an issue as it is at the host now."""
    _, link = await linked(
        project, projects=projects, repositories=repositories, principal=principal
    )
    found = await host.issue(link.place, number, principal=principal)
    return from_host(found, of=f"{link.repository}#{number}", what="issue", at=asked.at)


@tool(
    name="work.pulls",
    description="List the pull requests of a project's repository, those changed last first.",
    role="reader",
    idempotent=True,
    personal=True,
)
async def list_pulls(
    project: Number,
    *,
    state: State = "open",
    limit: Rows = 50,
    host: CodeHost,
    projects: Projects,
    repositories: Repositories,
    asked: Asked,
    principal: Principal,
) -> Cited[RepositoryPage[PullRequest]]:
    """Give pull requests."""
    _, link = await linked(
        project, projects=projects, repositories=repositories, principal=principal
    )
    page = await host.pulls(link.place, state=state, limit=limit, principal=principal)
    return from_host(page, of=link.repository, what="pull requests", at=asked.at)


@tool(
    name="work.pull",
    description="Show one pull request of a project's repository by its number.",
    role="reader",
    idempotent=True,
    personal=True,
)
async def show_pull(
    project: Number,
    number: OwnNumber,
    *,
    host: CodeHost,
    projects: Projects,
    repositories: Repositories,
    asked: Asked,
    principal: Principal,
) -> Cited[PullRequest]:
    """Give a pull request as it is at the host now."""
    _, link = await linked(
        project, projects=projects, repositories=repositories, principal=principal
    )
    found = await host.pull(link.place, number, principal=principal)
    return from_host(found, of=f"{link.repository}#{number}", what="pull request", at=asked.at)


@tool(
    name="work.milestones",
    description="List the milestones of a project's repository by due date.",
    role="reader",
    idempotent=True,
    personal=True,
)
async def list_milestones(
    project: Number,
    *,
    state: State = "open",
    limit: Rows = 50,
    host: CodeHost,
    projects: Projects,
    repositories: Repositories,
    asked: Asked,
    principal: Principal,
) -> Cited[RepositoryPage[Milestone]]:
    """Give milestones."""
    _, link = await linked(
        project, projects=projects, repositories=repositories, principal=principal
    )
    page = await host.milestones(link.place, state=state, limit=limit, principal=principal)
    return from_host(page, of=link.repository, what="milestones", at=asked.at)
