"""The routes on what is done again and again: make a schedule, list them, remove one."""

from __future__ import annotations

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from headwater.app.service import AsyncHeadwater
from headwater.entries.http.bodies import ScheduleBody
from headwater.entries.http.decode import decoded
from headwater.entries.http.encode import given
from headwater.entries.wire.visit import visit_of


class Schedules:
    """What makes schedules, and tells of those there are.

    Args:
        hw: The app.
    """

    def __init__(self, hw: AsyncHeadwater) -> None:
        self._hw = hw

    async def create(self, request: Request) -> Response:
        """Have a job begun whenever a cron line says so."""
        body = await decoded(ScheduleBody, request)
        made = await self._hw.jobs.schedule(
            body.name,
            cron=body.cron,
            zone=body.zone,
            do=body.do,
            principal=visit_of(request.scope).who,
        )
        return given(made, 201, {"Location": f"/v1/schedules/{quote(made.name, safe='')}"})

    async def all_(self, request: Request) -> Response:
        """List the tenant's schedules by name."""
        found = await self._hw.jobs.schedules(principal=visit_of(request.scope).who)
        return given({"schedules": found})

    async def remove(self, request: Request) -> Response:
        """Remove a schedule; jobs that it began go on."""
        name = request.path_params["name"]
        return given(await self._hw.jobs.unschedule(name, principal=visit_of(request.scope).who))
