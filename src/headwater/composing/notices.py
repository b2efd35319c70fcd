"""Who is told that something was done, and what? Decided from what is known of it; it tells nobody.

Mail goes to members whose address is known: by the invitation that they joined by, or because they
ask by an address as their name. Nobody is told of what they did themselves, but for a session's
summary, which is theirs to keep.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from pydantic_core import to_jsonable_python

from headwater.composing.letters import instant_words
from headwater.model.activity import Activity
from headwater.model.notice import Notice, NoticeKind
from headwater.model.project import Project
from headwater.model.session import Session
from headwater.model.team import Invitation, Member, TeamView
from headwater.model.webhook import Webhook
from headwater.model.work_item import WorkItem

READS: Mapping[str, frozenset[str]] = {
    "invitation.made": frozenset({"invitation"}),
    "member.joined": frozenset(),
    "member.changed": frozenset(),
    "item.assigned": frozenset({"project", "item"}),
    "session.ended": frozenset({"project", "session"}),
    "alert": frozenset({"project"}),
}
"""What is known of an activity beside its team, for those that letters are written of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of something that was done."""

    team: TeamView
    webhooks: tuple[Webhook, ...] = ()
    project: Project | None = None
    invitation: Invitation | None = None
    item: WorkItem | None = None
    session: Session | None = None


def notices_of(done: Activity, known: Known, *, mails: bool) -> list[Notice]:
    """Return what is sent because something was done: always the same, with the same keys.

    Args:
        done: What was done.
        known: What `READS` names, where it is still there.
        mails: Whether anybody carries mail here.
    """
    told = list(_letters(done, known)) if mails else []
    for hook in known.webhooks:
        if hook.wants(done.kind, project=done.project):
            told.append(_notice(done, "webhook", str(hook.id), facts=_event(done)))
    return told


def _letters(done: Activity, known: Known) -> Iterator[Notice]:
    match done.kind:
        case "invitation.made":
            yield from _invited(done, known)
        case "member.joined" | "member.changed":
            yield from _added(done, known)
        case "item.assigned":
            yield from _assigned(done, known)
        case "session.ended":
            yield from _ended(done, known)
        case "alert":
            yield from _alerted(done, known)
        case _:
            return


def _invited(done: Activity, known: Known) -> Iterator[Notice]:
    held = known.invitation
    if held is None or held.email is None or held.revoked_at is not None:
        return
    facts = {
        "team": known.team.name,
        "role": held.role,
        "code": held.code,
        "expires_at": instant_words(held.expires_at),
        "by": done.actor,
    }
    yield _notice(done, "invitation", held.email, facts=facts)


def _added(done: Activity, known: Known) -> Iterator[Notice]:
    if done.kind == "member.changed" and done.actor == done.object_id:
        return
    for one in _members(known, [str(done.object_id)]):
        facts = {"team": known.team.name, "role": one.role, "by": done.actor}
        yield from _to(done, "added", one, facts=facts)


def _assigned(done: Activity, known: Known) -> Iterator[Notice]:
    item, assignee = known.item, done.changes.get("assignee", (None, None))[1]
    if item is None or assignee is None or assignee == done.actor:
        return
    facts = {
        "item": item.id,
        "title": item.title,
        "kind": item.kind,
        "priority": item.priority,
        "due": item.due and f"{item.due:%Y-%m-%d}",
        "project": known.project and known.project.name,
        "by": done.actor,
    }
    for one in _members(known, [assignee]):
        yield from _to(done, "assigned", one, facts=facts)


def _ended(done: Activity, known: Known) -> Iterator[Notice]:
    session, project = known.session, known.project
    if session is None or project is None:
        return
    facts = {
        "goal": session.goal,
        "summary": session.summary,
        "project": project.name,
        "project_id": project.id,
        "by": done.actor,
    }
    people = dict.fromkeys([session.started_by, *session.participants])
    for one in _members(known, people):
        yield from _to(done, "summary", one, facts=facts)


def _alerted(done: Activity, known: Known) -> Iterator[Notice]:
    told = {name: after for name, (_, after) in done.changes.items()}
    at = told.pop("at", None)
    details = "\n".join(f"{name}: {after}" for name, after in sorted(told.items()))
    facts = {
        "title": done.title,
        "project": known.project.name if known.project else known.team.name,
        "details": details,
        "at": instant_words(done.at if at is None else datetime.fromisoformat(at)),
    }
    for one in known.team.members:
        yield from _to(done, "alert", one, facts=facts)


def _members(known: Known, people: Iterable[str]) -> Iterator[Member]:
    """Give those of the people who are in the team: nobody else is told of its work."""
    by_name = {one.person: one for one in known.team.members}
    yield from (by_name[one] for one in people if one in by_name)


def _to(
    done: Activity, kind: NoticeKind, member: Member, *, facts: Mapping[str, Any]
) -> Iterator[Notice]:
    address = member.email or (member.person if "@" in member.person else None)
    if address is not None:
        yield _notice(done, kind, address, facts=facts)


def _notice(done: Activity, kind: NoticeKind, to: str, *, facts: Mapping[str, Any]) -> Notice:
    """Make a notice; an activity in a store made anew has another instant, hence another key."""
    return Notice(
        key=f"activity/{done.id}/{done.at.isoformat()}/{kind}/{to}",
        kind=kind,
        to=to,
        team=done.team,
        made_at=done.at,
        facts=facts,
    )


def _event(done: Activity) -> Mapping[str, Any]:
    """Return an activity as a webhook is told of it."""
    told: dict[str, Any] = to_jsonable_python(asdict(done) | {"changes": dict(done.changes)})
    del told["tenant"]
    return told
