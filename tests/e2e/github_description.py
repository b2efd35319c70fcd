"""GitHub's own description of its API, cut down to what we ask, and a mock server made of it."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import anyio
import pytest

ROOT = Path(__file__).parents[2]
REPO = "/repos/{owner}/{repo}"
PATHS = (
    REPO,
    f"{REPO}/branches",
    f"{REPO}/branches/{{branch}}",
    f"{REPO}/commits",
    f"{REPO}/issues",
    f"{REPO}/issues/{{issue_number}}",
    f"{REPO}/pulls",
    f"{REPO}/pulls/{{pull_number}}",
    f"{REPO}/milestones",
    f"{REPO}/deployments",
    f"{REPO}/deployments/{{deployment_id}}/statuses",
    f"{REPO}/git/refs",
    "/app/installations/{installation_id}/access_tokens",
    "/user",
)
STARTS_S = 50.0


def modules() -> dict[str, str]:
    """Return where Node.js and the packages are, or skip, saying why they cannot be had."""
    done = subprocess.run(
        [sys.executable, str(ROOT / ".ci/node.py"), "tests/e2e/github"],
        capture_output=True,
        text=True,
        timeout=1500,
        check=False,
    )
    if done.returncode:
        pytest.skip(done.stderr.strip() or "Node.js cannot be had")
    found: dict[str, str] = json.loads(done.stdout)
    return found


def description(found: dict[str, str]) -> dict[str, Any]:
    """Return the description of our paths alone, with all that it refers to."""
    place = Path(found["modules"]) / "@octokit/openapi/generated/api.github.com.json"
    whole = json.loads(place.read_text("utf-8"))
    small: dict[str, Any] = {
        "openapi": whole["openapi"],
        "info": whole["info"],
        "paths": {path: whole["paths"][path] for path in PATHS},
        "components": {},
    }
    waiting = list(references(small["paths"]))
    while waiting:
        _, _, kind, name = waiting.pop().split("/", 3)
        held = small["components"].setdefault(kind, {})
        if name not in held:
            held[name] = whole["components"][kind][name]
            waiting += references(held[name])
    return small


def references(value: Any) -> Iterator[str]:
    """Give what a piece of the description refers to."""
    parts = value.values() if isinstance(value, dict) else value
    if isinstance(value, dict) and isinstance(value.get("$ref"), str):
        yield value["$ref"]
    if isinstance(value, dict | list):
        for part in parts:
            yield from references(part)


def operation_of(told: dict[str, Any], method: str, path: str) -> dict[str, Any]:
    """Return the operation that a request is for."""
    for template in sorted(told["paths"], key=lambda one: one.count("{")):
        pattern = re.sub(r"\\\{[a-z_]+\\\}", "[^/]+", re.escape(template))
        if re.fullmatch(pattern, path) and method.lower() in told["paths"][template]:
            found: dict[str, Any] = told["paths"][template][method.lower()]
            return found
    message = f"GitHub describes no {method} {path}"
    raise AssertionError(message)


def schema_of(told: dict[str, Any], method: str, path: str, *, status: int) -> Any:
    """Return the schema of an answer, as JSON Schema; None where it has no body."""
    answers = operation_of(told, method, path)["responses"]
    assert str(status) in answers, f"{method} {path} never answers {status}"
    answer = answers[str(status)]
    while "$ref" in answer:
        _, _, kind, name = answer["$ref"].split("/", 3)
        answer = told["components"][kind][name]
    if "content" not in answer:
        return None
    schema = answer["content"]["application/json"]["schema"]
    return {"components": told["components"], **schema} if "$ref" not in schema else {
        "components": told["components"],
        "allOf": [schema],
    }  # fmt: skip


def as_json_schema(value: Any) -> Any:
    """Return a description whose `nullable` is what JSON Schema says of null."""
    if isinstance(value, list):
        return [as_json_schema(one) for one in value]
    if not isinstance(value, dict):
        return value
    made = {name: as_json_schema(one) for name, one in value.items()}
    if made.pop("nullable", False) is True:
        return {"anyOf": [{"type": "null"}, made]}
    return made


def free_port() -> int:
    """Return a port on loopback that nobody has."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


@asynccontextmanager
async def mocked(found: dict[str, str], told: dict[str, Any], folder: Path) -> AsyncIterator[str]:
    """Run the mock server over a description, and give where it is."""
    file, port = folder / "description.json", free_port()
    await anyio.Path(file).write_text(json.dumps(told), encoding="utf-8")
    prism = Path(found["modules"]) / ".bin/prism"
    command = [found["node"], str(prism), "mock", "-p", str(port), "-h", "127.0.0.1", str(file)]
    log = await anyio.open_file(folder / "prism.log", "wb")
    async with (
        log,
        await anyio.open_process(command, stdout=log.wrapped, stderr=log.wrapped) as run,
    ):
        url = f"http://127.0.0.1:{port}"
        try:
            with anyio.fail_after(STARTS_S):
                await answers(url)
            yield url
        finally:
            run.kill()


async def answers(url: str) -> None:
    """Wait until there is an answer."""
    async with aiohttp.ClientSession() as session:
        while True:
            try:
                async with session.get(f"{url}/user") as got:
                    await got.read()
                    return
            except aiohttp.ClientConnectorError:
                await anyio.sleep(0.2)
