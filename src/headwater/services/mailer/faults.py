"""What went wrong when a letter was handed over, as our errors; it tries nothing again."""

from __future__ import annotations

from headwater.errors import StoreFault


def refused(said: str) -> StoreFault:
    """Make the error of a letter that was refused for good."""
    message = f"the mail server refused the letter: {_short(said)}"
    return StoreFault(message, code="mail.refused", retry_safe=False)


def busy(said: str, *, retry_after_s: float | None = None) -> StoreFault:
    """Make the error of a server that takes no letter now."""
    message = f"the mail server does not take the letter now: {_short(said)}"
    return StoreFault(message, code="mail.busy", retry_safe=True, retry_after_s=retry_after_s)


def unreachable(said: str) -> StoreFault:
    """Make the error of a server that cannot be reached, or was lost on the way."""
    message = f"the mail server cannot be reached, or was lost: {_short(said)}"
    return StoreFault(message, code="mail.unreachable", retry_safe=True)


def not_signed_in(said: str) -> StoreFault:
    """Make the error of a server that does not take us in; letters wait until that is mended."""
    message = f"the mail server does not let us in: {_short(said)}; mend user, password or TLS"
    return StoreFault(message, code="mail.sign_in", retry_safe=True)


def _short(said: str) -> str:
    """Return what a server said, on one line and with nothing that a terminal obeys."""
    return "".join(one if one.isprintable() else " " for one in said)[:300].strip()
