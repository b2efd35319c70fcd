"""What a webhook is: a URL that is told what a team does; it calls none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """A URL of a team's, told of what is done in it.

    Args:
        url: Where; shown to leaders only, as it may hold a secret of the receiver's.
        kinds: What it is told of: kinds of activity such as `item.updated`, families such as
            `item`; all where there are none.
        project: The only project that it is told of, or None.
        rotated_at: When its secret was last replaced.
    """

    id: int
    team: int
    url: str
    kinds: tuple[str, ...] = ()
    project: int | None = None
    created_by: str
    created_at: datetime
    rotated_at: datetime | None = None

    def wants(self, kind: str, *, project: int | None) -> bool:
        """Tell whether it is told of something that was done."""
        if self.project is not None and self.project != project:
            return False
        return not self.kinds or kind in self.kinds or kind.partition(".")[0] in self.kinds


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookDraft:
    """A webhook to be kept; its secret is sealed as `about`, which nothing else is."""

    team: int
    url: str
    kinds: tuple[str, ...] = ()
    project: int | None = None
    about: str
    sealed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedSecret:
    """A secret of a webhook; it signs until it is no longer good, or for ever."""

    sealed: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptWebhook:
    """A webhook with what signs its messages, the newest secret first, each sealed as `about`."""

    webhook: Webhook
    about: str
    secrets: tuple[SealedSecret, ...]

    def rotated(self, sealed: str, *, until: datetime, at: datetime) -> tuple[SealedSecret, ...]:
        """Return the secrets once there is a new one, and the last signs only until then."""
        kept = [
            SealedSecret(sealed=one.sealed, until=min(one.until or until, until))
            for one in self.secrets
            if one.until is None or one.until > at
        ]
        return (SealedSecret(sealed=sealed), *kept[: MOST_SECRETS - 1])


@dataclass(frozen=True, slots=True, kw_only=True)
class NewWebhook:
    """A webhook just made, or whose secret was: the only time that `secret` is shown."""

    webhook: Webhook
    secret: str


MOST_SECRETS = 3
MOST_OF_TEAM = 20
"""Webhooks that a team may have."""
