"""Mailers of every kind, and what has come of their letters."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import anyio
from aiohttp import web
from azure_standin import AzureStandin, azure_standin
from mail_server import MailServer, mail_server

from headwater.model.notice import Letter
from headwater.ports.mailer import Mailer
from headwater.services.mailer.azure import AzureMailer
from headwater.services.mailer.folder import FolderMailer
from headwater.services.mailer.mime import sender_of
from headwater.services.mailer.smtp import SmtpMailer, read_smtp_url

SENDER = sender_of("Headwater <headwater@example.org>")
LETTER = Letter(
    id="n-0a1b",
    to="ann@example.org",
    subject="Tränen & <b>Lücken</b>",
    text="Grüße\nvon uns.\n.\nEnde",
    html="<p>Gr&uuml;&szlig;e</p>",
    at=datetime(2026, 11, 21, 9, 30, tzinfo=UTC),
)


class Carrier:
    """A mailer, and what has come of its letters: sender, recipient, subject, text, HTML, id."""

    def __init__(self, mailer: Mailer, behind: Any) -> None:
        self.mailer = mailer
        self._behind = behind

    async def carried(self) -> list[tuple[str, ...]]:
        """Return what has arrived."""
        if isinstance(self._behind, AzureStandin):
            return [of_azure(one) for one in self._behind.taken.values()]
        if isinstance(self._behind, MailServer):
            return [of_mail(one) for one in self._behind.mails]
        files = sorted([one async for one in anyio.Path(self._behind).glob("*.eml")])
        content = [await one.read_bytes() for one in files]
        return [of_mail(message_from_bytes(one, policy=policy.default)) for one in content]  # type: ignore[arg-type]

    def answers(self, status: int) -> None:
        """Let what is behind refuse letters with a status of HTTP, or its like in SMTP."""
        if isinstance(self._behind, AzureStandin):
            body = {"error": {"code": "No", "message": "no\nmore"}}
            self._behind.answer = lambda: web.json_response(
                body, status=status, headers={"Retry-After": "7"}
            )
        else:
            code = {429: "451 later", 400: "554 never"}[status]
            self._behind.hook = lambda stage, _: code if stage == "data" else None


def of_azure(body: dict[str, Any]) -> tuple[str, ...]:
    content = body["content"]
    to = body["recipients"]["to"][0]["address"]
    return (
        body["senderAddress"], to, content["subject"], content["plainText"], content["html"],
        body["headers"]["Message-ID"],
    )  # fmt: skip


def of_mail(mail: EmailMessage) -> tuple[str, ...]:
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    return (
        mail["From"].addresses[0].addr_spec, mail["To"].addresses[0].addr_spec, mail["Subject"],
        text.get_content().replace("\r\n", "\n").rstrip("\n"), html.get_content().rstrip(),
        mail["Message-ID"],
    )  # fmt: skip


ARRIVED = (
    "headwater@example.org", "ann@example.org", LETTER.subject, LETTER.text, LETTER.html,
    "<n-0a1b@example.org>",
)  # fmt: skip


def smtp(server: MailServer, certificate: Path | None = None, **where: Any) -> SmtpMailer:
    """Make a mailer for a server."""
    authorities = None if certificate is None else str(certificate)
    place = read_smtp_url(server.url(**where))
    return SmtpMailer(place, SENDER, authorities=authorities)


@asynccontextmanager
async def opened(name: str, certificate: Path, folder: Path) -> AsyncIterator[Carrier]:
    """Give a mailer by name, with what is behind it."""
    if name == "azure":
        async with azure_standin(certificate) as standin:
            authorities = str(certificate)
            mailer = AzureMailer(standin.connection, SENDER, authorities=authorities)
            yield Carrier(mailer, standin)
    elif name == "smtp":
        with mail_server() as server:
            yield Carrier(smtp(server, query="?tls=never"), server)
    else:
        yield Carrier(FolderMailer(folder / "mail", SENDER), folder / "mail")
