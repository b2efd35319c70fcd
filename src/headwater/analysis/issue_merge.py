"""What does an issue of a repository make of an item of work, and what has changed of it? Pure.

A field is taken over only where it changed at the host since it was last seen: so what was changed
here meanwhile stays. Instants tell what is older than what is known already.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from headwater.model.history import HistoryRecord
from headwater.model.repository import Commit, Deployment, Issue, IssueState, Milestone, Push
from headwater.model.work_item import (
    WorkItem,
    WorkItemChanges,
    WorkItemDraft,
    WorkKind,
    WorkStatus,
)

AT = "at"
ENDED: tuple[WorkStatus, ...] = ("done", "tested", "merged", "dropped")
KINDS: Mapping[str, WorkKind] = {
    "bug": "incident",
    "incident": "incident",
    "outage": "incident",
    "enhancement": "feature",
    "feature": "feature",
    "epic": "feature",
    "idea": "idea",
}
"""What labels make of an issue; any other is a todo."""
FINAL = frozenset(("success", "failure", "error"))
"""The states in which a deployment has come to something."""
MOST_COMMITS = 10
_PRIORITY = re.compile(r"p([0-4])|priority[ :/_-]*([0-4])")
_CLOSES = re.compile(
    r"\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?)\s{0,3}:?\s{1,3}#(\d{1,9})\b", re.IGNORECASE
)


def issue_ref(repository: str, number: int) -> str:
    """Return how an item names its issue."""
    return f"{repository}#{number}"


def milestone_ref(repository: str, number: int) -> str:
    """Return how an item names its milestone."""
    return f"{repository}#milestone-{number}"


def number_in(ref: str | None, repository: str) -> int | None:
    """Return the number of the issue that an item names, if it is one of this repository."""
    before, _, number = (ref or "").partition("#")
    return int(number) if before == repository and number.isdecimal() else None


def marks_of(one: Issue | Milestone) -> dict[str, str]:
    """Return a short mark of each field that is taken over, and the instant of them."""
    fields: dict[str, Any] = {"title": one.title, "state": one.state}
    if isinstance(one, Issue):
        fields |= {"body": one.body, "assignee": one.assignee, "milestone": one.milestone}
        fields["state"] = f"{one.state} {one.reason}" if one.state == "closed" else one.state
    else:
        fields |= {"body": one.description, "due": one.due}
    marks = {name: _mark(value) for name, value in fields.items()}
    marks["state"] = str(fields["state"])
    return marks | {AT: one.updated_at.isoformat()}


def is_older(one: Issue | Milestone, marks: Mapping[str, str]) -> bool:
    """Tell whether something is of before what is known of it, so that it tells nothing new."""
    return AT in marks and one.updated_at < datetime.fromisoformat(marks[AT])


def issue_draft(one: Issue, *, repository: str, parent: int | None) -> WorkItemDraft:
    """Return the item to be made of an issue that was never seen."""
    return WorkItemDraft(
        kind=_kind_of(one),
        title=one.title,
        parent=parent,
        description=one.body,
        status=status_of(one.state, one.reason),
        priority=_priority_of(one),
        assignee=one.assignee,
        issue=issue_ref(repository, one.number),
    )


def milestone_draft(one: Milestone, *, repository: str) -> WorkItemDraft:
    """Return the item to be made of a milestone that was never seen."""
    return WorkItemDraft(
        kind="feature",
        title=one.title,
        description=one.description,
        status=status_of(one.state, None),
        due=one.due,
        issue=milestone_ref(repository, one.number),
    )


def status_of(state: IssueState, reason: str | None) -> WorkStatus:
    """Return the status that an issue begins with."""
    if state == "open":
        return "new"
    return "dropped" if reason in {"not_planned", "duplicate"} else "done"


def state_of(status: WorkStatus) -> tuple[IssueState, str | None]:
    """Return the state of an issue, and why, that goes with a status."""
    if status not in ENDED:
        return "open", None
    return "closed", "not_planned" if status == "dropped" else "completed"


def changes_of(one: Issue | Milestone, marks: Mapping[str, str], held: WorkItem) -> WorkItemChanges:
    """Return what of an item is to be changed, because it changed at the host."""
    new = marks_of(one)
    differ = {name for name, mark in new.items() if marks.get(name) != mark}
    changes: WorkItemChanges = {}
    if "title" in differ:
        changes["title"] = one.title
    if "body" in differ:
        changes["description"] = one.body if isinstance(one, Issue) else one.description
    if "assignee" in differ and isinstance(one, Issue):
        changes["assignee"] = one.assignee
    if "due" in differ and isinstance(one, Milestone):
        changes["due"] = one.due
    reason = one.reason if isinstance(one, Issue) else None
    # An item with children has their status; one that ended here as it did there stays so.
    if "state" in differ and not held.children and not _agree(held.status, one.state, reason):
        changes["status"] = status_of(one.state, reason)
    return changes


def differs_at_host(held: WorkItem, marks: Mapping[str, str]) -> bool:
    """Tell whether an item has ended here and not at the host, or the other way round."""
    return state_of(held.status)[0] != marks.get("state", "").partition(" ")[0]


def closed_by(body: str | None) -> tuple[int, ...]:
    """Return the issues that a pull request says it closes (`Fixes #12`)."""
    return tuple(dict.fromkeys(int(one) for one in _CLOSES.findall(body or "")))


def push_records(push: Push, *, repository: str, codes: tuple[str, ...]) -> list[HistoryRecord]:
    """Return the history entries of a push, one for each item that runs the code."""
    last = push.commits[-1] if push.commits else None
    first_line = (
        last.message.partition("\n")[0][:200] if last else f"{push.before[:7]} to {push.after[:7]}"
    )
    more = f" and {len(push.commits) - 1} more" if len(push.commits) > 1 else ""
    return [
        HistoryRecord(
            ci=code,
            kind="change",
            at=push.at,
            severity="info",
            title=f"{repository} {push.branch} {push.after[:7]}: {first_line}{more}"[:500],
            summary="\n".join(map(_line, push.commits[:MOST_COMMITS])) or None,
            actor=push.pusher,
            attributes={
                "repository": repository,
                "branch": push.branch,
                "before": push.before,
                "after": push.after,
                "commits": len(push.commits),
                "url": push.url,
            },
        )
        for code in codes
    ]


def deployment_records(
    one: Deployment, *, repository: str, codes: tuple[str, ...]
) -> list[HistoryRecord]:
    """Return the history entries of a deployment that came to something, one for each item."""
    if one.state not in FINAL:
        return []
    severity = "info" if one.state == "success" else "high"
    return [
        HistoryRecord(
            ci=code,
            kind="deployment",
            at=one.at,
            severity=severity,
            title=f"{repository} {one.ref} to {one.environment}: {one.state}"[:500],
            summary=one.description,
            actor=one.creator,
            attributes={
                "repository": repository,
                "environment": one.environment,
                "ref": one.ref,
                "sha": one.sha,
                "state": one.state,
                "deployment": one.id,
                "url": one.url,
            },
        )
        for code in codes
    ]


def _agree(status: WorkStatus, state: IssueState, reason: str | None) -> bool:
    """Tell whether a status says the same as a state at the host, only more exactly."""
    if state == "open":
        return status not in ENDED
    return status in ENDED and (status == "dropped") == (status_of(state, reason) == "dropped")


def _kind_of(one: Issue) -> WorkKind:
    for label in one.labels:
        kind = KINDS.get(label.casefold().rpartition(":")[2].strip())
        if kind is not None:
            return kind
    return "todo"


def _priority_of(one: Issue) -> int:
    for label in one.labels:
        found = _PRIORITY.fullmatch(label.casefold().strip())
        if found is not None:
            return int(found[1] or found[2])
    return 2


def _line(commit: Commit) -> str:
    return f"{commit.sha[:7]} {commit.message.partition(chr(10))[0][:200]}"


def _mark(value: date | str | int | None) -> str:
    if value is None:
        return ""
    return hashlib.blake2b(str(value).encode(), digest_size=9).hexdigest()
