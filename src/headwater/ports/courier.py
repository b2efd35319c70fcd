"""What the inside needs so that a webhook is told something; it decides not what, nor how often."""

from __future__ import annotations

from typing import Protocol

from headwater.model.notice import Delivery


class Courier(Protocol):
    """Whoever calls webhooks, and nothing that a stranger's URL must not lead to."""

    def check_url(self, url: str) -> str:
        """Return a URL that may be a webhook's, as it is kept; its name is not looked up yet.

        Raises:
            UsageError: `webhook.bad_url`.
        """
        ...

    async def deliver(self, delivery: Delivery) -> None:
        """Tell a webhook; on return it has said that it has taken it in.

        Raises:
            StoreFault: `webhook.refused`, `webhook.blocked`, which are for good, or
                `webhook.busy`, `webhook.unreachable`, after which it may be tried again.
        """
        ...
