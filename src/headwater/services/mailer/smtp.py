"""How letters go to a mail server by SMTP (RFC 5321); it tries once.

A letter is sent when the server has answered its end with 250: from then on bringing it is the
server's duty. A connection is made for each letter, so that none is left open between them.
"""

from __future__ import annotations

import contextlib
import ssl
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Literal
from urllib.parse import unquote, urlsplit

import aiosmtplib
import anyio
from aiosmtplib import errors
from anyio import to_thread

from headwater.errors import StoreFault, UsageError
from headwater.model.notice import Letter
from headwater.services.mailer import faults
from headwater.services.mailer.mime import as_mime

SEND_S = 60.0
"""For one letter, from the connection to the server's answer."""
CHECK_S = 10.0
QUIT_S = 2.0
TRANSIENT = range(400, 500)
PORTS = {"smtps": 465, "smtp": 587}
WRITE = "write smtp://USER:PASSWORD@HOST:PORT (with STARTTLS) or smtps://USER:PASSWORD@HOST:PORT"


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpPlace:
    """Where the mail server is, and how it is spoken to; `repr` shows no password."""

    host: str
    port: int
    tls: Literal["at once", "starttls", "never"]
    user: str | None = None
    password: str | None = None

    def __repr__(self) -> str:
        return f"SmtpPlace({self.host}:{self.port}, tls={self.tls})"


def read_smtp_url(url: str) -> SmtpPlace:
    """Return where a URL leads; `smtp://...?tls=never` sends in the clear, and must say so.

    Raises:
        UsageError: `settings.bad`.
    """
    parts, port = None, 0
    with contextlib.suppress(ValueError, KeyError):
        parts = urlsplit(url)
        port = parts.port or PORTS[parts.scheme]
    if parts is None or not port or not parts.hostname or parts.query not in {"", "tls=never"}:
        message = f"HEADWATER_SMTP_URL leads nowhere; {WRITE}; ?tls=never sends in the clear"
        raise UsageError(message, code="settings.bad")
    never = bool(parts.query)
    return SmtpPlace(
        host=parts.hostname,
        port=port,
        tls="never" if never else "at once" if parts.scheme == "smtps" else "starttls",
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
    )


class SmtpMailer:
    """Hands letters to a mail server.

    Args:
        place: Where it is.
        sender: Who sends.
        authorities: A file of certificates that vouch for the server, beside the system's.
    """

    def __init__(self, place: SmtpPlace, sender: Address, *, authorities: str | None) -> None:
        self._place = place
        self._sender = sender
        self._authorities = authorities
        self._tls: ssl.SSLContext | None = None

    async def send(self, letter: Letter) -> None:
        """Hand a letter over.

        Raises:
            StoreFault: `mail.refused`, `mail.busy`, `mail.unreachable`, `mail.sign_in`.
        """
        await self._visit(as_mime(letter, self._sender), within_s=SEND_S)

    async def check(self) -> None:
        """Connect and sign in, and send nothing.

        Raises:
            StoreFault: `mail.busy`, `mail.unreachable`, `mail.sign_in`.
        """
        await self._visit(None, within_s=CHECK_S)

    async def _visit(self, mail: EmailMessage | None, *, within_s: float) -> None:
        """Sign in and hand a mail over; whatever goes wrong once it is taken does not matter."""
        tls = None if self._place.tls == "never" else await self._context()
        server = self._server(tls)
        try:
            with anyio.fail_after(within_s):
                await _enter(server, self._place)
                if mail is not None:
                    await _hand_over(server, mail, sender=self._sender.addr_spec)
            with contextlib.suppress(errors.SMTPException, OSError), anyio.move_on_after(QUIT_S):
                await server.quit()
        except (errors.SMTPException, OSError) as error:
            raise faults.unreachable(str(error) or type(error).__name__) from error
        finally:
            server.close()

    def _server(self, tls: ssl.SSLContext | None) -> aiosmtplib.SMTP:
        return aiosmtplib.SMTP(
            hostname=self._place.host,
            port=self._place.port,
            local_hostname=self._sender.domain.encode("idna").decode("ascii"),
            use_tls=self._place.tls == "at once",
            start_tls=self._place.tls == "starttls",
            tls_context=tls,
            timeout=SEND_S,
        )

    async def _context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = await to_thread.run_sync(_make_context, self._authorities)
        return self._tls


def _make_context(authorities: str | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if authorities is not None:
        context.load_verify_locations(authorities)
    return context


async def _enter(server: aiosmtplib.SMTP, place: SmtpPlace) -> None:
    """Connect and sign in; a server that takes nobody in says nothing of the letter."""
    try:
        await server.connect()
        if place.user is not None:
            await server.login(place.user, place.password or "")
    except (errors.SMTPAuthenticationError, errors.SMTPNotSupported) as error:
        raise faults.not_signed_in(str(error)) from error
    except errors.SMTPResponseException as error:
        raise faults.busy(_said(error)) from error
    except errors.SMTPException as error:
        if "STARTTLS" in str(error):
            raise faults.not_signed_in(str(error)) from error
        raise


async def _hand_over(server: aiosmtplib.SMTP, mail: EmailMessage, *, sender: str) -> None:
    try:
        await server.send_message(mail, sender=sender)
    except errors.SMTPRecipientsRefused as error:
        raise _of_answer(error.recipients[0]) from error
    except errors.SMTPNotSupported as error:  # such as an address that is not ASCII
        raise faults.refused(str(error)) from error
    except errors.SMTPResponseException as error:
        raise _of_answer(error) from error


def _of_answer(error: errors.SMTPResponseException) -> StoreFault:
    """Return what a server's answer to a letter is worth: 4xx is for now, all else for good."""
    if error.code in TRANSIENT:
        return faults.busy(_said(error))
    if error.code < 0:
        return faults.unreachable(_said(error))
    return faults.refused(_said(error))


def _said(error: errors.SMTPResponseException) -> str:
    return f"{error.code} {error.message}"
