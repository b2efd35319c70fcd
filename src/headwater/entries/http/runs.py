"""The routes on runs that were asked: list, find, explain, again, replay."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from headwater.app.service import AsyncHeadwater
from headwater.entries.http.bodies import AgainBody, ReplayBody
from headwater.entries.http.decode import budget_s, decoded, number
from headwater.entries.http.encode import given
from headwater.entries.http.results import result
from headwater.entries.http.visits import asker


class Runs:
    """What looks back on runs.

    Args:
        hw: The app.
    """

    def __init__(self, hw: AsyncHeadwater) -> None:
        self._hw = hw

    async def recent(self, request: Request) -> Response:
        """List the tenant's runs, newest first."""
        found = await self._hw.runs(
            limit=number(request, "limit", otherwise=20), principal=asker(request)
        )
        return given({"runs": found})

    async def find(self, request: Request) -> Response:
        """Show one run."""
        told = await self._hw.explain(request.path_params["run_id"], principal=asker(request))
        return given({"run": told.run, "result": None})

    async def explain(self, request: Request) -> Response:
        """Explain a run: its row, and every event with where it happened."""
        run_id = request.path_params["run_id"]
        return given(await self._hw.explain(run_id, principal=asker(request)))

    async def again(self, request: Request) -> Response:
        """Ask again for only what a run is missing."""
        body = await decoded(AgainBody, request)
        return result(
            await self._hw.again(
                request.path_params["run_id"],
                only=body.only,
                budget_s=budget_s(request, body.budget_s),
                principal=asker(request),
            )
        )

    async def replay(self, request: Request) -> Response:
        """Run a stored plan again and report every difference."""
        body = await decoded(ReplayBody, request)
        return given(
            await self._hw.replay(
                request.path_params["run_id"],
                sequential=body.sequential,
                principal=asker(request),
            )
        )
