"""Keys of a real server: made, used and revoked by other processes, and told nowhere."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from commands import carry_out
from patience import GUARD_S, PROMPT_S

COMMAND = [sys.executable, "-m", "headwater.entries.cli.main"]


@dataclass
class Served:
    """A server, and what asks it."""

    url: str
    address: str
    process: subprocess.Popen[str]

    def command(self, *words: str) -> Any:
        """Run a command on the server's database, in another process, and return its JSON."""
        done = subprocess.run(
            [*COMMAND, *words, "--database", self.url, "--json"],
            capture_output=True, text=True, timeout=GUARD_S, check=True,
        )  # fmt: skip
        return json.loads(done.stdout)

    def command_here(self, *words: str) -> Any:
        """Run a command in this process, which is another than the server's as well."""
        given = [*words, "--database", self.url, "--json"]
        done = carry_out(*given, folder=Path(urlsplit(self.url).path).parent)
        assert done.returncode == 0, done.stderr.decode()
        return json.loads(done.stdout)

    def ask(self, key: str | None, path: str = "/v1/tools") -> tuple[int, str]:
        """Ask with a key, and return the status and the body."""
        place = urlsplit(self.address)
        connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=GUARD_S)
        try:
            headers = {} if key is None else {"Authorization": f"Bearer {key}"}
            connection.request("GET", path, headers=headers)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """Serve an empty estate, and stop it at the end."""
    url = f"sqlite:///{tmp_path}/estate.db"
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(
            [*COMMAND, "serve", "--port", "0", "--database", url, "--json"],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    assert process.stdout is not None
    try:
        said = ""
        while not said.endswith("}\n"):
            said += process.stdout.readline()
        yield Served(url, json.loads(said)["address"], process)
    finally:
        process.terminate()
        process.wait(GUARD_S)
        process.stdout.close()


def test_a_key_is_taken_at_once_and_out_after_its_end(served: Served, tmp_path: Path) -> None:
    assert served.ask(None)[0] == 401
    ways = (served.command, served.command_here, served.command_here)
    keys = [run("keys", "create", "--role", "reader") for run in ways]
    for run, one in zip(ways, keys, strict=True):
        assert served.ask(one["key"])[0] == 200
        run("keys", "revoke", one["id"])
        give_up_at = time.monotonic() + PROMPT_S
        while served.ask(one["key"])[0] != 401:
            assert time.monotonic() < give_up_at
        assert served.ask(one["key"])[0] == 401  # and stays out
    _, body = served.ask(keys[0]["key"])
    problem = json.loads(body)
    assert problem["code"] == "access.unauthenticated"
    log = (tmp_path / "log").read_text("utf-8")
    assert log.count("was revoked") >= 3
    for line in log.splitlines():
        told = json.loads(line)
        assert told["level"] != "error", line
        if "a credential was refused" in told["message"]:
            assert told["request_id"]
    for one in keys:
        assert one["key"].rsplit("_", 1)[1] not in log + body
