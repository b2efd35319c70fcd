"""Everything that the app does is for some role: what is not in the table fails here."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from access_table import CALLERS, FOR_NOBODY, PLAN, TABLE, Row, World, may, world
from patience import GUARD_S

from headwater import AsyncHeadwater, tool
from headwater.errors import HeadwaterError, UsageError
from headwater.model.access import ROLES
from headwater.model.principal import Principal
from headwater.policy import permissions
from headwater.toolkit.tool import Tool


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def url() -> str:
    """Stand on memory alone: roles are a matter of the app, not of what is behind it."""
    return "memory:"


HEAVY = {("scan", "admin"), ("demo", "admin"), ("demo", "operator")}
"""What takes seconds and is allowed: other tests see to it."""


def methods_of(kind: type, part: str = "") -> Iterator[str]:
    """Give the methods of the app and of its parts that can be awaited or entered."""
    for name, one in vars(kind).items():
        if name.startswith("_"):
            continue
        if isinstance(one, property):
            found = inspect.get_annotations(one.fget, eval_str=True)["return"]
            if found.__module__.startswith("headwater.app."):
                yield from methods_of(found, f"{name}.")
        elif inspect.isroutine(one) or isinstance(one, classmethod):
            yield f"{part}{name}"


NOT_FOR_ANYONE_IN_PARTICULAR = ("health.", "admission.")
"""Parts that act for the process."""
METHODS = [
    one for one in methods_of(AsyncHeadwater) if not one.startswith(NOT_FOR_ANYONE_IN_PARTICULAR)
]


@pytest.mark.parametrize("method", METHODS)
def test_every_method_is_in_the_table(method: str) -> None:
    assert (method in FOR_NOBODY) != (method in {row.method for row in TABLE})


def test_nothing_else_is_in_the_table() -> None:
    assert {row.method for row in TABLE} | set(FOR_NOBODY) == set(METHODS)


async def code_of(attempt: Any) -> str | None:
    """Return the code that an attempt is refused with, None where it is not."""
    try:
        await attempt
    except HeadwaterError as error:
        return error.code
    return None


@pytest.mark.parametrize("caller", CALLERS)
async def test_whoever_has_the_role_may_and_nobody_else(
    opened: Any, tmp_path: Path, caller: str
) -> None:
    who = Principal("default", caller, CALLERS[caller])
    async with opened() as hw, world(hw, tmp_path, name=caller) as here:
        for row in TABLE:
            if (row.method, caller) in HEAVY:
                continue
            with anyio.fail_after(GUARD_S):
                code = await code_of(row.do(here, who))
            allowed = may(who.roles, row.least)
            assert (code != "access.denied") == allowed, f"{row.id}: {code}"
            missing = {"key.unknown", "jobs.off", "document.unknown", "work.unknown",
                       "sealing.off", "github.bad_credential", "github.no_credential"}  # fmt: skip
            assert not allowed or code in {None, *missing}, f"{row.id}: {code}"


OF_A_RUN = [row for row in TABLE if row.note.endswith("run") or row.method in {
    "explain", "live.find", "live.follow",
}]  # fmt: skip


@pytest.mark.parametrize("row", OF_A_RUN, ids=lambda row: row.id)
@pytest.mark.parametrize("roles", [("reader",), ("admin",)], ids=str)
async def test_another_tenants_run_looks_as_if_it_were_not_there(
    opened: Any, tmp_path: Path, row: Row, roles: tuple[str, ...]
) -> None:
    spy = Principal("other", "spy", roles)
    async with opened() as hw, world(hw, tmp_path, name="spy") as here:
        nowhere = World(hw=hw, mine="r-none", theirs="r-none", folder=tmp_path)
        messages = []
        for place in (here, nowhere):
            with pytest.raises(UsageError) as error:
                await row.do(place, spy)
            assert error.value.code == "run.unknown"
            messages.append(error.value.message)
    assert messages[0].replace(here.mine, "X").replace(here.theirs, "X") == messages[1].replace(
        "r-none", "X"
    )


def a_tool(role: Any, **promises: Any) -> Tool:
    """Make a tool for a role."""
    name = promises.pop("name", f"role.{role}")

    @tool(name=name, description="Say the role.", role=role, **promises)
    async def say() -> str:
        return str(role)

    return say


OURS = [a_tool(role) for role in ROLES] + [
    a_tool("reader", name="role.falls", fallback="role.admin"),
]


@tool(name="role.unsaid", description="Say nothing of its role.")
async def unsaid() -> str:
    return "done"


@tool(name="role.broken", description="Fail.", role="reader")
async def broken() -> str:
    raise ValueError


async def every_tool(hw: AsyncHeadwater) -> list[Tool]:
    registry = hw._parts.caller.registry
    return [registry.find(name) for name in registry._tools]


@pytest.mark.parametrize("caller", CALLERS)
async def test_a_tool_is_called_by_its_role_alone(opened: Any, caller: str) -> None:
    who = Principal("default", caller, CALLERS[caller])
    async with opened(packs=[[*OURS, unsaid, broken]]) as hw:
        for one in await every_tool(hw):
            wanted = may(who.roles, one.role)
            if who.roles and may(who.roles, "reader"):
                outcome = await hw.call(one.name, {}, principal=who)
                denied = getattr(outcome, "code", "") == "access.denied"
                assert denied != wanted, f"{one.name}: {outcome}"
        if may(who.roles, "reader"):
            shown = {one.name for one in await hw.tools(principal=who)}
            listed = {one.name for one in await every_tool(hw) if one.listed}
            roles = {one.name: one.role for one in await every_tool(hw)}
            assert shown == {name for name in listed if may(who.roles, roles[name])}


def test_a_tool_that_does_not_say_that_it_only_reads_takes_an_operator() -> None:
    assert unsaid.role == "operator"


@pytest.mark.parametrize(
    "step",
    [
        {"tool": "role.operator"},
        {"tool": "role.admin", "when": "`false`"},
        {"tool": "role.unsaid", "required": False},
        {"tool": "role.falls"},
        {"tool": "role.reader", "fallback": "role.admin"},
        {"tool": "role.admin", "for_each": []},
    ],
    ids=str,
)
async def test_a_plan_with_a_step_above_its_asker_is_refused_before_anything_runs(
    opened: Any, step: dict[str, Any]
) -> None:
    who = Principal("default", "rita", ("reader",))
    plan = {"steps": [*PLAN["steps"], {"id": "above", "args": {}, **step}]}
    async with opened(packs=[[*OURS, unsaid]]) as hw:
        for attempt in (hw.run(plan, principal=who), hw.live.begin(plan=plan, principal=who)):
            with pytest.raises(UsageError) as error:
                await attempt
            assert error.value.code == "access.denied"
            assert "'above'" in error.value.message
        assert await hw.runs() == []
        assert (await hw.run(plan)).outcomes["find"].status == "succeeded"


async def test_a_step_that_stands_in_is_checked_as_it_is_called(opened: Any) -> None:
    who = Principal("default", "rita", ("reader",))
    plan = {
        "steps": [
            {"id": "first", "tool": "role.broken", "args": {}, "fallback": "second"},
            {"id": "second", "tool": "role.admin", "args": {}},
        ]
    }
    async with opened(packs=[[*OURS, broken]]) as hw:
        assert await code_of(hw.run(plan, principal=who)) == "access.denied"


async def test_a_stored_plan_is_checked_for_whoever_asks_it_again(opened: Any) -> None:
    plan = {"steps": [{"id": "above", "tool": "role.admin", "args": {}}]}
    who = Principal("default", "local", ("reader",))
    async with opened(packs=[[*OURS]]) as hw:
        run = await hw.run(plan)
        assert await code_of(hw.replay(run.run_id, principal=who)) == "access.denied"
        assert await code_of(hw.replay(run.run_id)) is None


def test_an_action_that_is_not_in_the_table_is_for_nobody() -> None:
    assert not permissions.may(("admin",), "fly")
    assert not permissions.enough(("admin",), "root")
    assert not permissions.may((), "ask")


@pytest.mark.parametrize("action", permissions.ACTIONS)
def test_every_action_is_asked_for_somewhere(action: str) -> None:
    name = action.removesuffix("_others")
    of = {row.method.rpartition(".")[2] for row in TABLE}
    aliases = {
        "sessions": "ask",
        "keys": "create_key",
        "tenants": "tenants",
        "jobs": "recent",
        "documents": "recent",
    }
    assert aliases.get(name, name) in of


@pytest.mark.parametrize("action", permissions.ACTIONS)
@pytest.mark.parametrize("caller", CALLERS)
def test_the_table_of_actions_grows_with_the_role(action: str, caller: str) -> None:
    roles = CALLERS[caller]
    assert permissions.may(roles, action) == may(roles, permissions.ACTIONS[action])
