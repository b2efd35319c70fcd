"""How letters go to Azure Communication Services, by its own library; it tries once.

The service takes a letter in (202) and then tells how it fares; a refusal that comes soon is told
as one. A letter sent again has the same Operation-Id, by which the service knows it.
"""

from __future__ import annotations

from email.headerregistry import Address
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import anyio
from anyio import to_thread
from azure.communication.email.aio import EmailClient
from azure.core import exceptions

from headwater.errors import StoreFault, UsageError
from headwater.model.notice import Letter
from headwater.services.mailer import faults
from headwater.services.mailer.mime import address_of, message_id

SEND_S = 60.0
FARES_S = 20.0
"""How long to wait for how a letter fares, once the service has taken it in."""
LOOK_S = 1
CLOSE_S = 2.0
LATER = frozenset({408, 425, 429, *range(500, 600)})
NOT_LET_IN = frozenset({401, 403})


class AzureMailer:
    """Hands letters to the service.

    Args:
        connection: The connection string: `endpoint=https://...;accesskey=...`.
        sender: Who sends; the service knows the address.
        authorities: A file of certificates that vouch for the service, instead of the system's.
    """

    def __init__(self, connection: str, sender: Address, *, authorities: str | None) -> None:
        self._connection = connection
        self._sender = sender
        self._authorities = authorities

    async def send(self, letter: Letter) -> None:
        """Hand a letter over.

        Raises:
            StoreFault: `mail.refused`, `mail.busy`, `mail.unreachable`, `mail.sign_in`.
        """
        message = self._message_of(letter)
        operation_id = str(uuid5(NAMESPACE_URL, message_id(letter, self._sender)))
        client = await self._opened()
        try:
            with anyio.fail_after(SEND_S):
                taken = await client.begin_send(
                    message, operation_id=operation_id, polling_interval=LOOK_S
                )
            with anyio.move_on_after(FARES_S):
                await taken.result()
        except exceptions.ResourceExistsError:
            return  # it was taken in before, by a try whose answer was lost
        except exceptions.HttpResponseError as error:
            raise _of_answer(error) from error
        except (exceptions.AzureError, OSError) as error:
            raise faults.unreachable(str(error) or type(error).__name__) from error
        finally:
            with anyio.move_on_after(CLOSE_S, shield=True):
                await client.close()

    async def check(self) -> None:
        """Look whether the service can be reached and lets us in.

        Raises:
            StoreFault: `mail.busy`, `mail.unreachable`, `mail.sign_in`.
        """
        client = await self._opened()
        try:
            with anyio.fail_after(SEND_S):
                _ = await client.begin_send({}, polling=False)
        except exceptions.HttpResponseError as error:
            found = _of_answer(error)
            if found.code != "mail.refused":  # it read a letter that is none, so we are in
                raise found from error
        except (exceptions.AzureError, OSError) as error:
            raise faults.unreachable(str(error) or type(error).__name__) from error
        finally:
            with anyio.move_on_after(CLOSE_S, shield=True):
                await client.close()

    async def _opened(self) -> EmailClient:
        """Make a client, in a thread: it looks at the machine that it runs on.

        Raises:
            UsageError: `settings.bad`.
        """
        options: dict[str, Any] = {"retry_total": 0}
        if self._authorities is not None:
            options["connection_verify"] = self._authorities
        try:
            return await to_thread.run_sync(
                lambda: EmailClient.from_connection_string(self._connection, **options)
            )
        except ValueError:
            message = "HEADWATER_MAIL_AZURE is no connection string; copy it from the resource"
            raise UsageError(message, code="settings.bad") from None  # it may show the key

    def _message_of(self, letter: Letter) -> dict[str, Any]:
        to = address_of(letter.to)
        return {
            "senderAddress": self._sender.addr_spec,
            "recipients": {"to": [{"address": to.addr_spec}]},
            "content": {
                "subject": letter.subject,
                "plainText": letter.text,
                "html": letter.html,
            },
            "headers": {"Message-ID": message_id(letter, self._sender)},
        }


def _of_answer(error: exceptions.HttpResponseError) -> StoreFault:
    """Return what the service's answer is worth; how a letter fared comes with no status."""
    status = error.status_code
    said = f"{status or ''} {error.message}"
    if status in NOT_LET_IN:
        return faults.not_signed_in(said)
    if status in LATER:
        return faults.busy(said, retry_after_s=_retry_after_s(error))
    return faults.refused(said)


def _retry_after_s(error: exceptions.HttpResponseError) -> float | None:
    answer: Any = error.response
    wait = "" if answer is None else answer.headers.get("Retry-After", "")
    return float(wait) if wait.isdigit() else None
