"""What does it take to bring 5,000 issues in, with a rate limit in the middle?

The stand-in answers a page 30 ms after it was asked for, in a process of its own, and takes 30
requests in a window of some seconds; then it says when it takes more. Beside ours stand the ideal,
which fetches the same pages eight at a time, waits as it is told, and keeps nothing; and the
sequential way, for a fifth of them: page after page, each issue an item by a call of its own.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import aiohttp
import anyio

from bench.rows import Row, at_most
from headwater import AsyncHeadwater
from headwater.app.settings import Settings
from headwater.model.principal import Principal

BAR = "github"
TOKEN = "ghp_goodtoken0123456789abcdefghijklmnop"  # the stand-in's
ISSUES, LIMIT, WINDOW_S, AT_ONCE, PAGE = 5_000, 30, 6.0, 8, 100
FEW = 1_000
"""Issues brought in the sequential way, before the limit: all of them would take minutes."""
MOST_TIMES = 1.3
ADMIN = Principal(tenant="default", name="bench", roles=("admin",))
SERVING = Path(__file__).with_name("github_serving.py")


@dataclass(frozen=True)
class Served:
    """Where the stand-in is, and how its window begins anew."""

    url: str
    process: subprocess.Popen[str]

    def anew(self) -> None:
        """Begin a window, at a whole second: GitHub tells its end in whole seconds."""
        time.sleep(1.0 - time.time() % 1.0)
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write("anew\n")
        self.process.stdin.flush()
        self.process.stdout.readline()


@contextmanager
def served(issues: int) -> Iterator[Served]:
    """Serve the stand-in in a process of its own."""
    asked = ["--issues", str(issues), "--limit", str(LIMIT), "--window-s", str(WINDOW_S)]
    with subprocess.Popen(
        [sys.executable, SERVING, *asked], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin
        assert process.stdout
        try:
            yield Served(process.stdout.readline().strip(), process)
        finally:
            process.stdin.close()


async def ideal(url: str, issues: int) -> float:
    """Fetch all pages eight at a time, waiting where that is said; keep nothing."""
    numbers = iter(range(1, issues // PAGE + 1))
    headers = {"Authorization": f"Bearer {TOKEN}"}
    began = time.perf_counter()

    async def work(session: aiohttp.ClientSession) -> None:
        for number in numbers:
            while True:
                query = f"state=all&direction=asc&sort=created&per_page={PAGE}&page={number}"
                async with session.get(f"{url}/repos/acme/shop/issues?{query}") as got:
                    body, told = await got.read(), got.headers
                if got.status == 200 and body:
                    break
                now = parsedate_to_datetime(told["Date"]).timestamp()
                await anyio.sleep(float(told["X-RateLimit-Reset"]) - now)

    async with (
        aiohttp.ClientSession(headers=headers) as session,
        anyio.create_task_group() as group,
    ):
        for _ in range(AT_ONCE):
            group.start_soon(work, session)
    return time.perf_counter() - began


async def ours(url: str, issues: int, served: Served) -> float:
    """Import by the tool, as often as it asks to be asked again; all is kept in SQLite."""
    async with opened(url) as (hw, project):
        await value(
            hw, "link_repository", project=project, repository="acme/shop", credential="robot"
        )
        served.anew()
        began = time.perf_counter()
        told = await value(hw, "import_issues", project=project)
        took_s = time.perf_counter() - began
        assert (told["complete"], told["added"]) == (True, issues), told
        await check(hw, project, issues)
    return took_s


async def one_by_one(url: str, issues: int, served: Served) -> float:
    """Fetch page after page, and make each issue an item by a call of its own."""
    async with opened(url) as (hw, project):
        served.anew()
        began = time.perf_counter()
        headers = {"Authorization": f"Bearer {TOKEN}"}
        async with aiohttp.ClientSession(headers=headers) as session:
            for number in range(1, issues // PAGE + 1):
                for one in await page(session, url, number):
                    issue = f"acme/shop#{one['number']}"
                    told = {"title": one["title"], "description": one["body"], "issue": issue}
                    await value(hw, "create_item", project=project, kind="todo", **told)
        took_s = time.perf_counter() - began
        await check(hw, project, issues)
    return took_s


async def page(session: aiohttp.ClientSession, url: str, number: int) -> Any:
    """Fetch a page, waiting where that is said."""
    query = f"state=all&direction=asc&sort=created&per_page={PAGE}&page={number}"
    while True:
        async with session.get(f"{url}/repos/acme/shop/issues?{query}") as got:
            if got.status == 200:
                return await got.json()
            now = parsedate_to_datetime(got.headers["Date"]).timestamp()
            await anyio.sleep(float(got.headers["X-RateLimit-Reset"]) - now)


class opened:  # noqa: N801 (used as a function)
    """An estate in a file of its own, with a team, a project and a credential."""

    def __init__(self, url: str) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="headwater-bench-")
        settings = Settings(
            github_url=url,
            sealing_key="a key of the bench with over 32 characters",  # type: ignore[arg-type]
            github_sync_s=0.0,
            prepare=False,
        )
        place = f"sqlite:///{Path(self._folder.name) / 'estate.db'}"
        self._hw = AsyncHeadwater.open(place, settings=settings, principal=ADMIN)

    async def __aenter__(self) -> tuple[AsyncHeadwater, int]:
        hw = await self._hw.__aenter__()
        await hw.github.keep_token("robot", TOKEN)
        team = await value(hw, "create_team", name="shop")
        project = await value(hw, "create_project", team=team["id"], name="checkout")
        return hw, project["id"]

    async def __aexit__(self, *raised: object) -> None:
        await self._hw.__aexit__(None, None, None)
        self._folder.cleanup()


async def value(hw: AsyncHeadwater, tool: str, /, **args: Any) -> Any:
    """Call a tool of work and return its value."""
    outcome = await hw.call(f"work.{tool}", args, budget_s=60)
    assert outcome.status == "succeeded", outcome
    return outcome.value


async def check(hw: AsyncHeadwater, project: int, issues: int) -> None:
    """See that all are there, once each."""
    found: list[str] = []
    cursor = None
    while True:
        told = await value(hw, "items", project=project, limit=500, cursor=cursor)
        found += [one["issue"] for one in told["items"]]
        cursor = told["next_cursor"]
        if cursor is None:
            break
    assert len(found) == len(set(found)) == told["total"] == issues


def measure(*, quick: bool, full: bool) -> list[Row]:
    """Take the figures of this bar."""
    del full
    issues = ISSUES
    with served(issues) as place:
        best_s = min(timed(place, ideal, place.url, issues) for _ in range(1 if quick else 2))
        ours_s = min(timed(place, ours, place.url, issues, place) for _ in range(1 if quick else 3))
        slow_s = timed(place, one_by_one, place.url, FEW, place)
    what = f"{issues:,} issues at 30 ms a page, a rate limit in the middle"
    ratio = ours_s / best_s
    note = f"{ours_s:.1f} s, the ideal {best_s:.1f} s; {FEW:,} the sequential way {slow_s:.1f} s"
    return [
        at_most(
            BAR,
            f"{what}, beside the ideal",
            value=ratio,
            limit=MOST_TIMES,
            shown=(f"{ratio:.2f} times", f"{MOST_TIMES} times"),
            note=note,
        )
    ]


def timed(place: Served, work: Any, *args: Any) -> float:
    """Return the seconds that some work took, in a window of its own."""
    place.anew()
    took_s: float = anyio.run(work, *args)
    return took_s
