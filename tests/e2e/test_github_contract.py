"""What the stand-in answers is what GitHub describes, and what we ask is what it takes."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import anyio
import jsonschema
import pytest
from github_description import as_json_schema, description, mocked, modules, schema_of
from github_places import AT, WHO, Place, a_place
from github_standin import ROOT, Seen
from patience import GUARD_S

from headwater.errors import HeadwaterError
from headwater.model.repository_link import CodePlace, Grant

pytestmark = [
    pytest.mark.parametrize("anyio_backend", ["asyncio"]),
    pytest.mark.timeout(600),  # the first time, packages are fetched
]
TOLD = "X-GitHub-Api-Version"


@pytest.fixture(scope="module")
def found() -> dict[str, str]:
    return modules()


@pytest.fixture(scope="module")
def told(found: dict[str, str]) -> dict[str, Any]:
    return description(found)


@pytest.fixture
async def asked() -> AsyncIterator[list[Seen]]:
    """Ask for everything that we ever ask for, and give what was asked and answered."""
    async with a_place() as place:
        with anyio.fail_after(GUARD_S):
            await everything(place)
        yield [one for one in place.standin.seen if one.path.startswith(ROOT)]


async def everything(place: Place) -> None:
    standin, repo, host = place.standin, place.repo, place.host
    standin.add_milestone(repo, "1.0", due_on="2026-04-01T07:00:00Z")
    standin.open_issue(repo, "slow", body="very", milestone=1, labels=["bug"], assignee="ann")
    standin.open_issue(repo, "old", state="closed", state_reason="not_planned")
    standin.open_pull(repo, "Fix", body="Fixes #1")
    standin.deploy(repo, "production")
    repo.commits.append({"sha": "a" * 40, "message": "m", "author": "ann", "at": standin.tick()})
    await host.info(AT, principal=WHO)
    await host.branches(AT, limit=50, principal=WHO)
    await host.commits(AT, branch="main", limit=50, principal=WHO)
    await host.issues(AT, state="all", limit=50, principal=WHO)
    await host.issue(AT, 1, principal=WHO)
    await host.pulls(AT, state="open", limit=50, principal=WHO)
    await host.pull(AT, 3, principal=WHO)
    await host.milestones(AT, state="open", limit=50, principal=WHO)
    await host.create_issue(AT, title="new", body="b", principal=WHO)
    await host.create_branch(AT, name="fix/a", start=None, principal=WHO)
    await host.create_pull(AT, title="p", head="fix/a", target="main", body="b", principal=WHO)
    await host.set_state(AT, 1, state="closed", reason="completed", principal=WHO)
    await host.newest_change(AT, tag=None, principal=WHO)
    await host.all_milestones(AT, tag=None, principal=WHO)
    await host.new_deployments(AT, after=0, tag=None, principal=WHO)
    for since in (None, standin.clock.replace(year=2025)):
        async with host.all_issues(AT, page=1, since=since, principal=WHO) as pages:
            assert [len(page) async for page in pages] == [5]
    assert await place.github.access.login_of(Grant(token=next(iter(standin.tokens)))) == "ann"
    await refusals(place)


async def refusals(place: Place) -> None:
    """Be refused in every way that is."""
    await place.give(Grant(token="ghp_revoked"), "bad")
    standin = place.standin
    bad = CodePlace(repository="acme/shop", credential="bad")
    for work in (
        place.host.issue(AT, 99, principal=WHO),
        place.host.create_issue(AT, title="", body=None, principal=WHO),
        place.host.create_branch(AT, name="fix/a", start="main", principal=WHO),
    ):
        with pytest.raises(HeadwaterError):
            await work
    seen = len(standin.seen)
    with pytest.raises(HeadwaterError):
        await place.host.info(bad, principal=WHO)
    del standin.seen[seen:]  # a 401 may come from anywhere, and is described nowhere


def answered(seen: Seen) -> str:
    """Name a request."""
    return f"{seen.method} {seen.path.removeprefix(ROOT)} {seen.status}"


async def test_every_answer_of_the_stand_in_is_as_github_describes_it(
    asked: list[Seen], told: dict[str, Any]
) -> None:
    components = as_json_schema(told["components"])
    problems = []
    for seen in asked:
        path = seen.path.removeprefix(ROOT)
        if seen.status == 304:  # any GET may end so, says another page than the description
            assert not seen.answer
            continue
        schema = schema_of(told, seen.method, path, status=seen.status)
        if schema is None:
            assert not seen.answer
            continue
        checked = {**as_json_schema({**schema, "components": {}}), "components": components}
        validator = jsonschema.Draft7Validator(checked)
        for error in validator.iter_errors(json.loads(seen.answer)):
            problems.append(f"{answered(seen)}: {error.json_path}: {error.message[:200]}")  # noqa: PERF401
    assert problems == [], "\n".join(problems)
    assert len({answered(one) for one in asked}) > 18


async def test_an_answer_that_lacks_something_is_found_out(told: dict[str, Any]) -> None:
    schema = as_json_schema(schema_of(told, "GET", "/repos/acme/shop/issues/1", status=200))
    validator = jsonschema.Draft7Validator(schema)
    assert list(validator.iter_errors({"number": 1, "title": "x"}))


async def test_every_request_of_ours_is_one_that_github_takes(
    asked: list[Seen], found: dict[str, str], told: dict[str, Any], tmp_path: Path
) -> None:
    problems = []
    async with mocked(found, told, tmp_path) as url, aiohttp.ClientSession() as session:
        for seen in [*asked, WRONG]:
            path = seen.path.removeprefix(ROOT)
            names = {"Accept", "Authorization", "Content-Type", TOLD, "User-Agent"}
            headers = {name: text for name, text in seen.headers.items() if name in names}
            async with session.request(
                seen.method, f"{url}{path}", params=seen.query, data=seen.body, headers=headers
            ) as got:
                body = await got.text()
                refused = got.status in {404, 405, 406, 415} or "NO_PATH_MATCHED" in body
                wrong = [
                    one
                    for one in json.loads(got.headers.get("sl-violations", "[]"))
                    if one["location"][0] == "request"
                ]
                if refused or wrong or got.status == 422:
                    problems.append((answered(seen), got.status, wrong, body[:200]))
    ours = [one for one in problems if one[0] != answered(WRONG)]
    assert [one for one in ours if "POST /repos/acme/shop/issues 422" not in one[0]] == []
    assert len(problems) > len(ours), "a request that is wrong is found out"


WRONG = Seen(
    "GET", f"{ROOT}/repos/acme/shop/issues", {"state": "sideways"},
    {"Accept": "application/vnd.github+json, application/json"}, b"", 422,
)  # fmt: skip
