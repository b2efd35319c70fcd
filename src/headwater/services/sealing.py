"""How secrets are kept that must be given out again, such as tokens to GitHub; it stores none.

By Fernet (AES-128-CBC and HMAC-SHA256, https://github.com/fernet/spec). What a secret belongs to
is sealed with it, so that one cannot be put in another's place in the database.
"""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from headwater.errors import StoreFault, UsageError
from headwater.services.not_sealing import SETTING

LEAST_CHARS = 32
INFO = b"headwater sealing 1"


class FernetSealer:
    """Seals by the first of its keys, and opens what any of them has sealed.

    Args:
        keys: Each 32 characters or more, the newest first; drawn at random, for they are not
            stretched.

    Raises:
        UsageError: `settings.bad`.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        if not keys or min(map(len, keys)) < LEAST_CHARS:
            message = (
                f"{SETTING} is one key or several with commas between them, each of "
                f"{LEAST_CHARS} characters or more; `openssl rand -base64 32` makes one"
            )
            raise UsageError(message, code="settings.bad")
        every = [Fernet(_key_of(key)) for key in keys]
        self._newest, self._any = every[0], MultiFernet(every)

    def seal(self, text: str, *, about: str) -> str:
        """Return a text sealed by the newest key."""
        told = json.dumps([about, text]).encode()
        return self._newest.encrypt(told).decode("ascii")

    def open(self, sealed: str, *, about: str) -> str:
        """Return what was sealed as this.

        Raises:
            StoreFault: `sealing.unreadable`.
        """
        try:
            belongs_to, text = json.loads(self._any.decrypt(sealed.encode()))
        except InvalidToken:
            raise _unreadable(about) from None
        if not hmac.compare_digest(str(belongs_to).encode(), about.encode()):
            raise _unreadable(about)
        return str(text)

    def is_current(self, sealed: str) -> bool:
        """Tell whether the newest key has sealed it."""
        try:
            self._newest.decrypt(sealed.encode())
        except InvalidToken:
            return False
        return True


def _key_of(text: str) -> bytes:
    """Return the key that a text stands for (HKDF, RFC 5869), as Fernet takes it."""
    drawn = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=INFO).derive(text.encode())
    return base64.urlsafe_b64encode(drawn)


def _unreadable(about: str) -> StoreFault:
    message = (
        f"{about} cannot be opened: it was sealed by a key that {SETTING} does not have, or was "
        f"changed; put the old key behind the new one, or give the secret again"
    )
    return StoreFault(message, code="sealing.unreadable", retry_safe=False)
