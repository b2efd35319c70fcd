"""What the gate found out about a request before anyone answered it; it finds nothing out."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import HTTPConnection

from headwater.model.principal import Principal

KEY = "headwater.visit"
"""Where in an ASGI scope the visit stands."""


@dataclass(slots=True, kw_only=True)
class Visit:
    """One request: who asks, and how the logs call it."""

    who: Principal
    request_id: str


def asker(request: HTTPConnection) -> Principal:
    """Return who asks."""
    visit: Visit = request.scope[KEY]
    return visit.who
