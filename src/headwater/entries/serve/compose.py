"""What one server answers with: HTTP behind its gate, and what else comes in beside it."""

from __future__ import annotations

from headwater.app.service import AsyncHeadwater
from headwater.entries.http.gate import Gate
from headwater.entries.http.service import make_http
from headwater.entries.wire.asgi import App
from headwater.entries.wire.opening import Opening


def make_app(hw: AsyncHeadwater, opening: Opening) -> App:
    """Return everything that is served over an app, as one ASGI app."""
    return Gate(make_http(hw, opening), hw)
