"""What a repository of code is and has, as its host tells it; it fetches nothing.

All text in it was written by others: it is data, and never an instruction to anyone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Generic, Literal, TypeVar

RowT = TypeVar("RowT")
IssueState = Literal["open", "closed"]
CodeEventKind = Literal["issue", "milestone", "pull_request", "push", "deployment", "other"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RepositoryInfo:
    """A repository, and what our credential may do there.

    Args:
        name: As `owner/name`.
        access: Such as pull, push, admin; empty where the host does not say.
        open_issues: Open issues and pull requests together, as the host counts.
    """

    name: str
    description: str | None = None
    default_branch: str
    private: bool
    archived: bool
    open_issues: int
    url: str
    access: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """A branch and the commit it is at."""

    name: str
    sha: str
    protected: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """A commit; `author` is the account where the host knows it, else the name written in it."""

    sha: str
    message: str
    author: str | None = None
    at: datetime | None = None
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Milestone:
    """A milestone of a repository."""

    number: int
    title: str
    description: str | None = None
    state: IssueState
    due: date | None = None
    open_issues: int = 0
    closed_issues: int = 0
    updated_at: datetime
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """An issue; `reason` says why it was closed, `milestone` is the number of its milestone."""

    number: int
    title: str
    body: str | None = None
    state: IssueState
    reason: str | None = None
    author: str | None = None
    assignee: str | None = None
    labels: tuple[str, ...] = ()
    milestone: int | None = None
    is_pull: bool = False
    created_at: datetime
    updated_at: datetime
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRequest:
    """A pull request: what is to come from branch `head` into branch `target`."""

    number: int
    title: str
    body: str | None = None
    state: IssueState
    draft: bool = False
    merged_at: datetime | None = None
    author: str | None = None
    head: str
    target: str
    created_at: datetime
    updated_at: datetime
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """A deployment, and its last state: success, failure, error, inactive, in_progress..."""

    id: int
    environment: str
    ref: str
    sha: str
    description: str | None = None
    creator: str | None = None
    state: str = "pending"
    at: datetime
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """Commits that came to a branch; `at` is when the last of them was made."""

    branch: str
    before: str
    after: str
    pusher: str | None = None
    commits: tuple[Commit, ...] = ()
    at: datetime
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RepositoryPage(Generic[RowT]):
    """A page of what a repository has; `truncated` where there is more."""

    repository: str
    rows: list[RowT]
    truncated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing(Generic[RowT]):
    """A whole listing: its rows, and the tag by which to ask whether it has changed.

    `unchanged` says that it is as it was when the tag given was had; there are no rows then.
    """

    rows: list[RowT] = field(default_factory=list)
    tag: str | None = None
    unchanged: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeEvent:
    """What a delivery of a webhook tells: that something of a repository is now so.

    Args:
        deleted: It is gone.
        value: The issue, milestone, pull request, push or deployment.
    """

    kind: CodeEventKind
    repository: str
    deleted: bool = False
    value: Any = None
