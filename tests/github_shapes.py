"""What GitHub's answers look like, field by field, as its OpenAPI description says they must."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

ZONE = "%Y-%m-%dT%H:%M:%SZ"
FIRST = datetime(2026, 3, 1, 8, tzinfo=UTC)


def written(at: datetime | None) -> str | None:
    """Write an instant as GitHub does."""
    return None if at is None else at.astimezone(UTC).strftime(ZONE)


def sha_of(text: str) -> str:
    """Return something that looks like the name of a commit."""
    return hashlib.sha1(text.encode()).hexdigest()


def user(base: str, login: str | None) -> dict[str, Any] | None:
    """Write an account."""
    if login is None:
        return None
    own = f"{base}/users/{login}"
    return {
        "login": login,
        "id": 1 + sum(login.encode()),
        "node_id": f"U_{login}",
        "avatar_url": f"{own}/avatar",
        "gravatar_id": "",
        "url": own,
        "html_url": own,
        "followers_url": f"{own}/followers",
        "following_url": f"{own}/following",
        "gists_url": f"{own}/gists",
        "starred_url": f"{own}/starred",
        "subscriptions_url": f"{own}/subscriptions",
        "organizations_url": f"{own}/orgs",
        "repos_url": f"{own}/repos",
        "events_url": f"{own}/events",
        "received_events_url": f"{own}/received_events",
        "type": "User",
        "site_admin": False,
    }


def issue(base: str, repo: str, kept: dict[str, Any], stone: dict[str, Any] | None) -> Any:
    """Write an issue from what is kept of it."""
    number = kept["number"]
    own = f"{base}/repos/{repo}/issues/{number}"
    told = {
        "id": 10_000 + number,
        "node_id": f"I_{number}",
        "url": own,
        "repository_url": f"{base}/repos/{repo}",
        "labels_url": f"{own}/labels",
        "comments_url": f"{own}/comments",
        "events_url": f"{own}/events",
        "html_url": f"{base}/{repo}/issues/{number}",
        "number": number,
        "state": kept["state"],
        "state_reason": kept.get("state_reason"),
        "title": kept["title"],
        "body": kept.get("body"),
        "user": user(base, kept.get("user", "ann")),
        "labels": [label(base, repo, name) for name in kept.get("labels", ())],
        "assignee": user(base, kept.get("assignee")),
        "assignees": [] if kept.get("assignee") is None else [user(base, kept["assignee"])],
        "milestone": stone,
        "locked": False,
        "comments": 0,
        "closed_at": kept["updated_at"] if kept["state"] == "closed" else None,
        "created_at": kept["created_at"],
        "updated_at": kept["updated_at"],
        "author_association": "MEMBER",
    }
    if kept.get("is_pull"):
        told["pull_request"] = dict.fromkeys(
            ("url", "html_url", "diff_url", "patch_url"), f"{base}/{repo}/pull/{number}"
        )
    return told


def label(base: str, repo: str, name: str) -> dict[str, Any]:
    """Write a label."""
    return {
        "id": 1 + sum(name.encode()),
        "node_id": f"L_{name}",
        "url": f"{base}/repos/{repo}/labels/{name}",
        "name": name,
        "description": None,
        "color": "d73a4a",
        "default": False,
    }


def milestone(base: str, repo: str, kept: dict[str, Any]) -> dict[str, Any]:
    """Write a milestone."""
    own = f"{base}/repos/{repo}/milestones/{kept['number']}"
    return {
        "url": own,
        "html_url": f"{base}/{repo}/milestone/{kept['number']}",
        "labels_url": f"{own}/labels",
        "id": 500 + kept["number"],
        "node_id": f"M_{kept['number']}",
        "number": kept["number"],
        "state": kept["state"],
        "title": kept["title"],
        "description": kept.get("description"),
        "creator": user(base, "ann"),
        "open_issues": kept.get("open_issues", 0),
        "closed_issues": kept.get("closed_issues", 0),
        "created_at": kept["created_at"],
        "updated_at": kept["updated_at"],
        "closed_at": kept["updated_at"] if kept["state"] == "closed" else None,
        "due_on": kept.get("due_on"),
    }


def branch(base: str, repo: str, name: str, sha: str) -> dict[str, Any]:
    """Write a branch of a listing."""
    commit = {"sha": sha, "url": f"{base}/repos/{repo}/commits/{sha}"}
    return {"name": name, "commit": commit, "protected": name == "main"}


def branch_alone(base: str, repo: str, name: str, sha: str) -> dict[str, Any]:
    """Write a branch as it is shown by itself."""
    kept = {"sha": sha, "message": "m", "author": "ann", "at": written(FIRST)}
    own = f"{base}/repos/{repo}/branches/{name}"
    return {
        "name": name,
        "commit": commit(base, repo, kept),
        "_links": {"self": own, "html": f"{base}/{repo}/tree/{name}"},
        "protected": name == "main",
        "protection": {"enabled": False},
        "protection_url": f"{own}/protection",
    }


def user_alone(base: str, login: str) -> dict[str, Any]:
    """Write an account as it is shown by itself."""
    told = dict.fromkeys(("name", "company", "blog", "location", "email", "hireable", "bio"))
    counts = dict.fromkeys(("public_repos", "public_gists", "followers", "following"), 0)
    instants = dict.fromkeys(("created_at", "updated_at"), written(FIRST))
    return {**(user(base, login) or {}), **told, **counts, **instants}


def refusal(message: str, **more: Any) -> dict[str, Any]:
    """Write why something is refused."""
    return {"message": message, "documentation_url": "https://docs.github.com/rest", **more}


def commit(base: str, repo: str, kept: dict[str, Any]) -> dict[str, Any]:
    """Write a commit."""
    own = f"{base}/repos/{repo}/commits/{kept['sha']}"
    who = {"name": kept["author"], "email": f"{kept['author']}@example.org", "date": kept["at"]}
    return {
        "url": own,
        "sha": kept["sha"],
        "node_id": f"C_{kept['sha'][:8]}",
        "html_url": f"{base}/{repo}/commit/{kept['sha']}",
        "comments_url": f"{own}/comments",
        "commit": {
            "url": own,
            "author": who,
            "committer": who,
            "message": kept["message"],
            "tree": {"url": own, "sha": kept["sha"]},
            "comment_count": 0,
        },
        "author": user(base, kept["author"]),
        "committer": user(base, kept["author"]),
        "parents": [],
    }


def deployment(base: str, repo: str, kept: dict[str, Any]) -> dict[str, Any]:
    """Write a deployment."""
    own = f"{base}/repos/{repo}/deployments/{kept['id']}"
    return {
        "url": own,
        "id": kept["id"],
        "node_id": f"D_{kept['id']}",
        "sha": sha_of(f"deployed {kept['id']}"),
        "ref": kept.get("ref", "main"),
        "task": "deploy",
        "payload": {},
        "environment": kept["environment"],
        "description": kept.get("description"),
        "creator": user(base, kept.get("creator", "ann")),
        "created_at": kept["at"],
        "updated_at": kept["at"],
        "statuses_url": f"{own}/statuses",
        "repository_url": f"{base}/repos/{repo}",
    }


def deployment_status(base: str, repo: str, kept: dict[str, Any]) -> dict[str, Any]:
    """Write the last state of a deployment."""
    own = f"{base}/repos/{repo}/deployments/{kept['id']}"
    return {
        "url": f"{own}/statuses/1",
        "id": kept["id"] * 10,
        "node_id": f"S_{kept['id']}",
        "state": kept["state"],
        "creator": user(base, kept.get("creator", "ann")),
        "description": kept.get("description") or "",
        "environment": kept["environment"],
        "target_url": "",
        "created_at": kept["at"],
        "updated_at": kept["at"],
        "deployment_url": own,
        "repository_url": f"{base}/repos/{repo}",
        "environment_url": "",
        "log_url": "",
    }


def pull(base: str, repo: str, kept: dict[str, Any]) -> dict[str, Any]:
    """Write a pull request of a listing."""
    number = kept["number"]
    own, shown = f"{base}/repos/{repo}/pulls/{number}", f"{base}/{repo}/pull/{number}"
    links = ("comments", "commits", "statuses", "html", "issue", "review_comments",
             "review_comment", "self")  # fmt: skip
    return {
        "url": own,
        "id": 20_000 + number,
        "node_id": f"PR_{number}",
        "html_url": shown,
        "diff_url": f"{shown}.diff",
        "patch_url": f"{shown}.patch",
        "issue_url": f"{base}/repos/{repo}/issues/{number}",
        "commits_url": f"{own}/commits",
        "review_comments_url": f"{own}/comments",
        "review_comment_url": f"{own}/comments/1",
        "comments_url": f"{own}/comments",
        "statuses_url": f"{own}/statuses",
        "number": number,
        "state": kept["state"],
        "locked": False,
        "title": kept["title"],
        "user": user(base, kept.get("user", "ann")),
        "body": kept.get("body"),
        "labels": [],
        "milestone": None,
        "created_at": kept["created_at"],
        "updated_at": kept["updated_at"],
        "closed_at": kept["updated_at"] if kept["state"] == "closed" else None,
        "merged_at": kept.get("merged_at"),
        "merge_commit_sha": None,
        "assignee": None,
        "head": _side(base, repo, kept["head"]),
        "base": _side(base, repo, kept["target"]),
        "_links": {name: {"href": own} for name in links},
        "author_association": "MEMBER",
        "auto_merge": None,
        "draft": False,
    }


def _side(base: str, repo: str, ref: str) -> dict[str, Any]:
    owner = repo.partition("/")[0]
    return {
        "label": f"{owner}:{ref}",
        "ref": ref,
        "sha": sha_of(ref),
        "user": user(base, owner),
        "repo": repository(base, repo, {}),
    }


LINKED = [
    "archive",
    "assignees",
    "blobs",
    "branches",
    "collaborators",
    "comments",
    "commits",
    "compare",
    "contents",
    "contributors",
    "deployments",
    "downloads",
    "events",
    "forks",
    "git_commits",
    "git_refs",
    "git_tags",
    "issue_comment",
    "issue_events",
    "issues",
    "keys",
    "labels",
    "languages",
    "merges",
    "milestones",
    "notifications",
    "pulls",
    "releases",
    "stargazers",
    "statuses",
    "subscribers",
    "subscription",
    "tags",
    "teams",
    "trees",
    "hooks",
]


def repository(base: str, repo: str, kept: dict[str, Any]) -> dict[str, Any]:
    """Write a repository as it is shown by itself."""
    owner, _, name = repo.partition("/")
    own = f"{base}/repos/{repo}"
    counts = ("forks_count", "forks", "stargazers_count", "watchers_count", "watchers", "size",
              "network_count", "subscribers_count")  # fmt: skip
    flags = ("fork", "archived", "disabled", "has_pages", "is_template")
    return {
        "id": 7,
        "node_id": "R_7",
        "name": name,
        "full_name": repo,
        "owner": user(base, owner),
        "private": kept.get("private", False),
        "html_url": f"{base}/{repo}",
        "description": kept.get("description"),
        "url": own,
        **{f"{one}_url": f"{own}/{one}" for one in LINKED},
        "git_url": f"git://host/{repo}.git",
        "ssh_url": f"git@host:{repo}.git",
        "clone_url": f"{base}/{repo}.git",
        "mirror_url": None,
        "svn_url": f"{base}/{repo}",
        "homepage": None,
        "language": "Python",
        "license": None,
        "default_branch": "main",
        "open_issues_count": kept.get("open", 0),
        "open_issues": kept.get("open", 0),
        "visibility": "private" if kept.get("private") else "public",
        **dict.fromkeys(counts, 0),
        **dict.fromkeys(flags, False),
        **{
            f"has_{one}": True for one in ("issues", "projects", "wiki", "downloads", "discussions")
        },
        "pushed_at": written(FIRST),
        "created_at": written(FIRST),
        "updated_at": written(FIRST),
        "permissions": kept.get("permissions", {"admin": False, "push": True, "pull": True}),
        "allow_rebase_merge": True,
        "topics": [],
    }


PULL_ALONE: dict[str, Any] = {
    "merged": False,
    "mergeable": None,
    "mergeable_state": "unknown",
    "merged_by": None,
    "comments": 0,
    "review_comments": 0,
    "maintainer_can_modify": False,
    "commits": 1,
    "additions": 1,
    "deletions": 0,
    "changed_files": 1,
}
"""What a pull request has besides where it is shown by itself."""
