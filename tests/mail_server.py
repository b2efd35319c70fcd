"""A real mail server on loopback, in a thread of its own, that answers as it is told to."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from patience import GUARD_S

Hook = Callable[[str, Envelope], str | None]
"""Called at a stage (`mail`, `rcpt`, `data`, `taken`) with what it is about; may give an answer."""
USER, PASSWORD = "post", "p@ss/word"
TAKEN = "250 taken"


class MailServer:
    """What the server has taken upon itself, in order, and how it answers."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.recipients: list[str] = []
        self.hook: Hook = lambda stage, envelope: None
        self.address = ("127.0.0.1", 0)
        self._visits = 0
        self._left = threading.Condition()

    @property
    def mails(self) -> list[EmailMessage]:
        """Return the mails taken."""
        return [message_from_bytes(one, policy=policy.default) for one in self.taken]  # type: ignore[misc]

    @property
    def ids(self) -> list[str]:
        """Return the Message-IDs of the mails taken."""
        return [str(one["Message-ID"]) for one in self.mails]

    def visit(self, change: int) -> None:
        """Take note that somebody has come, or gone."""
        with self._left:
            self._visits += change
            self._left.notify_all()

    def wait_idle(self) -> None:
        """Wait until everybody has gone, and what they had sent has been dealt with."""
        with self._left:
            assert self._left.wait_for(lambda: self._visits == 0, timeout=GUARD_S)

    def url(self, scheme: str = "smtp", *, user: str = "", query: str = "") -> str:
        """Return where it is."""
        return f"{scheme}://{user}127.0.0.1:{self.address[1]}{query}"

    async def handle_MAIL(  # noqa: N802 (aiosmtpd calls it so)
        self, _: Any, __: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self.hook("mail", envelope)
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return answer or "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, _: Any, __: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self.hook("rcpt", envelope)
        if answer is None:
            envelope.rcpt_tos.append(address)
            envelope.rcpt_options.extend(options)
        return answer or "250 OK"

    async def handle_DATA(self, _: Any, __: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = self.hook("data", envelope)
        if answer is None:
            assert isinstance(envelope.content, bytes)
            self.taken.append(envelope.content)
            self.recipients += envelope.rcpt_tos
            answer = self.hook("taken", envelope)
        return answer or TAKEN


def signs_in(_: Any, __: Any, ___: Any, ____: str, given: Any) -> AuthResult:
    """Let in who knows the password."""
    assert isinstance(given, LoginPassword)
    known = (given.login, given.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=known, handled=known)


class CountedSMTP(SMTP):
    """Tells when somebody comes and goes."""

    def connection_made(self, transport: Any) -> None:
        self.event_handler.visit(1)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self.event_handler.visit(-1)


class LoopbackController(Controller):
    """Runs on a port that the system picks."""

    def factory(self) -> SMTP:
        return CountedSMTP(self.handler, **self.SMTP_kwargs)

    def _trigger_server(self) -> None:
        assert self.server is not None
        self.port = self.server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
        super()._trigger_server()


@contextmanager
def mail_server(
    *,
    starttls: ssl.SSLContext | None = None,
    tls: ssl.SSLContext | None = None,
    auth: bool = False,
) -> Iterator[MailServer]:
    """Run a mail server for as long as the block."""
    server = MailServer()
    options: dict[str, Any] = {}
    if auth:
        over = {"auth_required": True} if tls is None else {"auth_require_tls": False}
        options = {"authenticator": signs_in, **over}  # over TLS from the start it is not seen
    if starttls is not None:
        options |= {"tls_context": starttls, "require_starttls": True}
    controller = LoopbackController(
        server, hostname="127.0.0.1", port=0, ssl_context=tls, enable_SMTPUTF8=True, **options
    )
    controller.start()
    try:
        server.address = ("127.0.0.1", controller.port)
        yield server
    finally:
        controller.stop()
