"""What is wrong with what somebody would have kept of work? It keeps and changes nothing.

Every store asks the same questions here, so that a value is bad in all of them or in none.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from headwater.analysis.filtering import WHOLE
from headwater.analysis.records import MAX_NAME, MAX_WORD, text_problem
from headwater.analysis.work_refusals import bad
from headwater.model.project import PROJECT_STATUSES
from headwater.model.session import Note
from headwater.model.team import TEAM_ROLES, InvitationDraft
from headwater.model.work_item import WORK_STATUSES, WorkItemDraft

MAX_DESCRIPTION = 100_000
MAX_LINE = 5_000
"""Characters of a blocker, a goal, a constraint."""
MAX_NOTE = 20_000
MAX_REF = 400
MAX_EMAIL = 320
MAX_RUN = 64
MAX_LISTED = 500
"""Links of one kind, constraints, tags."""
MAX_USES = 10_000
MAX_CODE = 64
KINDS = ("feature", "todo", "incident", "idea")
DEPENDENCIES = ("blocks", "requires", "related")
_REPOSITORY = re.compile(r"[\w.-]{1,100}/[\w.-]{1,100}", re.ASCII)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")


def check_person(person: object) -> None:
    """Refuse a name that nobody can be kept by.

    Raises:
        UsageError: `work.bad`.
    """
    _raise("person", _needed(person))


def check_team(values: Mapping[str, Any]) -> None:
    """Refuse what a team cannot be; only what is there is looked at.

    Raises:
        UsageError: `work.bad`.
    """
    _check(values, {"name": _needed, "description": _description})


def check_invitation(draft: InvitationDraft, *, now: datetime) -> None:
    """Refuse an invitation that cannot be kept, or by which nobody could join.

    Raises:
        UsageError: `work.bad`.
    """
    _raise("role", _one_of(draft.role, TEAM_ROLES))
    _raise("email", _email(draft.email))
    _raise("code", _text(draft.code, MAX_CODE) if draft.code else "is empty")
    if not 1 <= draft.uses <= MAX_USES:
        _raise("uses", f"must be 1 to {MAX_USES:,}, not {draft.uses}")
    if draft.expires_at <= now:
        _raise("expires_at", "is past; name an instant to come")


def check_role(role: object) -> None:
    """Refuse what is no role in a team.

    Raises:
        UsageError: `work.bad`.
    """
    _raise("role", _one_of(role, TEAM_ROLES))


def check_project(values: Mapping[str, Any]) -> None:
    """Refuse what a project cannot be; only what is there is looked at.

    Raises:
        UsageError: `work.bad`.
    """
    _check(
        values,
        {
            "name": _needed,
            "description": _description,
            "status": lambda value: _one_of(value, PROJECT_STATUSES),
            "tags": _tags,
            "items": _ids,
            "repository": _repository,
            "constraints": lambda value: _texts(value, MAX_LINE),
        },
    )


def check_item(values: Mapping[str, Any]) -> None:
    """Refuse what an item of work cannot be; only what is there is looked at.

    Raises:
        UsageError: `work.bad`.
    """
    _check(
        values,
        {
            "kind": lambda value: _one_of(value, KINDS),
            "title": _needed,
            "description": _description,
            "status": lambda value: _one_of(value, WORK_STATUSES),
            "priority": _priority,
            "assignee": lambda value: _optional(value, MAX_NAME),
            "due": _day,
            "blocker": lambda value: _optional(value, MAX_LINE),
            "items": _ids,
            "runs": lambda value: _texts(value, MAX_RUN),
            "documents": _ids,
            "issue": lambda value: _optional(value, MAX_REF),
            "pull_request": lambda value: _optional(value, MAX_REF),
        },
    )


def check_brought(drafts: Sequence[WorkItemDraft]) -> None:
    """Refuse drafts that cannot be told apart by their issues, or too many.

    Raises:
        UsageError: `work.bad`.
    """
    issues = [one.issue for one in drafts]
    if len(issues) > MAX_LISTED:
        _raise("items", f"are {len(issues):,}, at most {MAX_LISTED} at a time")
    if not all(issues) or len(set(issues)) < len(issues):
        _raise("issue", "is missing or named twice: each item needs one of its own")
    for one in issues:
        _raise("issue", _optional(one, MAX_REF))


def check_dependency(kind: object) -> None:
    """Refuse what is no type of dependency.

    Raises:
        UsageError: `work.bad`.
    """
    _raise("type", _one_of(kind, DEPENDENCIES))


def check_goal(goal: str) -> None:
    """Refuse what a session cannot be for.

    Raises:
        UsageError: `work.bad`.
    """
    _raise("goal", "is empty" if not goal.strip() else _text(goal, MAX_LINE))


def check_note(note: Note) -> None:
    """Refuse what cannot be written down.

    Raises:
        UsageError: `work.bad`.
    """
    _raise("text", "is empty" if not note.text.strip() else _text(note.text, MAX_NOTE))


def check_run(run_id: str) -> None:
    """Refuse what cannot be the id of a run.

    Raises:
        UsageError: `work.bad`.
    """
    _raise("run", _text(run_id, MAX_RUN) if run_id else "is empty")


def _check(values: Mapping[str, Any], checks: Mapping[str, Any]) -> None:
    for name, value in values.items():
        if name not in checks:
            _raise(ascii(name)[:MAX_WORD], f"is none of {', '.join(checks)}")
        _raise(name, checks[name](value))


def _raise(name: str, problem: str | None) -> None:
    if problem is not None:
        raise bad(name, problem)


def _text(value: object, most: int) -> str | None:
    if not isinstance(value, str):
        return f"must be a text, not {type(value).__name__}"
    if len(value) > most:
        return f"has {len(value):,} characters, at most {most:,} can be kept"
    problem = text_problem(value)
    return f"must be {problem}" if problem else None


def _needed(value: object) -> str | None:
    if value is None or (isinstance(value, str) and not value.strip()):
        return "is missing: give a text"
    return _text(value, MAX_NAME)


def _optional(value: object, most: int) -> str | None:
    return None if value is None else _text(value, most)


def _description(value: object) -> str | None:
    return _optional(value, MAX_DESCRIPTION)


def _one_of(value: object, known: Collection[str]) -> str | None:
    return None if value in known else f"must be one of {', '.join(known)}, not {value!r:.40}"


def _priority(value: object) -> str | None:
    fits = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 4  # noqa: PLR2004  as the model says
    return (
        None
        if fits
        else f"must be a whole number from 0, which comes first, to 4, not {value!r:.40}"
    )


def _day(value: object) -> str | None:
    fits = value is None or (isinstance(value, date) and not isinstance(value, datetime))
    return None if fits else "must be a day such as 2026-03-01"


def _email(value: str | None) -> str | None:
    if value is None:
        return None
    if not _EMAIL.fullmatch(value):
        return "must be an address such as ann@example.org"
    return _text(value, MAX_EMAIL)


def _repository(value: object) -> str | None:
    if value is None:
        return None
    fits = isinstance(value, str) and _REPOSITORY.fullmatch(value)
    return None if fits else "must be written as owner/name"


def _tags(value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, Mapping):
        return "must be an object"
    if len(value) > MAX_LISTED:
        return f"are {len(value):,}, at most {MAX_LISTED} can be kept"
    problems = (
        "have an empty key" if not key else _text(key, MAX_WORD) or _text(each, MAX_NAME)
        for key, each in value.items()
    )
    return next((one for one in problems if one), None)


def _listed(value: object) -> str | None:
    if isinstance(value, str) or not isinstance(value, Iterable):
        return "must be a list"
    count = len(list(value))
    return None if count <= MAX_LISTED else f"are {count:,}, at most {MAX_LISTED} can be kept"


def _ids(value: Any) -> str | None:
    if value is None:
        return None
    wrong = (each for each in value if type(each) is not int or each not in WHOLE)
    return _listed(value) or next((f"are ids, not {each!r:.40}" for each in wrong), None)


def _texts(value: Any, most: int) -> str | None:
    if value is None:
        return None
    problems = ("have an empty one" if not each else _text(each, most) for each in value)
    return _listed(value) or next((one for one in problems if one), None)
