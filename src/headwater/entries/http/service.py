"""Which routes there are, as one FastAPI app; it carries none out."""

from __future__ import annotations

from importlib import metadata

from fastapi import APIRouter, FastAPI
from starlette.requests import Request
from starlette.responses import Response

from headwater.app.service import AsyncHeadwater
from headwater.entries.http.asking import Asking
from headwater.entries.http.health import Health
from headwater.entries.http.loads import Loads
from headwater.entries.http.problems import problem
from headwater.entries.http.routing import Endpoint, ThinRoute
from headwater.entries.http.runs import Runs
from headwater.entries.wire.opening import Opening


def make_http(hw: AsyncHeadwater, opening: Opening) -> FastAPI:
    """Return the routes over an app; who asks must have been found out before (see `Gate`)."""
    app = FastAPI(
        title="Headwater",
        version=metadata.version("headwater"),
        docs_url=None,
        redoc_url=None,
        exception_handlers={404: no_such_path, 405: no_such_method},
    )
    router = APIRouter(route_class=ThinRoute)
    asking, runs, loads, health = Asking(hw), Runs(hw, opening), Loads(hw), Health(hw)
    routes: list[tuple[str, str, Endpoint]] = [
        ("GET", "/livez", health.live),
        ("GET", "/readyz", health.ready),
        ("GET", "/metrics", health.metrics),
        ("POST", "/v1/ask", asking.ask),
        ("GET", "/v1/tools", asking.tools),
        ("POST", "/v1/tools/{name}", asking.call),
        ("POST", "/v1/runs", asking.run),
        ("GET", "/v1/runs", runs.recent),
        ("GET", "/v1/runs/{run_id}", runs.find),
        ("GET", "/v1/runs/{run_id}/events", runs.events),
        ("GET", "/v1/runs/{run_id}/explain", runs.explain),
        ("POST", "/v1/runs/{run_id}/finish", runs.finish),
        ("POST", "/v1/runs/{run_id}/cancel", runs.cancel),
        ("POST", "/v1/runs/{run_id}/again", runs.again),
        ("POST", "/v1/runs/{run_id}/replay", runs.replay),
        ("POST", "/v1/load", loads.load),
        ("GET", "/v1/jobs", loads.recent),
        ("GET", "/v1/jobs/{job_id}", loads.find),
        ("POST", "/v1/jobs/{job_id}/cancel", loads.cancel),
    ]
    for method, path, endpoint in routes:
        router.add_api_route(path, endpoint, methods=[method])
    app.include_router(router)
    return app


async def no_such_path(request: Request, error: Exception) -> Response:
    """Say that there is nothing at a path."""
    del error
    message = f"there is nothing at {ascii(request.url.path[:80])}; see /openapi.json"
    return problem(code="http.no_such_path", fault="asker", message=message)


async def no_such_method(request: Request, error: Exception) -> Response:
    """Say that a path is there, but not for this method."""
    del error
    message = f"{request.url.path} takes no {request.method}; see /openapi.json"
    return problem(code="http.no_such_method", fault="asker", message=message)
