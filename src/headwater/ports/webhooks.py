"""What the inside needs of webhooks, with what signs their messages; it stores none itself."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from headwater.model.principal import Principal
from headwater.model.webhook import KeptWebhook, Webhook, WebhookDraft


class Webhooks(Protocol):
    """The webhooks of a tenant's teams: their leaders', and the tenant's admins'.

    For whoever is not in the team it does not exist (`work.unknown`); for a member it is not
    allowed (`work.not_allowed`).
    """

    async def add(self, draft: WebhookDraft, *, principal: Principal) -> Webhook:
        """Keep a webhook.

        Raises:
            UsageError: `work.unknown` (the team, the project), `work.not_allowed`, `work.bad`.
            LimitError: `webhook.too_many`.
        """
        ...

    async def of_team(self, team: int, *, principal: Principal) -> list[Webhook]:
        """Return a team's webhooks, the newest first.

        Raises:
            UsageError: `work.unknown`, `work.not_allowed`.
        """
        ...

    async def find(self, webhook: int, *, principal: Principal) -> KeptWebhook:
        """Return a webhook with its secrets, still sealed.

        Raises:
            UsageError: `work.unknown`, `work.not_allowed`.
        """
        ...

    async def rotate(
        self, webhook: int, *, sealed: str, until: datetime, principal: Principal
    ) -> Webhook:
        """Sign by a new secret from now on, and by the one before until then.

        Raises:
            UsageError: `work.unknown`, `work.not_allowed`.
        """
        ...

    async def remove(self, webhook: int, *, principal: Principal) -> Webhook:
        """Remove a webhook, and its secrets.

        Raises:
            UsageError: `work.unknown`, `work.not_allowed`.
        """
        ...
