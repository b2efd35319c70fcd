"""Which routes there are, as one FastAPI app; it carries none out."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI
from starlette.requests import Request
from starlette.responses import Response

from headwater.app.service import AsyncHeadwater
from headwater.entries.http.direct import Direct
from headwater.entries.http.openapi import write_openapi
from headwater.entries.http.operations import operations
from headwater.entries.http.problems import problem
from headwater.entries.http.routing import ThinRoute
from headwater.entries.wire.opening import Opening
from headwater.entries.wire.paths import OPEN


def make_http(hw: AsyncHeadwater, opening: Opening) -> Direct:
    """Return the routes over an app; who asks must have been found out before (see `Gate`).

    It takes its time: make it in a thread.
    """
    app = FastAPI(
        title="Headwater",
        openapi_url=None,  # ours is written in a thread, once
        exception_handlers={404: no_such_path, 405: no_such_method},
    )
    router = APIRouter(route_class=ThinRoute)
    all_ = operations(hw, opening, described=lambda: write_openapi(app))
    for one in all_:
        router.add_api_route(
            one.path,
            one.endpoint,
            methods=[one.method],
            tags=[one.tag],
            summary=(one.endpoint.__doc__ or "").partition("\n")[0],
            response_class=Response,
            status_code=min(one.gives),
            openapi_extra=one.described(),
        )
    app.include_router(router)
    return Direct(app, [one for one in all_ if one.path not in OPEN])


async def no_such_path(request: Request, error: Exception) -> Response:
    """Say that there is nothing at a path."""
    del error
    message = f"there is nothing at {request.url.path[:80]!a}; see /openapi.json"
    return problem(code="http.no_such_path", fault="asker", message=message)


async def no_such_method(request: Request, error: Exception) -> Response:
    """Say that a path is there, but not for this method."""
    allowed = getattr(error, "headers", None)
    message = f"{request.url.path} takes no {request.method}; see /openapi.json"
    refused = problem(code="http.no_such_method", fault="asker", message=message)
    refused.headers.update(allowed or {})
    return refused
