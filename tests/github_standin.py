"""A GitHub that remembers: issues, pulls, branches, milestones, tags, limits, refusals, faults.

It speaks HTTP on loopback below `/api/v3`, as an Enterprise Server does. Its answers are held
against GitHub's own description by `tests/e2e/test_github_contract.py`.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import math
import secrets
import time
from base64 import urlsafe_b64encode
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from typing import Any

import anyio
import github_shapes as shapes
from aiohttp import web
from aiohttp.test_utils import TestServer

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
ROOT = "/api/v3"
GOOD = "ghp_goodtoken0123456789abcdefghijklmnop"


@dataclass
class Seen:
    """A request as it came."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    status: int = 0
    answer: bytes = b""


@dataclass
class Repository:
    """What one repository has."""

    name: str
    private: bool = True
    issues: dict[int, dict[str, Any]] = field(default_factory=dict)
    pulls: dict[int, dict[str, Any]] = field(default_factory=dict)
    milestones: dict[int, dict[str, Any]] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=lambda: {"main": shapes.sha_of("main")})
    commits: list[dict[str, Any]] = field(default_factory=list)
    deployments: list[dict[str, Any]] = field(default_factory=list)
    moved_to: str | None = None

    @property
    def next_number(self) -> int:
        """Return the number of the next issue or pull request."""
        return max([0, *self.issues]) + 1


class GitHubStandin:
    """One GitHub; its fields are there to be turned by a test.

    `limit` requests a window of `window_s`; `faults` are what befalls the next requests, such as
    `secondary`, `secondary 2`, `500`, `cut`, `slow`, `html`, `empty`.
    """

    def __init__(self) -> None:
        self.base = ""
        self.repositories: dict[str, Repository] = {}
        self.tokens = {GOOD: "ann"}
        self.seen: list[Seen] = []
        self.faults: deque[str] = deque()
        self.limit, self.window_s = 0, 3600.0
        self.used = 0
        self.reset_at = 0.0
        self.late_s = 0.0
        self.page_cursors = False
        self.leads_to = ""
        self.codes: dict[str, tuple[str, str]] = {}
        self.refresh: dict[str, str] = {}
        self.expires_in: int | None = 28_800
        self.installations: dict[int, str] = {}
        self.ends_at: datetime | None = None
        self.at_once = self.most_at_once = 0
        self.clock = shapes.FIRST

    def tick(self) -> str:
        """Let a minute pass, and write the instant."""
        self.clock += timedelta(minutes=1)
        return str(shapes.written(self.clock))

    def repository(self, name: str = "acme/shop", **more: Any) -> Repository:
        """Make a repository."""
        made = self.repositories[name] = Repository(name, **more)
        return made

    def open_issue(self, repo: Repository, title: str, **more: Any) -> dict[str, Any]:
        """Open an issue, without a request."""
        at = self.tick()
        kept = {"number": repo.next_number, "title": title, "state": "open",
                "created_at": at, "updated_at": at, **more}  # fmt: skip
        repo.issues[kept["number"]] = kept
        return kept

    def change(self, kept: dict[str, Any], **changes: Any) -> None:
        """Change something, without a request."""
        kept.update(changes, updated_at=self.tick())

    def add_milestone(self, repo: Repository, title: str, **more: Any) -> dict[str, Any]:
        """Make a milestone, without a request."""
        at, number = self.tick(), len(repo.milestones) + 1
        kept = {"number": number, "title": title, "state": "open",
                "created_at": at, "updated_at": at, **more}  # fmt: skip
        repo.milestones[number] = kept
        return kept

    def open_pull(self, repo: Repository, title: str, **more: Any) -> dict[str, Any]:
        """Open a pull request, without a request; it is among the issues too."""
        kept = self.open_issue(repo, title, is_pull=True, **more)
        pull = {"head": "topic", "target": "main", **kept}
        repo.pulls[kept["number"]] = pull
        return pull

    def deploy(self, repo: Repository, environment: str, **more: Any) -> dict[str, Any]:
        """Deploy, without a request."""
        kept = {"id": len(repo.deployments) + 1, "environment": environment, "state": "success",
                "at": self.tick(), **more}  # fmt: skip
        repo.deployments.append(kept)
        return kept

    def paths(self) -> list[str]:
        """Return the paths asked for, below the root."""
        return [one.path.removeprefix(ROOT) for one in self.seen]

    @asynccontextmanager
    async def served(self) -> AsyncIterator[str]:
        """Serve it on loopback, and give the base of its API."""
        app = web.Application(middlewares=[self._meet])
        app.add_routes(self._routes())
        async with TestServer(app) as server:
            self.base = str(server.make_url("")).rstrip("/")
            yield f"{self.base}{ROOT}"

    def _routes(self) -> list[web.RouteDef]:
        one = f"{ROOT}/repos/{{owner}}/{{name}}"
        listed = [
            web.get(f"{one}/{path}", getattr(self, f"_{path}"))
            for path in ("branches", "commits", "issues", "milestones", "pulls", "deployments")
        ]
        return [
            *listed,
            web.get(one, self._repository),
            web.get(f"{ROOT}/user", self._user),
            web.get(f"{ROOT}/meta", self._meta),
            web.get(f"{one}/branches/{{branch:.+}}", self._branch),
            web.get(f"{one}/issues/{{number}}", self._issue),
            web.get(f"{one}/pulls/{{number}}", self._pull),
            web.get(f"{one}/deployments/{{number}}/statuses", self._statuses),
            web.post(f"{one}/issues", self._new_issue),
            web.post(f"{one}/git/refs", self._new_branch),
            web.post(f"{one}/pulls", self._new_pull),
            web.patch(f"{one}/issues/{{number}}", self._change_issue),
            web.post(f"{ROOT}/app/installations/{{number}}/access_tokens", self._install),
            web.post("/login/oauth/access_token", self._login),
        ]

    @web.middleware
    async def _meet(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Take note of a request, and let befall it what is to befall it."""
        body = await request.read()
        seen = Seen(request.method, request.path, dict(request.query), dict(request.headers), body)
        self.seen.append(seen)
        self.at_once += 1
        self.most_at_once = max(self.at_once, self.most_at_once)
        try:
            await anyio.sleep(self.late_s)
            response = await self._befall(request, handler)
            seen.status = response.status
            if isinstance(response, web.Response) and isinstance(response.body, bytes):
                seen.answer = response.body
            return response
        finally:
            self.at_once -= 1

    async def _befall(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        fault = self.faults.popleft() if self.faults else ""
        if fault in {"slow", "cut", "half"}:
            return await _broken(request, fault)
        if fault:
            return _refused(fault)
        if request.path.startswith("/login") or "/app/" in request.path:
            return await handler(request)
        return self._limited() or self._counted(request, await self._judged(request, handler))

    def _limited(self) -> web.Response | None:
        """Refuse where the window is used up."""
        now = time.time()  # noqa: TID251
        if self.limit and now >= self.reset_at:
            self.used, self.reset_at = 0, math.ceil(now + self.window_s)
        if not self.limit or self.used < self.limit:
            return None
        told = {"message": "API rate limit exceeded for user ID 1."}
        return web.json_response(told, status=403, headers=self._told())

    def _counted(self, request: web.Request, response: web.Response) -> web.Response:
        """Count a request, tag its answer, and give nothing where nothing has changed."""
        if response.status == 200 and request.method == "GET":
            body = response.body
            assert isinstance(body, bytes)
            tag = f'W/"{hashlib.sha256(body).hexdigest()[:32]}"'
            if request.headers.get("If-None-Match") == tag:
                return web.Response(status=304, headers={"ETag": tag, **self._told()})
            response.headers["ETag"] = tag
        self.used += 1
        response.headers.update(self._told())
        return response

    def _told(self) -> dict[str, str]:
        date = {"Date": format_datetime(datetime.now(UTC), usegmt=True)}
        if not self.limit:
            return date
        return date | {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(max(0, self.limit - self.used)),
            "X-RateLimit-Used": str(self.used),
            "X-RateLimit-Reset": str(int(self.reset_at)),
            "X-RateLimit-Resource": "core",
        }

    async def _judged(self, request: web.Request, handler: Handler) -> web.Response:
        """Let nobody see what they may not."""
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        repo = self._of(request)
        refused = self._refusal(request, token, repo)
        if refused is not None:
            return refused
        if repo is not None and repo.moved_to is not None:
            place = self.leads_to + request.path.replace(repo.name, repo.moved_to)
            return web.json_response({}, status=301, headers={"Location": place})
        response = await handler(request)
        assert isinstance(response, web.Response)
        return response

    def _refusal(
        self, request: web.Request, token: str, repo: Repository | None
    ) -> web.Response | None:
        if token and token not in self.tokens:
            return web.json_response({"message": "Bad credentials", "status": "401"}, status=401)
        if "name" in request.match_info and (repo is None or (repo.private and not token)):
            return web.json_response({"message": "Not Found", "status": "404"}, status=404)
        if request.method != "GET" and (not token or self.tokens[token] == "reader"):
            message = "Resource not accessible by personal access token"
            return web.json_response({"message": message}, status=403)
        return None

    def _of(self, request: web.Request) -> Repository | None:
        found = request.match_info
        return self.repositories.get(f"{found.get('owner')}/{found.get('name')}")

    def _repo(self, request: web.Request) -> Repository:
        found = self._of(request)
        assert found is not None
        return found

    def _page(
        self, request: web.Request, rows: list[Any], show: Callable[[Any], Any]
    ) -> web.Response:
        """Give a page of a list, with the addresses of those beside it."""
        query = request.query
        size = min(100, int(query.get("per_page", 30)))
        number = int(query.get("after", query.get("page", 1)))
        last = max(1, math.ceil(len(rows) / size))
        links = {"next": number + 1} if number < last else {}
        if number < last and not self.page_cursors:
            links["last"] = last
        name = "after" if self.page_cursors else "page"
        told = [
            f'<{self.base}{request.rel_url.update_query({name: str(page)})}>; rel="{rel}"'
            for rel, page in links.items()
        ]
        headers = {"Link": ", ".join(told)} if told else {}
        shown = [show(one) for one in rows[(number - 1) * size : number * size]]
        return web.json_response(shown, headers=headers)

    async def _user(self, request: web.Request) -> web.Response:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not token:
            return web.json_response({"message": "Requires authentication"}, status=401)
        return web.json_response(shapes.user_alone(self.base, self.tokens[token]))

    async def _meta(self, request: web.Request) -> web.Response:
        del request
        return web.json_response({"verifiable_password_authentication": False})

    async def _repository(self, request: web.Request) -> web.Response:
        repo = self._repo(request)
        kept = {"private": repo.private, "description": "What sells", "open": len(repo.issues)}
        return web.json_response(shapes.repository(self.base, repo.name, kept))

    async def _branches(self, request: web.Request) -> web.Response:
        repo = self._repo(request)
        rows = sorted(repo.branches.items())
        return self._page(request, rows, lambda one: shapes.branch(self.base, repo.name, *one))

    async def _branch(self, request: web.Request) -> web.Response:
        repo, name = self._repo(request), request.match_info["branch"]
        if name not in repo.branches:
            return web.json_response({"message": "Branch not found"}, status=404)
        told = shapes.branch_alone(self.base, repo.name, name, repo.branches[name])
        return web.json_response(told)

    async def _commits(self, request: web.Request) -> web.Response:
        repo = self._repo(request)
        show = partial(shapes.commit, self.base, repo.name)
        return self._page(request, repo.commits, show)

    async def _issues(self, request: web.Request) -> web.Response:
        repo, query = self._repo(request), request.query
        kept = [one for one in repo.issues.values() if _is_wanted(one, query)]
        by = "updated_at" if query.get("sort") == "updated" else "created_at"
        kept.sort(key=lambda one: (one[by], one["number"]))
        if query.get("direction", "desc") == "desc":
            kept.reverse()
        return self._page(request, kept, partial(self._shown, repo))

    async def _issue(self, request: web.Request) -> web.Response:
        repo, number = self._repo(request), int(request.match_info["number"])
        if number not in repo.issues:
            return web.json_response({"message": "Not Found"}, status=404)
        return web.json_response(self._shown(repo, repo.issues[number]))

    def _shown(self, repo: Repository, kept: dict[str, Any]) -> Any:
        stone = repo.milestones.get(kept.get("milestone", 0))
        told = None if stone is None else shapes.milestone(self.base, repo.name, stone)
        return shapes.issue(self.base, repo.name, kept, told)

    async def _milestones(self, request: web.Request) -> web.Response:
        repo = self._repo(request)
        kept = [one for one in repo.milestones.values() if _is_wanted(one, request.query)]
        return self._page(request, kept, partial(shapes.milestone, self.base, repo.name))

    async def _pulls(self, request: web.Request) -> web.Response:
        repo = self._repo(request)
        kept = [one for one in repo.pulls.values() if _is_wanted(one, request.query)]
        return self._page(request, kept, partial(shapes.pull, self.base, repo.name))

    async def _pull(self, request: web.Request) -> web.Response:
        repo, number = self._repo(request), int(request.match_info["number"])
        if number not in repo.pulls:
            return web.json_response({"message": "Not Found"}, status=404)
        told = shapes.pull(self.base, repo.name, repo.pulls[number])
        return web.json_response(told | shapes.PULL_ALONE)

    async def _deployments(self, request: web.Request) -> web.Response:
        repo = self._repo(request)
        kept = repo.deployments[::-1]
        return self._page(request, kept, partial(shapes.deployment, self.base, repo.name))

    async def _statuses(self, request: web.Request) -> web.Response:
        repo, number = self._repo(request), int(request.match_info["number"])
        kept = [one for one in repo.deployments if one["id"] == number]
        show = partial(shapes.deployment_status, self.base, repo.name)
        return self._page(request, kept, show)

    async def _new_issue(self, request: web.Request) -> web.Response:
        repo, told = self._repo(request), await request.json()
        if not told.get("title"):
            errors = [{"resource": "Issue", "field": "title", "code": "missing_field"}]
            refused = shapes.refusal("Validation Failed", errors=errors)
            return web.json_response(refused, status=422)
        kept = self.open_issue(repo, told["title"], body=told.get("body"))
        return web.json_response(self._shown(repo, kept), status=201)

    async def _change_issue(self, request: web.Request) -> web.Response:
        repo, number = self._repo(request), int(request.match_info["number"])
        self.change(repo.issues[number], **await request.json())
        return web.json_response(self._shown(repo, repo.issues[number]))

    async def _new_branch(self, request: web.Request) -> web.Response:
        repo, told = self._repo(request), await request.json()
        name = told["ref"].removeprefix("refs/heads/")
        if name in repo.branches:
            return web.json_response(shapes.refusal("Reference already exists"), status=422)
        repo.branches[name] = told["sha"]
        url = f"{self.base}/repos/{repo.name}/git/{told['ref']}"
        made = {"ref": told["ref"], "node_id": "REF_1", "url": url,
                "object": {"type": "commit", "sha": told["sha"], "url": url}}  # fmt: skip
        return web.json_response(made, status=201)

    async def _new_pull(self, request: web.Request) -> web.Response:
        repo, told = self._repo(request), await request.json()
        more = {"head": told["head"], "target": told["base"], "body": told.get("body")}
        kept = self.open_pull(repo, told["title"], **more)
        shown = shapes.pull(self.base, repo.name, kept) | shapes.PULL_ALONE
        return web.json_response(shown, status=201)

    async def _install(self, request: web.Request) -> web.Response:
        number = int(request.match_info["number"])
        if self.installations.get(number) is None:
            return web.json_response({"message": "Not Found"}, status=404)
        token = f"ghs_{secrets.token_hex(18)}"
        self.tokens[token] = self.installations[number]
        ends = self.ends_at or datetime.now(UTC) + timedelta(hours=1)
        told = {"token": token, "expires_at": shapes.written(ends), "permissions": {}}
        return web.json_response(told, status=201)

    async def _login(self, request: web.Request) -> web.Response:
        told = await request.post()
        if told.get("client_id") != "Iv1.client" or told.get("client_secret") != "client-secret":
            return web.json_response({"error": "incorrect_client_credentials"})
        if told.get("grant_type") == "refresh_token":
            login = self.refresh.pop(str(told.get("refresh_token")), None)
            if login is None:
                return web.json_response({"error": "bad_refresh_token"})
            return web.json_response(self._granted(login))
        login, challenge = self.codes.pop(str(told.get("code")), ("", ""))
        digest = hashlib.sha256(str(told.get("code_verifier")).encode()).digest()
        if not login or urlsafe_b64encode(digest).rstrip(b"=").decode() != challenge:
            return web.json_response({"error": "bad_verification_code"})
        return web.json_response(self._granted(login))

    def _granted(self, login: str) -> dict[str, Any]:
        token, refresh = f"ghu_{secrets.token_hex(18)}", f"ghr_{secrets.token_hex(18)}"
        self.tokens[token] = login
        told: dict[str, Any] = {"access_token": token, "token_type": "bearer", "scope": ""}
        if self.expires_in is not None:
            self.refresh[refresh] = login
            told |= {"expires_in": self.expires_in, "refresh_token": refresh}
        return told

    def payload(self, event: str, repo: Repository, **more: Any) -> dict[str, Any]:
        """Return what a webhook would send of an event."""
        del event
        shown = shapes.repository(self.base, repo.name, {"private": repo.private})
        return {"repository": shown, "sender": shapes.user(self.base, "ann"), **more}

    def issue_payload(self, repo: Repository, kept: dict[str, Any], action: str) -> dict[str, Any]:
        """Return what a webhook would send of an issue."""
        return self.payload("issues", repo, action=action, issue=self._shown(repo, kept))


async def _broken(request: web.Request, fault: str) -> web.StreamResponse:
    """Answer never, or only begin to."""
    answer = web.StreamResponse(headers={"Content-Length": "100000"})
    answer.content_type = "application/json"
    if fault == "slow":
        await anyio.sleep(30)
    if fault == "half":
        await answer.prepare(request)
        await answer.write(b'[{"number": 1')
    assert request.transport is not None
    request.transport.abort()
    return answer


def _refused(fault: str) -> web.Response:
    """Answer with a status, with a secondary limit (and the seconds to wait), or with nonsense."""
    if fault.startswith("secondary"):
        wait = fault.removeprefix("secondary").strip()
        told = {"message": "You have exceeded a secondary rate limit. Please wait."}
        return web.json_response(told, status=403, headers={"Retry-After": wait} if wait else {})
    if fault.isdecimal():
        return web.json_response({"message": f"fault {fault}"}, status=int(fault))
    return web.Response(text={"html": "<html>"}.get(fault, "{}"), content_type="application/json")


def _is_wanted(kept: dict[str, Any], query: Any) -> bool:
    if query.get("state", "open") not in {"all", kept["state"]}:
        return False
    return "since" not in query or kept["updated_at"] >= query["since"]


def signed(payload: dict[str, Any], *, secret: str, event: str, delivery: str) -> dict[str, Any]:
    """Return a delivery as GitHub would post it: `data` and `headers`."""
    body = json.dumps(payload).encode()
    mark = hmac.digest(secret.encode(), body, hashlib.sha256).hex()
    headers = {
        "Content-Type": "application/json",
        "X-GitHub-Event": event,
        "X-GitHub-Delivery": delivery,
        "X-Hub-Signature-256": f"sha256={mark}",
    }
    return {"data": body, "headers": headers}
