"""Which routes there are, as one FastAPI app; it carries none out."""

from __future__ import annotations

from importlib import metadata

from fastapi import APIRouter, FastAPI
from starlette.requests import Request
from starlette.responses import Response

from headwater.app.service import AsyncHeadwater
from headwater.entries.http.asking import Asking
from headwater.entries.http.health import Health
from headwater.entries.http.problems import problem
from headwater.entries.http.routing import ThinRoute
from headwater.entries.http.runs import Runs


def make_http(hw: AsyncHeadwater) -> FastAPI:
    """Return the routes over an app; who asks must have been found out before (see `Gate`)."""
    app = FastAPI(
        title="Headwater",
        version=metadata.version("headwater"),
        docs_url=None,
        redoc_url=None,
        exception_handlers={404: no_such_path, 405: no_such_method},
    )
    router = APIRouter(route_class=ThinRoute)
    asking, runs, health = Asking(hw), Runs(hw), Health()
    add = router.add_api_route
    add("/livez", health.live, methods=["GET"])
    add("/v1/ask", asking.ask, methods=["POST"])
    add("/v1/tools", asking.tools, methods=["GET"])
    add("/v1/tools/{name}", asking.call, methods=["POST"])
    add("/v1/runs", asking.run, methods=["POST"])
    add("/v1/runs", runs.recent, methods=["GET"])
    add("/v1/runs/{run_id}", runs.find, methods=["GET"])
    add("/v1/runs/{run_id}/explain", runs.explain, methods=["GET"])
    add("/v1/runs/{run_id}/again", runs.again, methods=["POST"])
    add("/v1/runs/{run_id}/replay", runs.replay, methods=["POST"])
    app.include_router(router)
    return app


async def no_such_path(request: Request, error: Exception) -> Response:
    """Say that there is nothing at a path."""
    del error
    message = f"there is nothing at {ascii(request.url.path)[1:81]}; see /openapi.json"
    return problem(code="http.no_such_path", fault="asker", message=message)


async def no_such_method(request: Request, error: Exception) -> Response:
    """Say that a path is there, but not for this method."""
    del error
    message = f"{request.url.path} takes no {request.method}; see /openapi.json"
    return problem(code="http.no_such_method", fault="asker", message=message)
