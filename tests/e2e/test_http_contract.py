"""The service against its own OpenAPI: no 5xx, no status and no body that is not written there."""

from __future__ import annotations

import json
import time
import traceback
import urllib.request
from collections.abc import Iterator, Sequence
from typing import Any

import anyio
import pytest
import schemathesis
from contract_scene import KINDS, Scene, a_house, make_keys
from hypothesis import HealthCheck, Phase, given, seed, settings
from patience import GUARD_S
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS
from schemathesis.specs.openapi import checks as _openapi_checks  # noqa: F401  it fills CHECKS
from serving import Server

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
ROLE_S = 900.0
"""Seconds after which a role's campaign begins no further round; the first is always whole."""
IN_BODIES = {"team", "project", "on"}
"""What a body names of what is there."""
LEAST = {"nobody": 3, "somebody": 3, "reader": 30, "operator": 60, "admin": 60}
"""For how many of the operations somebody's requests go well at least, of some ninety."""
ENDLESS = {"GET /v1/projects/{project}/events"}
"""What goes on for as long as somebody listens: only what is not there is asked for."""


@schemathesis.serializer("application/zip", "application/x-ndjson")
def as_it_is(ctx: Any, value: Any) -> bytes:
    """Send a made-up upload as it is."""
    del ctx
    return value if isinstance(value, bytes) else str(value).encode(errors="replace")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with a_house(tmp_path_factory.mktemp("contract")) as one:
        yield one


@pytest.fixture(scope="module")
def scene(server: Server) -> Scene:
    return Scene(server, {"nobody": "", "somebody": "hw_none"} | anyio.run(make_keys, server.url))


@pytest.fixture(scope="module")
def document(server: Server) -> dict[str, Any]:
    with urllib.request.urlopen(f"{server.address}/openapi.json") as reply:
        found: dict[str, Any] = json.loads(reply.read())
    return found


class Trial:
    """Requests for every operation that fit and that do not, and which answers were wrong."""

    def __init__(self, server: Server, document: dict[str, Any], scene: Scene) -> None:
        schema = schemathesis.openapi.from_dict(document)
        schema.config.generation.update(modes=[GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
        self._address = server.address
        self._scene = scene
        operations = [found.ok() for found in schema.get_all_operations()]
        # What is taken away is there for all others.
        operations.sort(key=lambda one: one.method == "delete")
        self._made = {one.label: one.as_strategy() for one in operations}
        self._checks = [check for check in CHECKS.get_all() if check.__name__ not in LEFT_OUT]
        assert {"response_schema_conformance", "status_code_conformance"} <= {
            check.__name__ for check in self._checks
        }
        self._there: dict[str, Any] = {}
        self.sent = 0
        self.went_well: set[str] = set()
        self.wrong: list[str] = []

    def round(self, sent_as: Sequence[str], *, examples: int, number: int) -> None:
        """Try every operation, one request after the other as each of those who ask."""
        self._there = self._scene.set()
        for label in self._made:
            try:
                self._tried(label, sent_as, examples=examples, number=number)
            except Exception as error:  # noqa: BLE001  the others are tried all the same
                self.wrong.append("".join(traceback.format_exception_only(error)))

    def _tried(self, label: str, sent_as: Sequence[str], *, examples: int, number: int) -> None:
        @seed(number)
        @settings(
            max_examples=examples,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=self._made[label])
        def try_one(case: Any) -> None:
            key = self._scene.keys[sent_as[self.sent % len(sent_as)]]
            self.sent += 1
            if label in ENDLESS:
                case.path_parameters["project"] = f"no-{case.path_parameters['project']}"
            elif self.sent % 2:  # made-up names lead nowhere
                self._aim(case, key)
            self._send(case, key)

        try_one()

    def _aim(self, case: Any, key: str) -> None:
        """Have a request name what is there, in its latest version."""
        named = {
            name: made[case.operation.path] if isinstance(made, dict) else made
            for name, made in self._there.items()
            if name in case.path_parameters
        }
        case.path_parameters.update(named)
        if isinstance(case.body, dict):
            case.body |= {name: self._there[name] for name in IN_BODIES & case.body.keys()}
        if case.method != "DELETE" and "If-Match" in {one.name for one in case.operation.headers}:
            (kind, number), *_ = named.items()
            version = self._scene.version(f"/v1/{KINDS[kind]}/{number}", key)
            if version is not None:
                case.headers["If-Match"] = version

    def _send(self, case: Any, key: str) -> None:
        headers = {"X-Budget": "1"} | ({"Authorization": f"Bearer {key}"} if key else {})
        reply = case.call(base_url=self._address, headers=headers, timeout=GUARD_S)
        if reply.status_code in {503, 504}:  # there was no time for it: asked again there is
            reply = case.call(base_url=self._address, headers=headers, timeout=GUARD_S)
        assert reply.status_code < 500 or reply.status_code in {503, 504}, reply.text
        case.validate_response(reply, checks=self._checks, headers=headers)
        if reply.status_code < 300:
            self.went_well.add(case.operation.label)


def test_every_route_does_as_it_says(
    server: Server, document: dict[str, Any], scene: Scene
) -> None:
    trial = Trial(server, document, scene)
    trial.round(WHO, examples=SAMPLE, number=0)
    assert not trial.wrong, "\n".join(trial.wrong)
    assert trial.sent >= 200


@pytest.mark.slow
@pytest.mark.timeout(4 * ROLE_S)
@pytest.mark.parametrize("who", WHO)
def test_every_route_does_as_it_says_whatever_is_sent(
    server: Server, document: dict[str, Any], scene: Scene, who: str
) -> None:
    began_at, trial = time.monotonic(), Trial(server, document, scene)
    for number in range(ROUNDS):
        if time.monotonic() - began_at < ROLE_S:
            trial.round([who], examples=EACH, number=number)
    assert not trial.wrong, "\n".join(trial.wrong)
    assert trial.sent >= 50 * EACH
    assert len(trial.went_well) >= LEAST[who], sorted(trial.went_well)


def test_the_document_has_every_route_and_an_example_for_every_body(
    document: dict[str, Any],
) -> None:
    assert document["openapi"].startswith("3.")
    for path, methods in document["paths"].items():
        for method, one in methods.items():
            assert one["operationId"], (method, path)
            for kind, body in one.get("requestBody", {}).get("content", {}).items():
                assert kind != "application/json" or "example" in body, path
