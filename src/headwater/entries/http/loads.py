"""The routes that load an estate in the background, and show how far that is."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from headwater.app.service import AsyncHeadwater
from headwater.entries.http.decode import flag, number
from headwater.entries.http.encode import given
from headwater.entries.wire.visit import visit_of


class Loads:
    """What loads, and what is known of it.

    Args:
        hw: The app.
    """

    def __init__(self, hw: AsyncHeadwater) -> None:
        self._hw = hw

    async def load(self, request: Request) -> Response:
        """Load a bundle, sent as a zip or as NDJSON, as a background job."""
        job = await self._hw.jobs.load(
            request.stream(),
            media_type=request.headers.get("content-type", "").partition(";")[0].strip().lower(),
            kind=request.query_params.get("kind"),
            replace=flag(request, "replace"),
            skip_bad=flag(request, "skip_bad"),
            principal=visit_of(request.scope).who,
        )
        return given(job, 202, {"Location": f"/v1/jobs/{job.id}"})

    async def recent(self, request: Request) -> Response:
        """List the tenant's jobs, newest first."""
        limit = number(request, "limit", otherwise=20)
        found = await self._hw.jobs.recent(limit=limit, principal=visit_of(request.scope).who)
        return given({"jobs": found})

    async def find(self, request: Request) -> Response:
        """Show a job: its status, how far it is, and its report once it has one."""
        job_id = request.path_params["job_id"]
        return given(await self._hw.jobs.find(job_id, principal=visit_of(request.scope).who))

    async def cancel(self, request: Request) -> Response:
        """End a job; what it has committed stays."""
        job_id = request.path_params["job_id"]
        return given(await self._hw.jobs.cancel(job_id, principal=visit_of(request.scope).who))
