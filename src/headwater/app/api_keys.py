"""What an API key looks like, and the digest it is kept by; it keeps none and knows nobody."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import string
import zlib

PREFIX = "hw_"
LETTERS = string.digits + string.ascii_letters
ID_CHARS = 12
SECRET_CHARS = 43
"""Of 62 letters each: 256 bits."""
CHECK_CHARS = 6
_FORM = re.compile(rf"hw_([0-9A-Za-z]{{{ID_CHARS}}})_[0-9A-Za-z]{{{SECRET_CHARS + CHECK_CHARS}}}")
_PURPOSE = b"headwater api key 1"
"""Keys the digest where no secret is set: a key has 256 bits of its own that nobody can guess."""


def make_key() -> tuple[str, str]:
    """Return a new key's id and the key, `hw_<id>_<secret><checksum>`."""
    key_id = _letters(ID_CHARS)
    body = f"{PREFIX}{key_id}_{_letters(SECRET_CHARS)}"
    return key_id, body + _checksum(body)


def id_in(text: str) -> str | None:
    """Return the id in a text that has the form of a key, its checksum included, or None.

    A key that was cut or mistyped is told apart by this alone, without a look-up.
    """
    found = _FORM.fullmatch(text)
    if found is None or _checksum(text[:-CHECK_CHARS]) != text[-CHECK_CHARS:]:
        return None
    return found[1]


def digest_of(key: str, secret: bytes) -> bytes:
    """Return the 32 bytes that a key is kept by: HMAC-SHA256 keyed by the installation's secret."""
    return hmac.digest(secret or _PURPOSE, key.encode(), hashlib.sha256)


def _letters(count: int) -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(count))


def _checksum(body: str) -> str:
    number, found = zlib.crc32(body.encode()), ""
    for _ in range(CHECK_CHARS):
        number, rest = divmod(number, len(LETTERS))
        found += LETTERS[rest]
    return found
