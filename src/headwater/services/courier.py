"""Who calls webhooks: it judges a URL as it is given, and imports what calls at the first call."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from anyio import to_thread

from headwater.errors import UsageError
from headwater.model.notice import Delivery
from headwater.policy.egress import Egress
from headwater.services.sockets import LookUp, MakeSocket, look_up, make_socket

Deliver = Callable[[Delivery], Awaitable[None]]


class WebhookCourier:
    """Calls webhooks; most processes call none, and are spared an HTTP client.

    Args:
        egress: What may be called.
        authorities: A file of certificates that vouch for webhooks, beside the system's.
        names: What finds the addresses of a name.
        sockets: What makes a socket, once its address has been judged.
    """

    def __init__(
        self,
        egress: Egress,
        *,
        authorities: str | None = None,
        names: LookUp = look_up,
        sockets: MakeSocket = make_socket,
    ) -> None:
        self._egress = egress
        self._open = partial(_open, egress, authorities=authorities, names=names, sockets=sockets)
        self._call: Deliver | None = None

    def check_url(self, url: str) -> str:
        """Return a URL that may be a webhook's.

        Raises:
            UsageError: `webhook.bad_url`.
        """
        problem = self._egress.problem(url)
        if problem is None:
            return url
        message = f"{ascii(url)[:200]} {problem}; name a webhook as https://host/path"
        raise UsageError(message, code="webhook.bad_url")

    async def deliver(self, delivery: Delivery) -> None:
        """Tell a webhook.

        Raises:
            StoreFault: `webhook.refused`, `webhook.blocked`, `webhook.busy`,
                `webhook.unreachable`.
        """
        if self._call is None:
            self._call = await to_thread.run_sync(self._open)
        await self._call(delivery)


def _open(egress: Egress, **how: Any) -> Deliver:
    """Import what calls webhooks, and return it; for a thread, as that takes long."""
    from headwater.services.webhook_call import WebhookCall

    return WebhookCall(egress, **how).deliver
