"""Who may do what with work: the rules in a few lines, and what goes by which of them.

It says again, in words of its own, what the app decides: tests compare the two for every role.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from work_scene import Scene

IN_TENANT = ("reader", "operator", "admin")
IN_TEAM = (None, "member", "leader")
"""What somebody is in a team, the least first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What it takes: a role of the tenant, and one of the team where a team is concerned."""

    tenant: str
    team: str | None = None


RULES = {
    "see": Rule(tenant="reader", team="member"),
    "see as leader": Rule(tenant="reader", team="leader"),
    "work": Rule(tenant="operator", team="member"),
    "lead": Rule(tenant="operator", team="leader"),
    "list": Rule(tenant="reader"),
    "found": Rule(tenant="operator"),
    "join": Rule(tenant="reader"),
}
Code = Literal["access.denied", "work.unknown", "work.not_allowed"]


def refusal(rule: Rule, role: str, in_team: str | None, *, here: bool = True) -> Code | None:
    """Return the code by which somebody is refused, or None where they may.

    Args:
        rule: What it takes.
        role: Theirs in their tenant.
        in_team: Theirs in the team that it is about.
        here: Whether that team is of their tenant.
    """
    if IN_TENANT.index(role) < IN_TENANT.index(rule.tenant):
        return "access.denied"
    if rule.team is None:
        return None
    held = ("leader" if role == "admin" else in_team) if here else None
    if held is None:
        return "work.unknown"
    return None if IN_TEAM.index(held) >= IN_TEAM.index(rule.team) else "work.not_allowed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Op:
    """A tool of work: the rule that it goes by, and what it is asked about a team's things.

    Args:
        rule: By name.
        args: What it is asked, given what there is.
        versioned: What it changes, whose version it takes.
        linked: Whether the project has to be linked to a repository.
        ends: By which code it ends for whoever may, where it cannot succeed here.
    """

    rule: str
    args: Callable[[Scene], dict[str, Any]]
    versioned: str | None = None
    linked: bool = False
    ends: str | None = None

    @property
    def writes(self) -> bool:
        """Tell whether it changes anything."""
        return self.rule in {"work", "lead", "found", "join"}


def _op(rule: str, args: Callable[[Scene], dict[str, Any]], **more: Any) -> Op:
    return Op(rule=rule, args=args, **more)


def _of_repository(rule: str, **more: Any) -> Op:
    return _op(rule, lambda s: {"project": s.project, **more}, linked=True)


OPS: dict[str, Op] = {
    "work.create_team": _op("found", lambda s: {"name": "another"}),
    "work.teams": _op("list", lambda s: {}),
    "work.team": _op("see", lambda s: {"team": s.team}),
    "work.update_team": _op(
        "lead", lambda s: {"team": s.team, "changes": {"description": "new"}}, versioned="team"),
    "work.delete_team": _op(
        "lead", lambda s: {"team": s.team}, versioned="team", ends="work.not_empty"),
    "work.invite": _op("lead", lambda s: {"team": s.team}),
    "work.invitations": _op("see as leader", lambda s: {"team": s.team}),
    "work.revoke_invitation": _op("lead", lambda s: {"invitation": s.invitation}),
    "work.join": _op("join", lambda s: {"code": s.code}),
    "work.set_member": _op(
        "lead", lambda s: {"team": s.team, "person": "new", "role": "member"}),
    "work.remove_member": _op("lead", lambda s: {"team": s.team, "person": s.newcomer}),
    "work.create_project": _op("work", lambda s: {"team": s.team, "name": "another"}),
    "work.projects": _op("list", lambda s: {"team": s.team}),
    "work.project": _op("see", lambda s: {"project": s.project}),
    "work.update_project": _op(
        "work", lambda s: {"project": s.project, "changes": {"status": "paused"}},
        versioned="project"),
    "work.delete_project": _op("lead", lambda s: {"project": s.project}, versioned="project"),
    "work.create_item": _op(
        "work", lambda s: {"project": s.project, "kind": "todo", "title": "another"}),
    "work.items": _op("list", lambda s: {"project": s.project}),
    "work.item": _op("see", lambda s: {"item": s.item}),
    "work.update_item": _op(
        "work", lambda s: {"item": s.item, "changes": {"status": "done"}}, versioned="item"),
    "work.move_item": _op(
        "work", lambda s: {"item": s.item, "parent": s.other}, versioned="item"),
    "work.delete_item": _op("work", lambda s: {"item": s.item}, versioned="item"),
    "work.promote_idea": _op("work", lambda s: {"item": s.idea}, versioned="idea"),
    "work.depend": _op("work", lambda s: {"item": s.item, "on": s.idea, "type": "related"}),
    "work.undepend": _op("work", lambda s: {"item": s.item, "on": s.other, "type": "requires"}),
    "work.dependencies": _op("see", lambda s: {"item": s.item}),
    "work.start_session": _op("work", lambda s: {"project": s.project, "goal": "find out"}),
    "work.sessions": _op("list", lambda s: {"project": s.project}),
    "work.session": _op("see", lambda s: {"session": s.session}),
    "work.note": _op("work", lambda s: {"session": s.session, "text": "so it is"}),
    "work.join_session": _op("work", lambda s: {"session": s.session}),
    "work.leave_session": _op("work", lambda s: {"session": s.session}),
    "work.add_run": _op("work", lambda s: {"session": s.session, "run": "r-1"}),
    "work.end_session": _op("work", lambda s: {"session": s.session}),
    "work.resume": _op("see", lambda s: {"project": s.project}),
    "work.activity": _op("see", lambda s: {"project": s.project}),
    "work.open": _op("list", lambda s: {"ci": "shop"}),
    "work.who": _op("list", lambda s: {"ci": "shop"}),
    "work.add_webhook": _op(
        "lead", lambda s: {"team": s.team, "url": "https://hooks.example.com/x"}),
    "work.webhooks": _op("see as leader", lambda s: {"team": s.team}),
    "work.rotate_webhook": _op("lead", lambda s: {"webhook": s.webhook}),
    "work.remove_webhook": _op("lead", lambda s: {"webhook": s.webhook}),
    "work.notices": _op("see as leader", lambda s: {"team": s.team}, ends="jobs.off"),
    "work.link_repository": _op(
        "work",
        lambda s: {"project": s.project, "repository": "acme/shop", "credential": "robot"}),
    "work.unlink_repository": _of_repository("work"),
    "work.repository": _of_repository("see"),
    "work.branches": _of_repository("see"),
    "work.commits": _of_repository("see"),
    "work.issues": _of_repository("see"),
    "work.issue": _of_repository("see", number=1),
    "work.pulls": _of_repository("see"),
    "work.pull": _of_repository("see", number=2),
    "work.milestones": _of_repository("see"),
    "work.import_issues": _of_repository("work"),
    "work.sync": _of_repository("work"),
    "work.create_issue": _of_repository("work", title="another"),
    "work.create_branch": _op(
        "work", lambda s: {"project": s.project, "name": f"fix/{s.word}"}, linked=True),
    "work.create_pull": _of_repository("work", title="fix", head="fix/two"),
}  # fmt: skip
"""Every tool of work; one that is not here fails a test."""
MIXED: dict[str, Callable[[Scene, Scene], tuple[str, dict[str, Any]]]] = {
    "an item within another's": lambda mine, s: ("work.create_item", {
        "project": mine.project, "kind": "todo", "title": "x", "parent": s.item}),
    "an item moved under another's": lambda mine, s: ("work.move_item", {
        "item": mine.item, "parent": s.item, "version": 1}),
    "an item that waits for another's": lambda mine, s: ("work.depend", {
        "item": mine.item, "on": s.item, "type": "requires"}),
    "another's that waits for an item": lambda mine, s: ("work.depend", {
        "item": s.item, "on": mine.item, "type": "requires"}),
    "a tie to another's taken back": lambda mine, s: ("work.undepend", {
        "item": mine.item, "on": s.item, "type": "requires"}),
    "a webhook of another's project": lambda mine, s: ("work.add_webhook", {
        "team": mine.team, "url": "https://hooks.example.com/x", "project": s.project}),
    "the parts of another's item": lambda mine, s: ("work.items", {"parent": s.item}),
    "the projects of another team": lambda mine, s: ("work.projects", {"team": s.team}),
    "the sessions of another's project": lambda mine, s: ("work.sessions", {"project": s.project}),
    "items by a word of another's": lambda mine, s: ("work.items", {"text": s.word}),
    "projects by a word of another's": lambda mine, s: ("work.projects", {"text": s.word}),
}  # fmt: skip
"""What names a thing of one's own and another's at once."""
