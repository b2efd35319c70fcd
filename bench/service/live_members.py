"""Makes teams with a project and members each, and keys for them: `... DATABASE ROOMS EACH`.

Writes `{"rooms": [{"project", "item", "version", "keys"}]}` as JSON to stdout.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import anyio

from headwater import AsyncHeadwater
from headwater.app.settings import Settings
from headwater.model.principal import Principal

OWNER = Principal(name="owner", roles=("operator",))
AT_ONCE = 8


async def make(url: str, rooms: int, each: int) -> list[dict[str, Any]]:
    """Return what was made."""
    async with AsyncHeadwater.open(url, settings=Settings(prepare=False)) as hw:
        made: list[dict[str, Any]] = []
        limiter = anyio.CapacityLimiter(AT_ONCE)

        async def do(tool: str, who: Principal = OWNER, **args: Any) -> Any:
            outcome: Any = await hw.call(f"work.{tool}", args, budget_s=60, principal=who)
            return outcome.value

        async def member(code: str, name: str, keys: list[str]) -> None:
            async with limiter:
                await do("join", Principal(name=name, roles=("reader",)), code=code)
                keys.append((await hw.access.create_key(role="reader", name=name)).key)

        for number in range(rooms):
            team = (await do("create_team", name=f"team {number}"))["id"]
            project = (await do("create_project", team=team, name=f"project {number}"))["id"]
            item = await do("create_item", project=project, kind="todo", title="a thing to do")
            code = (await do("invite", team=team, role="member", uses=each))["code"]
            keys: list[str] = []
            async with anyio.create_task_group() as group:
                for one in range(each):
                    group.start_soon(member, code, f"p-{number}-{one}", keys)
            made.append(
                {"project": project, "item": item["id"], "version": item["version"], "keys": keys}
            )
        return made


if __name__ == "__main__":
    found = anyio.run(make, sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
    sys.stdout.write(json.dumps({"rooms": found}) + "\n")
