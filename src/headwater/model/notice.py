"""What is sent to somebody because something happened, and how far that is; it sends nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any, Literal, get_args

NoticeKind = Literal["invitation", "added", "assigned", "summary", "alert", "webhook"]
NoticeStatus = Literal["queued", "sending", "waiting", "sent", "refused", "gave_up", "cancelled"]
"""`waiting` is for a further try; `refused` is not tried again, `gave_up` was for too long."""
NOTICE_STATUSES: tuple[NoticeStatus, ...] = get_args(NoticeStatus)
PRIORITIES: Mapping[NoticeKind, int] = {
    "alert": 1,
    "invitation": 2,
    "webhook": 3,
    "assigned": 4,
    "added": 4,
    "summary": 5,
}
"""What goes first, 1 before 2; of the same number what was posted first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One thing for one recipient: a letter, or what a webhook is told.

    Args:
        key: The same for whoever posts the same; what has it is sent once.
        kind: What it says.
        to: An address, or the id of a webhook.
        team: Whose leaders see how far it is, or None for admins alone.
        made_at: When it came about.
        facts: What it says it with, as plain JSON.
    """

    key: str
    kind: NoticeKind
    to: str
    team: int | None = None
    made_at: datetime
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def priority(self) -> int:
        """Return how urgent it is, 1 before 2."""
        return PRIORITIES[self.kind]

    def id_in(self, tenant: str) -> str:
        """Return its id, the same wherever and however often it is posted for a tenant."""
        return f"n-{sha256(f'{len(tenant)}:{tenant}{self.key}'.encode()).hexdigest()[:40]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """How far a notice is.

    `next_at` is set while it waits for a further try, `error` has the facts (`code`, `message`)
    of what came of the last one.
    """

    id: str
    kind: NoticeKind
    to: str
    team: int | None
    status: NoticeStatus
    priority: int
    tries: int
    made_at: datetime
    next_at: datetime | None = None
    ended_at: datetime | None = None
    error: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A mail as it is written; who sends it is the mailer's matter.

    `id` is what the Message-ID is made of: sent again, it is the same mail.
    """

    id: str
    to: str
    subject: str
    text: str
    html: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What is told to a webhook: the bytes of its body, and the secrets that sign them."""

    id: str
    url: str
    body: bytes
    secrets: tuple[str, ...]
