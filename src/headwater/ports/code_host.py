"""What the inside needs of a host of code, such as GitHub; it talks to none."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any, Literal, Protocol

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

Wanted = Literal["open", "closed", "all"]


class CodeHost(Protocol):
    """Repositories elsewhere, reached by the tenant's credentials.

    Every method raises, beside what it says itself:
        UsageError: `github.no_credential`, `github.not_allowed`, `github.unauthorized`,
            `github.forbidden`, `github.not_found`, `github.refused`.
        LimitError: `github.rate_limited`, where the wait would be longer than the deadline.
        StoreFault: the host failed, or its answer makes no sense; `retry_safe` says what to do.
    """

    async def info(self, at: CodePlace, *, principal: Principal) -> RepositoryInfo:
        """Return what a repository is, and what the credential may do there."""
        ...

    async def branches(
        self, at: CodePlace, *, limit: int, principal: Principal
    ) -> RepositoryPage[Branch]:
        """Return its branches by name."""
        ...

    async def commits(
        self, at: CodePlace, *, branch: str | None, limit: int, principal: Principal
    ) -> RepositoryPage[Commit]:
        """Return the newest commits of a branch, or of the default one."""
        ...

    async def issues(
        self, at: CodePlace, *, state: Wanted, limit: int, principal: Principal
    ) -> RepositoryPage[Issue]:
        """Return issues, those changed last first; pull requests are none."""
        ...

    async def issue(self, at: CodePlace, number: int, *, principal: Principal) -> Issue:
        """Return one issue."""
        ...

    async def pulls(
        self, at: CodePlace, *, state: Wanted, limit: int, principal: Principal
    ) -> RepositoryPage[PullRequest]:
        """Return pull requests, those changed last first."""
        ...

    async def pull(self, at: CodePlace, number: int, *, principal: Principal) -> PullRequest:
        """Return one pull request."""
        ...

    async def milestones(
        self, at: CodePlace, *, state: Wanted, limit: int, principal: Principal
    ) -> RepositoryPage[Milestone]:
        """Return milestones by due date."""
        ...

    async def create_issue(
        self, at: CodePlace, *, title: str, body: str | None, principal: Principal
    ) -> Issue:
        """Open an issue; never tried again after a lost answer (`github.answer_lost`)."""
        ...

    async def create_branch(
        self, at: CodePlace, *, name: str, start: str | None, principal: Principal
    ) -> Branch:
        """Make a branch at the head of another, or of the default one."""
        ...

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
        """Open a pull request; never tried again after a lost answer."""
        ...

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
        ...

    def all_issues(
        self, at: CodePlace, *, page: int, since: datetime | None, principal: Principal
    ) -> AbstractAsyncContextManager[AsyncIterator[list[Issue]]]:
        """Give all issues and pull requests page by page, as many fetched ahead as is allowed.

        Without `since` by their age, from a page (1 and up) on; with it those changed since, the
        longest unchanged first. A fault ends it after the pages that were had before it.
        """
        ...

    async def newest_change(
        self, at: CodePlace, *, tag: str | None, principal: Principal
    ) -> Listing[Issue]:
        """Return the issue or pull request changed last, unless all is as the tag says."""
        ...

    async def all_milestones(
        self, at: CodePlace, *, tag: str | None, principal: Principal
    ) -> Listing[Milestone]:
        """Return all milestones, unless they are as the tag says."""
        ...

    async def new_deployments(
        self, at: CodePlace, *, after: int, tag: str | None, principal: Principal
    ) -> Listing[Deployment]:
        """Return the latest deployments with an id above `after`, unless they are as the tag says.

        The oldest first, each with its last state; without a tag where there are more.
        """
        ...

    async def read_event(
        self, event: str, payload: Mapping[str, Any], *, principal: Principal
    ) -> CodeEvent:
        """Return what a webhook's delivery tells; `other` where it is of no concern.

        Raises:
            StoreFault: `github.bad_answer`.
        """
        ...
