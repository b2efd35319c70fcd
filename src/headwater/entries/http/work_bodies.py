"""What bodies of the routes on work hold; the tools behind them say what is allowed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from headwater.entries.wire.decode import Body
from headwater.model.project import ProjectStatus
from headwater.model.team import TeamRole
from headwater.model.work_item import DependencyType, WorkKind, WorkStatus

Items = list[int | str]
"""Configuration items, each by its id or its code."""
WEEK_S = 604_800


class TeamBody(Body):
    """A team to be made."""

    name: str = Field(examples=["checkout on call"])
    description: str | None = None


class TeamPatch(Body):
    """What to change of a team: what is absent stays, null clears."""

    name: str | None = None
    description: str | None = None


class MemberBody(Body):
    """What somebody is in a team."""

    role: TeamRole


class InvitationBody(Body):
    """An invitation to be made."""

    role: TeamRole = "member"
    email: str | None = Field(default=None, description="Who is told of it by mail.")
    uses: int = Field(default=1, ge=1, le=10_000, description="How many may join by it.")
    expires_in_s: float = Field(default=WEEK_S, gt=0)


class CodeBody(Body):
    """The code of an invitation."""

    code: str


class ProjectBody(Body):
    """A project to be opened."""

    team: int
    name: str = Field(examples=["Checkout keeps timing out"])
    description: str | None = None
    tags: dict[str, str] | None = None
    items: Items | None = Field(default=None, description="Configuration items, by id or code.")
    repository: str | None = Field(default=None, examples=["shop/checkout"])
    constraints: list[str] | None = None


class ProjectPatch(Body):
    """What to change of a project: what is absent stays, null clears."""

    name: str | None = None
    description: str | None = None
    status: ProjectStatus | None = None
    tags: dict[str, str] | None = None
    items: Items | None = None
    repository: str | None = None
    constraints: list[str] | None = None


class _Told(Body):
    """What may be said of an item of work when it is made and later."""

    description: str | None = None
    assignee: str | None = None
    due: str | None = Field(default=None, description="A day.", examples=["2026-12-01"])
    blocker: str | None = None
    items: Items | None = Field(default=None, description="Configuration items, by id or code.")
    runs: list[str] | None = None
    documents: list[int] | None = None
    issue: str | None = Field(default=None, examples=["shop/checkout#12"])
    pull_request: str | None = None


class ItemBody(_Told):
    """An item of work to be made."""

    project: int
    kind: WorkKind
    title: str
    parent: int | None = None
    status: WorkStatus | None = None
    priority: int | None = Field(default=None, ge=0, le=4)


class ItemPatch(_Told):
    """What to change of an item of work: what is absent stays, null clears."""

    kind: WorkKind | None = None
    title: str | None = None
    status: WorkStatus | None = None
    priority: int | None = None


class MoveBody(Body):
    """Where an item of work belongs; null for nowhere but its project."""

    parent: int | None


class DependencyBody(Body):
    """What an item of work hangs on."""

    on: int
    type: DependencyType


class SessionBody(Body):
    """A session to be started."""

    project: int
    goal: str = Field(examples=["find out why checkout times out"])


class NoteBody(Body):
    """Something to write down."""

    text: str
    done: bool = Field(default=False, description="Whether it tells of something done.")


class RunBody(Body):
    """A run that belongs to a session."""

    run: str


class WebhookBody(Body):
    """A webhook to be made."""

    url: str = Field(description="https://host/path", examples=["https://hooks.example.org/team"])
    kinds: list[str] | None = Field(default=None, description="Such as `item.updated`, or `item`.")
    project: int | None = Field(default=None, description="The only project it is told of.")


class LinkBody(Body):
    """The repository that a project is linked to."""

    repository: str = Field(description="owner/name", examples=["acme/shop"])
    credential: str | None = Field(default=None, description="By its name.", examples=["robot"])
    items: Items | None = Field(default=None, description="What runs its code, by id or code.")
    environments: dict[str, list[str]] | None = None
    pushes: bool = Field(default=False, description="Close and reopen issues there too.")


class IssueBody(Body):
    """An issue to be opened in a repository."""

    title: str
    body: str | None = None


class BranchBody(Body):
    """A branch to be made in a repository."""

    name: str
    start: str | None = Field(default=None, description="Else the default branch.")


class PullBody(Body):
    """A pull request to be opened in a repository."""

    title: str
    head: str
    target: str | None = Field(default=None, description="Else the default branch.")
    body: str | None = None


EXAMPLES: Mapping[type[Body], dict[str, Any]] = {
    TeamPatch: {"description": None},
    MemberBody: {"role": "leader"},
    InvitationBody: {"role": "member", "uses": 5},
    CodeBody: {"code": "Q7tViPx4E6FW"},
    ProjectBody: {"team": 1, "name": "Checkout keeps timing out", "items": ["checkout-api"]},
    ProjectPatch: {"status": "paused"},
    ItemBody: {"project": 1, "kind": "todo", "title": "Look at the pool", "priority": 1},
    ItemPatch: {"status": "done", "due": None},
    MoveBody: {"parent": 7},
    DependencyBody: {"on": 2, "type": "requires"},
    SessionBody: {"project": 1, "goal": "find out why checkout times out"},
    NoteBody: {"text": "the pool is full", "done": True},
    WebhookBody: {"url": "https://hooks.example.org/team", "kinds": ["item", "alert"]},
    LinkBody: {"repository": "acme/shop", "credential": "robot", "items": ["checkout-api"]},
    IssueBody: {"title": "Checkout times out"},
    BranchBody: {"name": "raise-the-pool"},
    PullBody: {"title": "Raise the pool", "head": "raise-the-pool"},
    RunBody: {"run": "r-01K7YF71K4H9423GE1CMBW9FZ6"},
}


def example_of(body: type[Body]) -> dict[str, Any]:
    """Return what a body may look like."""
    return EXAMPLES.get(body, {"name": "checkout on call"})
