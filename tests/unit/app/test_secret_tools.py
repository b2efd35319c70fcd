"""What a tool takes or gives that is secret is never a step of a plan, and so is kept nowhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from anyio import to_thread

from headwater import AsyncHeadwater, Principal, tool
from headwater.app.settings import Settings
from headwater.engine.plan_schema import proposable
from headwater.errors import UsageError
from headwater.toolkit.registry import Registry

OLGA = Principal(name="olga", roles=("operator",))
CANARY = "canary-5f1d2c"
STEP = {"id": "vault", "tool": "vault.open", "args": {"key": CANARY}}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@tool(name="vault.open", description="Open a vault.", role="reader", idempotent=True, secret=True)
async def open_vault(key: str) -> str:
    return f"gold behind {key}"


@tool(
    name="vault.look",
    description="Look at it.",
    fallback="vault.open",
    role="reader",
    idempotent=True,
)
async def look(key: str) -> str:
    return key


def held_in(folder: Path) -> list[str]:
    """Return the names of the files that the canary is in."""
    files = [one for one in folder.rglob("*") if one.is_file()]
    return [one.name for one in files if CANARY.encode() in one.read_bytes()]


Ways = Mapping[str, Callable[[AsyncHeadwater, dict[str, Any]], Any]]
WAYS: Ways = {
    "run": lambda hw, plan: hw.run(plan, principal=OLGA),
    "live": lambda hw, plan: hw.live.begin(plan=plan, principal=OLGA),
    "job": lambda hw, plan: hw.jobs.run(plan=plan, principal=OLGA),
    "schedule": lambda hw, plan: hw.jobs.schedule(
        "nightly", cron="0 3 * * *", do={"run": plan}, principal=OLGA
    ),
}


async def test_no_plan_takes_a_secret_by_any_way_and_nothing_of_it_is_kept(tmp_path: Path) -> None:
    url, jobs = f"sqlite:///{tmp_path}/estate.db", f"sqlite:///{tmp_path}/jobs.db"
    settings = Settings(jobs=True, prepare=False, jobs_folder=str(tmp_path), jobs_database=jobs)
    async with AsyncHeadwater.open(url, packs=[[open_vault, look]], settings=settings) as hw:
        for step in (STEP, {**STEP, "tool": "vault.look"}, {**STEP, "for_each": [CANARY]}):
            for name, way in WAYS.items():
                with pytest.raises(UsageError) as raised:
                    await way(hw, {"steps": [step]})
                assert raised.value.code == "plan.secret", name
                assert CANARY not in raised.value.message
        assert await hw.runs(principal=OLGA) == []
        opened = await hw.call("vault.open", {"key": CANARY}, principal=OLGA)
        assert opened.status == "succeeded"
        assert opened.value == f"gold behind {CANARY}"
        kept = await hw.run({"steps": [{"id": "a", "tool": "ci.search", "args": {}}]})
        assert (await hw.explain(kept.run_id)).run.status == "complete"
    assert await to_thread.run_sync(held_in, tmp_path) == []


async def test_the_codes_and_keys_of_work_are_such_secrets() -> None:
    async with AsyncHeadwater.open("memory:", settings=Settings(jobs=False)) as hw:
        for name in ("invite", "invitations", "join", "add_webhook", "rotate_webhook"):
            args = {"join": {"code": CANARY}, "rotate_webhook": {"webhook": 1}}.get(
                name, {"team": 1}
            )
            args |= {"url": "https://example.org/x"} if name == "add_webhook" else {}
            with pytest.raises(UsageError) as raised:
                await hw.run({"steps": [{"id": "a", "tool": f"work.{name}", "args": args}]})
            assert raised.value.code == "plan.secret", name


def test_a_model_is_not_shown_a_secret_tool_nor_one_that_it_would_stand_in_for() -> None:
    assert proposable(Registry([[open_vault, look]], {}), ("admin",)) == []
