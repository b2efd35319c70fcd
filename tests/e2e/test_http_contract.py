"""The service against its own OpenAPI: no 5xx, no status and no body that is not written there."""

from __future__ import annotations

import json
import time
import traceback
import urllib.request
from collections.abc import Iterator
from typing import Any

import anyio
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS
from schemathesis.specs.openapi import checks as _openapi_checks  # noqa: F401  it fills CHECKS
from serving import Server, served

from headwater import AsyncHeadwater
from headwater.app.settings import Settings
from headwater.model.access import Role

LEFT_OUT = {
    "positive_data_acceptance",  # a question may be out of the field, and is refused then
    "negative_data_rejection",  # a text of odd shape is a question like any other
    "ignored_auth",  # tests/unit/entries/http/test_who_may.py tries every route with every key
    "max_response_time",
    "not_a_server_error",  # 504 is what a made-up budget of 50 ms may end with; see `_send`
}
"""Checks that mean something else here, each with why."""
WHO = ("nobody", "somebody", "reader", "operator", "admin")
"""Who asks: without a key, with one that is none, and with one of each role."""
SAMPLE, EACH, ROUNDS = len(WHO), 25, 4
"""Requests for each operation: in the sample; in a round of the campaign; and its rounds."""
REPLY_S = 60.0
ROLE_S = 900.0
"""Seconds after which a role's campaign begins no further round; the first is always whole."""


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
    return {"nobody": "", "somebody": "hw_none"} | anyio.run(make_keys, server.url)


@pytest.fixture(scope="module")
def document(server: Server) -> dict[str, Any]:
    with urllib.request.urlopen(f"{server.address}/openapi.json") as reply:
        found: dict[str, Any] = json.loads(reply.read())
    return found


async def make_keys(url: str) -> dict[str, str]:
    roles: tuple[Role, ...] = ("reader", "operator", "admin")
    async with AsyncHeadwater.open(url, settings=Settings(prepare=False)) as hw:
        return {role: (await hw.access.create_key(role=role)).key for role in roles}


def told(server: Server, key: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """Send one request, and return its answer."""
    request = urllib.request.Request(
        f"{server.address}{path}",
        data=json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as reply:
        answer: dict[str, Any] = json.loads(reply.read())
    return answer


class Trial:
    """Requests for every operation that fit and that do not, and which answers were wrong."""

    def __init__(self, server: Server, document: dict[str, Any], keys: dict[str, str]) -> None:
        schema = schemathesis.openapi.from_dict(document)
        schema.config.generation.update(modes=[GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
        self._address = server.address
        self._operations = [found.ok() for found in schema.get_all_operations()]
        self._made = {one.label: one.as_strategy() for one in self._operations}
        self._checks = [check for check in CHECKS.get_all() if check.__name__ not in LEFT_OUT]
        assert {"response_schema_conformance", "status_code_conformance"} <= {
            check.__name__ for check in self._checks
        }
        asked = {"question": "how many items per type?"}
        run_id = told(server, keys["reader"], "/v1/ask", asked)["run_id"]
        self._there = {"name": "ci.search", "run_id": run_id}
        self.sent = 0
        self.wrong: list[str] = []

    def round(self, sent_as: list[str], *, examples: int, number: int) -> None:
        """Try every operation, one request after the other with each of the keys."""
        for operation in self._operations:
            try:
                self._tried(operation.label, sent_as, examples=examples, number=number)
            except Exception as error:  # noqa: BLE001  the others are tried all the same
                self.wrong.append("".join(traceback.format_exception_only(error)))

    def _tried(self, label: str, sent_as: list[str], *, examples: int, number: int) -> None:
        @seed(number)
        @settings(
            max_examples=examples,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=self._made[label])
        def try_one(case: Any) -> None:
            self.sent += 1
            if self.sent % 2:  # one that is there, for made-up names lead nowhere
                case.path_parameters.update(
                    {k: self._there[k] for k in case.path_parameters if k in self._there}
                )
            self._send(case, sent_as[self.sent % len(sent_as)])

        try_one()

    def _send(self, case: Any, key: str) -> None:
        headers = {"X-Budget": "1"} | ({"Authorization": f"Bearer {key}"} if key else {})
        reply = case.call(base_url=self._address, headers=headers, timeout=REPLY_S)
        if reply.status_code in {503, 504}:  # there was no time for it: asked again there is
            reply = case.call(base_url=self._address, headers=headers, timeout=REPLY_S)
        assert reply.status_code < 500 or reply.status_code in {503, 504}, reply.text
        case.validate_response(reply, checks=self._checks, headers=headers)


def test_every_route_does_as_it_says(
    server: Server, document: dict[str, Any], keys: dict[str, str]
) -> None:
    trial = Trial(server, document, keys)
    trial.round([keys[who] for who in WHO], examples=SAMPLE, number=0)
    assert not trial.wrong, "\n".join(trial.wrong)
    assert trial.sent >= 200


@pytest.mark.slow
@pytest.mark.timeout(4 * ROLE_S)
@pytest.mark.parametrize("who", WHO)
def test_every_route_does_as_it_says_whatever_is_sent(
    server: Server, document: dict[str, Any], keys: dict[str, str], who: str
) -> None:
    began_at, trial = time.monotonic(), Trial(server, document, keys)
    for number in range(ROUNDS):
        if time.monotonic() - began_at < ROLE_S:
            trial.round([keys[who]], examples=EACH, number=number)
    assert not trial.wrong, "\n".join(trial.wrong)
    assert trial.sent >= 50 * EACH


def test_the_document_has_every_route_and_an_example_for_every_body(
    document: dict[str, Any],
) -> None:
    assert document["openapi"].startswith("3.")
    for path, methods in document["paths"].items():
        for method, one in methods.items():
            assert one["operationId"], (method, path)
            for kind, body in one.get("requestBody", {}).get("content", {}).items():
                assert kind != "application/json" or "example" in body, path
