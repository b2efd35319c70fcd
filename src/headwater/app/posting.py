"""How this process sends notices: each to its end, to another try, or left to another process.

Next: `headwater.composing.letters.letter_of`
"""

from __future__ import annotations

import logging
import random
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import anyio

from headwater.app.under_way import UnderWay
from headwater.composing.letters import letter_of
from headwater.composing.messages import body_of
from headwater.errors import EngineBug, HeadwaterError, StoreFault, UsageError
from headwater.model.notice import Delivery
from headwater.policy.posting import again_after_s
from headwater.ports.courier import Courier
from headwater.ports.mailer import Mailer
from headwater.ports.outbox import Outbox, Sending
from headwater.ports.sealer import Sealer
from headwater.ports.webhooks import Webhooks

LOG = logging.getLogger(__name__)


class Poster:
    """The app's background task that sends what this process takes out of the outbox.

    Args:
        outbox: Where notices are taken from.
        under_way: What says that the process is to stop.
        mailer: Whoever carries mail away, or None where nobody does.
        courier: Whoever calls webhooks.
        webhooks: Where these are kept.
        sealer: What opens their secrets.
    """

    def __init__(
        self,
        outbox: Outbox,
        under_way: UnderWay,
        *,
        mailer: Mailer | None,
        courier: Courier,
        webhooks: Webhooks,
        sealer: Sealer,
    ) -> None:
        self._outbox = outbox
        self._under_way = under_way
        self._mailer = mailer
        self._courier = courier
        self._webhooks = webhooks
        self._sealer = sealer

    async def work(self) -> None:
        """Send what is taken, until cancelled; what has not been sent by then is left to others."""
        async with self._outbox.sendings() as sendings, anyio.create_task_group() as group:
            async for sending in sendings:
                group.start_soon(self._send, sending, name=f"notice {sending.id}")

    async def _send(self, sending: Sending) -> None:
        """Try once, and say what came of it."""
        try:
            await self._carry(sending)
        except HeadwaterError as error:
            if not self._under_way.stopping:  # else whoever takes it next tries as this one did
                self._missed(sending, error)
        except Exception as error:
            LOG.exception("notice %s ended with a defect of Headwater", sending.id)
            bug = EngineBug(f"{type(error).__name__}: {error}", code="engine.unforeseen")
            sending.refused(_facts(bug))
        else:
            sending.sent()

    async def _carry(self, sending: Sending) -> None:
        if sending.notice.kind == "webhook":
            await self._courier.deliver(await self._delivery(sending))
            return
        if self._mailer is None:
            message = "a letter waits, and nobody carries mail; set HEADWATER_SMTP_URL"
            raise StoreFault(message, code="mail.off", retry_safe=True)
        await self._mailer.send(letter_of(sending.notice, notice_id=sending.id))

    async def _delivery(self, sending: Sending) -> Delivery:
        """Return what a webhook is told, signed by what is kept of it now."""
        notice = sending.notice
        try:
            kept = await self._webhooks.find(int(notice.to), principal=sending.principal)
        except UsageError as error:
            message = f"the webhook {notice.to} was removed meanwhile"
            raise StoreFault(message, code="webhook.removed", retry_safe=False) from error
        now = datetime.now(UTC)
        secrets = tuple(
            self._sealer.open(one.sealed, about=kept.about)
            for one in kept.secrets
            if one.until is None or one.until > now
        )
        return Delivery(id=sending.id, url=kept.webhook.url, body=body_of(notice), secrets=secrets)

    def _missed(self, sending: Sending, error: HeadwaterError) -> None:
        """Say that it was not sent, and whether it is tried again."""
        age_s = (datetime.now(UTC) - sending.notice.made_at).total_seconds()
        after_s = again_after_s(
            tries=sending.tries,
            age_s=age_s,
            retry_safe=error.retry_safe,
            retry_after_s=error.retry_after_s,
            dice=random.random(),  # noqa: S311  it spreads tries, and keeps no secret
        )
        if after_s is not None:
            LOG.info("notice %s is tried again in %.0f s: %s", sending.id, after_s, error)
            sending.again(_facts(error), after_s=after_s)
            return
        LOG.warning("notice %s was not sent: %s", sending.id, error)
        sending.refused(_facts(error), gave_up=bool(error.retry_safe))


def _facts(error: HeadwaterError) -> Mapping[str, Any]:
    return {"code": error.code, "fault": error.fault, "message": error.message}
