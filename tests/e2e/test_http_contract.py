"""The service against its own OpenAPI: no 5xx, no status and no body that is not written there."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS
from schemathesis.specs.openapi import checks as _openapi_checks  # noqa: F401  it fills CHECKS
from serving import Server, served

LEFT_OUT = {
    "positive_data_acceptance",  # a question may be out of the field, and is refused then
    "negative_data_rejection",  # a text of odd shape is a question like any other
    "ignored_auth",  # tests/unit/entries/http/test_who_may.py tries every route with every key
    "max_response_time",
    "not_a_server_error",  # 504 is what a made-up budget of 50 ms may end with; see `tried`
}
"""Checks that mean something else here, each with why."""
FEW, MANY = 12, 500
WHO = ("nobody", "reader", "operator", "admin")


@schemathesis.serializer("application/zip", "application/x-ndjson")
def as_it_is(ctx: Any, value: Any) -> bytes:
    """Send a made-up upload as it is."""
    del ctx
    return value if isinstance(value, bytes) else str(value).encode(errors="replace")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    # Made-up keys come by the thousand here, all from one address.
    env = {"HEADWATER_FAILED_KEYS": 0}
    with served(tmp_path_factory.mktemp("contract"), env=env) as one:
        yield one


@pytest.fixture(scope="module")
def keys(server: Server) -> dict[str, str]:
    return {"nobody": "hw_none"} | {role: server.key(role) for role in WHO[1:]}


@pytest.fixture(scope="module")
def document(server: Server) -> dict[str, Any]:
    with urllib.request.urlopen(f"{server.address}/openapi.json") as reply:
        found: dict[str, Any] = json.loads(reply.read())
    return found


def asked(server: Server, key: str) -> str:
    """Ask one question, and return the id of its run."""
    request = urllib.request.Request(
        f"{server.address}/v1/ask",
        data=json.dumps({"question": "how many items per type?"}).encode(),
        headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as reply:
        return str(json.loads(reply.read())["run_id"])


def operations(document: dict[str, Any]) -> list[Any]:
    """Return every operation of the document, ready to be tried."""
    schema = schemathesis.openapi.from_dict(document)
    schema.config.generation.update(modes=[GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
    return [found.ok() for found in schema.get_all_operations()]


def tried(server: Server, document: dict[str, Any], key: str, *, examples: int) -> int:
    """Try every operation with requests that fit and that do not; return how many were sent."""
    sent, there = 0, {"name": "ci.search", "run_id": asked(server, server.key())}
    kept = [check for check in CHECKS.get_all() if check.__name__ not in LEFT_OUT]
    assert {"response_schema_conformance", "status_code_conformance"} <= {
        check.__name__ for check in kept
    }
    headers = {"Authorization": f"Bearer {key}", "X-Budget": "1"}
    for operation in operations(document):

        @settings(
            max_examples=examples,
            deadline=None,
            derandomize=examples == FEW,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def try_one(case: Any) -> None:
            nonlocal sent
            sent += 1
            if sent % 2:  # one that is there, for made-up names lead nowhere
                case.path_parameters.update(
                    {name: there[name] for name in case.path_parameters if name in there}
                )
            reply = case.call(base_url=server.address, headers=headers, timeout=20)
            if reply.status_code in {503, 504}:  # there was no time for it: asked again there is
                reply = case.call(base_url=server.address, headers=headers, timeout=20)
            assert reply.status_code < 500 or reply.status_code in {503, 504}, reply.text
            case.validate_response(reply, checks=kept, headers=headers)

        try_one()
    return sent


@pytest.mark.timeout(180)
@pytest.mark.parametrize("who", ["nobody", "reader", "admin"])
def test_every_route_does_as_it_says(
    server: Server, document: dict[str, Any], keys: dict[str, str], who: str
) -> None:
    assert tried(server, document, keys[who], examples=FEW) >= 20 * FEW / 2


@pytest.mark.slow
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("who", WHO)
def test_every_route_does_as_it_says_whatever_is_sent(
    server: Server, document: dict[str, Any], keys: dict[str, str], who: str
) -> None:
    assert tried(server, document, keys[who], examples=MANY) >= 20 * MANY / 2


def test_the_document_has_every_route_and_an_example_for_every_body(
    document: dict[str, Any],
) -> None:
    assert document["openapi"].startswith("3.")
    for path, methods in document["paths"].items():
        for method, one in methods.items():
            assert one["operationId"], (method, path)
            for kind, body in one.get("requestBody", {}).get("content", {}).items():
                assert kind != "application/json" or "example" in body, path
