"""The routes on runs: list, find, follow, explain, finish, cancel, again, replay."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from headwater.app.service import AsyncHeadwater
from headwater.engine.watch import Watch
from headwater.entries.http.admitted import admitted
from headwater.entries.http.bodies import AgainBody, ReplayBody
from headwater.entries.http.decode import budget_s, decoded, number
from headwater.entries.http.encode import given
from headwater.entries.http.following import asked_aloud, followed
from headwater.entries.http.results import result
from headwater.entries.http.streams import wants_events
from headwater.entries.wire.opening import Opening
from headwater.entries.wire.visit import visit_of
from headwater.model.answer import Answer, RunResult


class Runs:
    """What looks back on runs, and ends those under way.

    Args:
        hw: The app.
        opening: Whether the server goes on.
    """

    def __init__(self, hw: AsyncHeadwater, opening: Opening) -> None:
        self._hw = hw
        self._opening = opening

    async def recent(self, request: Request) -> Response:
        """List the tenant's runs, newest first."""
        wanted: Mapping[str, Any] = request.query_params
        return given(
            await self._hw.live.recent(
                limit=number(request, "limit", otherwise=20),
                cursor=wanted.get("cursor"),
                status=wanted.get("status"),
                kind=wanted.get("kind"),
                text=wanted.get("text"),
                principal=visit_of(request.scope).who,
            )
        )

    async def find(self, request: Request) -> Response:
        """Show one run as it stands, with its result once it has ended."""
        run_id, who = request.path_params["run_id"], visit_of(request.scope).who
        return given(await self._hw.live.find(run_id, principal=who))

    async def events(self, request: Request) -> Response:
        """Tell a run's events, those there were and those to come."""
        return followed(self._hw, request, self._opening)

    async def explain(self, request: Request) -> Response:
        """Explain a run: its row, and every event with where it happened."""
        run_id, who = request.path_params["run_id"], visit_of(request.scope).who
        return given(await self._hw.explain(run_id, principal=who))

    async def finish(self, request: Request) -> Response:
        """Ask a run for its answer now, with what is there."""
        run_id, who = request.path_params["run_id"], visit_of(request.scope).who
        return given(await self._hw.live.finish(run_id, principal=who))

    async def cancel(self, request: Request) -> Response:
        """End a run without an answer."""
        run_id, who = request.path_params["run_id"], visit_of(request.scope).who
        return given(await self._hw.live.cancel(run_id, principal=who))

    async def again(self, request: Request) -> Response:
        """Ask again for only what a run is missing."""
        body = await decoded(AgainBody, request)
        run_id, who = request.path_params["run_id"], visit_of(request.scope).who
        given_s = budget_s(request, body.budget_s)

        async def again(watch: Watch | None = None) -> Answer | RunResult:
            async with admitted(self._hw, request, budget_s=given_s) as left_s:
                return await self._hw.again(
                    run_id, only=body.only, budget_s=left_s, watch=watch, principal=who
                )

        return (
            asked_aloud(self._hw, request, again)
            if wants_events(request)
            else result(await again())
        )

    async def replay(self, request: Request) -> Response:
        """Run a stored plan again and report every difference."""
        body = await decoded(ReplayBody, request)
        run_id, who = request.path_params["run_id"], visit_of(request.scope).who
        async with admitted(self._hw, request):
            return given(await self._hw.replay(run_id, sequential=body.sequential, principal=who))
