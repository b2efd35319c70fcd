"""What answers one message: it awaits one method of the app and says what that gave.

Next: `headwater.app.service`
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, assert_never

from headwater.app.service import AsyncHeadwater
from headwater.entries.wire.decode import zone
from headwater.entries.wire.rooms import Rooms
from headwater.entries.wire.visit import Visit
from headwater.entries.ws.messages import (
    Ask,
    Call,
    Cancel,
    Finish,
    Follow,
    Join,
    Leave,
    Ping,
    Request,
    Run,
    Subscribe,
)

Say = Callable[[dict[str, Any]], Awaitable[None]]


class Answering:
    """Answers to the messages of one client.

    Args:
        hw: The app.
        visit: Who asks.
        say: Tells the client something.
        rooms: The rooms that they are in.
    """

    def __init__(self, hw: AsyncHeadwater, visit: Visit, *, say: Say, rooms: Rooms) -> None:
        self._hw = hw
        self._visit = visit
        self._say = say
        self._rooms = rooms

    async def answer(self, request: Request) -> None:
        """Answer one message.

        Raises:
            HeadwaterError: what the app refused.
        """
        match request:
            case Ask():
                await self._ask(request)
            case Run():
                await self._run(request)
            case Call():
                await self._call(request)
            case Follow():
                await self._follow(request)
            case Join() | Leave():
                await self._come_or_go(request)
            case Finish() | Cancel():
                await self._end(request)
            case Ping() | Subscribe():
                await self._say({"id": request.id, "type": "pong"})
            case _:
                assert_never(request)

    async def _ask(self, request: Ask) -> None:
        who, where = self._visit.who, await zone(request.zone)
        async with self._hw.admission.admitted(who, budget_s=request.budget_s) as left_s:
            answer = await self._hw.ask(
                request.question,
                budget_s=left_s,
                zone=where,
                session=request.session,
                principal=who,
            )
        await self._say({"id": request.id, "type": "answer", "answer": answer})

    async def _run(self, request: Run) -> None:
        who = self._visit.who
        async with self._hw.admission.admitted(who, budget_s=request.budget_s) as left_s:
            result = await self._hw.run(
                {"steps": request.steps},
                budget_s=left_s,
                session=request.session,
                principal=who,
            )
        await self._say({"id": request.id, "type": "result", "result": result})

    async def _call(self, request: Call) -> None:
        who = self._visit.who
        async with self._hw.admission.admitted(who, budget_s=request.budget_s, read=True) as left_s:
            outcome = await self._hw.call(
                request.tool, request.args, budget_s=left_s, principal=who
            )
        await self._say({"id": request.id, "type": "outcome", "outcome": outcome})

    async def _come_or_go(self, request: Join | Leave) -> None:
        if isinstance(request, Join):
            await self._rooms.join(request.project, after=request.after, number=request.id)
            return
        self._rooms.leave(request.project)
        await self._say({"id": request.id, "type": "left", "project": request.project})

    async def _end(self, request: Finish | Cancel) -> None:
        live = self._hw.live
        end = live.finish if isinstance(request, Finish) else live.cancel
        run = await end(request.run_id, principal=self._visit.who)
        await self._say({"id": request.id, "type": "run", "run": run})

    async def _follow(self, request: Follow) -> None:
        who = self._visit.who
        following = self._hw.live.follow(request.run_id, after=request.after, principal=who)
        async with following as events:
            async for event in events:
                await self._visit.recheck()
                await self._say({"id": request.id, "type": "event", "event": event})
        state = await self._hw.live.find(request.run_id, principal=who)
        await self._say({"id": request.id, "type": "ended", "run": state})
