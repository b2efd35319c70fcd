"""What a delivery of a webhook tells, and whether GitHub sent it; it keeps and does nothing."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from typing import Any

from headwater.model.repository import CodeEvent, CodeEventKind
from headwater.sources.github import mapping

EVENTS = ("deployment_status", "issues", "milestone", "pull_request", "push")
"""What a webhook of ours is told of."""
PREFIX = "sha256="
GONE = frozenset(("deleted", "transferred"))


def is_signed(body: bytes, signature: str, *, secret: str) -> bool:
    """Tell whether a body as it came was signed by a secret (`X-Hub-Signature-256`).

    gidgethub would take SHA-1 as well, which we do not.
    """
    wanted = PREFIX + hmac.digest(secret.encode(), body, hashlib.sha256).hex()
    return hmac.compare_digest(signature.encode("utf-8", "replace"), wanted.encode())


def event(name: str, data: Mapping[str, Any]) -> CodeEvent:
    """Return what a delivery tells; `other` where it is of no concern.

    Raises:
        KeyError, TypeError, ValueError: it is not what GitHub sends.
    """
    repository = str(data["repository"]["full_name"]) if "repository" in data else ""
    kind, value_of = _KINDS.get(name, ("other", _nothing))
    value = value_of(data)
    if value is None:
        kind = "other"
    gone = kind != "other" and data.get("action") in GONE
    return CodeEvent(kind=kind, repository=repository, deleted=gone, value=value)


def _nothing(data: Mapping[str, Any]) -> None:
    del data


def _issue(data: Mapping[str, Any]) -> Any:
    return mapping.issue(data["issue"])


def _milestone(data: Mapping[str, Any]) -> Any:
    return mapping.milestone(data["milestone"])


def _pull(data: Mapping[str, Any]) -> Any:
    return mapping.pull(data["pull_request"])


def _deployment(data: Mapping[str, Any]) -> Any:
    return mapping.deployment(data["deployment"], data["deployment_status"])


def _push(data: Mapping[str, Any]) -> Any:
    """Return a push to the default branch; what is pushed elsewhere runs nowhere yet."""
    found = mapping.push(data)
    is_default = found is not None and found.branch == data["repository"]["default_branch"]
    return found if is_default else None


_KINDS: Mapping[str, tuple[CodeEventKind, Callable[[Mapping[str, Any]], Any]]] = {
    "issues": ("issue", _issue),
    "milestone": ("milestone", _milestone),
    "pull_request": ("pull_request", _pull),
    "push": ("push", _push),
    "deployment_status": ("deployment", _deployment),
}
