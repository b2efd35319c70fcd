"""What is done in work is told to those whom it concerns, once, by mail and by webhook."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import anyio
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from patience import GUARD_S

from headwater import AsyncHeadwater, Principal
from headwater.app.namespace import value_of
from headwater.app.noticing import Noticer
from headwater.app.settings import Settings
from headwater.errors import HeadwaterError, StoreFault
from headwater.model.notice import Notice, Posted

ANN = Principal("acme", "ann", ("operator",))
BOB = Principal("acme", "bob@example.org", ("operator",))
EVE = Principal("acme", "eve", ("operator",))
ADA = Principal("acme", "ada", ("admin",))


def settings(folder: Path, **more: Any) -> Settings:
    given = {
        "jobs": True,
        "prepare": False,
        "mail_folder": str(folder / "mail"),
        "mail_from": "Headwater <hw@example.org>",
        "sealing_key": "k" * 32,
        "jobs_folder": str(folder / "jobs"),
        "jobs_database": f"sqlite:///{folder}/jobs.db",
        **more,
    }
    return Settings(**given)


async def call(hw: AsyncHeadwater, tool: str, who: Principal, /, **arguments: Any) -> Any:
    return value_of(await hw.call(f"work.{tool}", arguments, principal=who))


async def refusal(hw: AsyncHeadwater, tool: str, who: Principal, /, **arguments: Any) -> str:
    with pytest.raises(HeadwaterError) as raised:
        await call(hw, tool, who, **arguments)
    return raised.value.code


async def mails(folder: Path, count: int) -> list[EmailMessage]:
    """Return the letters once there are so many, by subject."""
    with anyio.fail_after(GUARD_S):
        while True:
            files = [one async for one in anyio.Path(folder / "mail").glob("*.eml")]
            if len(files) >= count:
                break
            await anyio.sleep(0.05)
    content = [await one.read_bytes() for one in files]
    found: list[Any] = [message_from_bytes(one, policy=policy.default) for one in content]
    return sorted(found, key=lambda one: (str(one["Subject"]), str(one["To"])))


async def notices(hw: AsyncHeadwater, who: Principal, until: str, count: int) -> list[Any]:
    """Return the notices once so many have a status."""
    with anyio.fail_after(GUARD_S):
        while True:
            found = (await call(hw, "notices", who))["notices"]
            if sum(one["status"] == until for one in found) >= count:
                return list(found)
            await anyio.sleep(0.05)


async def with_team(hw: AsyncHeadwater) -> int:
    """Make a team that Ann leads and Bob is in, both with addresses."""
    team = (await call(hw, "create_team", ADA, name="Ops & <b>co</b>"))["id"]
    for who, role, email in ((ANN, "leader", "ann@example.org"), (BOB, "member", None)):
        made = await call(hw, "invite", ADA, team=team, role=role, email=email)
        await call(hw, "join", who, code=made["code"])
    return int(team)


async def test_people_are_written_to_of_what_concerns_them(tmp_path: Path) -> None:
    async with AsyncHeadwater.open("memory:", settings=settings(tmp_path)) as hw:
        team = await with_team(hw)
        project = (await call(hw, "create_project", ANN, team=team, name="Checkout"))["id"]
        item = await call(hw, "create_item", ANN, project=project, kind="todo", title="A <i>b")
        await call(hw, "update_item", ANN, item=item["id"], version=item["version"],
                   changes={"assignee": "bob@example.org", "due": "2026-12-01"})  # fmt: skip
        session = (await call(hw, "start_session", ANN, project=project, goal="why slow"))["id"]
        await call(hw, "join_session", BOB, session=session)
        await call(hw, "note", ANN, session=session, text="restarted the pool", done=True)
        await call(hw, "end_session", ANN, session=session)
        await notices(hw, ADA, "sent", 6)
        found = await mails(tmp_path, 6)
        told = [(str(one["To"]), str(one["Subject"])) for one in found]
        assert told == [
            ("bob@example.org", "For you: A <i>b"),
            ("ann@example.org", "Session ended: why slow"),
            ("bob@example.org", "Session ended: why slow"),
            ("ann@example.org", "You are in the team Ops & <b>co</b>"),
            ("bob@example.org", "You are in the team Ops & <b>co</b>"),
            ("ann@example.org", "You are invited to the team Ops & <b>co</b>"),
        ]
        text = found[0].get_body(("plain",)).get_content()  # type: ignore[union-attr]
        assert "due 2026-12-01" in text
        assert "Checkout" in text
        html = found[0].get_body(("html",)).get_content()  # type: ignore[union-attr]
        assert "A &lt;i&gt;b" in html
        assert "<i>" not in html
        assert "restarted the pool" in found[1].get_body(("plain",)).get_content()  # type: ignore[union-attr]
        await notices(hw, ADA, "sent", 6)
        assert len(await mails(tmp_path, 6)) == 6


async def test_notices_are_shown_to_leaders_and_admins_alone(tmp_path: Path) -> None:
    async with AsyncHeadwater.open("memory:", settings=settings(tmp_path)) as hw:
        team = await with_team(hw)
        other = (await call(hw, "create_team", EVE, name="dev"))["id"]
        assert len(await notices(hw, ANN, "sent", 3)) == 3
        assert (await call(hw, "notices", BOB))["notices"] == []
        assert (await call(hw, "notices", EVE))["notices"] == []
        assert (await call(hw, "notices", ADA, status=["refused"]))["notices"] == []
        assert (await call(hw, "notices", ADA, team=other))["notices"] == []
        assert await refusal(hw, "notices", BOB, team=team) == "work.not_allowed"
        assert await refusal(hw, "notices", EVE, team=team) == "work.unknown"
        elsewhere = Principal("other", "ann", ("admin",))
        assert (await call(hw, "notices", elsewhere))["notices"] == []


class Receiver:
    """A webhook's server in the clear on loopback."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.where = ""

    async def wait(self, count: int) -> None:
        """Wait until it was called so often."""
        with anyio.fail_after(GUARD_S):
            while len(self.got) < count:  # noqa: ASYNC110  another loop's server tells nobody
                await anyio.sleep(0.02)

    async def take(self, request: web.Request) -> web.Response:
        self.got.append((dict(request.headers), await request.read()))
        return web.Response(status=204)


@asynccontextmanager
async def receiver() -> AsyncIterator[Receiver]:
    one = Receiver()
    app = web.Application()
    app.router.add_post("/in", one.take)
    server = TestServer(app, host="127.0.0.1")
    await server.start_server()
    one.where = f"127.0.0.1:{server.port}"
    try:
        yield one
    finally:
        await server.close()


def signed_by(secret: str, headers: dict[str, str], body: bytes) -> bool:
    told = {name.lower(): value for name, value in headers.items()}
    signed = f"{told['webhook-id']}.{told['webhook-timestamp']}.".encode() + body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    wanted = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return f"v1,{wanted}" in told["webhook-signature"].split(" ")


async def test_a_webhook_is_told_what_it_wants_and_nothing_once_removed(tmp_path: Path) -> None:
    async with receiver() as one:
        own = settings(tmp_path, webhook_hosts=one.where)
        async with AsyncHeadwater.open(f"sqlite:///{tmp_path}/e.db", settings=own) as hw:
            team = await with_team(hw)
            url = f"http://{one.where}/in"
            made = await call(hw, "add_webhook", ANN, team=team, url=url, kinds=["project"])
            assert made["secret"].startswith("whsec_")
            assert "secret" not in json.dumps(await call(hw, "webhooks", ANN, team=team))
            await call(hw, "create_project", ANN, team=team, name="Checkout")
            await one.wait(1)
            ((headers, body),) = one.got
            told = json.loads(body)
            assert (told["type"], told["data"]["title"]) == ("project.created", "Checkout")
            assert "tenant" not in told["data"]
            assert signed_by(made["secret"], headers, body)
            hook = made["webhook"]["id"]
            fresh = await call(hw, "rotate_webhook", ANN, webhook=hook)
            await call(hw, "create_project", ANN, team=team, name="Two")
            await one.wait(2)
            assert signed_by(made["secret"], *one.got[1])
            assert signed_by(fresh["secret"], *one.got[1])
            assert fresh["secret"] != made["secret"]
            await call(hw, "remove_webhook", ANN, webhook=hook)
            await call(hw, "create_project", ANN, team=team, name="Three")
            await notices(hw, ADA, "sent", 5)
            assert (await call(hw, "webhooks", ANN, team=team))["webhooks"] == []
        assert len(one.got) == 2


def files_below(folder: Path) -> list[bytes]:
    return [one.read_bytes() for one in sorted(folder.rglob("*")) if one.is_file()]


async def test_a_secret_is_shown_once_and_kept_nowhere_readable(tmp_path: Path) -> None:
    async with AsyncHeadwater.open(f"sqlite:///{tmp_path}/e.db", settings=settings(tmp_path)) as hw:
        team = await with_team(hw)
        url = "https://hooks.example.com/"
        made = await call(hw, "add_webhook", ANN, team=team, url=url)
        fresh = await call(hw, "rotate_webhook", ANN, webhook=made["webhook"]["id"])
        shown = json.dumps(await call(hw, "webhooks", ANN, team=team))
        assert "whsec_" not in shown
    files = await anyio.to_thread.run_sync(lambda: files_below(tmp_path))
    kept = b"".join(files)
    for secret in (made["secret"], fresh["secret"]):
        assert secret.encode() not in kept
        assert secret.removeprefix("whsec_").encode() not in kept


async def test_webhooks_need_a_key_that_seals_and_a_url_that_may_be_called(tmp_path: Path) -> None:
    own = settings(tmp_path, sealing_key=None)
    async with AsyncHeadwater.open("memory:", settings=own) as hw:
        team = await with_team(hw)
        url = "https://hooks.example.com/"
        assert await refusal(hw, "add_webhook", ANN, team=team, url=url) == "sealing.off"
        inside = "https://127.0.0.1/"
        assert await refusal(hw, "add_webhook", ANN, team=team, url=inside) == "webhook.bad_url"


async def test_without_jobs_what_is_done_waits_and_notices_are_not_shown(tmp_path: Path) -> None:
    async with AsyncHeadwater.open("memory:", settings=settings(tmp_path, jobs=False)) as hw:
        team = (await call(hw, "create_team", ANN, name="ops"))["id"]
        assert await refusal(hw, "notices", ANN, team=team) == "jobs.off"


class Refusing:
    """An outbox that fails, and then keeps what is posted."""

    def __init__(self) -> None:
        self.failing = True
        self.posted: dict[str, Notice] = {}
        self.times = 0

    async def post(self, notice: Notice, *, principal: Principal) -> None:
        self.times += 1
        if self.failing and self.times > 1:
            message = "away"
            raise StoreFault(message, code="jobs.unreachable", retry_safe=True)
        self.posted[notice.id_in(principal.tenant)] = notice

    def sendings(self) -> Any:
        raise NotImplementedError

    async def recent(self, *, limit: int, principal: Principal) -> list[Posted]:
        raise NotImplementedError


async def test_what_could_not_be_posted_stays_due_and_is_posted_once(tmp_path: Path) -> None:
    async with AsyncHeadwater.open("memory:", settings=settings(tmp_path, jobs=False)) as hw:
        await with_team(hw)
        outbox = Refusing()
        noticer = Noticer(hw._parts.stores.work, outbox, mails=True)
        with pytest.raises(StoreFault):
            await noticer.settle()
        outbox.failing = False
        assert await noticer.settle() > 0
        assert await noticer.settle() == 0
        assert len(outbox.posted) == 3
        assert outbox.times == 5  # the first was posted again, and kept once
        assert all(one.made_at <= datetime.now(UTC) for one in outbox.posted.values())
