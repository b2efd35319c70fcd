"""How a project is linked to a repository, and by which credential; it keeps no secret."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

CredentialKind = Literal["token", "app", "oauth"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """What a repository is reached by; the secret itself is sealed and never part of it.

    Args:
        name: What the tenant calls it.
        kind: A token, the installation of an app, or what a person has granted (OAuth).
        repositories: Patterns such as `acme/*` of what it may be used for.
        login: Whose it is at the host, where that is known.
        expires_at: When it ends unless it is refreshed.
        made_by: Who gave it.
    """

    name: str
    kind: CredentialKind
    repositories: tuple[str, ...] = ("*",)
    login: str | None = None
    created_at: datetime
    expires_at: datetime | None = None
    made_by: str


@dataclass(frozen=True, slots=True)
class SealedCredential:
    """A credential, and its secret as it is kept."""

    credential: Credential
    sealed: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """The secret of a credential, opened: shown nowhere.

    Args:
        token: What requests are made with; empty for an app, which draws tokens.
        refresh_token: What a new token is had by.
        installation: The number of the app's installation.
    """

    token: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)
    expires_at: datetime | None = None
    installation: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CodePlace:
    """A repository and the name of the credential that it is reached by; None asks as anybody."""

    repository: str
    credential: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkState:
    """How far a project is in step with its repository.

    Args:
        page: The page of the first import that comes next; 0 once that is complete.
        since: What changed at the host before this instant is here.
        tags: By what was listed last, to ask whether it has changed.
        deployment: The newest deployment known.
        synced_at: When it was last looked at.
        problem: Why that failed, in words without secrets; None where it did not.
    """

    page: int = 1
    since: datetime | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    deployment: int = 0
    synced_at: datetime | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RepositoryLink:
    """A project's link to a repository.

    Args:
        items: Codes of the configuration items that run its code; the project's, where none.
        environments: For some environments of its deployments, the codes instead of `items`.
        pushes: Whether a status changed here is told to the host as well.
        hook: The name of its webhook, where one is set up.
    """

    project: int
    repository: str
    credential: str | None = None
    items: tuple[str, ...] = ()
    environments: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    pushes: bool = False
    hook: str | None = None
    linked_by: str
    linked_at: datetime
    state: LinkState = field(default_factory=LinkState)

    @property
    def place(self) -> CodePlace:
        """Return where its code is."""
        return CodePlace(repository=self.repository, credential=self.credential)


@dataclass(frozen=True, slots=True)
class Linked:
    """A link of some tenant, to be looked after."""

    tenant: str
    project: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedHook:
    """Whose a webhook is, and the secret that it signs with, as it is kept."""

    linked: Linked
    sealed: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenIssue:
    """What an issue or milestone was when it was last brought here, and the item it is here.

    `marks` has a short digest of each field, by which a change at the host is told.
    """

    number: int
    is_milestone: bool
    item: int
    marks: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """A login that was begun: where to go, and what is to come back from there unchanged."""

    url: str
    state: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """A webhook to be set up at the host: where it sends, and the secret it signs with.

    The secret is shown this once.
    """

    path: str
    secret: str = field(repr=False)
    events: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What a webhook brought, to be handled once."""

    id: str
    project: int
    event: str
    payload: Mapping[str, Any]
    received_at: datetime
    tries: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncReport:
    """What came of bringing a project in step with its repository.

    Args:
        complete: Whether nothing is left; else asking again goes on where this ended.
        left: Issues whose item was deleted here, and is not made again.
        pushed: Issues that were told of a status changed here.
        entries: History entries of configuration items.
        waits_s: Where it ended early because the host takes no more: seconds until it does.
    """

    project: int
    repository: str
    complete: bool
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    left: int = 0
    pushed: int = 0
    milestones: int = 0
    entries: int = 0
    waits_s: float | None = None
