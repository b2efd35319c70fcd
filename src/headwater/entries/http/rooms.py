"""How a project's room is told as server-sent events, for as long as the client listens.

Next: `headwater.app.rooms`
"""

from __future__ import annotations

import functools
import re

import anyio
from starlette.requests import Request
from starlette.responses import Response

from headwater.app.service import AsyncHeadwater
from headwater.entries.http.following import last_event_id
from headwater.entries.http.streams import EventStream, Tell, told
from headwater.entries.wire.opening import Opening
from headwater.entries.wire.visit import Visit, visit_of
from headwater.model.room import RoomEvent

WHOLE = re.compile(r"[0-9]{1,18}", re.ASCII)
NOWHERE = 0
"""The id that no project has, for what is no id at all."""
MOST_WRITTEN = 1024
"""Events that are kept as they were written."""


class Rooms:
    """What tells of rooms.

    Args:
        hw: The app.
        opening: Whether the server goes on.
    """

    def __init__(self, hw: AsyncHeadwater, opening: Opening) -> None:
        self._hw = hw
        self._opening = opening

    async def events(self, request: Request) -> Response:
        """Tell what happens in a project's room, after `Last-Event-ID` where it is given."""
        written, here = request.path_params["project"], visit_of(request.scope)
        project = int(written) if WHOLE.fullmatch(written) else NOWHERE
        last = last_event_id(request)
        work = functools.partial(
            self._tell, project=project, after=None if last < 0 else last, here=here
        )
        return EventStream(lambda tell: self._opening.until_closing(functools.partial(work, tell)))

    async def _tell(self, tell: Tell, *, project: int, after: int | None, here: Visit) -> None:
        async with self._hw.rooms.join(project, after=after, principal=here.who) as seat:
            place = {"project": seat.project, "seq": seat.seq, "present": seat.present}
            await tell(told("joined", place, number=seat.seq if after is None else after))
            async with anyio.create_task_group() as group:
                group.start_soon(here.keep_checking)
                async for event in seat:
                    await tell(told_in_room(event))


@functools.lru_cache(maxsize=MOST_WRITTEN)
def told_in_room(event: RoomEvent) -> bytes:
    """Return what happened in a room: written once for all who are there."""
    return told(event.kind, event, number=event.seq)
