"""GitHub as the inside knows it: each method an endpoint, by whose credential, and what it gives.

Next: `headwater.sources.github.client`
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, TypeVar

from yarl import URL

from headwater.model.principal import Principal
from headwater.model.repository import (
    Branch,
    CodeEvent,
    Commit,
    Deployment,
    Issue,
    IssueState,
    Listing,
    Milestone,
    PullRequest,
    RepositoryInfo,
    RepositoryPage,
)
from headwater.model.repository_link import CodePlace
from headwater.ports.code_host import Wanted
from headwater.sources.github import events, mapping
from headwater.sources.github.addresses import quoted
from headwater.sources.github.client import PAGE, Client
from headwater.sources.github.grants import Grants, Pass
from headwater.sources.github.mapping import read, read_all

RowT = TypeVar("RowT")
Json = Mapping[str, Any]
Make = Callable[[Json], RowT]
MOST_MILESTONES = 10_000
MOST_STATUSES = 20
"""New deployments whose state is asked for in one go."""


class GitHubHost:
    """Repositories at GitHub.

    Args:
        client: What asks.
        grants: What it asks by.
    """

    def __init__(self, client: Client, grants: Grants) -> None:
        self._client = client
        self._grants = grants

    async def info(self, at: CodePlace, *, principal: Principal) -> RepositoryInfo:
        """Return what a repository is, and what the credential may do there."""
        return await self._one(at, "", mapping.repository, of="it", principal=principal)

    async def branches(
        self, at: CodePlace, *, limit: int, principal: Principal
    ) -> RepositoryPage[Branch]:
        """Return its branches by name."""
        url = self._client.addresses.of(at.repository, "branches")
        return await self._list(at, url, mapping.branch, limit=limit, principal=principal)

    async def commits(
        self, at: CodePlace, *, branch: str | None, limit: int, principal: Principal
    ) -> RepositoryPage[Commit]:
        """Return the newest commits of a branch, or of the default one."""
        url = self._client.addresses.of(at.repository, "commits", sha=branch)
        return await self._list(at, url, mapping.commit, limit=limit, principal=principal)

    async def issues(
        self, at: CodePlace, *, state: Wanted, limit: int, principal: Principal
    ) -> RepositoryPage[Issue]:
        """Return issues, those changed last first; pull requests are none."""
        query = {"state": state, "sort": "updated", "direction": "desc"}
        url = self._client.addresses.of(at.repository, "issues", **query)
        most = 2 * limit  # pull requests are among them
        page = await self._list(at, url, mapping.issue, limit=most, principal=principal)
        rows = [one for one in page.rows if not one.is_pull]
        more = page.truncated or len(rows) > limit
        return RepositoryPage(repository=at.repository, rows=rows[:limit], truncated=more)

    async def issue(self, at: CodePlace, number: int, *, principal: Principal) -> Issue:
        """Return one issue."""
        path = f"issues/{number}"
        return await self._one(at, path, mapping.issue, of=f"#{number}", principal=principal)

    async def pulls(
        self, at: CodePlace, *, state: Wanted, limit: int, principal: Principal
    ) -> RepositoryPage[PullRequest]:
        """Return pull requests, those changed last first."""
        query = {"state": state, "sort": "updated", "direction": "desc"}
        url = self._client.addresses.of(at.repository, "pulls", **query)
        return await self._list(at, url, mapping.pull, limit=limit, principal=principal)

    async def pull(self, at: CodePlace, number: int, *, principal: Principal) -> PullRequest:
        """Return one pull request."""
        path = f"pulls/{number}"
        return await self._one(at, path, mapping.pull, of=f"#{number}", principal=principal)

    async def milestones(
        self, at: CodePlace, *, state: Wanted, limit: int, principal: Principal
    ) -> RepositoryPage[Milestone]:
        """Return milestones by due date."""
        url = self._client.addresses.of(at.repository, "milestones", state=state)
        return await self._list(at, url, mapping.milestone, limit=limit, principal=principal)

    async def create_issue(
        self, at: CodePlace, *, title: str, body: str | None, principal: Principal
    ) -> Issue:
        """Open an issue."""
        told = {"title": title} | ({} if body is None else {"body": body})
        return await self._make(at, "issues", told, make=mapping.issue, principal=principal)

    async def create_branch(
        self, at: CodePlace, *, name: str, start: str | None, principal: Principal
    ) -> Branch:
        """Make a branch at the head of another, or of the default one."""
        start = start or (await self.info(at, principal=principal)).default_branch
        path = f"branches/{quoted(start)}"
        head = await self._one(at, path, mapping.branch, of=start, principal=principal)
        told = {"ref": f"{mapping.REFS}{name}", "sha": head.sha}
        made = await self._make(at, "git/refs", told, make=_sha_in, principal=principal)
        return Branch(name=name, sha=made)

    async def create_pull(
        self,
        at: CodePlace,
        *,
        title: str,
        head: str,
        target: str | None,
        body: str | None,
        principal: Principal,
    ) -> PullRequest:
        """Open a pull request."""
        target = target or (await self.info(at, principal=principal)).default_branch
        told = {"title": title, "head": head, "base": target}
        told |= {} if body is None else {"body": body}
        return await self._make(at, "pulls", told, make=mapping.pull, principal=principal)

    async def set_state(
        self,
        at: CodePlace,
        number: int,
        *,
        state: IssueState,
        reason: str | None,
        principal: Principal,
    ) -> Issue:
        """Close an issue, or open it again."""
        told = {"state": state} | ({} if reason is None else {"state_reason": reason})
        by, where = await self._by(at, principal), f"{at.repository} #{number}"
        url = self._client.addresses.of(at.repository, f"issues/{number}")
        data = await self._client.change("PATCH", url, told, by=by, where=where)
        return read(data, mapping.issue, where=where)

    @asynccontextmanager
    async def all_issues(
        self, at: CodePlace, *, page: int, since: datetime | None, principal: Principal
    ) -> AsyncIterator[AsyncIterator[list[Issue]]]:
        """Give all issues and pull requests page by page, fetched ahead."""
        query = {"state": "all", "direction": "asc", "sort": "updated" if since else "created"}
        from_ = None if since is None else since.strftime("%Y-%m-%dT%H:%M:%SZ")
        url = self._client.addresses.of(at.repository, "issues", **query, since=from_)
        by, where = await self._by(at, principal), f"{at.repository} issues"
        async with self._client.pages(url, by=by, where=where, first=page) as pages:
            yield _read_pages(pages, where=where)

    async def newest_change(
        self, at: CodePlace, *, tag: str | None, principal: Principal
    ) -> Listing[Issue]:
        """Return the issue or pull request changed last, unless all is as the tag says."""
        query = {"state": "all", "sort": "updated", "direction": "desc", "per_page": "1"}
        url = self._client.addresses.of(at.repository, "issues", **query)
        return await self._tagged(at, url, mapping.issue, tag=tag, principal=principal)

    async def all_milestones(
        self, at: CodePlace, *, tag: str | None, principal: Principal
    ) -> Listing[Milestone]:
        """Return all milestones, unless they are as the tag says.

        Of more than one page there is no tag, as that of the first says nothing of the others;
        pages that have not changed cost nothing all the same.
        """
        url = self._client.addresses.of(at.repository, "milestones", state="all", per_page="100")
        first = await self._tagged(at, url, mapping.milestone, tag=tag, principal=principal)
        if len(first.rows) < PAGE:
            return first
        where, by = f"{at.repository}: milestones", await self._by(at, principal)
        rows, _ = await self._client.rows(url, by=by, where=where, limit=MOST_MILESTONES)
        return Listing(rows=read_all(rows, mapping.milestone, where=where))

    async def new_deployments(
        self, at: CodePlace, *, after: int, tag: str | None, principal: Principal
    ) -> Listing[Deployment]:
        """Return the latest deployments with an id above `after`, each with its last state."""
        url = self._client.addresses.of(at.repository, "deployments", per_page="100")
        found = await self._tagged(at, url, _json, tag=tag, principal=principal)
        new = [one for one in reversed(found.rows) if int(one.get("id", 0)) > after]
        rows = [await self._with_state(at, one, principal) for one in new[:MOST_STATUSES]]
        tag = found.tag if len(rows) == len(new) else None  # the rest comes with the next look
        return Listing(rows=rows, tag=tag, unchanged=found.unchanged)

    async def _with_state(self, at: CodePlace, data: Json, principal: Principal) -> Deployment:
        path = f"deployments/{int(data['id'])}/statuses"
        url = self._client.addresses.of(at.repository, path, per_page="1")
        where = f"{at.repository} deployment {data['id']}"
        rows, _ = await self._client.rows(
            url, by=await self._by(at, principal), where=where, limit=1
        )
        state = rows[0] if rows else None
        return read(data, lambda one: mapping.deployment(one, state), where=where)

    async def read_event(
        self, event: str, payload: Mapping[str, Any], *, principal: Principal
    ) -> CodeEvent:
        """Return what a webhook's delivery tells."""
        del principal  # whose delivery it is has been found out by then
        return read(payload, lambda data: events.event(event, data), where=f"a {event} delivery")

    async def _by(self, at: CodePlace, principal: Principal) -> Pass:
        return await self._grants.of(at, principal=principal)

    async def _one(
        self, at: CodePlace, path: str, make: Make[RowT], *, of: str, principal: Principal
    ) -> RowT:
        where, by = f"{at.repository}: {of}", await self._by(at, principal)
        url = self._client.addresses.of(at.repository, path)
        return read((await self._client.get(url, by=by, where=where)).data, make, where=where)

    async def _list(
        self, at: CodePlace, url: URL, make: Make[RowT], *, limit: int, principal: Principal
    ) -> RepositoryPage[RowT]:
        where, by = f"{at.repository}: {url.name}", await self._by(at, principal)
        rows, more = await self._client.rows(url, by=by, where=where, limit=limit)
        made = read_all(rows, make, where=where)
        return RepositoryPage(repository=at.repository, rows=made, truncated=more)

    async def _make(
        self, at: CodePlace, path: str, told: Json, *, make: Make[RowT], principal: Principal
    ) -> RowT:
        where, by = f"{at.repository}: a new one of {path}", await self._by(at, principal)
        url = self._client.addresses.of(at.repository, path)
        data = await self._client.change("POST", url, told, by=by, where=where)
        return read(data, make, where=where)

    async def _tagged(
        self, at: CodePlace, url: URL, make: Make[RowT], *, tag: str | None, principal: Principal
    ) -> Listing[RowT]:
        where, by = f"{at.repository}: {url.name}", await self._by(at, principal)
        answer = await self._client.get(url, by=by, where=where, tag=tag)
        if answer.unchanged:
            return Listing(tag=tag, unchanged=True)
        return Listing(rows=read_all(answer.data, make, where=where), tag=answer.tag)


async def _read_pages(pages: AsyncIterator[list[Any]], *, where: str) -> AsyncIterator[list[Issue]]:
    async for page in pages:
        yield read_all(page, mapping.issue, where=where)


def _sha_in(data: Json) -> str:
    return str(data["object"]["sha"])


def _json(data: Json) -> Json:
    return data
