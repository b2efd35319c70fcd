"""Changes items at another replica: `... DATABASE REDIS RATE SECONDS`, rooms as JSON on stdin.

Each change is one call of the tool; each room is changed in its turn. Writes when each change had
been made, by room, on the system's clock, and how long all of them took.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import anyio
from pydantic import SecretStr

from headwater import AsyncHeadwater
from headwater.app.settings import Settings
from headwater.model.principal import Principal

OWNER = Principal(name="owner", roles=("operator",))
SETTLE_S = 2.0
STATUSES = ("new", "in_progress")


async def write(
    url: str, redis: str, *, rate: float, seconds: float, rooms: list[dict[str, Any]]
) -> dict[str, Any]:
    """Change items at a rate, and return when each room had been changed."""
    settings = Settings(prepare=False, redis=SecretStr(redis))
    done: list[list[float]] = [[] for _ in rooms]
    failed = 0
    async with AsyncHeadwater.open(url, settings=settings) as hw:
        locks = [anyio.Lock() for _ in rooms]

        async def change(number: int, count: int) -> None:
            nonlocal failed
            room = rooms[number]
            async with locks[number]:
                changes = {"title": f"a thing to do, thought over for the {count}th time"}
                args = {"item": room["item"], "version": room["version"], "changes": changes}
                outcome: Any = await hw.call("work.update_item", args, budget_s=30, principal=OWNER)
                if outcome.status == "succeeded":
                    room["version"] = outcome.value["version"]
                    done[number].append(time.time())
                else:
                    failed += 1

        began_at = anyio.current_time()
        async with anyio.create_task_group() as group:
            for count in range(int(rate * seconds)):
                await anyio.sleep_until(began_at + count / rate)
                group.start_soon(change, count % len(rooms), count)
        took_s = anyio.current_time() - began_at
        await anyio.sleep(SETTLE_S)
    return {"done": done, "failed": failed, "took_s": took_s, "rooms": rooms}


if __name__ == "__main__":
    database, server, per_second, length = sys.argv[1:]
    given = json.loads(sys.stdin.readline())["rooms"]

    async def main() -> dict[str, Any]:
        """Write as the command line says."""
        return await write(
            database, server, rate=float(per_second), seconds=float(length), rooms=given
        )

    sys.stdout.write(json.dumps(anyio.run(main)) + "\n")
