"""What is there for requests made up from the OpenAPI, so that they lead somewhere; it sends none.

Beside the estate: a GitHub, a team of all who have a key, and what a team works with.
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from anyio.from_thread import start_blocking_portal
from github_standin import GOOD, GitHubStandin
from patience import GUARD_S
from serving import Server, served

from headwater import AsyncHeadwater
from headwater.app.settings import Settings
from headwater.model.access import Role

ROLES: tuple[Role, ...] = ("reader", "operator", "admin")
KINDS = {
    "team": "teams",
    "project": "projects",
    "item": "items",
    "session": "sessions",
    "document_id": "documents",
}
"""What a parameter of a path names, by the list it is in."""


@contextmanager
def a_house(folder: Path) -> Iterator[Server]:
    """Serve an estate beside a GitHub."""
    standin = GitHubStandin()
    repository = standin.repository()
    standin.open_issue(repository, "web-1 answers late")
    standin.open_pull(repository, "a larger pool")
    standin.add_milestone(repository, "soon")
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(standin.served()) as github,
    ):
        env = {
            "HEADWATER_GITHUB_URL": github,
            "HEADWATER_SEALING_KEY": "a key of the tests with over 32 characters",
            "HEADWATER_WEBHOOK_HOSTS": "127.0.0.1",
            # Made-up keys come by the thousand here, all from one address.
            "HEADWATER_FAILED_KEYS": 0,
        }
        with served(folder, env=env) as server:
            yield server


async def make_keys(url: str) -> dict[str, str]:
    """Make a key of each role for somebody of its name."""
    async with AsyncHeadwater.open(url, settings=Settings(prepare=False)) as hw:
        return {role: (await hw.access.create_key(role=role, name=role)).key for role in ROLES}


class Scene:
    """What is there: it is made anew where somebody may have taken it away."""

    def __init__(self, server: Server, keys: dict[str, str]) -> None:
        self.keys = keys
        self._address = server.address
        self._number = 0

    def set(self) -> dict[str, Any]:
        """Make everything, and return what each parameter of a path may be."""
        self._number += 1
        operator = self._send
        run = operator("POST", "/v1/ask", {"question": "how many items per type?"}, who="reader")
        team = operator("POST", "/v1/teams", {"name": f"team {self._number}"})["id"]
        for person in ("reader", "admin"):
            operator("PUT", f"/v1/teams/{team}/members/{person}", {"role": "member"})
        project = operator("POST", "/v1/projects", {"team": team, "name": "slow"})["id"]
        robot = {"name": f"robot-{self._number}", "token": GOOD}
        operator("POST", "/v1/github/credentials", robot, who="admin")
        linked = {"repository": "acme/shop", "credential": robot["name"]}
        operator("PUT", f"/v1/projects/{project}/repository", linked)
        items = [
            operator("POST", "/v1/items", {"project": project, "kind": "todo", "title": title})
            for title in ("look at the pool", "tell the customers")
        ]
        session = operator("POST", "/v1/sessions", {"project": project, "goal": "why"})["id"]
        operator("POST", f"/v1/sessions/{session}/runs", {"run": run["run_id"]})
        hook = {"url": "https://127.0.0.1:9/team", "kinds": ["alert"]}
        schedule = {"name": f"nightly-{self._number}", "cron": "0 3 * * *"}
        operator("POST", "/v1/schedules", schedule | {"do": {"ask": "how is web-1?"}})
        return {
            "run_id": run["run_id"],
            "team": team,
            "person": "reader",
            "project": project,
            "item": items[0]["id"],
            "on": items[1]["id"],
            "type": "requires",
            "session": session,
            "number": 1,
            "webhook": operator("POST", f"/v1/teams/{team}/webhooks", hook)["webhook"]["id"],
            "invitation": operator("POST", f"/v1/teams/{team}/invitations", {})["id"],
            "credential": robot["name"],
            "name": {"/v1/tools/{name}": "ci.search", "/v1/schedules/{name}": schedule["name"]},
            **self._given(),
        }

    def _given(self) -> dict[str, Any]:
        """Give a document and return its job's id, and that of a document that was read before."""
        text = {"raw": b"# Web\n\nRestart web-1.", "kind": "text/markdown"}
        job = self._send("POST", f"/v1/documents?source=n{self._number}", **text)
        documents = self._send("GET", "/v1/documents?limit=1")["documents"]
        return {"job_id": job["id"], "document_id": documents[0]["id"] if documents else "none"}

    def version(self, path: str, key: str) -> str | None:
        """Return which version of something there is, as somebody may see it."""
        try:
            with self._open("GET", path, key=key) as reply:
                return str(reply.headers["etag"])
        except OSError:
            return None

    def _send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        who: str = "operator",
        raw: bytes | None = None,
        kind: str = "application/json",
    ) -> dict[str, Any]:
        data = json.dumps(body).encode() if raw is None and body is not None else raw
        with self._open(method, path, key=self.keys[who], data=data, kind=kind) as reply:
            answer: dict[str, Any] = json.loads(reply.read())
        return answer

    def _open(
        self,
        method: str,
        path: str,
        *,
        key: str,
        data: bytes | None = None,
        kind: str = "application/json",
    ) -> Any:
        headers = {"Authorization": f"Bearer {key}", "Content-Type": kind}
        request = urllib.request.Request(
            self._address + path, data=data, headers=headers, method=method
        )
        return urllib.request.urlopen(request, timeout=GUARD_S)
