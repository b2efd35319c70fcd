"""How a letter is written as a mail (RFC 5322), always with the same bytes; it sends none."""

from __future__ import annotations

import re
from datetime import UTC
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime

from headwater.errors import StoreFault, UsageError
from headwater.model.notice import Letter

ADDRESS = re.compile(r"[^\s@\"<>()\[\],;:\\]{1,64}@[^\W_][\w.-]{0,252}[^\W_]")
"""A local part without quotes, of any alphabet (RFC 6531), and a domain; no literal of an IP."""
SENDER_SETTING = "HEADWATER_MAIL_FROM"


def as_mime(letter: Letter, sender: Address) -> EmailMessage:
    """Write a letter as text and HTML; its Message-ID follows from its id alone.

    Raises:
        StoreFault: `mail.refused` where what it is sent to is no address.
    """
    to = address_of(letter.to)
    plain = to.addr_spec.isascii() and sender.addr_spec.isascii()
    mail = EmailMessage(policy=SMTP if plain else SMTPUTF8)
    mail["From"], mail["To"], mail["Subject"] = sender, to, letter.subject
    mail["Date"] = format_datetime(letter.at.astimezone(UTC))
    mail["Message-ID"] = message_id(letter, sender)
    mail["Auto-Submitted"] = "auto-generated"  # so that no robot answers (RFC 3834)
    mail.set_content(letter.text, cte="quoted-printable")
    mail.add_alternative(letter.html, subtype="html", cte="quoted-printable")
    mail.set_boundary(f"={letter.id}=")
    return mail


def message_id(letter: Letter, sender: Address) -> str:
    """Return what tells a mail sent twice from two mails."""
    return f"<{letter.id}@{sender.domain.encode('idna').decode('ascii')}>"


def address_of(text: str) -> Address:
    """Return an address.

    Raises:
        StoreFault: `mail.refused` where it is none.
    """
    if not ADDRESS.fullmatch(text) or not text.isprintable():
        message = f"{ascii(text)[:80]} is no mail address; nothing is sent there"
        raise StoreFault(message, code="mail.refused", retry_safe=False)
    username, _, domain = text.rpartition("@")
    return Address(username=username, domain=domain)


def sender_of(text: str) -> Address:
    """Return who sends our mail, from `name@host` or `Name <name@host>`.

    Raises:
        UsageError: `settings.bad`.
    """
    name, opened, rest = text.strip().rpartition("<")
    try:
        found = address_of(rest.removesuffix(">").strip())
        found.domain.encode("idna")
        shown = name.strip().strip('"') if opened else ""
        return Address(shown, found.username, found.domain)
    except (StoreFault, ValueError) as error:
        message = f"{SENDER_SETTING} is {ascii(text)[:80]}; write Name <name@host>"
        raise UsageError(message, code="settings.bad") from error
