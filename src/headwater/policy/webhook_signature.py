"""What shows a receiver that a webhook's message is ours (Standard Webhooks); it sends none.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Sequence

PREFIX = "whsec_"
SECRET_BYTES = 32


def write_secret(drawn: bytes) -> str:
    """Return a secret as it is shown, of bytes drawn at random."""
    return PREFIX + base64.b64encode(drawn).decode("ascii")


def sign(message_id: str, body: bytes, *, at_s: int, secrets: Sequence[str]) -> dict[str, str]:
    """Return the headers that sign a message, by each of the secrets that a receiver may hold.

    Args:
        message_id: The same for each try.
        body: Its bytes, as they are sent.
        at_s: When this try is made, in seconds since 1970 UTC.
        secrets: As they were shown, the newest first.

    Raises:
        ValueError: one is no secret of ours.
    """
    signed = f"{message_id}.{at_s}.".encode() + body
    signatures = (hmac.digest(_key_of(one), signed, "sha256") for one in secrets)
    written = " ".join(f"v1,{base64.b64encode(one).decode('ascii')}" for one in signatures)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(at_s),
        "webhook-signature": written,
    }


def _key_of(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        message = "a webhook's secret is not base64"
        raise ValueError(message) from error
