"""The routes on documents: send them, list them, show one, forget one."""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import Response

from headwater.app.service import AsyncHeadwater
from headwater.entries.http.decode import number
from headwater.entries.http.encode import given
from headwater.entries.wire.naming import tags_of
from headwater.entries.wire.visit import visit_of


class Library:
    """What takes documents in, and tells of those there are.

    Args:
        hw: The app.
    """

    def __init__(self, hw: AsyncHeadwater) -> None:
        self._hw = hw

    async def ingest(self, request: Request) -> Response:
        """Take in a document, or a zip of a folder of them, as a background job."""
        query = request.query_params
        job = await self._hw.jobs.ingest(
            request.stream(),
            media_type=request.headers.get("content-type", ""),
            title=query.get("title"),
            source=query.get("source"),
            tags=tags_of(query.getlist("tag")),
            items=tuple(query.getlist("item")),
            principal=visit_of(request.scope).who,
        )
        return given(job, 202, {"Location": f"/v1/jobs/{job.id}"})

    async def recent(self, request: Request) -> Response:
        """List the documents that were taken in last, newest first."""
        limit = number(request, "limit", otherwise=20)
        who = visit_of(request.scope).who
        return given(await self._hw.documents.recent(limit=limit, principal=who))

    async def find(self, request: Request) -> Response:
        """Show a document: its title, version, items, passages and unread pages."""
        ref, who = _ref(request), visit_of(request.scope).who
        return given(await self._hw.documents.find(ref, principal=who))

    async def forget(self, request: Request) -> Response:
        """Remove a document, so that nothing of it is found any more."""
        ref, who = _ref(request), visit_of(request.scope).who
        return given(await self._hw.documents.forget(ref, principal=who))


def _ref(request: Request) -> int | str:
    """Return a document's id, or its source where it is no number."""
    written: str = request.path_params["document_id"]
    return int(written) if re.fullmatch(r"[0-9]{1,18}", written) else written
