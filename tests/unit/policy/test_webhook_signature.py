"""A message is signed as the Standard Webhooks say."""

from __future__ import annotations

import pytest

from headwater.policy.webhook_signature import sign, write_secret

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def test_the_standards_own_example_is_signed_as_there() -> None:
    body = b'{"test": 2432232314}'
    headers = sign("msg_p5jXN8AQM9LWM0D4loKWxJek", body, at_s=1614265330, secrets=[SECRET])
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_each_secret_signs_so_that_a_receiver_may_hold_either() -> None:
    new, old = write_secret(b"n" * 32), SECRET
    both = sign("m", b"x", at_s=1, secrets=[new, old])["webhook-signature"].split(" ")
    each = [sign("m", b"x", at_s=1, secrets=[one])["webhook-signature"] for one in (new, old)]
    assert both == each
    assert each[0] != each[1]


@pytest.mark.parametrize("what", ["message_id", "body", "at_s"])
def test_whatever_is_changed_has_another_signature(what: str) -> None:
    told = {"message_id": "m", "body": b"x", "at_s": 1}
    changed = told | {what: {"message_id": "n", "body": b"y", "at_s": 2}[what]}
    signed = [
        sign(str(one["message_id"]), bytes(one["body"]), at_s=int(one["at_s"]), secrets=[SECRET])  # type: ignore[arg-type,call-overload]
        for one in (told, changed)
    ]
    assert signed[0]["webhook-signature"] != signed[1]["webhook-signature"]


def test_what_is_no_secret_signs_nothing() -> None:
    with pytest.raises(ValueError, match="base64"):
        sign("m", b"x", at_s=1, secrets=["whsec_*"])
