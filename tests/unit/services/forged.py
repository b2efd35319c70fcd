"""Tokens that nobody may be let in by: forged, cut, expired, meant for others."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from unit.services.issuers import (
    AUDIENCE,
    ISSUER,
    SECRET,
    b64,
    by_hand,
    claims,
    der,
    ec_key,
    jwk,
    pem,
    rsa_key,
    ssh,
    token,
)

from headwater.app.api_keys import make_key

NOW = datetime.now(UTC).timestamp()


def forged_by_secret() -> dict[str, str]:
    """Return credentials that an app with a shared secret must refuse."""
    good = token()
    head, body, mark = good.split(".")
    other = SECRET.replace("3", "4")
    deep = "[" * 3000 + "]" * 3000
    wrong = {
        "another secret": token(other),
        "an empty secret": by_hand({"alg": "HS256"}, key=b""),
        "no algorithm": by_hand({"alg": "none"}),
        "None": by_hand({"alg": "None"}),
        "NONE with a mark": by_hand({"alg": "NONE"}, key=SECRET.encode()),
        "nOnE": by_hand({"alg": "nOnE"}),
        "alg missing": by_hand({"typ": "JWT"}, key=SECRET.encode()),
        "alg null": by_hand({"alg": None}, key=SECRET.encode()),
        "alg a list": by_hand({"alg": ["HS256"]}, key=SECRET.encode()),
        "alg a number": by_hand({"alg": 256}, key=SECRET.encode()),
        "alg unknown": by_hand({"alg": "XX"}, key=SECRET.encode()),
        "alg in lower case": by_hand({"alg": "hs256"}, key=SECRET.encode()),
        "HS384": token(SECRET * 2, "HS384"),
        "HS512": token(SECRET * 2, "HS512"),
        "RS256": token(rsa_key(), "RS256"),
        "ES256": token(ec_key(), "ES256"),
        "its mark cut off": f"{head}.{body}.",
        "its mark shortened": good[:-2],
        "another's mark": f"{head}.{body}.{token(sub='eve').split('.')[2]}",
        "claims changed": f"{head}.{b64(claims(role='admin'))}.{mark}",
        "header changed": f"{b64({'alg': 'HS256', 'typ': 'JWT', 'x': 1})}.{body}.{mark}",
        "two parts": f"{head}.{body}",
        "four parts": f"{good}.{mark}",
        "five parts, encrypted": by_hand({"alg": "dir", "enc": "A256GCM"}) + "..x",
        "no parts": "..",
        "spaces round it": f" {good} ",
        "a line more": f"{good}\n",
        "the scheme left on": f"Bearer {good}",
        "padding": f"{head}=.{body}.{mark}",
        "expired": token(exp=NOW - 60),
        "expired in 1970": token(exp=0),
        "expires at a text": by_hand({"alg": "HS256"}, claims(exp="soon"), SECRET.encode()),
        "expires never": token(exp=None),
        "expires at infinity": by_hand(
            {"alg": "HS256"},
            json.dumps(claims()).replace(str(int(claims()["exp"])), "Infinity"),
            SECRET.encode(),
        ),
        "expires at NaN": by_hand(
            {"alg": "HS256"},
            json.dumps(claims()).replace(str(int(claims()["exp"])), "NaN"),
            SECRET.encode(),
        ),
        "expires at a list": by_hand({"alg": "HS256"}, claims(exp=[9e9]), SECRET.encode()),
        "not yet": token(nbf=NOW + 3600),
        "issued in the future": token(iat=NOW + 3600),
        "another audience": token(aud="someone else"),
        "audience cut": token(aud=AUDIENCE[:-1]),
        "audience longer": token(aud=AUDIENCE + "x"),
        "no audience": token(aud=None),
        "an empty audience": token(aud=[]),
        "another issuer": token(iss="https://evil.example"),
        "issuer with a slash": token(iss=ISSUER + "/"),
        "part of the issuer": token(iss=ISSUER[:10]),
        "no issuer": token(iss=None),
        "no subject": token(sub=None),
        "an empty subject": token(sub=""),
        "a subject that is a number": by_hand({"alg": "HS256"}, claims(sub=7), SECRET.encode()),
        "a subject without end": token(sub="x" * 500),
        "a subject with NUL": token(sub="a\x00b"),
        "no tenant": token(tenant=None),
        "a tenant that is a list": token(tenant=["default"]),
        "a tenant that nobody made": token(tenant="nowhere"),
        "a tenant in other letters": token(tenant="Default"),
        "an empty tenant": token(tenant=""),
        "type of another kind": token(header={"typ": "logout+jwt"}),
        "type a list": by_hand({"alg": "HS256", "typ": ["JWT"]}, key=SECRET.encode()),
        "asks for an extension": token(header={"crit": ["exp"]}),
        "body not encoded": by_hand(
            {"alg": "HS256", "b64": False, "crit": ["b64"]}, key=SECRET.encode()
        ),
        "kid a number": by_hand({"alg": "HS256", "kid": 7}, key=SECRET.encode()),
        "a key of its own": by_hand(
            {"alg": "HS256", "jwk": {"kty": "oct", "k": b64("x" * 32)}}, key=b"x" * 32
        ),
        "body no JSON": by_hand({"alg": "HS256"}, "no json", SECRET.encode()),
        "body a list": by_hand({"alg": "HS256"}, "[1]", SECRET.encode()),
        "body nested deeply": by_hand({"alg": "HS256"}, deep, SECRET.encode()),
        "header nested deeply": f"{b64(deep)}.{body}.{mark}",
        "header no JSON": f"{b64('no')}.{body}.{mark}",
        "header not base64": f"$$$.{body}.{mark}",
        "too long": token(more="x" * 9000),
        "a key of ours that nobody made": make_key()[1],
    }
    assert len(wrong) >= 65
    return wrong


def forged_by_public_keys() -> dict[str, str]:
    """Return credentials that an app with public keys must refuse."""
    public, mine = pem(rsa_key()), rsa_key("the attacker's")
    return {
        "the public key as a secret, PEM": by_hand({"alg": "HS256", "kid": "r1"}, key=public),
        "without its last line": by_hand({"alg": "HS256", "kid": "r1"}, key=public.strip()),
        "the public key as a secret, DER": by_hand(
            {"alg": "HS256", "kid": "r1"}, key=der(rsa_key())
        ),
        "the public key as a secret, SSH": by_hand(
            {"alg": "HS256", "kid": "r1"}, key=ssh(rsa_key())
        ),
        "the public key as a secret, JWK": by_hand(
            {"alg": "HS256", "kid": "r1"}, key=json.dumps(jwk(rsa_key(), "r1")).encode()
        ),
        "the other key as a secret": by_hand({"alg": "HS256", "kid": "e1"}, key=pem(ec_key())),
        "no algorithm": by_hand({"alg": "none", "kid": "r1"}),
        "another's key under our name": token(mine, "RS256", {"kid": "r1"}),
        "another's key in its header": token(
            mine, "RS256", {"kid": "r1", "jwk": jwk(mine, "r1")}
        ),
        "another's key at a place that it names": token(
            mine, "RS256", {"kid": "r1", "jku": "http://127.0.0.1:1/keys", "x5u": "file:///dev/null"}
        ),
        "the name of the other key": token(rsa_key(), "RS256", {"kid": "e1"}),
        "the other key's name": token(ec_key(), "ES256", {"kid": "r1"}),
        "RS512": token(rsa_key(), "RS512", {"kid": "r1"}),
        "PS256": token(rsa_key(), "PS256", {"kid": "r1"}),
        "no name, of two keys": token(rsa_key(), "RS256"),
        "an unknown name": token(rsa_key(), "RS256", {"kid": "r2"}),
        "a path for a name": token(rsa_key(), "RS256", {"kid": "../../dev/null"}),
        "SQL for a name": token(rsa_key(), "RS256", {"kid": "r1' OR '1'='1"}),
        "an empty name": token(rsa_key(), "RS256", {"kid": ""}),
        "expired": token(rsa_key(), "RS256", {"kid": "r1"}, exp=NOW - 60),
        "another audience": token(rsa_key(), "RS256", {"kid": "r1"}, aud="x"),
        "another issuer": token(rsa_key(), "RS256", {"kid": "r1"}, iss="x"),
        "a shared secret": token(SECRET, "HS256", {"kid": "r1"}),
    }  # fmt: skip
