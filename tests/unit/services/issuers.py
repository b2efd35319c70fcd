"""Identity providers for tests: keys to sign by, tokens good and forged, and a server of keys."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

SECRET = "s3cret-of-the-tests-with-enough-bytes!"
ISSUER = "https://id.example"
AUDIENCE = "headwater"


@cache
def rsa_key(name: str = "rsa", bits: int = 2048) -> rsa.RSAPrivateKey:
    """Make a key once for each name."""
    del name
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


@cache
def ec_key(name: str = "ec") -> ec.EllipticCurvePrivateKey:
    """Make a key once for each name."""
    del name
    return ec.generate_private_key(ec.SECP256R1())


def pem(key: Any) -> bytes:
    """Return the public half as PEM: what algorithm confusion takes for a secret."""
    return key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def der(key: Any) -> bytes:
    """Return the public half as DER."""
    return key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def ssh(key: Any) -> bytes:
    """Return the public half as OpenSSH writes it."""
    return key.public_key().public_bytes(
        serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    )


def jwk(key: Any, kid: str, **more: Any) -> dict[str, Any]:
    """Return the public half as a JWK."""
    kind = jwt.algorithms.RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else (
        jwt.algorithms.ECAlgorithm
    )  # fmt: skip
    return {**json.loads(kind.to_jwk(key.public_key())), "kid": kid, **more}


def claims(**changes: Any) -> dict[str, Any]:
    """Return good claims with some changed; None takes one out."""
    now = datetime.now(UTC).timestamp()
    known = {
        "iss": ISSUER, "aud": AUDIENCE, "sub": "ann", "iat": int(now), "exp": int(now) + 600,
        "tenant": "default", "role": "reader",
    }  # fmt: skip
    return {name: one for name, one in {**known, **changes}.items() if one is not None}


def token(
    key: Any = SECRET,
    algorithm: str = "HS256",
    header: dict[str, Any] | None = None,
    **changes: Any,
) -> str:
    """Sign a token as an issuer does."""
    return jwt.encode(claims(**changes), key, algorithm=algorithm, headers=header)


def b64(data: bytes | str | dict[str, Any]) -> str:
    """Write a part of a token."""
    raw = json.dumps(data).encode() if isinstance(data, dict) else data
    raw = raw.encode() if isinstance(raw, str) else raw
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def by_hand(
    header: dict[str, Any], body: dict[str, Any] | str | None = None, key: bytes | None = None
) -> str:
    """Write a token that no library would: any header, any body, any key for its HMAC."""
    signed = f"{b64(header)}.{b64(claims() if body is None else body)}"
    if key is None:
        return f"{signed}."
    return f"{signed}.{b64(hmac.digest(key, signed.encode(), hashlib.sha256))}"


class Provider:
    """A server of keys on this machine, which may be told to misbehave."""

    def __init__(self) -> None:
        self.keys: list[dict[str, Any]] = []
        self.answer: bytes | None = None
        self.status = 200
        self.asked = 0
        self.url = ""
        self.held = threading.Event()
        self.held.set()


@contextmanager
def provider() -> Iterator[Provider]:
    """Serve keys until the block is left."""
    told = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told.asked += 1
            told.held.wait(10)
            body = json.dumps({"keys": told.keys}).encode() if told.answer is None else told.answer
            with contextlib.suppress(ConnectionError):  # whoever asked has gone
                self.send_response(told.status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    told.url = f"http://127.0.0.1:{server.server_port}/keys"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield told
    finally:
        told.held.set()
        server.shutdown()
        server.server_close()
