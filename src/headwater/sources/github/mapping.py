"""How GitHub's JSON becomes our data; it fetches nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from headwater.model.repository import (
    Branch,
    Commit,
    Deployment,
    Issue,
    Milestone,
    PullRequest,
    Push,
    RepositoryInfo,
)
from headwater.sources.github.faults import bad_answer

RowT = TypeVar("RowT")
Json = Mapping[str, Any]
MOST_TITLE = 500
MOST_TEXT = 100_000
REFS = "refs/heads/"
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2060\u2066-\u2069\ufeff\U000e0000-\U000e007f]"
)
"""Control characters but tab and newline, turns of direction, blanks without width, tags."""


def read(data: Any, make: Callable[[Json], RowT], *, where: str) -> RowT:
    """Return one thing.

    Raises:
        StoreFault: `github.bad_answer`.
    """
    try:
        return make(data)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        problem = f"{type(error).__name__} at {str(error)[:80]}"
        raise bad_answer(problem, where=where) from error


def read_all(data: Any, make: Callable[[Json], RowT], *, where: str) -> list[RowT]:
    """Return the things of a list.

    Raises:
        StoreFault: `github.bad_answer`.
    """
    if not isinstance(data, list):
        raise bad_answer("it is no list", where=where)
    return [read(one, make, where=where) for one in data]


def instant(text: str) -> datetime:
    """Return an instant as GitHub writes it."""
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def repository(data: Json) -> RepositoryInfo:
    """Return a repository."""
    allowed = data.get("permissions") or {}
    return RepositoryInfo(
        name=data["full_name"],
        description=_text(data.get("description")),
        default_branch=data["default_branch"],
        private=bool(data["private"]),
        archived=bool(data.get("archived")),
        open_issues=int(data.get("open_issues_count") or 0),
        url=data["html_url"],
        access=tuple(name for name, granted in allowed.items() if granted),
    )


def branch(data: Json) -> Branch:
    """Return a branch."""
    return Branch(
        name=data["name"], sha=data["commit"]["sha"], protected=bool(data.get("protected"))
    )


def commit(data: Json) -> Commit:
    """Return a commit of a listing."""
    told = data["commit"]
    made = told.get("committer") or told.get("author") or {}
    return Commit(
        sha=data["sha"],
        message=_text(told["message"]) or "",
        author=_login(data.get("author")) or (told.get("author") or {}).get("name"),
        at=_instant(made.get("date")),
        url=data["html_url"],
    )


def milestone(data: Json) -> Milestone:
    """Return a milestone."""
    return Milestone(
        number=int(data["number"]),
        title=_title(data["title"]),
        description=_text(data.get("description")),
        state=_state(data),
        due=_day(data.get("due_on")),
        open_issues=int(data.get("open_issues") or 0),
        closed_issues=int(data.get("closed_issues") or 0),
        updated_at=instant(data["updated_at"]),
        url=data["html_url"],
    )


def issue(data: Json) -> Issue:
    """Return an issue, or a pull request as one."""
    stone = data.get("milestone")
    return Issue(
        number=int(data["number"]),
        title=_title(data["title"]),
        body=_text(data.get("body")),
        state=_state(data),
        reason=data.get("state_reason"),
        author=_login(data.get("user")),
        assignee=_login(data.get("assignee")),
        labels=tuple(_labels(data.get("labels") or ())),
        milestone=None if stone is None else int(stone["number"]),
        is_pull="pull_request" in data,
        created_at=instant(data["created_at"]),
        updated_at=instant(data["updated_at"]),
        url=data["html_url"],
    )


def pull(data: Json) -> PullRequest:
    """Return a pull request."""
    return PullRequest(
        number=int(data["number"]),
        title=_title(data["title"]),
        body=_text(data.get("body")),
        state=_state(data),
        draft=bool(data.get("draft")),
        merged_at=_instant(data.get("merged_at")),
        author=_login(data.get("user")),
        head=data["head"]["ref"],
        target=data["base"]["ref"],
        created_at=instant(data["created_at"]),
        updated_at=instant(data["updated_at"]),
        url=data["html_url"],
    )


def deployment(data: Json, status: Json | None = None) -> Deployment:
    """Return a deployment, with its last state where that is told."""
    said = status or {}
    return Deployment(
        id=int(data["id"]),
        environment=str(data.get("environment") or "production"),
        ref=data["ref"],
        sha=data["sha"],
        description=_text(said.get("description") or data.get("description")),
        creator=_login(data.get("creator")),
        state=str(said.get("state") or "pending"),
        at=instant(said.get("created_at") or data["created_at"]),
        url=said.get("environment_url") or said.get("log_url") or None,
    )


def push(data: Json) -> Push | None:
    """Return a push to a branch; None for a tag, and where the branch was deleted."""
    if not data["ref"].startswith(REFS) or data.get("deleted"):
        return None
    head = data.get("head_commit") or {}
    commits = tuple(_pushed(one) for one in data.get("commits") or ())
    at = _instant(head.get("timestamp"))
    return Push(
        branch=data["ref"].removeprefix(REFS),
        before=data["before"],
        after=data["after"],
        pusher=_login(data.get("sender")) or (data.get("pusher") or {}).get("name"),
        commits=commits,
        at=at or datetime.now(UTC),
        url=data.get("compare"),
    )


def _pushed(data: Json) -> Commit:
    author = data.get("author") or {}
    return Commit(
        sha=data["id"],
        message=_text(data["message"]) or "",
        author=author.get("username") or author.get("name"),
        at=_instant(data.get("timestamp")),
        url=data["url"],
    )


def _login(account: Json | None) -> str | None:
    return None if not account else account.get("login")


def _labels(labels: Iterable[Any]) -> Iterable[str]:
    return (str(one["name"] if isinstance(one, Mapping) else one) for one in labels)


def _state(data: Json) -> Any:
    if data["state"] not in {"open", "closed"}:
        raise ValueError(data["state"])
    return data["state"]


def _title(text: str) -> str:
    """Return a title in one line, without characters that show nothing."""
    shown = "".join(one if one.isprintable() else " " for one in _clean(text))
    return " ".join(shown.split())[:MOST_TITLE] or "(no title)"


def _text(text: str | None) -> str | None:
    return _clean(text)[:MOST_TEXT] or None if text else None


def _clean(text: str) -> str:
    """Return a text without what cannot be stored, and what shows it as something else."""
    if not text.isprintable():
        text = _UNSEEN.sub("", text)
    return text.encode("utf-8", "replace").decode()


def _instant(text: str | None) -> datetime | None:
    return None if not text else instant(text)


def _day(text: str | None) -> date | None:
    return None if not text else instant(text).date()
